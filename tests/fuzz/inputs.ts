/**
 * Owns what the fuzzer unpacks: the seed alone says which input it is, so that a finding can be made
 * again. The fuzzer and its watchdog call it.
 */

import { gzipSync } from "node:zlib";
import {
  concat,
  directory,
  END,
  file,
  gnuSparse,
  hardlink,
  longName,
  pax,
  symlink,
} from "../support/tar_builder.ts";
import { generate } from "./generator.ts";
import { mutate, Random } from "./mutations.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Larger archives of the corpus would slow the fuzzer down. */
const SEED_BYTES_MAX = 64 * 1024;
const CORPUS = new URL("../../../shared/corpus/", import.meta.url).pathname;

/** Returns the valid and odd archives that mutations start from; the corpus' where it is. */
export function listSeeds(): Bytes[] {
  const seeds: Bytes[] = [
    concat(directory("dir"), file("dir/file", "data"), symlink("link", "dir"), file("link/x", "y"), END),
    concat(pax({ path: "dir/long", size: "4", mtime: "-1.5" }), file("short", "data"), END),
    concat(pax({ "SCHILY.xattr.user.a": "1" }), file("f"), hardlink("g", "f"), symlink("s", "/f"), END),
    concat(
      longName("n".repeat(200)),
      file("n", "data"),
      longName("t".repeat(150), "K"),
      symlink("l", "t"),
      END,
    ),
    concat(gnuSparse("sparse", 2000, [[0, 3], [1000, 4]], "abcdefg"), END),
  ];
  for (const path of listCorpus()) {
    const data = Deno.readFileSync(path);
    if (data.length <= SEED_BYTES_MAX) seeds.push(data);
  }
  return seeds;
}

function listCorpus(): string[] {
  try {
    return [...Deno.readDirSync(CORPUS)].filter(({ isDirectory }) => isDirectory).flatMap(({ name }) =>
      [...Deno.readDirSync(CORPUS + name)].map((entry) => `${CORPUS}${name}/${entry.name}`)
    ).filter((path) => path.endsWith(".tar")).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** An input, and the generator that says how it is cut. */
export interface FuzzInput {
  data: Bytes;
  isGzip: boolean;
  random: Random;
}

/** Makes the input of a seed. */
export function makeInput(seed: number, seeds: readonly Bytes[]): FuzzInput {
  const random = new Random(seed);
  const kind = random.below(3);
  const generated = kind < 2 ? generate(random) : undefined;
  // As they are, or odd in a byte or two.
  const tar = generated === undefined
    ? mutate(random, seeds)
    : kind === 0
    ? generated
    : mutate(random, [generated]);
  const isGzip = random.below(4) === 0;
  if (!isGzip) return { data: tar, isGzip, random };
  const data = new Uint8Array(gzipSync(tar, { level: 1 }));
  // A gzip that is odd itself, one time in four.
  return { data: random.below(4) === 0 ? mutate(random, [data]) : data, isGzip, random };
}

const FIXTURES = new URL("fixtures/", import.meta.url).pathname;

/** Writes an input down as a fixture and says so. */
export function writeFinding(seed: number, { data, isGzip }: FuzzInput, fault: string): void {
  Deno.mkdirSync(FIXTURES, { recursive: true });
  const name = `seed-${seed}.${isGzip ? "tar.gz" : "tar"}`;
  Deno.writeFileSync(FIXTURES + name, data);
  print(`finding: seed ${seed}: ${fault} (tests/fuzz/fixtures/${name})`);
}

/** Prints a line. */
export function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
