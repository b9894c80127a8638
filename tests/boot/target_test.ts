/** Tests that torcx.target and `torcx status` agree at the end of a boot, whether or not a unit asks for the target. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { encodeProfile, packAddons, PROFILES } from "./addons.ts";
import { testBoot } from "./register.ts";
import { assertState } from "./states.ts";
import { withSystem } from "./system.ts";

/** What the boot comes to, by what is different, and the exit status of `torcx status`. */
const CASES = [
  { what: "sealed", code: 0 },
  {
    what: "sealed without any image",
    code: 0,
    files: { "etc/torcx/profiles/edge.json": encodeProfile("alpha:") },
  },
  {
    what: "degraded, as the selected profile is not there",
    code: 4,
    files: { "etc/torcx/next-profile": "nowhere\n" },
  },
  { what: "failed", code: 1, files: { "etc/torcx/profiles/edge.json": encodeProfile("none:1") } },
  { what: "switched off", code: 3, kernelCommandLine: "torcx=0" },
] as const;

for (const { what, code, ...options } of CASES) {
  testBoot(
    `at the end of a boot that is ${what} torcx.target says what the status says`,
    (release) =>
      withSystem(release, {
        ...options,
        files: { ...PROFILES, ..."files" in options ? options.files : {} },
        prepare: packAddons,
      }, (system) => assertState(system, code)),
  );
}

testBoot(
  "torcx.target cannot be started where the mount of the unpack dir is gone or writable",
  (release) =>
    withSystem(release, { files: PROFILES, prepare: packAddons }, async (system) => {
      const start = async (): Promise<number> => {
        await system.read("systemctl stop torcx.target");
        return (await system.run("systemctl start torcx.target")).code;
      };
      assertEquals(await start(), 0);
      await system.read("mount -o remount,rw /run/torcx/unpack");
      assertEquals(await start(), 1);
      await system.read("mount -o remount,ro /run/torcx/unpack");
      assertEquals(await start(), 0);
      await system.read("umount -l /run/torcx/unpack");
      assertEquals(await start(), 1);
      assertStringIncludes(await system.journal(), "Assertion failed for torcx.target");
    }),
);
