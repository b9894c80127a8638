/** Tests soft reboots (systemd 254 and later): the user space starts anew, /run stays, and torcx begins anew. */

import { assertEquals } from "@std/assert";
import { ALPHA, BETA } from "../vm/addon.ts";
import { RELEASES } from "../vm/releases.ts";
import { encodeProfile, packAddons, PROFILES } from "./addons.ts";
import { testBoot } from "./register.ts";
import { assertAddonGone, assertAddonUp, assertState } from "./states.ts";
import { withSystem } from "./system.ts";

/** Those that hand off; the older one has no soft reboot. */
const LATER = RELEASES.filter(({ mode }) => mode === "hand-off");
const OLDER = RELEASES.filter(({ mode }) => mode === "in-place");

testBoot(
  "promise 05: a soft reboot applies the profile that is selected then, and nothing of the last one is left",
  (release) =>
    withSystem(release, { files: PROFILES, prepare: packAddons }, async (system) => {
      await assertState(system, 0);
      await assertAddonUp(system, ALPHA);
      await system.writeFiles({ "etc/torcx/profiles/other.json": encodeProfile("alpha:", "beta:1") });
      await system.read("torcx profile set-next other; : > /run/first-user-space");
      await system.softReboot();
      await system.read("test -e /run/first-user-space");
      await assertState(system, 0);
      await assertAddonUp(system, BETA);
      await assertAddonGone(system, ALPHA);
      assertEquals(await system.read("cat /run/torcx/profile.json | tr -d ' \\n'"), encodeMerged("beta"));
      // And once more, from the second to the third.
      await system.read("torcx profile set-next edge");
      await system.softReboot();
      await assertState(system, 0);
      await assertAddonUp(system, ALPHA);
      await assertAddonUp(system, BETA);
    }),
  LATER,
);

testBoot(
  "promise 05: a soft reboot into a profile that fails leaves nothing, and one back into a good one seals",
  (release) =>
    withSystem(release, { files: PROFILES, prepare: packAddons }, async (system) => {
      await system.writeFiles({ "etc/torcx/profiles/broken.json": encodeProfile("none:1") });
      await system.read("torcx profile set-next broken");
      await system.softReboot();
      await assertState(system, 1);
      assertEquals(await system.listFailedUnits(), ["torcx.service"]);
      await assertAddonGone(system, ALPHA);
      await assertAddonGone(system, BETA);
      await system.read("torcx profile set-next edge && torcx apply --retry");
      await assertState(system, 0);
      await assertAddonUp(system, ALPHA);
      await assertAddonUp(system, BETA);
    }),
  LATER,
);

testBoot(
  "promise 05: a tree that is gone is degraded and a reload touches nothing; an unpack dir unmounted by hand counts as a soft reboot",
  (release) =>
    withSystem(release, { files: PROFILES, prepare: packAddons }, async (system) => {
      // Lazily: the services of the addon have it open.
      await system.read("umount -l /run/torcx/unpack/beta && systemctl daemon-reload");
      const left = "test -e /run/systemd/system/beta.service && test -e /run/metadata/torcx";
      await system.read(left);
      assertEquals((await system.run("torcx status")).code, 4);
      await system.read("umount -l /run/torcx/unpack && systemctl daemon-reload");
      if (release.mode === "in-place") {
        // The generator has applied it anew by now.
        assertEquals((await system.run("torcx status")).code, 0);
        await system.read(left);
      } else {
        await system.read(`! { ${left}; }`);
        await system.read("systemctl restart torcx.service");
      }
      await system.waitUntil("torcx status");
      await assertAddonUp(system, BETA);
    }),
  [...OLDER, ...LATER],
);

function encodeMerged(name: string): string {
  return JSON.stringify({ kind: "profile-manifest-v0", value: { images: [{ name, reference: "1" }] } });
}
