/**
 * Promise 03: on a terminal `image clear-versioned` and `image prune` show what would go and ask; without a
 * yes nothing goes.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { makeProfile } from "../../support/nodes.ts";
import { openTorcx, Terminal } from "../../support/terminal.ts";
import { findProgram } from "../../support/binary.ts";
import { CLEAR, exists, PRUNE, STORE, test, withSystem } from "../../support/removals.ts";

const OPTIONS = { cwd: "/", env: { TERM: "dumb" } };
const VERBS = {
  prune: { args: PRUNE, question: "Remove 2 archives, 1 directory, 9 B? (y/N) ", gone: "1.2.1" },
  "clear-versioned": {
    args: [...CLEAR, "-k", "1.2.3"],
    question: "Remove 2 directories, 11 B? (y/N) ",
    gone: "1.2.1",
  },
} as const;

for (const [verb, { args, question, gone }] of Object.entries(VERBS)) {
  test(`${verb} shows the list on a terminal and removes it after a y`, () =>
    withSystem(async (root) => {
      await using terminal = await openTorcx([...args, "--root", root], OPTIONS);
      const list = await terminal.waitFor(question);
      assertMatch(
        list,
        /^(?:version 1\.2\.1 is older.*|its version is not kept):\r\n +\/var\/lib\/torcx\/store\/1\.2\.1/m,
      );
      assert(exists(`${root}/${STORE}/${gone}`), "nothing goes before the answer");
      await terminal.type("y\n");
      const { code, output } = await terminal.end();
      assertEquals([code, exists(`${root}/${STORE}/${gone}`)], [0, false]);
      assertEquals(output, `${question.replace("Remove", "removed").replace("? (y/N) ", "")}\n`);
    }));

  for (const [key, answer] of Object.entries({ n: "n\n", Enter: "\n", yes: "yes\n", "Ctrl-D": "\x04" })) {
    test(`${verb} removes nothing after ${key}, and says so`, () =>
      withSystem(async (root) => {
        await using terminal = await openTorcx([...args, "--root", root], OPTIONS);
        await terminal.waitFor(question);
        await terminal.type(answer);
        const { code, output } = await terminal.end();
        assertEquals([code, exists(`${root}/${STORE}/${gone}`), exists(`${root}/${STORE}/z:1.torcx.tgz`)], [
          1,
          true,
          true,
        ]);
        assertMatch(
          output,
          /^\n?torcx: Cannot .*: it was not confirmed, and nothing is removed\nHint: .*"--yes"/,
        );
      }));
  }

  test(`${verb} removes nothing after Ctrl-C`, () =>
    withSystem(async (root) => {
      await using terminal = await openTorcx([...args, "--root", root], OPTIONS);
      await terminal.waitFor(question);
      await terminal.type("\x03");
      // As shells count: 128 and the number of SIGINT.
      assertEquals((await terminal.end()).code, 130);
      assert(exists(`${root}/${STORE}/${gone}`) && exists(`${root}/${STORE}/z:1.torcx.tgz`));
    }));

  test(`${verb} asks nobody with --yes, with --dry-run, or where the output is no terminal`, () =>
    withSystem(async (root) => {
      for (
        const [more, tail, isGone] of [[["--dry-run"], "", false], [["--yes"], "", true]] as const
      ) {
        await using terminal = await openTorcx([...args, ...more, "--root", root], OPTIONS);
        const { code, output } = await terminal.end();
        assertEquals([code, exists(`${root}/${STORE}/${gone}`)], [0, !isGone], `${tail}${output}`);
        assert(!output.includes("(y/N)"), output);
      }
    }));
}

test("the output in a pipe asks nobody, on a terminal too", () =>
  withSystem(async (root) => {
    const { command, environment } = await findProgram();
    await using terminal = new Terminal(
      `${[...command, ...PRUNE, "--root", root].map((word) => `'${word}'`).join(" ")} | cat`,
      { ...OPTIONS, env: { ...environment, ...OPTIONS.env } },
    );
    const { output } = await terminal.end();
    assertEquals(JSON.parse(output).value.removals.length, 2);
    assertEquals(exists(`${root}/${STORE}/1.2.1`), false);
  }));

const CHANGES: Record<string, (root: string) => Promise<void>> = {
  "an archive that was replaced": async (root) => {
    const path = `${root}/${STORE}/z:1.torcx.tgz`;
    await Deno.writeTextFile(`${path}.new`, "unused, but newer");
    await Deno.rename(`${path}.new`, path);
  },
  "an archive that came to be needed": (root) =>
    Deno.writeTextFile(`${root}/etc/torcx/profiles/more.json`, makeProfile("z:1")),
};

for (const [what, change] of Object.entries(CHANGES)) {
  test(`${what} while the question stood stops the removal`, () =>
    withSystem(async (root) => {
      await using terminal = await openTorcx([...PRUNE, "--root", root], OPTIONS);
      await terminal.waitFor("(y/N) ");
      await change(root);
      await terminal.type("y\n");
      const { code, output } = await terminal.end();
      assertEquals(code, 1);
      assertMatch(
        output,
        /Cannot prune the user store: what is there has changed since, and nothing is removed/,
      );
      assert(exists(`${root}/${STORE}/1.2.1`) && exists(`${root}/${STORE}/z:1.torcx.tgz`));
    }));
}
