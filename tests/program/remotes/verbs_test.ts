/** Runs the verbs on remotes against a signed remote on loopback. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { findSchemaFaults } from "../../support/schemas.ts";
import { testWith } from "../../support/needs.ts";
import { CONTENTS, withRemoteScene } from "../../support/remote_scene.ts";
import { status } from "../../support/rude_server.ts";

const NEEDS = { programs: ["gpg", "gpgconf"] };

testWith("remote list and show name what is configured, and ask nobody", NEEDS, () =>
  withRemoteScene({
    nodes: {
      "usr/share/torcx/remotes/bad/remote.json":
        '{"kind":"remote-manifest-v0","value":{"base_url":"https://${X}"}}',
    },
  }, async ({ run, server }) => {
    const list = await run(["remote", "list", "--output", "json"]);
    assertEquals(list.code, 0, list.stderr);
    const document = JSON.parse(list.stdout);
    assertEquals(findSchemaFaults(document), undefined);
    const shown = document.value.map((item: { name: string; layer: string; url: string | null }) => [
      item.name,
      item.layer,
      item.url,
    ]);
    assertEquals(shown, [["bad", "vendor", null], ["r", "user", server.url]]);
    assertMatch(document.value[0].fault, /unknown variable "X"/);
    const show = await run(["remote", "show", "r", "--output", "json"]);
    assertEquals(findSchemaFaults(JSON.parse(show.stdout)), undefined);
    assertEquals(JSON.parse(show.stdout).value.keyrings, ["/etc/torcx/remotes/r/vendor.asc"]);
    const none = await run(["remote", "show", "none"]);
    assertEquals(none.code, 1);
    assertMatch(
      none.stderr,
      /no directory of remotes has it\nHint: List the remotes with "torcx remote list"/,
    );
    assertEquals(server.requests, []);
  }));

testWith(
  "remote check says who signed when, and what profiles want",
  NEEDS,
  () =>
    withRemoteScene({ profile: ["a:1@r", "a:1@other"] }, async ({ run, server, list }) => {
      const check = await run(["remote", "check", "r", "--output", "json"]);
      assertEquals(check.code, 0, check.stderr);
      const { value, ...rest } = JSON.parse(check.stdout);
      assertEquals(findSchemaFaults({ value, ...rest }), undefined);
      assertMatch(value.signed_by, /^vendor <vendor@torcx.example> \(0x[0-9A-F]{16}\)$/);
      assert(Math.abs(Date.parse(value.signed_at) - Date.now()) < 60_000);
      assertEquals([value.key_expires, value.images, value.wanted], [null, 2, []]);
      assertEquals(server.requests.map(({ path }) => path), [CONTENTS]);
      assertEquals(list(), []);
    }),
);

testWith(
  "remote check fails where the contents lack what a profile wants, or cannot be had",
  NEEDS,
  async () => {
    await withRemoteScene({ profile: ["a:9@r"] }, async ({ run }) => {
      const { code, stderr, stdout } = await run(["remote", "check", "r", "--output", "text"]);
      assertEquals(code, 1);
      assertMatch(stderr, /Cannot get what profiles want of remote "r": "a:9"/);
      assertMatch(
        stdout,
        /profile edge wants a:9: Cannot find image "a:9" in the remote: it has no version "9"/,
      );
    });
    await withRemoteScene({ behaviours: { [CONTENTS]: status(403) } }, async ({ run }) => {
      const { code, stderr } = await run(["remote", "check", "r"]);
      assertEquals(code, 1);
      assertMatch(stderr, /answered 403/);
    });
  },
);

testWith("a replay of older contents is refused, but for --allow-older", NEEDS, () =>
  withRemoteScene({
    nodes: {},
  }, async ({ run, root, server, list }) => {
    await Deno.mkdir(`${root}/var/lib/torcx/remotes`, { recursive: true });
    await Deno.writeTextFile(
      `${root}/var/lib/torcx/remotes/state.json`,
      JSON.stringify({ kind: "torcx-remote-state-v0", value: { [server.url]: "2099-01-01T00:00:00.000Z" } }),
    );
    const refused = await run(["profile", "populate"]);
    assertEquals(refused.code, 1);
    assertMatch(refused.stderr, /newer ones, signed on 2099-01-01T00:00:00Z, were accepted before/);
    assertMatch(refused.stderr, /Hint: Somebody may replay .* --allow-older accepts it/);
    assertEquals(list(), []);
    assertEquals((await run(["profile", "populate", "--allow-older"])).code, 0);
    assertEquals(list(), ["a:1.torcx.tgz"]);
  }));

testWith(
  "the table of profile populate fits in 80 columns",
  NEEDS,
  () =>
    withRemoteScene({ profile: ["a:1@r", "b:1@r"] }, async ({ run }) => {
      const { stdout } = await run(["profile", "populate", "--output", "text"]);
      assertMatch(
        stdout,
        /^IMAGE +REMOTE +RESULT +SIZE +ARCHIVE\na:1 +r +fetched +12 B +\/var\/lib\/torcx\/store\/a:1/,
      );
      assertEquals(stdout.split("\n").filter((line) => line.length > 80), []);
    }),
);
