/*
 * What the tests of boots judge alike: that torcx.target and `torcx status` say the same, and whether an addon is up.
 */

import { assert, assertEquals } from "@std/assert";
import type { Addon } from "../vm/addon.ts";
import type { System } from "./system.ts";

/** Exit statuses of `torcx status` with which torcx.target is active, see spec "States". */
const ACTIVE_CODES = [0, 4];

/**
 * Asserts the exit status of `torcx status`, and that the boot by itself has reached torcx.target if and only if it is
 * sealed.
 */
export async function assertState(system: System, code: number): Promise<void> {
  const status = await system.run("torcx status");
  assertEquals(status.code, code, status.stdout + status.stderr);
  const { ActiveState } = await system.showUnit("torcx.target", "ActiveState");
  assertEquals(ActiveState, ACTIVE_CODES.includes(code) ? "active" : "inactive", status.stdout);
}

/** Asserts that an addon's service, socket and timer are up, and nothing has failed. */
export async function assertAddonUp(system: System, { name }: Addon): Promise<void> {
  // After "systemctl restart torcx.service" nobody has waited for them.
  await system.waitUntil(`systemctl is-active ${name}.service ${name}.socket ${name}.timer`);
  assertEquals(await system.listFailedUnits(), []);
}

/** Asserts that nothing of an addon is left in /run, and its units are not active. */
export async function assertAddonGone(system: System, { name }: Addon): Promise<void> {
  const found = await system.read(
    `find /run/systemd/system /run/systemd/network /run/sysusers.d /run/tmpfiles.d /run/udev/rules.d /run/torcx \
      -name '*${name}*' 2>/dev/null; true`,
  );
  assertEquals(found, "");
  const { stdout } = await system.run(`systemctl is-active ${name}.service ${name}.socket ${name}.timer`);
  assert(!stdout.split("\n").includes("active"), stdout);
}
