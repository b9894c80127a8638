/**
 * `deno task fuzz [--seconds N] [--seed S]`: unpacks odd archives one after the other, with openat2 and
 * with the walk in user space. None may end without a typed error, hang, take much memory, change
 * anything beside the root, or come to something else by the other way. What does is written to
 * `tests/fuzz/fixtures/` with its seed, and the exit status is 1.
 */

import { readArchive } from "../../lib/archive/decompress.ts";
import { TarReader } from "../../lib/archive/tar_reader.ts";
import { encodePath } from "../../lib/bytes.ts";
import { listMessages, TorcxError } from "../../lib/errors.ts";
import { TreeWriter } from "../../lib/image/writer/tree_writer.ts";
import { mountTmpfs, unmount } from "../../lib/sys/mounts.ts";
import { enterPrivateMountNamespace, isRootUser } from "../../lib/sys/namespace.ts";
import { emptyDirectory } from "../../lib/sys/removal.ts";
import type { Resolver } from "../../lib/sys/resolve.ts";
import { Root } from "../../lib/sys/root.ts";
import { fingerprint, readTree } from "../support/tree.ts";
import { type FuzzInput, listSeeds, makeInput, print, writeFinding } from "./inputs.ts";
import { parseNumberFlags } from "../support/number_flags.ts";
import type { Random } from "./mutations.ts";
import type { Progress } from "./watchdog.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const HANG_MS = 10_000;
const MEMORY_BYTES_MAX = 256 * 1024 * 1024;
const COLLECT_EVERY = 100;
const FINDINGS_MAX = 20;

/** Unpacks bytes that come in pieces of random sizes. */
async function unpack({ data, isGzip }: FuzzInput, root: Root, random: Random): Promise<void> {
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
  await readArchive(source, {
    compression: isGzip ? "gzip" : "none",
    onChunk: (chunk) => {
      for (let start = 0; start < chunk.length;) {
        const end = Math.min(start + 1 + random.below(random.pick([3, 700, 65536])), chunk.length);
        reader.push(chunk.subarray(start, end));
        start = end;
      }
    },
  });
  reader.end();
  writer.finish();
}

/** What unpacking an input came to. */
interface Outcome {
  text: string;
  /** Without typed error. */
  fault?: string;
  /** The tree that was made, whether all of it or up to a refusal. */
  tree: string;
}

async function attempt(input: FuzzInput, directory: string, resolver: Resolver): Promise<Outcome> {
  using root = Root.open(directory, { resolver });
  const outcome: Outcome = { text: "accepted", tree: "" };
  try {
    await unpack(input, root, input.random);
  } catch (error) {
    if (error instanceof TorcxError) outcome.text = `refused (${error.code})`;
    else outcome.fault = `no typed error: ${error instanceof Error ? error.stack : error}`;
    // Descriptors and calls differ, what went wrong does not.
    outcome.tree = listMessages(error)[0] ?? "";
  }
  const isAccepted = outcome.text === "accepted";
  // How much a damaged gzip gives before the damage is seen depends on the borders.
  if (input.isGzip && !isAccepted) outcome.tree = "";
  else outcome.tree += describeTree(directory, isAccepted);
  emptyDirectory(root.fd, encodePath(root.path));
  return outcome;
}

/** Times of what was made on the way to a refusal are those of now. */
function describeTree(directory: string, hasTimes: boolean): string {
  const ids = new Map<object, number>();
  return [...readTree(directory)].sort(([a], [b]) => a < b ? -1 : 1).map(([path, node]) => {
    if (!ids.has(node)) ids.set(node, ids.size);
    // Missing parents have the time of now in either case.
    const isNow = !hasTimes || node.type === "directory";
    return JSON.stringify([path, ids.get(node), { ...node, mtime: isNow ? "" : node.mtime }]);
  }).join("\n");
}

const { seconds = 60, seed = Date.now() % 2 ** 31 } = parseNumberFlags(Deno.args, ["seconds", "seed"]);
const progress: Progress = new Float64Array(new SharedArrayBuffer(16));
const watchdog = new Worker(new URL("./watchdog.ts", import.meta.url), { type: "module" });
watchdog.postMessage(progress);
const work = Deno.makeTempDirSync({ prefix: "torcx-fuzz-" });
if (isRootUser()) {
  enterPrivateMountNamespace();
  using host = Root.open("/");
  mountTmpfs(host, encodePath(work), { size: "512m" });
}
Deno.mkdirSync(`${work}/root`);
Deno.mkdirSync(`${work}/victim`);
for (const name of ["sentinel", "victim/hello"]) Deno.writeTextFileSync(`${work}/${name}`, "sentinel");
const describeSentinel = (): string =>
  [...["sentinel", "victim"].map((name) => fingerprint(`${work}/${name}`)), ...listNames()].join("\n");
const listNames = (): string[] => [...Deno.readDirSync(work)].map(({ name }) => name).sort();
const sentinel = describeSentinel();
const seeds = listSeeds();
print(`fuzz: seed ${seed}, ${seconds} s, ${seeds.length} archives to mutate, and generated ones`);

const outcomes: Record<string, number> = {};
let findings = 0;
let tries = 0;
let slowest = 0;
let memory = 0;
const end = performance.now() + seconds * 1000;
for (; performance.now() < end && findings < FINDINGS_MAX; tries++) {
  progress.set([seed + tries, Date.now()]);
  const input = makeInput(seed + tries, seeds);
  const started = performance.now();
  const first = await attempt(input, `${work}/root`, "openat2");
  const second = await attempt(input, `${work}/root`, "walk");
  const took = performance.now() - started;
  progress[1] = 0;
  slowest = Math.max(slowest, took);
  let fault = first.fault ?? second.fault;
  if (first.text !== second.text || first.tree !== second.tree) {
    fault ??= `the walk differs from openat2: ${second.text}, not ${first.text}`;
  }
  if (took > HANG_MS) fault ??= `it took ${took.toFixed(0)} ms`;
  if (describeSentinel() !== sentinel) fault ??= "something beside the root has changed";
  // What waits for the collector is not this input's.
  if (tries % COLLECT_EVERY === 0) (globalThis as { gc?: () => void }).gc?.();
  memory = Math.max(memory, Deno.memoryUsage().rss);
  if (memory > MEMORY_BYTES_MAX) fault ??= `the process has grown to ${memory} bytes`;
  if (fault === undefined) {
    outcomes[first.text] = (outcomes[first.text] ?? 0) + 1;
    continue;
  }
  findings++;
  writeFinding(seed + tries, input, fault);
}

print(`fuzz: ${tries} inputs, each both ways, ${JSON.stringify(outcomes)}, ${findings} findings`);
print(`fuzz: slowest input ${slowest.toFixed(0)} ms, largest process ${(memory / 2 ** 20).toFixed(0)} MiB`);
if (isRootUser()) {
  using host = Root.open("/");
  unmount(host, encodePath(work));
}
Deno.removeSync(work, { recursive: true });
Deno.exit(findings > 0 ? 1 : 0);
