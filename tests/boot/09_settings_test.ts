/** Tests that the settings of the generator are those of torcx.service, wherever they come from. */

import { join } from "node:path";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ALPHA, BETA, packAddon } from "../vm/addon.ts";
import { program, type Tree } from "../vm/tree.ts";
import { encodeProfile } from "./addons.ts";
import { testBoot } from "./register.ts";
import { assertAddonUp, assertState } from "./states.ts";
import { type System, withSystem } from "./system.ts";

/** Whatever a directory's name may hold; a colon would part the stores. */
const ODD = `/srv/a b"c'd\\e%f$HOME;g#h-ü`;

/** A file system that is mounted later than generators run, and what is on it. */
const LATE: Tree = {
  "etc/systemd/system/srv-late.mount": "[Mount]\nWhat=/srv/disk\nWhere=/srv/late\nOptions=bind\n",
  "srv/late/.keep": "",
};

testBoot(
  "promise 09: variables that the generator honours are the service's too, whatever they hold",
  (release) => {
    const variables = {
      TORCX_BASEDIR: `${ODD}/base`,
      TORCX_CONFDIR: `${ODD}/conf`,
      TORCX_RUNDIR: "/run/my 100% run",
      TORCX_STOREPATH: `${ODD}/more:/srv/late/store`,
    };
    return withSystem(release, {
      files: {
        ...LATE,
        // By its name it stands for the installed one.
        "etc/systemd/system-generators/torcx-generator": program(
          `#!/bin/sh\nexec env ${
            formatVariables(variables)
          } /usr/lib/systemd/system-generators/torcx-generator "$@"\n`,
        ),
        [`${ODD}/conf/profiles/mine.json`.slice(1)]: encodeProfile("alpha:1", "beta:1"),
        [`${ODD}/conf/next-profile`.slice(1)]: "mine\n",
      },
      prepare: async (root) => {
        await pack(ALPHA, join(root, ODD, "base/store"));
        // Not there when the generator looks, so that the service does the work on every release.
        await pack(BETA, join(root, "srv/disk/store"));
      },
    }, async (system) => {
      const shown = await system.read("systemctl show -p Environment -p RequiresMountsFor torcx.service");
      for (const name of Object.keys(variables)) assertStringIncludes(shown, `${name}=`);
      assertMatch(shown, /^RequiresMountsFor=.*"\/run\/my 100% run"/m);
      assertEquals(
        await system.read("systemctl is-active torcx.service torcx.target srv-late.mount"),
        ACTIVE,
      );
      const status = await system.run(`env ${formatVariables(variables)} torcx status`);
      assertEquals(status.code, 0, status.stdout + status.stderr);
      assertMatch(await system.read("cat /run/metadata/torcx"), /^TORCX_UPPER_PROFILE="mine"$/m);
      await assertAddonUp(system, ALPHA);
      await assertAddonUp(system, BETA);
    });
  },
);

const ACTIVE = "active\nactive\nactive";
const CONFIGURED = { kernelCommandLine: "torcx_config=/srv/late/torcx.json" };

testBoot(
  "promise 09: a config file of the kernel command line that is mounted later is waited for, and RUN is what it says",
  (release) =>
    withSystem(release, {
      ...CONFIGURED,
      files: {
        ...LATE,
        "srv/disk/torcx.json": JSON.stringify({
          kind: "torcx-config-v0",
          value: { base_dir: "/srv/late/base", run_dir: "/run/elsewhere", conf_dir: "/srv/late/conf" },
        }),
        "srv/disk/conf/profiles/mine.json": encodeProfile("alpha:1"),
        "srv/disk/conf/next-profile": "mine\n",
      },
      prepare: (root) => pack(ALPHA, join(root, "srv/disk/base/store")),
    }, async (system) => {
      assertEquals(
        await system.read("systemctl is-active torcx.service torcx.target srv-late.mount"),
        ACTIVE,
      );
      await assertState(system, 0);
      await assertAddonUp(system, ALPHA);
      await system.read("test -d /run/elsewhere/unpack/alpha");
      // At the reload after the seal the generator has seen it.
      const assertions = await system.read("systemctl cat torcx.target");
      assertStringIncludes(assertions, "AssertPathIsMountPoint=/run/elsewhere/unpack\n");
    }),
);

testBoot(
  "promise 09: a config file of the kernel command line that never comes is an error of the service",
  (release) =>
    withSystem(release, { ...CONFIGURED, files: LATE }, async (system) => {
      assertEquals(await system.listFailedUnits(), ["torcx.service"]);
      assertEquals(await system.read("systemctl is-active multi-user.target"), "active");
      assertStringIncludes(await system.journal("-u torcx.service"), "/srv/late/torcx.json");
      assertEquals((await system.showUnit("torcx.target", "ActiveState")).ActiveState, "inactive");
      await mend(system);
    }),
);

/** Mended, it is one command as ever. */
async function mend(system: System): Promise<void> {
  await system.writeFiles({ "srv/disk/torcx.json": JSON.stringify({ kind: "torcx-config-v0", value: {} }) });
  await system.read("systemctl restart torcx.service");
  await system.waitUntil("systemctl is-active torcx.target");
  await assertState(system, 0);
}

function formatVariables(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables).map(([name, value]) => `'${name}=${value.replaceAll("'", "'\\''")}'`).join(
    " ",
  );
}

async function pack(addon: typeof ALPHA, store: string): Promise<void> {
  await Deno.mkdir(store, { recursive: true });
  await packAddon({ ...addon, payload: 1 << 10 }, "1", store);
}
