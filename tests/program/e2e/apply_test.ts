/** Tests a whole apply of the first implementation's own archives: trees, links, records, seal, status. */

import { assertEquals, assertMatch } from "@std/assert";
import { makeProfile, type Node } from "../../support/nodes.ts";
import { readListing, toTree, type Tree } from "../../support/corpus.ts";
import { testWith } from "../../support/needs.ts";
import { PROJECT_DIR } from "../../support/std_flags.ts";
import { LIST_RUN, runSteps, withRoot } from "../../support/e2e_system.ts";
import { findSchemaFaults } from "../../support/schemas.ts";

const FIXTURES_DIR = `${PROJECT_DIR}/../shared/fixtures/torcx`;

/** The archive, and the tree that both hold by GNU tar's listing of the first. */
const CASES = [
  { reference: "01", file: "addon_01.torcx.tgz", format: "tgz" },
  { reference: "02", file: "addon_02.torcx.squashfs", format: "squashfs" },
] as const;

const BIN = "/run/torcx/bin/protocol";
const NETWORK = "/run/systemd/network/layer-01.network";
const UNIT = "/run/systemd/system/autonomous.service";

function makeSystem(reference: string): Record<string, Node> {
  return {
    "usr/lib/os-release": "VERSION_ID=1\n",
    "usr/share/torcx/profiles/vendor.json": makeProfile(),
    "etc/torcx/profiles/edge.json": makeProfile(`addon:${reference}`),
    "etc/torcx/next-profile": "edge\n",
    "var/lib/torcx/store/.keep": "",
    "run/systemd/.keep": "",
  };
}

const SEAL = [
  'TORCX_LOWER_PROFILES="vendor"',
  'TORCX_UPPER_PROFILE="edge"',
  'TORCX_PROFILE_PATH="/run/torcx/profile.json"',
  'TORCX_BINDIR="/run/torcx/bin"',
  'TORCX_UNPACKDIR="/run/torcx/unpack"',
  "",
].join("\n");

/** What is below /run afterwards; the unpack dir is told apart. */
const RUN_FILES = `d 755 run/metadata
f 444 run/metadata/torcx
d 755 run/systemd
f 644 run/systemd/.keep
d 755 run/systemd/network
f 644 run/systemd/network/layer-01.network
d 755 run/systemd/system
f 644 run/systemd/system/autonomous.service
d 755 run/torcx
d 755 run/torcx/bin
l 777 run/torcx/bin/protocol /run/torcx/unpack/addon/bin/protocol
f 600 run/torcx/lock
f 444 run/torcx/profile.json
f 444 run/torcx/report.json
d 755 run/torcx/unpack
`;

/** Returns the lines that LIST_TREE must print for a tree. */
function describeTree(tree: Tree): string[] {
  return [...tree].map(([path, node]) =>
    `${node.type[0]} ${node.mode!.toString(8)} ${node.uid}:${node.gid} ${node.size ?? "-"} ${
      Math.floor(Number(node.mtime))
    } ${path}`
  ).sort();
}

const LIST_TREE =
  `cd run/torcx/unpack/addon && find . -mindepth 1 \\( -type d -printf 'd %m %U:%G - %T@ %P\\n' -o -printf '%y %m %U:%G %s %T@ %P\\n' \\) | sed -E 's/\\.[0-9]{10} / /'; cd "$OLDPWD"`;

for (const { reference, file, format } of CASES) {
  const path = `${FIXTURES_DIR}/${file}`;
  const name = `torcx apply makes the links, files and records of a ${format} addon, seals, and does so once`;
  testWith(name, { isRoot: true, files: [path] }, () =>
    withRoot(makeSystem(reference), async (root) => {
      await Deno.copyFile(path, `${root}/var/lib/torcx/store/addon:${reference}.torcx.${format}`);
      const list = `find . -mindepth 1 -printf '%y %m %s %T@ %C@ %p %l\\n' | sort`;
      const [before, statusBefore, dry, after, applied, tree, ...rest] = await runSteps(root, [
        list,
        "torcx status --output json",
        "torcx apply --dry-run --output json",
        list,
        "torcx apply --output json 2>/dev/null",
        LIST_TREE,
        LIST_RUN,
        "cat run/metadata/torcx",
        "cat run/torcx/profile.json",
        "touch run/torcx/unpack/new run/torcx/unpack/addon/new; rm run/torcx/unpack/addon/bin/protocol",
        `echo "$(stat -c %a run/torcx/unpack)"; grep -F " $PWD/" /proc/self/mounts | sed "s|$PWD||"`,
        "torcx status --output json",
        "find run -printf '%p %m %T@ %C@\\n' | sort | cat > before.txt; torcx apply --output text",
        "torcx apply --output json 2>/dev/null",
        "find run -printf '%p %m %T@ %C@\\n' | sort | diff before.txt -",
        "rm run/metadata/torcx; torcx status --output json",
      ]);
      assertEquals(statusBefore!.code, 3);
      assertEquals(JSON.parse(statusBefore!.output).value.state, "not_applied");
      assertEquals(dry!.code, 0, dry!.output);
      assertEquals(JSON.parse(dry!.output).kind, "torcx-apply-plan-v0");
      assertEquals(after, before, "--dry-run changes nothing");
      assertEquals(applied!.code, 0, applied!.output);
      const { kind, value: report } = JSON.parse(applied!.output);
      assertEquals([kind, report.changed, report.mode, report.outcome], [
        "torcx-apply-report-v0",
        true,
        "manual",
        "sealed",
      ]);
      assertEquals(
        report.assets.map((asset: { kind: string; to: string }) => [asset.kind, asset.to]),
        [["bin", BIN], ["network", NETWORK], ["units", UNIT]],
      );
      // The image's files are the group's to write.
      assertEquals(report.warnings.length, 2, report.warnings.join("\n"));
      checkTree(tree!.output, format);
      const [files, seal, profile, writes, mounts, status, second, third, unchanged, unsealed] = rest;
      assertEquals(files!.output, RUN_FILES);
      assertEquals(seal!.output, SEAL);
      assertEquals(JSON.parse(profile!.output), {
        kind: "profile-manifest-v0",
        value: { images: [{ name: "addon", reference }] },
      });
      assertEquals(writes!.code, 1);
      assertEquals(writes!.output.match(/Read-only file system/g)?.length, 3, writes!.output);
      assertMatch(
        mounts!.output,
        format === "tgz"
          ? /^755\ntmpfs \/run\/torcx\/unpack tmpfs ro[^\n]*\n$/
          : /^755\ntmpfs \/run\/torcx\/unpack tmpfs ro[^\n]*\n\S+ \/run\/torcx\/unpack\/addon squashfs ro[^\n]*\n$/,
      );
      const state = JSON.parse(status!.output).value;
      assertEquals([status!.code, state.state, state.is_read_only, state.drift], [0, "sealed", true, []]);
      assertEquals(second!.code, 0);
      assertMatch(second!.output, /already applied in this boot: nothing was touched/);
      const told = JSON.parse(third!.output).value;
      assertEquals([third!.code, told.changed, told.assets], [0, false, report.assets]);
      assertEquals(findSchemaFaults(JSON.parse(third!.output)), undefined);
      assertEquals(unchanged, { code: 0, output: "" });
      assertEquals(unsealed!.code, 1);
      // A report of success, no seal, no lock: nothing is sealed, and nobody is at work.
      assertEquals(JSON.parse(unsealed!.output).value.state, "killed");
    }));
}

function checkTree(output: string, format: string): void {
  const lines = output.trimEnd().split("\n").sort();
  const expected = toTree(readListing("torcx/addon_01.torcx.tgz", "gnu"));
  assertEquals(expected.size, 10);
  if (format === "tgz") return assertEquals(lines, describeTree(expected));
  // The other archive was packed at another time from the same files.
  const strip = (line: string): string => line.replace(/^(\S+ \S+) \S+ (\S+) \S+ /, "$1 $2 ");
  assertEquals(lines.map(strip).sort(), describeTree(expected).map(strip).sort());
}
