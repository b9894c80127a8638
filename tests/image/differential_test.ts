/**
 * Tests that archives of generated trees unpack as the tool that made them, GNU tar or bsdtar, unpacks them: the same
 * files, owners, modes, times to the nanosecond, links, attributes, contents, and no more blocks on the disk.
 */

import { assertEquals } from "@std/assert";
import fc from "npm:fast-check@4.10.2";
import { encodePath } from "../../lib/bytes.ts";
import { unpackTar } from "../../lib/image/unpack.ts";
import { lchownat, lutimensat } from "../../lib/sys/calls.ts";
import { AT_FDCWD } from "../../lib/sys/flags.ts";
import { isRootUser } from "../../lib/sys/namespace.ts";
import { Root } from "../../lib/sys/root.ts";
import { compareTrees, readTree } from "../support/tree.ts";

const RUNS = 12;
const GNU_UNPACKER = ["tar", "--xattrs", "--xattrs-include=user.*", "-xpzf", "tree.tgz", "-C", "theirs"];
/** GNU tar loses directories' times in the order in which bsdtar writes them. */
const BSD_UNPACKER = ["bsdtar", "--xattrs", "-xpf", "tree.tgz", "-C", "theirs"];

interface Packer {
  name: string;
  keepsNanoseconds: boolean;
  /** ustar has no long link targets. */
  hasLongLinks: boolean;
  command: readonly string[];
  unpacker: readonly string[];
}

const PACKERS: readonly Packer[] = [
  {
    name: "gnu",
    keepsNanoseconds: false,
    hasLongLinks: true,
    command: ["tar", "--format=gnu", "--sparse", "-czf"],
    unpacker: GNU_UNPACKER,
  },
  {
    name: "ustar",
    keepsNanoseconds: false,
    hasLongLinks: false,
    command: ["tar", "--format=ustar", "-czf"],
    unpacker: GNU_UNPACKER,
  },
  {
    name: "posix",
    keepsNanoseconds: true,
    hasLongLinks: true,
    command: ["tar", "--format=posix", "--sparse", "--xattrs", "-czf"],
    unpacker: GNU_UNPACKER,
  },
  {
    name: "bsdtar",
    keepsNanoseconds: true,
    hasLongLinks: true,
    command: ["bsdtar", "--format=pax", "--xattrs", "-czf"],
    unpacker: BSD_UNPACKER,
  },
];
const PROGRAMS = ["tar", "bsdtar", "setfattr", "getfattr", "diff"];

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
    fc.constantFrom("é", "n".repeat(90), "m".repeat(99)),
  ),
  mode: fc.constantFrom(0o644, 0o755, 0o600, 0o4755, 0o2750, 0o1777, 0o400, 0o000),
  uid: fc.constantFrom(0, 1000, 65534),
  seconds: fc.integer({ min: 0, max: 2_000_000_000 }),
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
function makeTree(top: string, nodes: readonly GeneratedNode[]): void {
  const directories = [top];
  const files: string[] = [];
  const taken = new Set<string>();
  const made: { path: string; node: GeneratedNode }[] = [];
  for (const [index, node] of nodes.entries()) {
    const parent = directories[index % directories.length]!;
    const path = `${parent}/${node.name}`;
    if (taken.has(path)) continue;
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
      if (node.kind === "sparse") Deno.truncateSync(path, node.size + 3_000_000);
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
  using source = host.openFile(encodePath("tree.tgz"));
  using target = host.openSub(encodePath("ours"));
  await unpackTar(source, target, { compression: "gzip" });
  const ours = readTree(`${work}/ours`);
  assertEquals(compareTrees(ours, readTree(`${work}/theirs`), { hasOwners: true }), [], packer.name);
  if (packer.keepsNanoseconds) {
    assertEquals(compareTrees(ours, readTree(`${work}/tree`), { hasOwners: true }), [], packer.name);
  }
  run(work, ["diff", "-r", "--no-dereference", "--exclude-from=fifos", "ours", "theirs"]);
  assertEquals(readXattrs(`${work}/ours`), readXattrs(`${work}/theirs`), packer.name);
  const [blocks, allowed] = [countBlocks(`${work}/ours`), countBlocks(`${work}/theirs`)];
  assertEquals(Math.max(blocks - allowed, 0) <= 64, true, `${packer.name}: ${blocks} blocks, not ${allowed}`);
}

const missing = PROGRAMS.filter((name) =>
  !new Deno.Command("sh", { args: ["-c", `command -v ${name}`], stdout: "null" }).outputSync().success
);
const reason = !isRootUser()
  ? "only root can set owners"
  : missing.length > 0
  ? `no ${missing.join(", ")}`
  : "";
if (reason !== "") {
  Deno.stderr.writeSync(new TextEncoder().encode(`skipped: differential tests: ${reason}\n`));
}

for (const packer of PACKERS) {
  Deno.test({
    name: `unpackTar() makes of generated trees what their packer makes (${packer.name})`,
    ignore: reason !== "",
    async fn(): Promise<void> {
      const property = fc.asyncProperty(fc.array(NODE, { maxLength: 25 }), async (generated) => {
        const nodes = generated.filter(({ kind }) => packer.hasLongLinks || !kind.endsWith("link"));
        const work = Deno.makeTempDirSync({ prefix: "torcx-differential-" });
        try {
          Deno.mkdirSync(`${work}/tree`);
          makeTree(`${work}/tree`, nodes);
          const fifos = nodes.filter(({ kind }) => kind === "fifo").map(({ name }) => name);
          Deno.writeTextFileSync(`${work}/fifos`, fifos.join("\n"));
          await compareUnpacked(work, packer);
        } finally {
          Deno.removeSync(work, { recursive: true });
        }
      });
      await fc.assert(property, { numRuns: RUNS, seed: 1 });
    },
  });
}
