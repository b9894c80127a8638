/** Tests a whole boot of each release with torcx: one that seals and one that fails. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { ALPHA, BETA } from "../vm/addon.ts";
import { say } from "../vm/command.ts";
import type { Release } from "../vm/releases.ts";
import { encodeProfile, packAddons, PROFILES } from "./addons.ts";
import { testBoot } from "./register.ts";
import { type System, withSystem } from "./system.ts";

testBoot(
  "a boot ends sealed, with the services, sockets and timers of a tgz and a squashfs image up",
  (release) =>
    withSystem(release, { files: PROFILES, prepare: packAddons }, async (system, { state }) => {
      await assertRelease(system, release);
      assertEquals({ state, failed: await system.listFailedUnits() }, { state: "running", failed: [] });
      await assertStatus(system, 0);
      for (const { name, user } of [ALPHA, BETA]) {
        const service = await system.showUnit(`${name}.service`, "ActiveState", "Result", "User");
        assertEquals(service, { ActiveState: "active", Result: "success", User: user });
        assertEquals(await system.read(`systemctl is-active ${name}.socket ${name}.timer`), "active\nactive");
        await system.waitUntil(`test -e /run/${name}/tick`);
      }
      assertEquals(
        (await system.showUnit("torcx.service", "LoadState")).LoadState,
        {
          "in-place": "not-found",
          "hand-off": "loaded",
        }[release.mode],
      );
      await assertReloadChangesNothing(system);
    }),
);

testBoot(
  "a boot whose profile names a missing archive goes on without torcx.target",
  (release) =>
    withSystem(release, {
      files: { ...PROFILES, "etc/torcx/profiles/edge.json": encodeProfile("beta:1", "none:1") },
      prepare: packAddons,
    }, async (system) => {
      assertEquals(await system.read("systemctl is-active multi-user.target"), "active");
      // On every release: the generator hands off where an archive is not there yet.
      assertEquals(await system.listFailedUnits(), ["torcx.service"]);
      await assertStatus(system, 1);
      assertMatch((await system.run("torcx status")).stdout, /none:1/);
      assertMatch(await system.journal(), /torcx(-generator)?(\[\d+\])?: .*none:1/);
      await assertReloadChangesNothing(system);
    }),
);

testBoot("a boot with a corrupt image goes on without torcx.target", (release) =>
  withSystem(release, {
    files: PROFILES,
    prepare: async (root) => {
      await packAddons(root);
      const path = `${root}/usr/share/torcx/store/alpha:1.torcx.tgz`;
      await Deno.truncate(path, Math.floor((await Deno.stat(path)).size / 2));
    },
  }, async (system) => {
    assertEquals(await system.read("systemctl is-active multi-user.target"), "active");
    assertEquals(await system.listFailedUnits(), release.mode === "hand-off" ? ["torcx.service"] : []);
    await assertStatus(system, 1);
    assertMatch((await system.run("torcx status")).stdout, /alpha:1/);
    assertMatch(await system.journal(), /torcx(-generator)?(\[\d+\])?: .*alpha:1/);
    await assertReloadChangesNothing(system);
  }));

testBoot(
  "a boot whose selected profile is not there ends degraded, with torcx.target active",
  (release) =>
    withSystem(release, {
      files: { ...PROFILES, "etc/torcx/next-profile": "gone\n" },
      prepare: packAddons,
    }, async (system, { state }) => {
      assertEquals({ state, failed: await system.listFailedUnits() }, { state: "running", failed: [] });
      await assertStatus(system, 4);
      assertMatch((await system.run("torcx status --output text")).stdout, /"gone"/);
      assertEquals(await system.read("systemctl is-active alpha.service"), "active");
      assertEquals((await system.showUnit("beta.service", "LoadState")).LoadState, "not-found");
    }),
);

testBoot(
  "a boot with torcx=0 on the kernel command line is one without torcx",
  (release) =>
    withSystem(
      release,
      { files: PROFILES, prepare: packAddons, kernelCommandLine: "quiet torcx=0" },
      async (system) => {
        assertEquals(await system.listFailedUnits(), []);
        await assertStatus(system, 3);
        assertEquals(await system.read("ls /run/torcx /run/metadata 2>/dev/null; true"), "");
        await system.reboot({ kernelCommandLine: "quiet" });
        await assertStatus(system, 0);
      },
    ),
);

async function assertRelease(system: System, release: Release): Promise<void> {
  const version = Number((await system.read("systemctl --version")).match(/^systemd (\d+)/)?.[1]);
  say(`${release.name} has systemd ${version}`);
  if (release.systemd !== undefined) assertEquals(version, release.systemd);
  else assert(version > 257, `systemd ${version} is not the newest`);
}

/** `torcx status` exits with a code, and torcx.target is active exactly where it should. */
async function assertStatus(system: System, code: number): Promise<void> {
  const status = await system.run("torcx status");
  assertEquals(status.code, code, status.stdout + status.stderr);
  const { ActiveState } = await system.showUnit("torcx.target", "ActiveState");
  assertEquals(ActiveState, code === 0 || code === 4 ? "active" : "inactive");
}

/**
 * What torcx may make or leave, without times. But for what starts it: where a run has failed, no later reload is to
 * start it again.
 */
const SNAPSHOT = `
find /run/torcx /run/metadata /run/systemd/system /run/systemd/network /run/sysusers.d /run/tmpfiles.d \
  /run/udev/rules.d /run/systemd/generator /run/systemd/generator.early /run/systemd/generator.late \
  \\( -type d -printf '%p %m %u\\n' -o -printf '%p %y %m %u %s %l\\n' \\) 2>/dev/null | grep -v '/sysinit.target.wants' | sort
grep /run/torcx /proc/self/mountinfo | cut -d ' ' -f 4- | sort
for unit in alpha beta; do
  systemctl show -p ActiveState,InvocationID $unit.service $unit.socket $unit.timer
done
systemctl show -p ActiveState,InvocationID torcx.service torcx.target`;

async function assertReloadChangesNothing(system: System): Promise<void> {
  const before = await system.read(SNAPSHOT);
  await system.read("systemctl daemon-reload");
  assertEquals(await system.read(SNAPSHOT), before);
}
