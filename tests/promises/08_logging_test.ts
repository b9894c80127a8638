/** Promise 08: what only tells decides nothing: logs, output, and what comes after a rename. */

import { assertEquals } from "@std/assert";
import { makeProfile, OS_RELEASE, withTree } from "../catalog/tree.ts";
import { runTorcx } from "../support/binary.ts";
import { testWith } from "../support/programs.ts";

const PROFILES = "etc/torcx/profiles";

testWith(
  "promise 08: a profile is written if its directory cannot be synced after the rename",
  { programs: ["strace"] },
  () =>
    withTree({ ...OS_RELEASE, [`${PROFILES}/edge.json`]: makeProfile() }, async ({ path }) => {
      const args = ["profile", "use-image", "--name", "edge", "--allow=missing", "a:1", "--root", path];
      // The first fsync is the file's, the second the directory's.
      const through = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=fsync:error=EIO:when=2"];
      const { code, stdout } = await runTorcx(args, { through });
      assertEquals({ code, stdout }, { code: 0, stdout: "" });
      const { images } = JSON.parse(Deno.readTextFileSync(`${path}/${PROFILES}/edge.json`)).value;
      assertEquals(images, [{ name: "a", reference: "1" }]);
    }),
);
