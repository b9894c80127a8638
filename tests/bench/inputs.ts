/**
 * Owns the inputs of the benchmark: trees and archives of them that are the same bytes in every run with
 * the same sizes. Everything goes below the directory that the caller names.
 */

import type { HeavyArchive } from "../support/heavy_archives.ts";

/** How large the inputs are. */
export interface Sizes {
  largeFiles: number;
  largeFileBytes: number;
  directories: number;
  filesPerDirectory: number;
  sparseBytes: number;
  /** Half of them symlinks, half hard links. */
  links: number;
  archives: number;
  profiles: number;
  runs: number;
  /** Archives whose size must not tell in memory. */
  heavy: Readonly<Record<string, HeavyArchive>>;
}

/** What the project's aims are measured on. */
export const FULL: Sizes = {
  largeFiles: 25,
  largeFileBytes: 8_640_000,
  directories: 2_000,
  filesPerDirectory: 10,
  sparseBytes: 4 * 2 ** 30,
  links: 100_000,
  archives: 10_000,
  profiles: 1_000,
  runs: 9,
  heavy: {
    "800 000 directories": { directories: 800_000 },
    "200 000 directories": { directories: 200_000 },
    "3 000 directories with 60 kB": { directories: 3_000, attributes: { count: 1, bytes: 60_000 } },
    "500 directories with 960 kB": { directories: 500, attributes: { count: 16, bytes: 60_000 } },
    "5 000 directories with 960 kB": { directories: 5_000, attributes: { count: 16, bytes: 60_000 } },
    "20 000 small files": { files: 20_000 },
  },
};

/** Small enough for a smoke test. */
export const QUICK: Sizes = {
  largeFiles: 3,
  largeFileBytes: 100_000,
  directories: 5,
  filesPerDirectory: 4,
  sparseBytes: 8 * 2 ** 20,
  links: 20,
  archives: 10,
  profiles: 4,
  runs: 1,
  heavy: { "100 directories": { directories: 100 } },
};

/** Bytes in the sparse file that are not a hole. */
export const SPARSE_DATA_BYTES = 2 ** 20;
const SPARSE_EXTENTS = 16;

/** Names of the stores that the archives of the lists are spread over. */
export const STORE_COUNT = 5;

/** Returns a generator of 32-bit numbers (mulberry32). */
function makeNoise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** Returns bytes that gzip makes about 2.6 times smaller, as it does with programs. */
export function makeBytes(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const noise = makeNoise(seed);
  const words = Array.from({ length: 1024 }, () => Uint8Array.from({ length: 6 + noise() % 12 }, noise));
  const out = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const random = noise();
    if ((random >>> 12) % 32 < 19) {
      out[at++] = random >>> 24;
    } else {
      const word = words[random & 1023]!.subarray(0, length - at);
      out.set(word, at);
      at += word.length;
    }
  }
  return out;
}

/** Writes large files numbered from `first`. */
export function writeLargeFiles(dir: string, first: number, count: number, size: number): void {
  Deno.mkdirSync(`${dir}/lib`, { recursive: true });
  for (let index = first; index < first + count; index++) {
    Deno.writeFileSync(`${dir}/lib/large${index}.so`, makeBytes(size, index + 1));
  }
}

/** Writes directories of small files, 20 to 1 000 bytes each. */
export function writeSmallFiles(dir: string, directories: number, filesEach: number): void {
  const noise = makeNoise(7);
  const text = makeBytes(4096, 7);
  for (let index = 0; index < directories; index++) {
    const path = `${dir}/group${index % 40}/dir${index}`;
    Deno.mkdirSync(path, { recursive: true });
    for (let file = 0; file < filesEach; file++) {
      Deno.writeFileSync(`${path}/file${file}.txt`, text.subarray(0, 20 + noise() % 981));
    }
  }
}

/** Writes one file of holes with 1 MiB of data in 16 places. */
export function writeSparseFile(dir: string, size: number): void {
  Deno.mkdirSync(dir, { recursive: true });
  using file = Deno.openSync(`${dir}/disk.img`, { write: true, create: true });
  file.truncateSync(size);
  const extent = makeBytes(SPARSE_DATA_BYTES / SPARSE_EXTENTS, 3);
  for (let index = 0; index < SPARSE_EXTENTS; index++) {
    file.seekSync(index * (size / SPARSE_EXTENTS), Deno.SeekMode.Start);
    let written = 0;
    while (written < extent.length) written += file.writeSync(extent.subarray(written));
  }
}

/** Writes symlinks and hard links to one file, 100 of each in a directory. */
export function writeLinks(dir: string, count: number): void {
  Deno.mkdirSync(dir, { recursive: true });
  Deno.writeTextFileSync(`${dir}/a-file`, "linked\n");
  for (let index = 0; index < count; index++) {
    const path = `${dir}/links${Math.floor(index / 200)}`;
    if (index % 200 === 0) Deno.mkdirSync(path);
    if (index % 2 === 0) Deno.symlinkSync("../a-file", `${path}/symlink${index}`);
    else Deno.linkSync(`${dir}/a-file`, `${path}/hardlink${index}`);
  }
}

/** Packs a directory with GNU tar and gzip; the same tree gives the same bytes. */
export async function packTree(dir: string, archive: string, flags: readonly string[] = []): Promise<void> {
  const { success, stderr } = await new Deno.Command("bash", {
    args: [
      "-c",
      'out=$1 dir=$2; shift 2; set -o pipefail; tar "$@" -cf - -C "$dir" . | gzip -n >"$out"',
      "bash",
      archive,
      dir,
      ...["--sort=name", "--mtime=@1500000000", "--owner=0", "--group=0", "--numeric-owner", ...flags],
    ],
    stderr: "piped",
    stdout: "null",
  }).output();
  if (!success) throw new Error(`Cannot pack "${archive}": ${new TextDecoder().decode(stderr).trim()}`);
}

/** Writes a system with one profile per list of images, as `torcx --root` takes it. */
export function writeProfiles(root: string, profiles: ReadonlyMap<string, readonly string[]>): void {
  const dir = `${root}/etc/torcx/profiles`;
  Deno.mkdirSync(dir, { recursive: true });
  for (const [name, images] of profiles) {
    const value = { images: images.map((image) => ({ name: image, reference: "1" })) };
    Deno.writeTextFileSync(`${dir}/${name}.json`, JSON.stringify({ kind: "profile-manifest-v0", value }));
  }
}

/** Writes a system of many profiles and of stores with many archives, which are empty files. */
export function writeCrowdedSystem(root: string, sizes: Sizes): void {
  const stores = Array.from({ length: STORE_COUNT }, (_, index) => `/stores/${index}`);
  for (const store of stores) Deno.mkdirSync(root + store, { recursive: true });
  for (let index = 0; index < sizes.archives; index++) {
    const format = index % 3 === 0 ? "squashfs" : "tgz";
    const path = `${root}${stores[index % STORE_COUNT]}/image${index}:1.torcx.${format}`;
    Deno.writeTextFileSync(path, "");
  }
  const names = Array.from({ length: sizes.profiles }, (_, index) => `profile${index}`);
  writeProfiles(root, new Map(names.map((name, index) => [name, [`image${index}`]])));
  const config = { kind: "torcx-config-v0", value: { store_paths: stores } };
  Deno.writeTextFileSync(`${root}/etc/torcx/config.json`, JSON.stringify(config));
}
