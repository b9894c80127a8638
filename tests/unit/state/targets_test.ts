/** Tests where an apply may write: what a record says beyond is not torcx's doing. */

import { assertEquals } from "@std/assert";
import { encodePath } from "../../../lib/bytes.ts";
import { isKnownTarget } from "../../../lib/state/targets.ts";
import { withTree } from "../../support/nodes.ts";

const KNOWN: [kind: string, path: string][] = [
  ["link", "/run/torcx/bin/x"],
  ["copy", "/run/systemd/system/x.service"],
  ["copy", "/run/systemd/system/x.service.d/10.conf"],
  ["link", "/run/systemd/system/x.target.wants/x.service"],
  ["copy", "/run/udev/rules.d/60-x.rules"],
  ["make_dir", "/run/systemd/system/x.service.d"],
  ["make_dir", "/run/torcx/unpack"],
  ["make_dir", "/run/metadata"],
  ["unpack", "/run/torcx/unpack/x"],
  ["mount_tmpfs", "/run/torcx/unpack"],
  ["write_seal", "/run/metadata/torcx"],
  ["write_report", "/run/torcx/report.json"],
  ["write_run_profile", "/run/torcx/profile.json"],
];

const UNKNOWN: [kind: string, path: string][] = [
  ["copy", "/etc/passwd"],
  ["copy", "/run/systemd/x.service"],
  ["link", "/run/torcx/x"],
  ["make_dir", "/home/x"],
  ["unpack", "/run/torcx/x"],
  ["mount_tmpfs", "/run"],
  ["write_seal", "/run/metadata/other"],
  ["write_report", "/run/torcx/profile.json"],
];

Deno.test("isKnownTarget() knows each place of an apply, and no other", () =>
  withTree({}, ({ readSettings }) => {
    const settings = readSettings();
    const isKnown = ([kind, path]: [string, string]): boolean =>
      isKnownTarget(settings, { kind, path: encodePath(path) } as never);
    assertEquals(KNOWN.filter((item) => !isKnown(item)), []);
    assertEquals(UNKNOWN.filter(isKnown), []);
  }));
