/** Tests that edits of profiles survive kills at any moment, and each other. */

import { assert, assertEquals } from "@std/assert";
import { makeProfile, OS_RELEASE, withTree } from "../support/nodes.ts";
import { runTorcx } from "../support/binary.ts";

const PROFILE = "etc/torcx/profiles/edge.json";
const KILLS = 24;

Deno.test("torcx profile use-image leaves the old or the new file if it is killed at any moment", () =>
  withTree({ ...OS_RELEASE, [PROFILE]: makeProfile("a:0") }, async ({ path }) => {
    const read = (): string =>
      JSON.parse(Deno.readTextFileSync(`${path}/${PROFILE}`)).value.images[0].reference;
    const edit = (reference: string, through: readonly string[]): Promise<{ code: number }> =>
      runTorcx([
        "profile",
        "use-image",
        "--name",
        "edge",
        "--allow=missing",
        `a:${reference}`,
        "--root",
        path,
      ], {
        through,
      });
    const start = performance.now();
    assertEquals((await edit("first", [])).code, 0);
    const duration = performance.now() - start;
    let killed = 0;
    for (let round = 0; round < KILLS; round++) {
      const before = read();
      // From a tenth of a whole run to a little more than all of it.
      const seconds = duration / 1000 * (0.1 + round / KILLS);
      const { code } = await edit(`r${round}`, ["timeout", "--signal=KILL", seconds.toFixed(3)]);
      if (code !== 0) killed++;
      assert([before, `r${round}`].includes(read()), `round ${round}`);
    }
    assert(killed > 0, "no run was killed: the test shows nothing");
    // What a kill left behind is in nobody's way.
    assertEquals((await edit("last", [])).code, 0);
    assertEquals(read(), "last");
    const list = await runTorcx(["profile", "list", "--root", path]);
    assertEquals(JSON.parse(list.stdout).value.profiles, ["edge"]);
    assertEquals(list.stderr, "");
  }));

Deno.test("torcx profile use-image loses no edit if several run at once", () =>
  withTree({ ...OS_RELEASE, [PROFILE]: makeProfile() }, async ({ path }) => {
    const names = ["a", "b", "c", "d", "e", "f"];
    const results = await Promise.all(
      names.map((name) =>
        runTorcx(["profile", "use-image", "--name", "edge", "--allow=missing", `${name}:1`, "--root", path])
      ),
    );
    assertEquals(results.map(({ code }) => code), names.map(() => 0));
    const { images } = JSON.parse(Deno.readTextFileSync(`${path}/${PROFILE}`)).value;
    assertEquals(images.map(({ name }: { name: string }) => name).sort(), names);
  }));
