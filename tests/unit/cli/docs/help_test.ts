/** Tests the help texts: all of the table, nothing hidden, no line too long for a terminal. */

import { assert, assertEquals } from "@std/assert";
import { EXIT_STATUSES, formatExitNumber } from "../../../../lib/exit.ts";
import { formatManPage } from "../../../../lib/cli/docs/man.ts";
import { formatHelp, listVerbs } from "../../../../lib/cli/docs/help.ts";
import { GLOBAL_FLAGS, GROUPS, VERBS, type VerbSpec } from "../../../../lib/cli/options/verbs.ts";
import { parseOptions } from "../../../../lib/cli/options/parse.ts";

Deno.test("formatHelp() lists every verb but the hidden ones if the topic is empty", () => {
  const help = formatHelp([]);
  for (const { command, isHidden } of VERBS as readonly VerbSpec[]) {
    assertEquals(help.includes(`\n  ${command} `), isHidden !== true, command);
  }
});

for (const group of GROUPS.keys()) {
  Deno.test(`formatHelp() lists just the verbs of "${group}"`, () => {
    const listed = formatHelp([group]).match(/^ {2}[a-z]+ [a-z-]+/gm);
    const expected = listVerbs().map(({ command }) => command).filter((name) => name.startsWith(`${group} `));
    assertEquals(listed?.map((line) => line.trim()), expected);
  });
}

for (const verb of listVerbs()) {
  Deno.test(`formatHelp() shows use, flags, exit status and examples of "${verb.command}"`, () => {
    const help = formatHelp(verb.command.split(" "));
    assert(help.includes(`Usage: torcx ${verb.command}`));
    for (const { long } of [...verb.flags, ...GLOBAL_FLAGS]) assert(help.includes(`--${long}`), long);
    assert(verb.examples.length > 0 && help.includes("Exit status:\n  0: "));
    const long = help.split("\n").filter((line) => line.length > 80 && !line.startsWith("  torcx"));
    assertEquals(long, []);
  });

  Deno.test(`VERBS has examples of "${verb.command}" that parse`, () => {
    for (const { line } of verb.examples) {
      const words = /\btorcx ([^>)]*)/.exec(line)![1]!.trim().split(" ");
      const { command } = parseOptions(words, {});
      // "torcx --version" and "torcx help" are examples of each other.
      assert([verb.command, "version", "help"].includes(command), line);
    }
  });
}

Deno.test("README, manual page and help of status name every exit status of the table", async () => {
  const readme = await Deno.readTextFile(new URL("../../../../README.md", import.meta.url));
  const sentence = /Exit status: [^.]+\./.exec(readme)?.[0] ?? "";
  const page = formatManPage("torcx");
  const help = formatHelp(["status"]);
  for (const status of EXIT_STATUSES) {
    const number = formatExitNumber(status);
    assert(sentence.split(/\s/).includes(number), `README: ${number}`);
    assert(page.slice(page.indexOf(".SH EXIT STATUS")).includes(`\n.B ${number}\n`), `man: ${number}`);
    assert(help.includes(`\n  ${number}: `), `help: ${number}`);
  }
});
