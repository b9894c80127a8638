/** Tests which of two files of one name takes effect. */

import { assertEquals } from "@std/assert";
import { findOverride, listOverrides } from "../../../lib/state/overrides.ts";
import { withTree } from "../../support/nodes.ts";

const PLACE = {
  image: "a",
  kind: "units",
  from: "/run/torcx/unpack/a/x.service",
  to: "/run/systemd/system/x.service",
} as const;

Deno.test("listOverrides() lists the system's files of an asset's name, those that take effect first", () =>
  withTree({
    "usr/lib/systemd/system/x.service": "",
    "etc/systemd/system/x.service": { link: "/dev/null" },
    "usr/lib/systemd/system/y.service": "",
  }, ({ readSystem }) => {
    const system = readSystem();
    assertEquals(listOverrides(system, PLACE), [
      { ...PLACE, path: "/etc/systemd/system/x.service", isHidden: true },
      { ...PLACE, path: "/usr/lib/systemd/system/x.service", isHidden: false },
    ]);
    assertEquals(findOverride(system, PLACE), "/etc/systemd/system/x.service");
    // Of an asset that is alone, and of one that the system's gives way to.
    assertEquals(findOverride(system, { ...PLACE, to: "/run/systemd/system/z.service" }), undefined);
    assertEquals(findOverride(system, { ...PLACE, to: "/run/systemd/system/y.service" }), undefined);
    assertEquals(listOverrides(system, { ...PLACE, is_directory: true }), []);
  }));

Deno.test("listOverrides() looks where /usr is mounted, and has none for programs", () =>
  withTree({ "mnt/lib/systemd/system/x.service": "" }, ({ readSystem }) => {
    const system = readSystem({ TORCX_USR_MOUNTPOINT: "/mnt" });
    assertEquals(listOverrides(system, PLACE).map(({ path }) => path), ["/mnt/lib/systemd/system/x.service"]);
    assertEquals(listOverrides(system, { ...PLACE, kind: "bin", to: "/run/torcx/bin/x" }), []);
  }));
