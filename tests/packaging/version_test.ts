/** Tests what the program says of itself under its two names. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { WHEELS_DENO } from "../../.tasks/denort.ts";
import { isProgramCompiled, runTorcx } from "../support/binary.ts";
import { findSchemaFaults } from "../support/schemas.ts";
import { PROJECT_DIR } from "../support/std_flags.ts";

const { version } = JSON.parse(await Deno.readTextFile(join(PROJECT_DIR, "deno.json")));

/** A binary may be built with the Deno that has a base runtime, which is not always the one that runs the tests. */
const mayBeAnother = await isProgramCompiled();
const DENOS = [Deno.version.deno, ...mayBeAnother ? [WHEELS_DENO] : []];

Deno.test("torcx --version says the version of deno.json and of the Deno that it is built with", async () => {
  const { code, stdout } = await runTorcx(["--version"]);
  assertEquals(code, 0);
  assertStringIncludes(stdout, version);
  assert(DENOS.includes(/\(deno (\S+),/.exec(stdout)![1]!), stdout);
});

Deno.test("torcx version --output json says them as JSON, valid by its schema", async () => {
  const { code, stdout } = await runTorcx(["version", "--output", "json"]);
  const document = JSON.parse(stdout);
  assertEquals([code, findSchemaFaults(document)], [0, undefined]);
  const { target, std, ...versions } = document.value;
  assert(DENOS.includes(versions.deno), stdout);
  const own = versions.deno === Deno.version.deno ? { ...Deno.version } : { ...versions };
  assertEquals([document.kind, versions], ["torcx-version-v0", { ...own, version }]);
  assertStringIncludes(target, "linux");
  // The program is built, or run, with what the tests have.
  assertEquals(std, import.meta.resolve("@std/path").startsWith("file:") ? "stand-ins" : "jsr");
});

Deno.test("torcx ends with 2 and a hint if a verb is misspelt", async () => {
  const { code, stdout, stderr } = await runTorcx(["statsu"]);
  assertEquals([code, stdout], [2, ""]);
  assertStringIncludes(stderr, "statsu");
  assertStringIncludes(stderr, "status");
});

Deno.test("torcx-generator ends with 2 if it has no directories to write to", async () => {
  const { code } = await runTorcx([], { argv0: "torcx-generator" });
  assertEquals(code, 2);
});
