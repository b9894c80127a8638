/** Tests `torcx image extract` as a user who is not root: own files with a note, squashfs refused. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { exists } from "@std/fs";
import { join } from "@std/path";
import { describeImage, packTgz } from "../demo/images.ts";
import { runTorcx } from "../support/binary.ts";
import { testWith } from "../support/needs.ts";

const NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

testWith("torcx image extract unpacks tgz and refuses squashfs if the user is not root", {
  isCompiled: true,
  isRoot: true,
  programs: ["setpriv"],
}, async () => {
  const work = await Deno.makeTempDir({ prefix: "torcx-nobody-" });
  try {
    await Deno.chmod(work, 0o777);
    await packTgz(describeImage("greet", "Hello"), join(work, "greet.tgz"));
    await Deno.writeFile(join(work, "greet.squashfs"), new Uint8Array(4096));
    const extract = (archive: string): ReturnType<typeof runTorcx> =>
      runTorcx(["image", "extract", archive, "tree"], { cwd: work, through: NOBODY });
    const refused = await extract("greet.squashfs");
    assertEquals([refused.code, refused.stdout], [1, ""]);
    assertStringIncludes(refused.stderr, "only root can mount squashfs");
    assertEquals(await exists(join(work, "tree")), false);
    const unpacked = await extract("greet.tgz");
    assertEquals(unpacked.code, 0, unpacked.stderr);
    assertStringIncludes(unpacked.stderr, "owners are not kept: only root can set them");
    assertEquals((await Deno.stat(join(work, "tree/bin/greet"))).uid, 65534);
  } finally {
    await Deno.remove(work, { recursive: true });
  }
});
