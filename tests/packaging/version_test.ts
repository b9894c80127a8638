/** Tests what the program says of itself under its two names. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { runTorcx } from "../support/binary.ts";
import { findSchemaFaults } from "../support/schemas.ts";
import { PROJECT_DIR } from "../support/std_flags.ts";

const { version } = JSON.parse(await Deno.readTextFile(join(PROJECT_DIR, "deno.json")));

Deno.test("torcx --version says the version of deno.json and Deno's", async () => {
  const { code, stdout } = await runTorcx(["--version"]);
  assertEquals(code, 0);
  assertStringIncludes(stdout, version);
  assertStringIncludes(stdout, Deno.version.deno);
});

Deno.test("torcx version --output json says them as JSON, valid by its schema", async () => {
  const { code, stdout } = await runTorcx(["version", "--output", "json"]);
  const document = JSON.parse(stdout);
  assertEquals([code, findSchemaFaults(document)], [0, undefined]);
  const { target, std, ...versions } = document.value;
  assertEquals([document.kind, versions], ["torcx-version-v0", { version, ...Deno.version }]);
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
