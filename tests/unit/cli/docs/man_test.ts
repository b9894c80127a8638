/** Tests the manual pages with the tools that render them, and that they say all that the table says. */

import { assert, assertEquals } from "@std/assert";
import { formatManPage } from "../../../../lib/cli/docs/man.ts";
import { MAN_PAGES } from "../../../../lib/cli/options/value_types.ts";
import { listVerbs } from "../../../../lib/cli/docs/help.ts";
import { GLOBAL_FLAGS } from "../../../../lib/cli/options/verbs.ts";

/** What a program wrote about a page, or undefined if it is not installed. */
async function check(page: string, program: string, ...args: string[]): Promise<string | undefined> {
  const path = await Deno.makeTempFile({ suffix: ".8" });
  try {
    await Deno.writeTextFile(path, page);
    const { code, stdout, stderr } = await new Deno.Command(program, {
      args: [...args, path],
      env: { LC_ALL: "C.UTF-8", MANWIDTH: "100", MANROFFOPT: "" },
    }).output();
    const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
    return program === "mandoc" ? text(stdout) : `${code}:${text(stderr)}`;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    // deno-lint-ignore no-console -- a skipped test says so
    console.log(`skipped: ${program} is not installed`);
    return undefined;
  } finally {
    await Deno.remove(path);
  }
}

for (const name of MAN_PAGES) {
  Deno.test(`formatManPage() makes ${name}.8 that mandoc's lint has nothing to say of`, async () => {
    const said = await check(formatManPage(name), "mandoc", "-T", "lint");
    if (said !== undefined) assertEquals(said, "");
  });

  Deno.test(`formatManPage() makes ${name}.8 that man renders without warnings`, async () => {
    const said = await check(formatManPage(name), "man", "--warnings", "-E", "UTF-8", "-l", "-Z");
    if (said !== undefined) assertEquals(said, "0:");
  });
}

Deno.test("check() tells a page that is wrong", async () => {
  const said = await check(".TH X 8\n.SH NAME\nx\n.XY\n", "mandoc", "-T", "lint");
  if (said !== undefined) assert(said.includes("skipping unknown macro"), said);
});

Deno.test("formatManPage() names every verb, flag and example of the table", () => {
  const page = formatManPage("torcx").replaceAll("\\-", "-").replaceAll("\\fB", "").replaceAll("\\fR", "");
  for (const { command, flags, examples } of listVerbs()) {
    assert(page.includes(`\n.SS ${command}`), command);
    for (const { long } of [...flags, ...GLOBAL_FLAGS]) assert(page.includes(`--${long}`), long);
    for (const { line } of examples) assert(page.includes(`\n.B ${line}\n`), line);
  }
});
