/**
 * `deno task fuzz [--seconds N] [--seed S]`: unpacks odd archives one after the other. None may end
 * without a typed error, hang, take much memory, or change anything beside the root. What does is written
 * to `tests/fuzz/findings/` with its seed, and the exit status is 1.
 */

import { gzipSync } from "node:zlib";
import { readArchive } from "../../lib/archive/gzip.ts";
import { TarReader } from "../../lib/archive/tar_reader.ts";
import { TorcxError } from "../../lib/errors.ts";
import { TreeWriter } from "../../lib/image/tree_writer.ts";
import { enterPrivateMountNamespace, isRootUser } from "../../lib/sys/namespace.ts";
import { emptyDirectory } from "../../lib/sys/removal.ts";
import { Root } from "../../lib/sys/root.ts";
import { mountTmpfs } from "../../lib/sys/mounts.ts";
import { encodePath } from "../../lib/bytes.ts";
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
import { mutate, Random } from "./mutations.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const HANG_MS = 10_000;
const MEMORY_BYTES_MAX = 256 * 1024 * 1024;
const COLLECT_EVERY = 250;
const SEED_BYTES_MAX = 64 * 1024;
const CORPUS = new URL("../../../shared/corpus/", import.meta.url).pathname;
const FINDINGS = new URL("findings/", import.meta.url).pathname;

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

function readNumber(name: string, fallback: number): number {
  const at = Deno.args.findIndex((arg) => arg === name || arg.startsWith(`${name}=`));
  if (at < 0) return fallback;
  const value = Number(Deno.args[at]!.split("=")[1] ?? Deno.args[at + 1]);
  if (!Number.isSafeInteger(value) || value < 0) throw new TypeError(`${name} takes a whole number`);
  return value;
}

function listSeeds(): Bytes[] {
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

/** Unpacks bytes that come in pieces of random sizes. */
async function unpack(data: Bytes, isGzip: boolean, root: Root, random: Random): Promise<void> {
  using writer = new TreeWriter(root, { isOwnerKept: isRootUser(), onWarning: () => {} });
  const reader = new TarReader(writer);
  let at = 0;
  const source = {
    read(buffer: Bytes): number {
      const count = Math.min(1 + random.below(random.pick([1, 600, 65536])), buffer.length, data.length - at);
      buffer.set(data.subarray(at, at + count));
      at += count;
      return count;
    },
  };
  await readArchive(source, isGzip ? "gzip" : "none", (chunk) => {
    for (let start = 0; start < chunk.length;) {
      const end = Math.min(start + 1 + random.below(random.pick([3, 700, 65536])), chunk.length);
      reader.push(chunk.subarray(start, end));
      start = end;
    }
  });
  reader.end();
  writer.finish();
}

const seconds = readNumber("--seconds", 60);
const seed = readNumber("--seed", Date.now() % 2 ** 31);
const work = Deno.makeTempDirSync({ prefix: "torcx-fuzz-" });
if (isRootUser()) {
  enterPrivateMountNamespace();
  using host = Root.open("/");
  mountTmpfs(host, encodePath(work), "512m");
}
Deno.mkdirSync(`${work}/root`);
Deno.writeTextFileSync(`${work}/sentinel`, "sentinel");
const describeSentinel = (): string => {
  const { mode, uid, gid, mtime, ino, nlink } = Deno.lstatSync(`${work}/sentinel`);
  const names = [...Deno.readDirSync(work)].map(({ name }) => name).sort();
  return JSON.stringify([
    mode,
    uid,
    gid,
    mtime,
    ino,
    nlink,
    names,
    Deno.readTextFileSync(`${work}/sentinel`),
  ]);
};
const sentinel = describeSentinel();
const seeds = listSeeds();
print(`fuzz: seed ${seed}, ${seconds} s, ${seeds.length} archives to start from`);

const outcomes: Record<string, number> = {};
let findings = 0;
let tries = 0;
let slowest = 0;
let memory = 0;
const end = performance.now() + seconds * 1000;
for (; performance.now() < end; tries++) {
  const random = new Random(seed + tries);
  const tar = mutate(random, seeds);
  const isGzip = random.below(4) === 0;
  // A gzip that is odd itself, one time in four.
  let data: Bytes = isGzip ? new Uint8Array(gzipSync(tar, { level: 1 })) : tar;
  if (isGzip && random.below(4) === 0) data = mutate(random, [data]);
  const started = performance.now();
  let fault: string | undefined;
  let outcome = "accepted";
  {
    using root = Root.open(`${work}/root`);
    try {
      await unpack(data, isGzip, root, random);
    } catch (error) {
      if (error instanceof TorcxError) outcome = `refused (${error.code})`;
      else fault = `no typed error: ${error instanceof Error ? error.stack : error}`;
    }
    const took = performance.now() - started;
    slowest = Math.max(slowest, took);
    if (took > HANG_MS) fault ??= `it took ${took.toFixed(0)} ms`;
    emptyDirectory(root.fd);
  }
  if (describeSentinel() !== sentinel) fault ??= "something beside the root has changed";
  // What waits for the collector is not this input's.
  if (tries % COLLECT_EVERY === 0) (globalThis as { gc?: () => void }).gc?.();
  memory = Math.max(memory, Deno.memoryUsage().rss);
  if (memory > MEMORY_BYTES_MAX) fault ??= `the process has grown to ${memory} bytes`;
  if (fault === undefined) {
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    continue;
  }
  findings++;
  Deno.mkdirSync(FINDINGS, { recursive: true });
  const name = `seed-${seed + tries}.${isGzip ? "tar.gz" : "tar"}`;
  Deno.writeFileSync(FINDINGS + name, data);
  print(`finding: seed ${seed + tries}: ${fault} (tests/fuzz/findings/${name})`);
  if (findings >= 20) break;
}

print(`fuzz: ${tries} inputs, ${JSON.stringify(outcomes)}, ${findings} findings`);
print(`fuzz: slowest input ${slowest.toFixed(0)} ms, largest process ${(memory / 2 ** 20).toFixed(0)} MiB`);
if (!isRootUser()) Deno.removeSync(work, { recursive: true });
Deno.exit(findings > 0 ? 1 : 0);
