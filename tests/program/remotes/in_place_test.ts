/** Holds that a remote inside of the OS image is a last store for every verb and the boot alike. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { makeManifest, packImage } from "../../support/archives.ts";
import { runTorcx } from "../../support/binary.ts";
import { runSteps, withRoot } from "../../support/e2e_system.ts";
import { testWith } from "../../support/needs.ts";

const ADDONS = "usr/share/addons";
const REMOTE = { kind: "remote-manifest-v0", value: { base_url: "file://${COREOS_USR}/share/addons/" } };
const PROFILE = {
  kind: "profile-manifest-v1",
  value: { images: [{ name: "hello", reference: "1", remote: "os" }] },
};

async function withSystem(use: (root: string) => Promise<void>): Promise<void> {
  await withRoot({
    "usr/lib/os-release": "VERSION_ID=1\n",
    "usr/share/torcx/remotes/os/remote.json": JSON.stringify(REMOTE),
    "usr/share/torcx/profiles/vendor.json": JSON.stringify(PROFILE),
    "etc/torcx/next-profile": "vendor\n",
    "run/systemd/.keep": "",
    [`${ADDONS}/.keep`]: "",
  }, async (root) => {
    packImage(`${root}/${ADDONS}/hello:1.torcx.tgz`, {
      ...makeManifest({ bin: ["/bin"] }),
      "bin/hello": "#!/bin/sh\necho hello\n",
    });
    await use(root);
  });
}

testWith("profile check, profile show, plan, profile populate and apply take an archive in place", {
  isRoot: true,
}, () =>
  withSystem(async (root) => {
    const [check, show, populate, plan, apply, link, store] = await runSteps(root, [
      "torcx profile check",
      "torcx profile show vendor --output json",
      "torcx profile populate --output json",
      "torcx plan --output json",
      "torcx apply --output text",
      "readlink run/torcx/bin/hello",
      "ls var/lib/torcx",
    ]);
    assertEquals(check!.code, 0, check!.output);
    const path = `/${ADDONS}/hello:1.torcx.tgz`;
    assertEquals(JSON.parse(show!.output).value.images[0].archive_path, path);
    const { changed, images } = JSON.parse(populate!.output).value;
    assertEquals([changed, images[0].result, images[0].archive_path], [false, "present", path]);
    assertEquals(plan!.code, 0, plan!.output);
    assert(plan!.output.includes(path), plan!.output);
    assertEquals(apply!.code, 0, apply!.output);
    assertMatch(apply!.output, /Sealed in/);
    assertEquals(link!.output, "/run/torcx/unpack/hello/bin/hello\n");
    assert(!store!.output.includes("store"), store!.output);
  }));

testWith(
  "without that archive each of them fails and says so",
  { isRoot: true },
  () =>
    withSystem(async (root) => {
      await Deno.remove(`${root}/${ADDONS}/hello:1.torcx.tgz`);
      for (const verb of [["profile", "check"], ["profile", "populate"], ["plan"], ["apply"]]) {
        const { code, stderr, stdout } = await runTorcx([...verb, "--root", root], {
          through: ["unshare", "-m"],
        });
        assertEquals(code, 1, stderr);
        assertMatch(stderr + stdout, /hello:1/);
      }
    }),
);

testWith("remote list, show and check tell of it", {}, () =>
  withSystem(async (root) => {
    const run = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await runTorcx([...args, "--root", root, "--output", "text"]);
      assertEquals(code, 0, stderr);
      return stdout;
    };
    assertMatch(
      await run("remote", "list"),
      /^REMOTE +LAYER +URL\nos +vendor +file:\/\/\/usr\/share\/addons\/\n$/,
    );
    assertMatch(await run("remote", "show", "os"), /\nIn place: {2}\/usr\/share\/addons, as part of the OS/);
    assertMatch(
      await run("remote", "check", "os"),
      /as part of the OS[^]*vendor wants hello:1: it is there\n$/,
    );
  }));
