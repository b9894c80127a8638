/** Tests the plan of an apply: which operations, in which order, and what cannot be applied. */

import { assertEquals, assertThrows } from "@std/assert";
import { listMissingDirectories, planApply } from "../../../lib/apply/plan.ts";
import { decodePath, encodePath } from "../../../lib/bytes.ts";
import { TorcxError } from "../../../lib/errors.ts";
import { parseProfileName } from "../../../lib/manifest/names.ts";
import { makeManifest, packImage } from "../../support/archives.ts";
import { makeProfile, type Node, OS_RELEASE, withTree } from "../../support/nodes.ts";

const STORE = "var/lib/torcx/store";
const SYSTEM: Record<string, Node> = {
  ...OS_RELEASE,
  "usr/share/torcx/profiles/vendor.json": makeProfile("hello:1"),
  "etc/torcx/profiles/edge.json": makeProfile("gone:1", "broken:1"),
  "etc/torcx/next-profile": "edge\n",
  [`${STORE}/broken:1.torcx.tgz`]: "<html>not found</html>",
};

Deno.test("planApply() lists directories, mount, trees and records, and what cannot be had", () =>
  withTree(SYSTEM, ({ path, readSystem }) => {
    packImage(`${path}/${STORE}/hello:1.torcx.tgz`, makeManifest({ bin: ["/bin"] }));
    const plan = planApply(readSystem());
    assertEquals([plan.selection.lower, plan.selection.upper], [["vendor"], "edge"] as unknown);
    assertEquals(plan.images.map(({ archive }) => archive.path), [`/${STORE}/hello:1.torcx.tgz`]);
    assertEquals(plan.missing.map(({ image, error }) => [image.name as string, error.code]), [[
      "gone",
      "not_found",
    ]]);
    assertEquals(plan.broken.map(({ image, error }) => [image.name as string, error.code]), [[
      "broken",
      "archive",
    ]]);
    assertEquals(plan.preparation.map(({ kind, path }) => `${kind} ${decodePath(path)}`), [
      "make_dir /run",
      "make_dir /run/torcx",
      "make_dir /run/torcx/bin",
      "make_dir /run/torcx/unpack",
      "make_dir /run/metadata",
      "mount_tmpfs /run/torcx/unpack",
      "unpack /run/torcx/unpack/hello",
    ]);
    // Whoever waits for the seal may rely on all the rest.
    assertEquals(plan.closing.map(({ kind, path }) => `${kind} ${decodePath(path)}`), [
      "write_run_profile /run/torcx/profile.json",
      "write_report /run/torcx/report.json",
      "remount_read_only /run/torcx/unpack",
      "write_seal /run/metadata/torcx",
    ]);
    assertEquals([...Deno.readDirSync(path)].some(({ name }) => name === "run"), false, "it only reads");
  }));

Deno.test("planApply() takes an old seal away before all else", () =>
  withTree({ ...SYSTEM, "run/metadata/torcx": "old" }, ({ readSystem }) => {
    const [first] = planApply(readSystem()).preparation;
    assertEquals(first as unknown, { kind: "remove_seal", path: encodePath("/run/metadata/torcx") });
  }));

Deno.test("planApply() takes the profile that is asked for, and refuses one that is not there", () =>
  withTree(
    { ...SYSTEM, "etc/torcx/profiles/none.json": makeProfile() },
    ({ readSystem }) => {
      const plan = (profile: string) => planApply(readSystem(), { profile: parseProfileName(profile) });
      assertEquals([plan("none").selection.upper, plan("none").broken], ["none", []] as unknown);
      assertThrows(() => plan("gone"), TorcxError, '"gone"');
    },
  ));

for (
  const [path, node, state] of [
    ["run/torcx", "x", "a file"],
    ["run", "x", "a file"],
    ["run/metadata", { link: "gone" }, "a symlink to nothing"],
  ] as const
) {
  Deno.test(`planApply() refuses that /${path}, which every run needs, is ${state}`, () =>
    withTree({ ...OS_RELEASE, [path]: node }, ({ readSystem }) => {
      assertThrows(() => planApply(readSystem()), TorcxError, `"/${path}" is ${state}, not a directory`);
    }));
}

Deno.test("listMissingDirectories() lists what is not there, outermost first", () =>
  withTree({ "run/a/.keep": "", "l": { link: "run" } }, ({ root }) => {
    const list = (path: string): string[] => listMissingDirectories(root, encodePath(path)).map(decodePath);
    assertEquals(list("/run/a/b/c"), ["/run/a/b", "/run/a/b/c"]);
    assertEquals(list("/l/a/b"), ["/l/a/b"]);
    assertEquals(list("/run/a"), []);
  }));
