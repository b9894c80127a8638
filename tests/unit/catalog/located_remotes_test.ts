import { assert, assertEquals, assertThrows } from "@std/assert";
import { locateRemote } from "../../../lib/catalog/located_remotes.ts";
import { TorcxError } from "../../../lib/errors.ts";
import { type Node, withTree } from "../../support/nodes.ts";

function make(baseUrl: string, osRelease = 'ID=test\nVERSION_ID="1.2.3"\n'): Record<string, Node> {
  return {
    "usr/lib/os-release": osRelease,
    "etc/torcx/remotes/r/remote.json": JSON.stringify({
      kind: "remote-manifest-v0",
      value: { base_url: baseUrl },
    }),
  };
}

Deno.test("locateRemote() evaluates the base URL by the OS image's os-release", () =>
  withTree(make("https://x/${ID}/${VERSION_ID}"), (tree) => {
    const { remote, base } = locateRemote(tree.readSystem(), "r");
    assertEquals([remote.name, base.url.href], ["r", "https://x/test/1.2.3/"]);
    assertEquals(tree.log.lines, []);
  }));

for (
  const [osVersion, baseUrl, isWarned] of [
    ["9", "https://x/${VERSION_ID}/", true],
    ["1.2.3", "https://x/${VERSION_ID}/", false],
    ["9", "https://x/${ID}/", false],
  ] as const
) {
  Deno.test(`locateRemote() ${isWarned ? "warns" : "does not warn"} for version ${osVersion} of ${baseUrl}`, () =>
    withTree(make(baseUrl), (tree) => {
      locateRemote(tree.readSystem(), "r", { osVersion });
      assertEquals(tree.log.lines.some((line) => line.includes("TORCX_USR_MOUNTPOINT")), isWarned);
    }));
}

Deno.test("locateRemote() names the remote and its file where its URL cannot be used", () =>
  withTree(make("https://x/${ID}/", "VERSION_ID=1\n"), (tree) => {
    const error = assertThrows(() => locateRemote(tree.readSystem(), "r"), TorcxError);
    assertEquals(error.message, 'Cannot use remote "r" from "/etc/torcx/remotes/r/remote.json"');
    assert(/has no ID/.test((error.cause as Error).message));
  }));
