/** Promise 16: what shares a name is found by the plan, and no symlink leads a file elsewhere. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { executeOperation } from "../../../lib/apply/operations/table.ts";
import type { PlannedImage } from "../../../lib/apply/plan.ts";
import { planPropagation } from "../../../lib/apply/propagate.ts";
import { undoOperations } from "../../../lib/apply/undo.ts";
import { SyscallError } from "../../../lib/errors.ts";
import { SILENT_LOG } from "../../../lib/log.ts";
import type { Operation } from "../../../lib/manifest/journal.ts";
import type { ReportConflict } from "../../../lib/manifest/report.ts";
import { Root } from "../../../lib/sys/root.ts";
import { makeManifest, packImage } from "../../support/archives.ts";
import { catchError, makeProfile, type Node, OS_RELEASE, withTree } from "../../support/nodes.ts";
import { runSteps, withRoot } from "../../support/e2e_system.ts";
import { testWith } from "../../support/needs.ts";

const STORE = "var/lib/torcx/store";
const UNITS = "run/systemd/system";
const UNPACK = "run/torcx/unpack";
const RESOLVERS = ["openat2", "walk"] as const;

/** Returns an image as the plan has it; only its name matters here. */
function makeImage(name: string): PlannedImage {
  return {
    image: { name, reference: "1", profile: "edge" },
    archive: { name, reference: "1", format: "tgz", path: "/x", store: "/" },
  } as unknown as PlannedImage;
}

/** Lists what is below a directory, without what is below some: type, mode and content by path. */
function listTree(top: string, without: readonly string[] = []): Map<string, string> {
  const tree = new Map<string, string>();
  const visit = (directory: string): void => {
    for (const { name } of Deno.readDirSync(`${top}/${directory}`)) {
      const path = directory === "" ? name : `${directory}/${name}`;
      if (without.includes(path)) continue;
      const { isSymlink, isDirectory, mode } = Deno.lstatSync(`${top}/${path}`);
      if (isSymlink) tree.set(path, `link ${Deno.readLinkSync(`${top}/${path}`)}`);
      else if (isDirectory) {
        tree.set(path, "directory");
        visit(path);
      } else tree.set(path, `${mode!.toString(8)} ${Deno.readTextFileSync(`${top}/${path}`)}`);
    }
  };
  visit("");
  return tree;
}

/** A generator of numbers below a limit that a seed determines (mulberry32). */
function createRandom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

const NAMES = ["a", "b", "a.d", "b.d"];
const LINKS = [
  "../a",
  "a",
  "b.d",
  "/var/lib",
  "/etc",
  "../../../var/lib",
  "nothing",
  "/run/systemd/system",
  ".",
];
const TARGETS = {
  units: UNITS,
  network: "run/systemd/network",
  sysusers: "run/sysusers.d",
  tmpfiles: "run/tmpfiles.d",
  udev_rules: "run/udev/rules.d",
  bin: "run/torcx/bin",
};
type Kind = keyof typeof TARGETS;

/** Adds a file, a symlink, or a directory of such under a name. */
function addNode(random: (limit: number) => number, path: string, nodes: Record<string, Node>): void {
  const type = random(4);
  if (type === 0) nodes[path] = { link: LINKS[random(LINKS.length)]! };
  else if (type === 1) nodes[path] = `text ${random(3)}`;
  else {
    nodes[`${path}/.keep`] = "";
    for (const name of NAMES.slice(0, random(3))) {
      nodes[`${path}/${name}`] = random(3) === 0
        ? { link: LINKS[random(LINKS.length)]! }
        : `text ${random(3)}`;
    }
  }
}

/** Makes a host and two or three images whose names collide. */
function makeSystem(seed: number): { names: string[]; nodes: Record<string, Node> } {
  const random = createRandom(seed);
  const kinds = Object.keys(TARGETS) as Kind[];
  const names = ["one", "two", "three"].slice(0, 2 + random(2));
  const nodes: Record<string, Node> = {
    "var/lib/sentinel": "var",
    "etc/sentinel": "etc",
    "run/torcx/bin/.keep": "",
  };
  for (const name of names) {
    const assets: Partial<Record<Kind, string[]>> = {};
    for (let count = 1 + random(8); count > 0; count--) {
      const kind = random(2) === 0 ? "units" : kinds[random(kinds.length)]!;
      // Two directories, so that one image has two entries of one name.
      const path = `${kind}${random(2)}/${NAMES[random(NAMES.length)]}`;
      (assets[kind] ??= []).push(`/${path}`);
      const whole = `${UNPACK}/${name}/${path}`;
      if (!Object.keys(nodes).some((item) => `${item}/`.startsWith(`${whole}/`))) {
        addNode(random, whole, nodes);
      }
    }
    for (const [path, node] of Object.entries(makeManifest(assets))) {
      nodes[`${UNPACK}/${name}/${path}`] = node;
    }
  }
  for (const target of Object.values(TARGETS)) {
    // The directory itself is there, missing, or a symlink within /run.
    const state = random(4);
    if (state === 0) continue;
    const place = state === 1 && !target.includes("torcx")
      ? `run/other/${target.replaceAll("/", "-")}`
      : target;
    if (place !== target) nodes[target] = { link: "../".repeat(target.split("/").length - 1) + place };
    nodes[`${place}/.keep`] = "";
    for (const name of NAMES) if (random(3) === 0) addNode(random, `${place}/${name}`, nodes);
  }
  return { names, nodes };
}

/** The same sets with both; the second way to resolve is slower. */
const SETS = { openat2: 300, walk: 100 };

for (const resolver of RESOLVERS) {
  const count = SETS[resolver];
  Deno.test(`promise 16: what is planned for ${count} random sets of images never fails (${resolver})`, async () => {
    let conflicts = 0;
    let assets = 0;
    for (let seed = 0; seed < count; seed++) {
      const { names, nodes } = makeSystem(seed);
      await withTree(nodes, ({ path, readSystem }) => {
        using root = Root.open(path, { resolver });
        const outside = listTree(path, ["run"]);
        const before = listTree(`${path}/run`);
        const plan = planPropagation(readSystem(), names.map(makeImage));
        const shown = `seed ${seed}`;
        assertEquals(plan.faults, [], shown);
        const { operations } = plan;
        for (const operation of operations) {
          try {
            execute(root, operation);
          } catch (error) {
            throw new Error(`${shown}: ${JSON.stringify(operation)}`, { cause: error });
          }
        }
        assertEquals(listTree(path, ["run"]), outside, shown);
        const after = listTree(`${path}/run`);
        for (const [item, text] of before) assertEquals(after.get(item), text, `${shown}: ${item}`);
        for (const { to, from, link_text } of plan.assets) {
          const stat = Deno.lstatSync(path + to);
          assertEquals(stat.isSymlink, link_text !== null, `${shown}: ${to}`);
          if (link_text !== null) assertEquals(Deno.readLinkSync(path + to), link_text, shown);
          else assertEquals(Deno.readTextFileSync(path + to), Deno.readTextFileSync(path + from), shown);
        }
        conflicts += plan.conflicts.length;
        assets += plan.assets.length;
        undoOperations(root, operations);
        assertEquals(listTree(`${path}/run`), before, `${shown}: taken back`);
        assertEquals(listTree(path, ["run"]), outside, shown);
      });
    }
    assert(conflicts > count && assets > count, `${conflicts} conflicts, ${assets} assets`);
  });
}

/** Carries out an operation that makes no tree, whose failure is thrown at once. */
function execute(root: Root, operation: Operation): void {
  executeOperation(operation, {
    root,
    log: SILENT_LOG,
    encodeReport: () => "",
    getTreeOptions: () => {
      throw new Error("no tree is made here");
    },
  });
}

interface Collision {
  /** Completes "promise 16: ". */
  does: string;
  /** By image: its entries of units and its files. */
  images: Record<string, { units: string[]; files: Record<string, Node> }>;
  system?: Record<string, Node>;
  /** What is below the directory of the units afterwards. */
  left: Record<string, string>;
  conflicts: string[];
}

const FILE = { units: ["/u/x"], files: { "u/x": "file" } };
const DIRECTORY = { units: ["/u/x"], files: { "u/x/10.conf": "below" } };
const COPY = "100644 ";

const COLLISIONS: readonly Collision[] = [
  {
    does: "a file comes before a directory of that name",
    images: { one: FILE, two: DIRECTORY },
    left: { x: `${COPY}file` },
    conflicts: ['two: x/10.conf kept as image "one"'],
  },
  {
    does: "a directory comes before a file of that name",
    images: { one: DIRECTORY, two: FILE },
    left: { x: "directory", "x/10.conf": `${COPY}below` },
    conflicts: ['two: x kept as image "one"'],
  },
  {
    does: "a symlink comes before a directory of that name, and is not followed",
    images: { one: { units: ["/u/x"], files: { "u/x": { link: "/var" } } }, two: DIRECTORY },
    left: { x: "link /var" },
    conflicts: ['two: x/10.conf kept as image "one"'],
  },
  {
    does: "two entries of one name put nothing behind a symlink",
    images: {
      one: { units: ["/u/x", "/v/x"], files: { "u/x": { link: "/var" }, "v/x/10.conf": "below" } },
    },
    left: { x: "link /var" },
    conflicts: ['one: x/10.conf kept as image "one"'],
  },
  {
    does: "a directory of the system keeps the place of a file",
    images: { one: FILE },
    system: { [`${UNITS}/x/20.conf`]: "the system's" },
    left: { x: "directory", "x/20.conf": `${COPY}the system's` },
    conflicts: ["one: x kept as the system"],
  },
  {
    does: "a file of the system keeps the place of a directory",
    images: { one: DIRECTORY },
    system: { [`${UNITS}/x`]: "the system's" },
    left: { x: `${COPY}the system's` },
    conflicts: ["one: x/10.conf kept as the system"],
  },
  {
    does: "a symlink to nothing of the system keeps the place of a directory",
    images: { one: DIRECTORY },
    system: { [`${UNITS}/x`]: { link: "nothing" } },
    left: { x: "link nothing" },
    conflicts: ["one: x/10.conf kept as the system"],
  },
  {
    does: "a symlink of the system to a directory keeps the place of a directory, and is not followed",
    images: { one: DIRECTORY },
    system: { [`${UNITS}/x`]: { link: "/var" } },
    left: { x: "link /var" },
    conflicts: ["one: x/10.conf kept as the system"],
  },
  {
    does: "an entry that is named twice is no conflict",
    images: { one: { ...FILE, units: ["/u/x", "/u/x"] } },
    left: { x: `${COPY}file` },
    conflicts: [],
  },
];

for (const { does, images, system = {}, left, conflicts } of COLLISIONS) {
  testWith(`promise 16: ${does}`, { isRoot: true }, () => {
    const nodes: Record<string, Node> = {
      ...OS_RELEASE,
      "etc/torcx/profiles/edge.json": makeProfile(...Object.keys(images).map((name) => `${name}:1`)),
      "etc/torcx/next-profile": "edge\n",
      ...system,
    };
    return withRoot(nodes, async (root) => {
      for (const [name, { units, files }] of Object.entries(images)) {
        packImage(`${root}/${STORE}/${name}:1.torcx.tgz`, { ...makeManifest({ units }), ...files });
      }
      const outside = listTree(root, ["run"]);
      const [plan, applied, report] = await runSteps(root, [
        "torcx plan --output json 2>/dev/null",
        "torcx apply",
        "cat run/torcx/report.json",
      ]);
      const describe = ({ image, to, kept }: ReportConflict): string =>
        `${image}: ${to.slice(`/${UNITS}/`.length)} kept as ${kept}`;
      assertEquals([plan!.code, applied!.code], [0, 0], plan!.output + applied!.output);
      assertEquals(JSON.parse(plan!.output).value.conflicts.map(describe), conflicts);
      assertEquals(JSON.parse(report!.output).value.conflicts.map(describe), conflicts);
      assertEquals(listTree(root, ["run"]), outside);
      assertEquals(Object.fromEntries(listTree(`${root}/${UNITS}`)), left);
    });
  });
}

for (const [what, node] of Object.entries({ "a file": "x", "a symlink to nothing": { link: "nothing" } })) {
  testWith(
    `promise 16: the plan fails, and the apply before its first copy, if the directory of the units is ${what}`,
    { isRoot: true },
    () => {
      const nodes: Record<string, Node> = {
        ...OS_RELEASE,
        "etc/torcx/profiles/edge.json": makeProfile("one:1"),
        "etc/torcx/next-profile": "edge\n",
        [UNITS]: node,
      };
      return withRoot(nodes, async (root) => {
        packImage(`${root}/${STORE}/one:1.torcx.tgz`, {
          ...makeManifest({ bin: ["/bin"], units: ["/x"] }),
          "bin/tool": "x",
          x: "file",
        });
        const results = await runSteps(root, ["torcx plan", "torcx apply", "ls run/torcx"]);
        for (const { code, output } of results.slice(0, 2)) {
          assertEquals(code, 1, output);
          assertMatch(
            output,
            /^ {2}Cannot propagate assets of image "one:1" from "[^"]+one:1\.torcx\.tgz"\n {2}Cannot propagate into "\/run\/systemd\/system": "\/run\/systemd\/system" is a (file|symlink to nothing), not a directory\n/m,
          );
        }
        assert(!results[2]!.output.includes("bin"), results[2]!.output);
      });
    },
  );
}

for (const resolver of RESOLVERS) {
  Deno.test(`promise 16: a symlink that appears after the plan is not followed (${resolver})`, async () => {
    const nodes = {
      [`${UNPACK}/one/u/x/10.conf`]: "below",
      ...Object.fromEntries(
        Object.entries(makeManifest({ units: ["/u/x"] })).map((
          [path, node],
        ) => [`${UNPACK}/one/${path}`, node]),
      ),
      [`${UNITS}/.keep`]: "",
      "var/sentinel": "",
    };
    await withTree(nodes, ({ path, readSystem }) => {
      using root = Root.open(path, { resolver });
      const { operations } = planPropagation(readSystem(), [makeImage("one")]);
      assertEquals(operations.map(({ kind }) => kind), ["make_dir", "copy"]);
      Deno.symlinkSync("/var", `${path}/${UNITS}/x`);
      for (const operation of operations) {
        const error = catchError(() => execute(root, operation));
        assert(error instanceof SyscallError, String(error));
      }
      undoOperations(root, operations);
      assertEquals([...listTree(`${path}/var`).keys()], ["sentinel"]);
    });
  });
}

for (
  const [what, nodes] of Object.entries<Record<string, Node>>({
    "the manifest": { ".torcx/manifest.json": { link: "../none.json" } },
    "the directory of the manifest": { ".torcx": { link: "none" } },
  })
) {
  testWith(`promise 16: ${what} being a symlink to nothing is an error`, { isRoot: true }, () =>
    withRoot({
      ...OS_RELEASE,
      "etc/torcx/profiles/edge.json": makeProfile("one:1"),
      "etc/torcx/next-profile": "edge\n",
    }, async (root) => {
      packImage(`${root}/${STORE}/one:1.torcx.tgz`, { ...nodes, "bin/tool": "x" });
      const results = await runSteps(root, [
        "torcx profile check --deep",
        "torcx plan",
        "torcx apply",
      ]);
      for (const { code, output } of results) {
        assertEquals(code, 1, output);
        assertMatch(
          output,
          /Cannot read "one[^"]*:\/\.torcx\/manifest\.json": "[^"]+" is a symlink to "[^"]*none[^"]*", which is not in the image$/m,
        );
      }
    }));
}

/** An archive with a file capability and a user attribute, by Python's own writer of PAX records. */
const PACK_XATTRS = `python3 -c '
import io, sys, tarfile
archive = tarfile.open(sys.argv[1], "w:gz", format=tarfile.PAX_FORMAT)
entry = tarfile.TarInfo("tool")
entry.pax_headers = {"SCHILY.xattr.user.note": "x"}
archive.addfile(entry, io.BytesIO(b""))
archive.close()
'`;

testWith(
  "promise 16: an attribute that root may not set is an error, one that the file system has not a warning",
  { programs: ["strace", "python3"], isRoot: true },
  () =>
    withRoot({
      ...OS_RELEASE,
      "etc/torcx/profiles/edge.json": makeProfile("one:1"),
      "etc/torcx/next-profile": "edge\n",
      [STORE]: { dir: true },
    }, async (root) => {
      const inject = (errno: string): string =>
        `program=(strace -f -qq -o /dev/null -e inject=fsetxattr:error=${errno} "\${program[@]}")`;
      const [packed, refused, , unsupported] = await runSteps(root, [
        `${PACK_XATTRS} ${STORE}/one:1.torcx.tgz`,
        `(${inject("EPERM")}; torcx apply)`,
        "true",
        `(${inject("EOPNOTSUPP")}; torcx apply --retry)`,
      ]);
      assertEquals(packed!.code, 0, packed!.output);
      assertEquals(refused!.code, 1, refused!.output);
      assertMatch(
        refused!.output,
        /Cannot unpack image "one:1" from "[^"]+"\n {2}Cannot unpack entry "tool"\n {2}fsetxattr\([^\n]*EPERM/,
      );
      assert(!refused!.output.includes("sound copy"), refused!.output);
      assertEquals(unsupported!.code, 0, unsupported!.output);
      assertMatch(
        unsupported!.output,
        /warning: image "one:1": extended attribute "user.note" is not kept: /,
      );
    }),
);
