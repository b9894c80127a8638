/** Tests what the generator adds to torcx.target. */

import { assertEquals } from "@std/assert";
import { writeTargetAssertions, writeTargetWant } from "../../../lib/boot/sealed_target.ts";
import { withTree } from "../../support/nodes.ts";

Deno.test("writeTargetWant() has every boot try to reach the target", () =>
  withTree({}, ({ root, path }) => {
    writeTargetWant(root, "/gen");
    assertEquals(Deno.readLinkSync(`${path}/gen/default.target.wants/torcx.target`), "../torcx.target");
  }));

Deno.test("writeTargetAssertions() asserts the mount of the unpack dir, wherever that is", () =>
  withTree({}, ({ path, readSystem }) => {
    writeTargetAssertions(readSystem({ TORCX_RUNDIR: "/run/100%" }), "/gen");
    const text = Deno.readTextFileSync(`${path}/gen/torcx.target.d/50-torcx.conf`);
    assertEquals(text.split("\n").filter((line) => line.startsWith("Assert")), [
      "AssertPathIsMountPoint=/run/100%%/unpack",
      "AssertPathIsReadWrite=!/run/100%%/unpack",
    ]);
  }));
