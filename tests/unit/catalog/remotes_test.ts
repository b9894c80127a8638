import { assert, assertEquals, assertThrows } from "@std/assert";
import { TorcxError } from "../../../lib/errors.ts";
import { listRemotes, readRemote } from "../../../lib/catalog/remotes.ts";
import { readKeyrings } from "../../../lib/remote/keyring.ts";
import { OS_RELEASE, withTree } from "../../support/nodes.ts";

const [VENDOR, OEM, USER] = ["usr/share/torcx/remotes", "usr/share/oem/torcx/remotes", "etc/torcx/remotes"];

function make(baseUrl: string, ...keyrings: string[]): string {
  const keys = keyrings.map((path) => ({ armored_keyring: path }));
  return JSON.stringify({ kind: "remote-manifest-v0", value: { base_url: baseUrl, keys } });
}

Deno.test("listRemotes() lists those that have a remote.json; a later layer overrides an earlier one", () =>
  withTree({
    ...OS_RELEASE,
    [`${VENDOR}/a/remote.json`]: make("https://vendor"),
    [`${OEM}/a/remote.json`]: make("https://oem"),
    [`${OEM}/b/remote.json`]: "broken",
    [`${USER}/c/remote.json`]: make("https://user"),
    [`${USER}/d/other.json`]: "",
    [`${USER}/e`]: "",
  }, (tree) => {
    assertEquals(listRemotes(tree.readSystem()), [
      { name: "a", layer: "oem", path: `/${OEM}/a/remote.json` },
      { name: "b", layer: "oem", path: `/${OEM}/b/remote.json` },
      { name: "c", layer: "user", path: `/${USER}/c/remote.json` },
    ]);
  }));

Deno.test("listRemotes() lists none where no directory is", () =>
  withTree(OS_RELEASE, (tree) => assertEquals(listRemotes(tree.readSystem()), [])));

Deno.test("readRemote() reads the last layer's, whose keyrings are beside it or anywhere", () =>
  withTree({
    ...OS_RELEASE,
    [`${VENDOR}/a/remote.json`]: "broken, and not read",
    [`${USER}/a/remote.json`]: make("https://user", "one.asc", "../two.asc", "/etc/three.asc"),
    [`${USER}/a/one.asc`]: "1",
    [`${USER}/two.asc`]: "2",
    "etc/three.asc": "3",
  }, (tree) => {
    const remote = readRemote(tree.readSystem(), "a");
    assertEquals([remote.baseUrl, remote.layer], ["https://user", "user"]);
    assertEquals(remote.keyrings, [`/${USER}/a/one.asc`, `/${USER}/two.asc`, "/etc/three.asc"]);
    assertEquals(readKeyrings(tree.root, remote).map(({ text }) => text), ["1", "2", "3"]);
  }));

Deno.test("readRemote() refuses what is not there, unreadable, malformed, or no name", () =>
  withTree({
    ...OS_RELEASE,
    [`${USER}/nokey/remote.json`]: make("https://x", "gone.asc"),
    [`${USER}/dir/remote.json`]: { dir: true },
    [`${USER}/broken/remote.json`]: "{",
    [`${USER}/dirkey/remote.json`]: make("https://x", "."),
  }, (tree) => {
    const cases: [name: string, code: string, says: RegExp][] = [
      ["none", "not_found", /no directory of remotes has it/],
      ["nokey", "not_found", /its keyring "\/etc\/torcx\/remotes\/nokey\/gone.asc" does not exist/],
      ["dir", "failed", /cannot be read/],
      ["dirkey", "failed", /cannot be read/],
      ["broken", "invalid", /remote.json/],
      ["..", "invalid", /no legal name/],
      ["a/b", "invalid", /no legal name/],
      ["a\nb", "invalid", /no legal name/],
      ["", "invalid", /no legal name/],
    ];
    for (const [name, code, says] of cases) {
      const read = (): unknown => readKeyrings(tree.root, readRemote(tree.readSystem(), name));
      const error = assertThrows(read, TorcxError);
      assertEquals(error.code as string, code, name);
      assert(says.test(error.message), error.message);
    }
  }));
