/** Runs `profile populate` against the differential table of remotes. */

import { assert, assertEquals } from "@std/assert";
import { findSchemaFaults } from "../../support/schemas.ts";
import { testWith } from "../../support/needs.ts";
import { withRemoteScene } from "../../support/remote_scene.ts";
import { FIRST_CASES } from "./first_cases.ts";

const NEEDS = { programs: ["gpg", "gpgconf"] };

for (const [name, row] of Object.entries(FIRST_CASES)) {
  testWith(`profile populate, ${name}: ${row.why ?? "as the first torcx"}`, NEEDS, async () => {
    await withRemoteScene(row.scene?.() ?? {}, async ({ run, list, server }) => {
      const { code, stdout, stderr } = await run(["profile", "populate", ...row.args ?? []], row.env);
      const shown = `${stderr}\n${stdout}`;
      assertEquals(code, row.code, shown);
      for (const says of row.says ?? []) assert(says.test(stderr), shown);
      if (row.says === undefined && row.code === 0) {
        assertEquals(stderr.replace(/.*trying again in .*\n/g, ""), "", "nothing to warn of");
      }
      if (stdout !== "") assertEquals(findSchemaFaults(JSON.parse(stdout)), undefined);
      assertEquals(list(), row.store, shown);
      if (row.asked !== undefined) assertEquals(server.requests.map(({ path }) => path), row.asked);
    });
  });
}

testWith(
  "profile check passes after profile populate, each reference",
  NEEDS,
  () =>
    withRemoteScene({ profile: ["a:com.coreos.cl@r", "b:1@r"] }, async ({ run }) => {
      assertEquals((await run(["profile", "check"])).code, 1);
      assertEquals((await run(["profile", "populate"])).code, 0);
      assertEquals((await run(["profile", "check"])).code, 0);
      assertEquals((await run(["profile", "populate", "-n", "9"])).code, 0);
      assertEquals((await run(["profile", "check", "-n", "9"])).code, 0);
    }),
);
