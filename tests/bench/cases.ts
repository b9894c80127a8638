/**
 * Owns what is measured, row by row: which input, which programs in turn, which ratios. Everything lies
 * below one directory of a private tmpfs; inputs are removed as soon as their rows are done.
 */

import {
  makeBytes,
  packTree,
  type Sizes,
  SPARSE_DATA_BYTES,
  writeCrowdedSystem,
  writeLargeFiles,
  writeLinks,
  writeProfiles,
  writeSmallFiles,
  writeSparseFile,
} from "./inputs.ts";
import { writeHeavyArchive } from "../support/heavy_archives.ts";
import { type Candidate, measurePeakMemory, measureTimes, type Medians, runCommand } from "./measure.ts";

/** One measured case. */
export interface Row {
  name: string;
  /** In the order of the candidates. */
  medians: Medians;
  /** Said behind the times, e.g. `0.35 x GNU tar`. */
  ratios: readonly string[];
  /** The most memory that torcx had, in KiB. */
  peakKib?: number;
}

/** Where and how large. */
export interface Bench {
  /** A directory of our own. */
  dir: string;
  torcx: string;
  hasBsdtar: boolean;
  sizes: Sizes;
  /** Tells what is going on. */
  report: (line: string) => void;
}

/** Removes what may not be there. */
export const remove = (path: string): Promise<void> =>
  Deno.remove(path, { recursive: true }).catch(ignoreMissing);

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

/** Says `a` in terms of `b`. */
export function compare(medians: Medians, a: string, b: string): string[] {
  const [first, second] = [medians.get(a), medians.get(b)];
  return first === undefined || second === undefined ? [] : [`${(first / second).toFixed(2)} x ${b}`];
}

function makeExtraction(bench: Bench, name: string, command: Candidate["command"]): Candidate {
  const target = `${bench.dir}/target`;
  return { name, command, prepare: () => Deno.mkdir(target), cleanUp: () => remove(target) };
}

function makeTorcxExtraction(bench: Bench, archive: string, name = "torcx"): Candidate {
  return makeExtraction(bench, name, [bench.torcx, "image", "extract", archive, `${bench.dir}/target`]);
}

/** torcx and the programs that it is measured against. */
function makeExtractions(bench: Bench, archive: string): Candidate[] {
  const target = `${bench.dir}/target`;
  return [
    makeTorcxExtraction(bench, archive),
    makeExtraction(bench, "GNU tar", ["tar", "-xzf", archive, "-C", target]),
    ...bench.hasBsdtar ? [makeExtraction(bench, "bsdtar", ["bsdtar", "-xpzf", archive, "-C", target])] : [],
  ];
}

/** Measures the unpacking of one tree. */
async function measureTree(
  bench: Bench,
  name: string,
  write: (dir: string) => void,
  options: { flags?: readonly string[]; extra?: (archive: string) => Promise<Candidate[]> } = {},
): Promise<Row> {
  bench.report(name);
  const [tree, archive] = [`${bench.dir}/tree`, `${bench.dir}/tree.tgz`];
  write(tree);
  await packTree(tree, archive, options.flags);
  await remove(tree);
  const candidates = [...makeExtractions(bench, archive), ...await options.extra?.(archive) ?? []];
  const medians = await measureTimes(candidates, bench.sizes.runs);
  const peakKib = await measurePeakMemory(candidates[0]!);
  await remove(archive);
  const others = candidates.slice(1).flatMap((other) => compare(medians, "torcx", other.name));
  return { name, medians, peakKib, ratios: others };
}

/** (a) Large files; inflate alone, in this deno and without a consumer, is the floor. */
export function measureLargeFiles(bench: Bench): Promise<Row> {
  const { largeFiles, largeFileBytes } = bench.sizes;
  const name = `(a) ${largeFiles} large files, ${(largeFiles * largeFileBytes / 1e6).toFixed(1)} MB`;
  return measureTree(bench, name, (tree) => writeLargeFiles(tree, 0, largeFiles, largeFileBytes), {
    extra: async (archive) => {
      const script = `${bench.dir}/inflate.mjs`;
      await Deno.writeTextFile(script, INFLATE_SCRIPT);
      const command = [Deno.execPath(), "run", "-A", "--no-config", script, archive] as const;
      return [
        { name: "inflate with start-up", command: [...command] },
        { name: "inflate alone", command: [...command], readTime: parseMilliseconds },
      ];
    },
  });
}

const INFLATE_SCRIPT = `import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
const started = performance.now();
const gunzip = createGunzip({ chunkSize: 1 << 20 });
createReadStream(Deno.args[0], { highWaterMark: 1 << 20 }).pipe(gunzip).resume();
gunzip.on("end", () => console.error(performance.now() - started));
`;

function parseMilliseconds(text: string): number {
  const value = Number(text.trim() || NaN);
  if (!Number.isFinite(value)) throw new Error(`Cannot read the time of the inflate: got "${text}"`);
  return value;
}

/** (b) Small files. */
export function measureSmallFiles(bench: Bench): Promise<Row> {
  const { directories, filesPerDirectory } = bench.sizes;
  const name = `(b) ${directories * filesPerDirectory} small files, ${directories} directories`;
  return measureTree(bench, name, (tree) => writeSmallFiles(tree, directories, filesPerDirectory));
}

/** (c) Three images at once against the sum of each alone, as the boot applies them. */
export async function measureThreeImages(bench: Bench): Promise<Row> {
  const { largeFiles, largeFileBytes, runs } = bench.sizes;
  const each = Math.max(1, Math.floor(largeFiles / 3));
  const name = `(c) three images, ${(each * largeFileBytes / 1e6).toFixed(1)} MB each`;
  bench.report(name);
  const names = ["one", "two", "three"];
  const [store, root] = [`${bench.dir}/store`, `${bench.dir}/root`];
  await Deno.mkdir(store);
  await Deno.mkdir(root);
  for (const [index, image] of names.entries()) {
    const tree = `${bench.dir}/tree`;
    writeLargeFiles(tree, index * each, each, largeFileBytes);
    Deno.mkdirSync(`${tree}/.torcx`);
    const manifest = { kind: "image-manifest-v0", value: {} };
    Deno.writeTextFileSync(`${tree}/.torcx/manifest.json`, JSON.stringify(manifest));
    await packTree(tree, `${store}/${image}:1.torcx.tgz`);
    await remove(tree);
  }
  const makeApply = (candidate: string, profile: string): Candidate => ({
    name: candidate,
    command: [bench.torcx, "apply", "--root", root, "--profile", profile],
    // Each time a system that has not been applied to.
    prepare: async () => {
      await runCommand(["mount", "-t", "tmpfs", "torcx-bench", root]);
      const profiles = new Map<string, readonly string[]>([["all", names]]);
      for (const image of names) profiles.set(image, [image]);
      writeProfiles(root, profiles);
      Deno.mkdirSync(`${root}/var/lib/torcx/store`, { recursive: true });
      await runCommand(["mount", "--bind", store, `${root}/var/lib/torcx/store`]);
    },
    cleanUp: async () => void await runCommand(["umount", "-R", root]),
  });
  const together = makeApply("at once", "all");
  const medians = await measureTimes([together, ...names.map((image) => makeApply(image, image))], runs);
  const peakKib = await measurePeakMemory(together);
  await remove(store);
  await remove(root);
  const sum = names.reduce((total, image) => total + medians.get(image)!, 0);
  const compared = new Map([["at once", medians.get("at once")!], ["sum of each alone", sum]]);
  return { name, medians: compared, peakKib, ratios: compare(compared, "at once", "sum of each alone") };
}

/** (d) A file of holes, against a plain file of the same data. */
export function measureSparseFile(bench: Bench): Promise<Row> {
  const { sparseBytes } = bench.sizes;
  const name = `(d) sparse file, ${sparseBytes / 2 ** 20} MiB with ${
    SPARSE_DATA_BYTES / 2 ** 20
  } MiB of data`;
  return measureTree(bench, name, (tree) => writeSparseFile(tree, sparseBytes), {
    flags: ["--sparse", "--format=pax"],
    extra: async () => {
      const [tree, archive] = [`${bench.dir}/plain`, `${bench.dir}/plain.tgz`];
      await Deno.mkdir(tree);
      await Deno.writeFile(`${tree}/disk.img`, makeBytes(SPARSE_DATA_BYTES, 3));
      await packTree(tree, archive);
      await remove(tree);
      return [makeTorcxExtraction(bench, archive, "torcx, the data alone")];
    },
  });
}

/** (e) Links. */
export function measureLinks(bench: Bench): Promise<Row> {
  const { links } = bench.sizes;
  const name = `(e) ${links} symlinks and hard links`;
  return measureTree(bench, name, (tree) => writeLinks(tree, links));
}

/** (f) Archives that would take much memory if it grew with them: the peak of each. */
export async function measureMemory(bench: Bench): Promise<Row> {
  const name = "(f) memory of heavy archives";
  const ratios: string[] = [];
  let peakKib = 0;
  for (const [what, parts] of Object.entries(bench.sizes.heavy)) {
    bench.report(`${name}: ${what}`);
    const archive = `${bench.dir}/heavy.tgz`;
    await writeHeavyArchive(archive, parts);
    // Attributes of gigabytes have room in a tmpfs of a large machine alone.
    const peak = await measurePeakMemory({ ...makeTorcxExtraction(bench, archive), canFail: true });
    await remove(archive);
    ratios.push(`${(peak / 1024).toFixed(1)} MiB x ${what}`);
    peakKib = Math.max(peakKib, peak);
  }
  return { name, medians: new Map(), ratios, peakKib };
}

/** The lists on a crowded system; what counts is the time beyond the start-up. */
export async function measureLists(bench: Bench): Promise<Row> {
  const { archives, profiles, runs } = bench.sizes;
  const name = `lists, ${archives} archives in 5 stores, ${profiles} profiles`;
  bench.report(name);
  const root = `${bench.dir}/crowded`;
  writeCrowdedSystem(root, bench.sizes);
  const verbs = ["profile list", "image list"];
  const medians = await measureTimes([
    ...verbs.map((verb): Candidate => ({
      name: verb,
      command: [bench.torcx, ...verb.split(" "), "--root", root] as [string, ...string[]],
    })),
    { name: "torcx --version", command: [bench.torcx, "--version"] },
  ], runs);
  await remove(root);
  const startUp = medians.get("torcx --version")!;
  const ratios = verbs.map((verb) =>
    `${verb}: ${(medians.get(verb)! - startUp).toFixed(0)} ms beyond start-up`
  );
  return { name, medians, ratios };
}
