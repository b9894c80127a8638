/** Tests the whole of what is known of this boot's torcx, from records on a temporary root. */

import { assertEquals } from "@std/assert";
import { findSwitch, readStatus } from "../../../lib/state/status.ts";
import { withApplied } from "../../support/applied.ts";
import { testWith } from "../../support/needs.ts";
import { withTree } from "../../support/nodes.ts";

Deno.test("readStatus() says what is installed, the first in systemd's order that is a file", () =>
  withTree({
    "usr/lib/systemd/system-generators/torcx-generator": "",
    "etc/systemd/system/torcx.target": { link: "/dev/null" },
    "usr/lib/systemd/system/torcx.service": "",
    "dev/null": { dir: true },
  }, ({ readSystem }) => {
    const status = readStatus(readSystem());
    assertEquals(status.state, "not_applied");
    assertEquals([status.generator_path, status.target_path, status.service_path], [
      "/usr/lib/systemd/system-generators/torcx-generator",
      null,
      "/usr/lib/systemd/system/torcx.service",
    ]);
    assertEquals([status.images, status.drift, status.report, status.upper_profile], [[], [], null, null]);
  }));

Deno.test("readStatus() says switched_off, and by what, if the kernel command line does", () =>
  withTree({}, ({ readSettings, readSystem }) => {
    const system = readSystem({}, "quiet torcx=0");
    assertEquals(readStatus(system).state, "switched_off");
    assertEquals(
      readStatus(system).switched_off_by,
      findSwitch(system.settings) ?? null,
    );
    assertEquals(findSwitch(readSettings()), undefined);
  }));

testWith(
  "readStatus() tells profiles, trees and seal of a sealed system",
  { isRoot: true },
  () =>
    withApplied((_tree, system) => {
      const status = readStatus(system);
      assertEquals([
        status.state,
        status.lower_profiles,
        status.upper_profile,
        status.is_read_only,
        status.drift,
      ], [
        "sealed",
        ["vendor"],
        null,
        true,
        [],
      ]);
      assertEquals(status.images.map(({ name, path, is_mounted }) => [name, path, is_mounted]), [
        ["hello", "/run/torcx/unpack/hello", false],
      ]);
      assertEquals([status.profile_path, status.bin_dir], ["/run/torcx/profile.json", "/run/torcx/bin"]);
    }),
);
