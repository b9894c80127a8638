/** Tests the manual pages with the tools that render them, and that they say all that the table says. */

import { assert, assertEquals } from "@std/assert";
import { formatManPage } from "../../../../lib/cli/docs/man.ts";
import { MAN_PAGES } from "../../../../lib/cli/options/value_types.ts";
import { listVerbs } from "../../../../lib/cli/docs/help.ts";
import { GLOBAL_FLAGS } from "../../../../lib/cli/options/verbs.ts";
import { OUTPUT_KINDS } from "../../../../lib/manifest/outputs/kinds.ts";
import { testWith } from "../../../support/needs.ts";

/** What a program wrote about a page. */
async function check(page: string, program: string, ...args: string[]): Promise<string> {
  const path = await Deno.makeTempFile({ suffix: ".8" });
  try {
    await Deno.writeTextFile(path, page);
    const { code, stdout, stderr } = await new Deno.Command(program, {
      args: [...args, path],
      env: { LC_ALL: "C.UTF-8", MANWIDTH: "100", MANROFFOPT: "" },
    }).output();
    const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
    return program === "mandoc" ? text(stdout) : `${code}:${text(stderr)}`;
  } finally {
    await Deno.remove(path);
  }
}

for (const name of MAN_PAGES) {
  testWith(`formatManPage() makes ${name}.8 that mandoc's lint has nothing to say of`, {
    programs: ["mandoc"],
  }, async () => {
    assertEquals(await check(formatManPage(name), "mandoc", "-T", "lint"), "");
  });

  testWith(`formatManPage() makes ${name}.8 that man renders without warnings`, {
    programs: ["man"],
  }, async () => {
    assertEquals(await check(formatManPage(name), "man", "--warnings", "-E", "UTF-8", "-l", "-Z"), "0:");
  });
}

testWith("check() tells a page that is wrong", { programs: ["mandoc"] }, async () => {
  const said = await check(".TH X 8\n.SH NAME\nx\n.XY\n", "mandoc", "-T", "lint");
  assert(said.includes("skipping unknown macro"), said);
});

Deno.test("formatManPage() names every kind that a verb prints, where the schemas are, and the promise", () => {
  const page = formatManPage("torcx").replaceAll("\\-", "-");
  for (const { kind, verb } of OUTPUT_KINDS) {
    assert(page.includes(`\n.B ${kind}\nPrinted by torcx ${verb}`), kind);
  }
  assert(page.includes("\n.B /usr/share/torcx/schemas/KIND.schema.json\n"));
  assert(page.includes("\nWithin a kind fields are added, never renamed or removed,"));
});

Deno.test("formatManPage() names every verb, flag and example of the table", () => {
  const page = formatManPage("torcx").replaceAll("\\-", "-").replaceAll("\\fB", "").replaceAll("\\fR", "");
  for (const { command, flags, examples } of listVerbs()) {
    assert(page.includes(`\n.SS ${command}`), command);
    for (const { long } of [...flags, ...GLOBAL_FLAGS]) assert(page.includes(`--${long}`), long);
    for (const { line } of examples) assert(page.includes(`\n.B ${line}\n`), line);
  }
});
