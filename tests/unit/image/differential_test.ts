/**
 * Tests that archives of generated trees unpack as the tool that made them, GNU tar or bsdtar, unpacks them: the same
 * files, owners, modes, times to the nanosecond, links, attributes, contents, and no more blocks on the disk.
 */

import { assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import fc from "npm:fast-check@4.10.2";
import { type ByteString, encodePath } from "../../../lib/bytes.ts";
import { unpackImage } from "../../../lib/image/unpack.ts";
import { lchownat, lutimensat } from "../../../lib/sys/calls.ts";
import { AT_FDCWD } from "../../../lib/sys/flags.ts";
import { Root } from "../../../lib/sys/root.ts";
import { readExtents } from "../../support/extents.ts";
import { compareTrees, readTree } from "../../support/tree.ts";
import { testWith } from "../../support/needs.ts";

const RUNS = 60;
/** Paths that ustar's prefix and name hold wherever the slashes are. */
const USTAR_PATH_MAX = 150;
/** More than the largest generated file has. */
const CONTENT_BYTES_MAX = 8 * 1024 * 1024;
const GNU_UNPACKER = ["tar", "--xattrs", "--xattrs-include=user.*", "-xpzf", "tree.tgz", "-C", "theirs"];
/** GNU tar loses directories' times in the order in which bsdtar writes them. */
const BSD_UNPACKER = ["bsdtar", "--xattrs", "-xpf", "tree.tgz", "-C", "theirs"];

interface Packer {
  name: string;
  keepsNanoseconds: boolean;
  /** ustar has neither long names and link targets nor large owners. */
  isUstar: boolean;
  /** Neither has ustar times before 1970, and bsdtar writes -1 s + 1 ns as -1.000000001. */
  hasEarlyTimes: boolean;
  command: readonly string[];
  unpacker: readonly string[];
}

const PACKERS: readonly Packer[] = [
  {
    name: "gnu",
    keepsNanoseconds: false,
    isUstar: false,
    hasEarlyTimes: true,
    command: ["tar", "--format=gnu", "--sparse", "-czf"],
    unpacker: GNU_UNPACKER,
  },
  {
    name: "ustar",
    keepsNanoseconds: false,
    isUstar: true,
    hasEarlyTimes: false,
    command: ["tar", "--format=ustar", "-czf"],
    unpacker: GNU_UNPACKER,
  },
  {
    name: "posix",
    keepsNanoseconds: true,
    isUstar: false,
    hasEarlyTimes: true,
    command: ["tar", "--format=posix", "--sparse", "--xattrs", "-czf"],
    unpacker: GNU_UNPACKER,
  },
  {
    name: "posix, sparse 0.0",
    keepsNanoseconds: true,
    isUstar: false,
    hasEarlyTimes: true,
    command: ["tar", "--format=posix", "--sparse", "--sparse-version=0.0", "--xattrs", "-czf"],
    unpacker: GNU_UNPACKER,
  },
  {
    name: "posix, sparse 0.1",
    keepsNanoseconds: true,
    isUstar: false,
    hasEarlyTimes: true,
    command: ["tar", "--format=posix", "--sparse", "--sparse-version=0.1", "--xattrs", "-czf"],
    unpacker: GNU_UNPACKER,
  },
  {
    name: "bsdtar",
    keepsNanoseconds: true,
    isUstar: false,
    hasEarlyTimes: false,
    command: ["bsdtar", "--format=pax", "--xattrs", "-czf"],
    unpacker: BSD_UNPACKER,
  },
];
const PROGRAMS = ["tar", "bsdtar", "setfattr", "getfattr"];

interface GeneratedNode {
  kind: "file" | "directory" | "symlink" | "hardlink" | "sparse" | "fifo";
  name: string;
  mode: number;
  uid: number;
  seconds: number;
  nanoseconds: number;
  size: number;
  hasXattr: boolean;
}

const NODE: fc.Arbitrary<GeneratedNode> = fc.record({
  kind: fc.constantFrom("file", "directory", "symlink", "hardlink", "sparse", "fifo"),
  name: fc.oneof(
    fc.stringMatching(/^[a-z][a-z0-9 .-]{0,12}$/),
    fc.constantFrom(
      "é",
      "n".repeat(90),
      "m".repeat(99),
      "l".repeat(180),
      "o".repeat(255),
      'a\n"b\\',
      "\x7f\t*",
    ),
  ),
  mode: fc.constantFrom(0o644, 0o755, 0o600, 0o4755, 0o2750, 0o1777, 0o400, 0o000),
  uid: fc.constantFrom(0, 1000, 65534, 4_000_000_000),
  seconds: fc.integer({ min: -1_000_000_000, max: 5_000_000_000 }),
  nanoseconds: fc.integer({ min: 0, max: 999_999_999 }),
  size: fc.integer({ min: 0, max: 70_000 }),
  hasXattr: fc.boolean(),
});

function run(directory: string, command: readonly string[]): string {
  const [program = "", ...args] = command;
  const { code, stdout, stderr } = new Deno.Command(program, { args, cwd: directory }).outputSync();
  if (code !== 0) throw new Error(`${command.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** Makes the nodes, each in a directory made before it; two of one name are one. */
function makeTree(top: string, nodes: readonly GeneratedNode[], pathMax: number): void {
  const directories = [top];
  const files: string[] = [];
  const taken = new Set<string>();
  const made: { path: string; node: GeneratedNode }[] = [];
  for (const [index, node] of nodes.entries()) {
    const parent = directories[index % directories.length]!;
    const path = `${parent}/${node.name}`;
    if (taken.has(path) || path.length - top.length > pathMax) continue;
    taken.add(path);
    if (node.kind === "directory") {
      Deno.mkdirSync(path);
      directories.push(path);
    } else if (node.kind === "symlink") Deno.symlinkSync(`../${node.name}`, path);
    else if (node.kind === "fifo") run(parent, ["mkfifo", node.name]);
    else if (node.kind === "hardlink" && files.length > 0) {
      Deno.linkSync(files[index % files.length]!, path);
      continue;
    } else {
      Deno.writeFileSync(path, Uint8Array.from({ length: node.size }, (_, at) => (at * 7 + index) & 0xff));
      if (node.kind === "sparse") scatter(path, node.size);
      files.push(path);
    }
    made.push({ path, node });
  }
  // Children change their directory's times: the deepest first.
  for (const { path, node } of made.reverse()) {
    const bytes = encodePath(path);
    const isData = node.kind === "file" || node.kind === "sparse" || node.kind === "hardlink";
    if (isData && node.hasXattr) run("/", ["setfattr", "-n", "user.test", "-v", `value ${node.size}`, path]);
    lchownat(AT_FDCWD, bytes, node.uid, node.uid);
    if (node.kind !== "symlink") Deno.chmodSync(path, node.mode);
    lutimensat(AT_FDCWD, bytes, BigInt(node.seconds), node.nanoseconds);
  }
}

/** Adds holes and pieces of data to a file, up to more than a header's map holds, and a hole at the end or none. */
function scatter(path: string, size: number): void {
  using file = Deno.openSync(path, { write: true });
  let at = size;
  for (let count = size % 40; count > 0; count--) {
    at += 8192 + (at * count) % 50_000;
    file.seekSync(at, Deno.SeekMode.Start);
    const data = new Uint8Array(1 + (at * 31) % 9000).fill(count);
    file.writeSync(data);
    at += data.length;
  }
  if (size % 3 > 0) file.truncateSync(at + 3_000_000);
}

/** Returns an entry that the format can hold. */
function fit(node: GeneratedNode, { isUstar, hasEarlyTimes }: Packer): GeneratedNode {
  const seconds = hasEarlyTimes ? node.seconds : Math.abs(node.seconds);
  if (!isUstar) return { ...node, seconds };
  return { ...node, seconds, name: node.name.slice(0, 99), uid: node.uid % 2_000_000 };
}

/** Blocks of all files, hard links counted once. */
function countBlocks(directory: string): number {
  return Number(run(directory, ["du", "-s", "--block-size=512", "."]).split("\t")[0]);
}

function readXattrs(directory: string): string {
  return run(directory, ["getfattr", "-Rhd", "-m", "^user\\.", "."]);
}

async function compareUnpacked(work: string, packer: Packer): Promise<void> {
  const [command = "", ...flags] = packer.command;
  run(work, [command, ...flags, "tree.tgz", "-C", "tree", "."]);
  for (const name of ["ours", "theirs"]) Deno.mkdirSync(`${work}/${name}`);
  run(work, packer.unpacker);
  using host = Root.open(work);
  using file = host.openFile(encodePath("tree.tgz"));
  using target = host.openSub(encodePath("ours"));
  await unpackImage({ file, format: "tgz" }, target);
  const ours = readTree(`${work}/ours`);
  assertEquals(compareTrees(ours, readTree(`${work}/theirs`), { hasOwners: true }), [], packer.name);
  if (packer.keepsNanoseconds) {
    assertEquals(compareTrees(ours, readTree(`${work}/tree`), { hasOwners: true }), [], packer.name);
  }
  using others = host.openSub(encodePath("theirs"));
  for (const [path, { type }] of ours) {
    if (type !== "file") continue;
    const [own, wanted] = [target, others].map((root) =>
      root.readFile(path as ByteString, CONTENT_BYTES_MAX)
    );
    assertEquals(Buffer.compare(own!, wanted!), 0, `${packer.name}: the contents of ${path}`);
  }
  assertEquals(readXattrs(`${work}/ours`), readXattrs(`${work}/theirs`), packer.name);
  if (packer.command.includes("--sparse")) {
    for (const [path, { type }] of ours) {
      if (type !== "file") continue;
      const [own, wanted] = ["ours", "theirs"].map((name) =>
        readExtents(encodePath(`${work}/${name}/`) + path as ByteString)
      );
      assertEquals(own, wanted, `${packer.name}: the extents of ${path}`);
    }
  }
  const [blocks, allowed] = [countBlocks(`${work}/ours`), countBlocks(`${work}/theirs`)];
  assertEquals(Math.max(blocks - allowed, 0) <= 64, true, `${packer.name}: ${blocks} blocks, not ${allowed}`);
}

for (const packer of PACKERS) {
  testWith(`unpackImage() makes of generated trees what their packer makes (${packer.name})`, {
    isRoot: true,
    programs: PROGRAMS,
  }, async () => {
    const property = fc.asyncProperty(fc.array(NODE, { maxLength: 25 }), async (generated) => {
      const nodes = generated.map((node) => fit(node, packer))
        .filter(({ kind }) => !packer.isUstar || !kind.endsWith("link"));
      const work = Deno.makeTempDirSync({ prefix: "torcx-differential-" });
      try {
        Deno.mkdirSync(`${work}/tree`);
        makeTree(`${work}/tree`, nodes, packer.isUstar ? USTAR_PATH_MAX : Infinity);
        await compareUnpacked(work, packer);
      } finally {
        Deno.removeSync(work, { recursive: true });
      }
    });
    await fc.assert(property, { numRuns: RUNS, seed: 1 });
  });
}
