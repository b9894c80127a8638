/** Tests that one command recovers a machine whose boot went without its addons. */

import { join } from "node:path";
import { assertEquals, assertMatch } from "@std/assert";
import { ALPHA, BETA } from "../vm/addon.ts";
import { packAddons, PROFILES } from "./addons.ts";
import { testBoot } from "./register.ts";
import { assertAddonGone, assertAddonUp, assertState } from "./states.ts";
import { type System, withSystem } from "./system.ts";

const ARCHIVE = "usr/share/torcx/store/alpha:1.torcx.tgz";

/** How an archive is broken: absent, the generator hands off on every release; cut off, it fails in place. */
const BREAKS = {
  "absent": (path: string) => Deno.remove(path),
  "cut off": async (path: string) => await Deno.truncate(path, Math.floor((await Deno.stat(path)).size / 2)),
};

const COMMANDS = {
  "torcx apply --retry": async (system: System) => {
    const { code, stdout, stderr } = await system.run("torcx apply --retry --output text");
    assertEquals(code, 0, stdout + stderr);
    for (const unit of ["alpha.service (exited)", "alpha.socket (listening)", "beta.timer"]) {
      assertMatch(stdout, new RegExp(`^up +${RegExp.escape(unit)}`, "m"));
    }
  },
  "systemctl restart torcx.service": async (system: System) => {
    await system.read("systemctl restart torcx.service");
    await system.waitUntil("systemctl is-active torcx.target");
  },
};

for (const [state, breakArchive] of Object.entries(BREAKS)) {
  for (const [command, recover] of Object.entries(COMMANDS)) {
    testBoot(
      `promise 18: "${command}" recovers a machine whose archive was ${state}`,
      (release) =>
        withSystem(release, {
          files: PROFILES,
          prepare: async (root) => {
            await packAddons(root);
            await Deno.copyFile(join(root, ARCHIVE), join(root, "keep"));
            await breakArchive(join(root, ARCHIVE));
          },
        }, async (system) => {
          const isHandedOff = release.mode === "hand-off" || state === "absent";
          await assertState(system, 1);
          await assertAddonGone(system, ALPHA);
          assertEquals(await system.listFailedUnits(), isHandedOff ? ["torcx.service"] : []);
          await assertWrittenForPerson(system);
          // Again in vain: it fails as before, and says so.
          const { code, stderr } = await system.run(command);
          assertEquals(code, 1, stderr);
          await assertState(system, 1);
          await system.read(`cp keep '${ARCHIVE}'`);
          await recover(system);
          await assertState(system, 0);
          await assertAddonUp(system, ALPHA);
          await assertAddonUp(system, BETA);
          assertEquals(
            await system.read("systemctl is-active torcx.service default.target"),
            "active\nactive",
          );
          // What the addons' timers start every now and then is no job of the recovery.
          assertEquals(
            await system.read("systemctl list-jobs --no-legend | grep -v -- -tick.service; true"),
            "",
          );
          // From now on it is a system like any other.
          await system.read("systemctl daemon-reload && systemctl restart torcx.service");
          await assertState(system, 0);
          await system.boot();
          await assertState(system, 0);
          await assertAddonUp(system, ALPHA);
        }),
    );
  }
}

testBoot(
  "promise 18: a run that was killed is done again by whoever starts torcx.service, and units that failed start again",
  (release) =>
    withSystem(release, {
      files: {
        ...PROFILES,
        // Of the base system: it needs an addon's program, and fails without.
        "etc/systemd/system/user.service":
          "[Unit]\nAfter=torcx.target\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/run/torcx/bin/alpha-program\n",
        "etc/systemd/system/multi-user.target.wants/user.service": { link: "../user.service" },
      },
      prepare: async (root) => {
        await packAddons(root);
        await Deno.copyFile(join(root, ARCHIVE), join(root, "keep"));
        await BREAKS["cut off"](join(root, ARCHIVE));
      },
    }, async (system) => {
      // What a kill leaves: torcx's own RUN, without an end.
      await system.read(`rm /run/torcx/report.json; cp keep '${ARCHIVE}'`);
      await assertState(system, 1);
      await assertWrittenForPerson(system);
      await system.read("systemctl restart torcx.service");
      await system.waitUntil("systemctl is-active torcx.target user.service");
      await assertState(system, 0);
      await assertAddonUp(system, ALPHA);
    }),
);

testBoot(
  "promise 18: of the targets only those are started that are active, and a boot into rescue mode stays there",
  (release) =>
    withSystem(release, {
      files: {
        ...PROFILES,
        // A shell on a console that is not there would end at once, and the boot go on.
        "etc/systemd/system/rescue.service.d/50-test.conf":
          "[Service]\nType=simple\nExecStart=\nExecStart=/usr/bin/sleep infinity\nStandardInput=null\n",
      },
      prepare: packAddons,
    }, async (system) => {
      await system.read("systemctl start rescue.target --job-mode=isolate");
      await system.waitUntil('[ "$(systemctl is-system-running)" = maintenance ]');
      await system.read("umount -l /run/torcx/unpack && torcx apply --retry");
      assertEquals((await system.run("torcx status")).code, 0);
      assertEquals(await system.read("systemctl is-active rescue.target"), "active");
      assertMatch((await system.run("systemctl is-active multi-user.target")).stdout, /^inactive/);
    }),
);

/** At each load the unit is written, but the boot does not want it: a boot tries once. */
async function assertWrittenForPerson(system: System): Promise<void> {
  await system.read("systemctl daemon-reload");
  assertEquals((await system.showUnit("torcx.service", "LoadState")).LoadState, "loaded");
  assertEquals((await system.showUnit("torcx.service", "WantedBy")).WantedBy, "");
}
