/** Tests the judgement of what was propagated: each link and copy as it was made, and what else lies there. */

import { assertEquals } from "@std/assert";
import { encodePath } from "../../../lib/bytes.ts";
import type { ReportAsset } from "../../../lib/manifest/report.ts";
import { findAssetFaults, findForeignFiles, isTreeLink } from "../../../lib/state/asset_faults.ts";
import { computeDigest } from "../../../lib/sys/digest.ts";
import { type Node, withTree } from "../../support/nodes.ts";
import { testWith } from "../../support/needs.ts";
import { makeReport, makeReportAsset } from "../../support/report.ts";

const TREE = "/run/torcx/unpack/a";
const UNIT = "/run/systemd/system/x.service";
const NODES: Record<string, Node> = {
  [`${TREE}/x`.slice(1)]: "program",
  [`${TREE}${UNIT}`.slice(1)]: "text",
  "run/torcx/bin/x": { link: `${TREE}/x` },
  [UNIT.slice(1)]: "text",
  "run/systemd/system/x.service.d": { dir: true },
};
const BIN = makeReportAsset("bin", "/run/torcx/bin/x", {
  from: `${TREE}/x`,
  link_text: `${TREE}/x`,
  mode: null,
});
const COPY = makeReportAsset("units", UNIT);
const DIRECTORY = makeReportAsset("units", "/run/systemd/system/x.service.d", {
  is_directory: true,
  mode: "0755",
});

/** What is changed, of which asset, and what is found then. */
const CASES: { name: string; asset: ReportAsset; change?: (path: string) => void; found: string[] }[] = [
  { name: "a link as it was made", asset: BIN, found: [] },
  { name: "a copy as it was made", asset: COPY, found: [] },
  { name: "a directory as it was made", asset: DIRECTORY, found: [] },
  {
    name: "a link that is gone",
    asset: BIN,
    change: (path) => Deno.removeSync(`${path}/run/torcx/bin/x`),
    found: ['asset_gone "/run/torcx/bin/x" of image "a" is gone'],
  },
  {
    name: "a link that leads elsewhere",
    asset: BIN,
    change: (path) => {
      Deno.removeSync(`${path}/run/torcx/bin/x`);
      Deno.symlinkSync("/bin/sh", `${path}/run/torcx/bin/x`);
    },
    found: [`asset_changed "/run/torcx/bin/x" of image "a" leads to "/bin/sh" now, not to "${TREE}/x"`],
  },
  {
    name: "a program that is gone behind its link",
    asset: BIN,
    change: (path) => Deno.removeSync(`${path}${TREE}/x`),
    found: [`tree "${TREE}/x", the file of "/run/torcx/bin/x" of image "a", is gone`],
  },
  {
    name: "a copy of another text and mode",
    asset: COPY,
    change: (path) => {
      Deno.writeTextFileSync(`${path}${UNIT}`, "TEXT");
      Deno.chmodSync(`${path}${UNIT}`, 0o600);
    },
    found: [
      `asset_changed "${UNIT}" of image "a" has mode 0600 now, not 0644`,
      `asset_changed "${UNIT}" of image "a" holds something else than was copied`,
    ],
  },
  {
    name: "a copy of another owner",
    asset: COPY,
    change: (path) => Deno.chownSync(`${path}${UNIT}`, 7, 0),
    found: [`asset_changed "${UNIT}" of image "a" belongs to user 7 now`],
  },
  {
    name: "a symlink in a copy's place",
    asset: COPY,
    change: (path) => {
      Deno.removeSync(`${path}${UNIT}`);
      Deno.symlinkSync("/dev/null", `${path}${UNIT}`);
    },
    found: [`asset_changed "${UNIT}" of image "a" is a symlink now, not the file that was copied`],
  },
  {
    name: "a directory of another mode",
    asset: DIRECTORY,
    change: (path) => Deno.chmodSync(`${path}${DIRECTORY.to}`, 0o700),
    found: [`asset_changed "${DIRECTORY.to}" of image "a" has mode 0700 now, not 0755`],
  },
];

for (const { name, asset, change, found } of CASES) {
  testWith(
    `findAssetFaults() tells ${found.length === 0 ? "nothing of " : ""}${name}`,
    { isRoot: true },
    () =>
      withTree(NODES, ({ root, path }) => {
        change?.(path);
        const faults = findAssetFaults(root, makeReport({ assets: [asset] }));
        assertEquals(faults.map(({ kind, message }) => `${kind} ${message}`), found);
      }),
  );
}

testWith(
  "findAssetFaults() judges a copy by its digest where its source is gone",
  { isRoot: true },
  () =>
    withTree(NODES, ({ root, path }) => {
      const report = makeReport({ assets: [{ ...COPY, digest: computeDigest(root, encodePath(UNIT)) }] });
      Deno.removeSync(`${path}${TREE}${UNIT}`);
      assertEquals(findAssetFaults(root, report), []);
      Deno.writeTextFileSync(`${path}${UNIT}`, "TEXT");
      assertEquals(findAssetFaults(root, report).length, 1);
    }),
);

Deno.test("findForeignFiles() names what torcx did not make in RUN and among its programs", () =>
  withTree(
    { ...NODES, "run/torcx/notes": "", "run/torcx/report.json": "", "run/torcx/bin/mine": "" },
    (tree) => {
      const { root, readSystem } = tree;
      const names = findForeignFiles(readSystem(), makeReport({ assets: [BIN] })).map(({ message }) =>
        message
      );
      assertEquals(names, [
        '"/run/torcx/notes" was not made by torcx',
        '"/run/torcx/bin/mine" was not made by torcx',
      ]);
      const isLink = (path: string): boolean =>
        isTreeLink(root, { unpackDir: "/run/torcx/unpack", path: encodePath(path) });
      assertEquals([isLink("/run/torcx/bin/x"), isLink("/run/torcx/bin/mine"), isLink("/none")], [
        true,
        false,
        false,
      ]);
    },
  ));
