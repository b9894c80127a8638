/** Tests with which Deno a build is made, and what is said where that cannot be. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { isAtLeast, readVersion } from "../../.tasks/deno.ts";
import { WHEELS_DENO } from "../../.tasks/denort.ts";
import { PROJECT_DIR } from "../support/std_flags.ts";

/** Runs a build that fails before it makes anything. */
async function failBuild(version: string, ...args: string[]): Promise<string> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "build", ...args],
    cwd: PROJECT_DIR,
    env: { TORCX_DENO_VERSION: version, DENORT_BIN: "" },
  }).output();
  assertEquals(code, 1);
  return new TextDecoder().decode(stderr);
}

Deno.test("isAtLeast() compares versions by their numbers", () => {
  const older = ["2.7.13", "2.6.99", "1.99.0", "2.7.14", "2.7.14"];
  const newer = ["2.7.14", "2.7.0", "2.0.0", "2.10.0", "2.7.100"];
  for (const [at, version] of older.entries()) {
    assertEquals([isAtLeast(newer[at]!, version), isAtLeast(version, newer[at]!)], [true, false], version);
    assertEquals(isAtLeast(version, version), true);
  }
});

Deno.test("the pinned Deno, the wheels' and the one that runs the tests are supported", async () => {
  const oldest = await readVersion("deno_oldest");
  for (const version of [await readVersion("deno_version"), WHEELS_DENO, Deno.version.deno]) {
    assert(isAtLeast(version, oldest), version);
  }
});

Deno.test("a build refuses a Deno that is too old, or no version", async () => {
  assertStringIncludes(await failBuild("2.6.10"), "the oldest that is supported is");
  assertStringIncludes(await failBuild("latest"), '"latest": it is no version');
});

Deno.test("a build with a Deno that has no base runtime names the three ways out", async () => {
  // No such version will ever be released.
  const text = await failBuild("99.0.0");
  for (const way of ["DENORT_BIN=FILE", "dl.deno.land", "npm and PyPI"]) assertStringIncludes(text, way);
  assertStringIncludes(text, `with Deno ${WHEELS_DENO}`);
});

Deno.test("a build refuses arguments that it does not know", async () => {
  for (const args of [["--target=riscv"], ["--targte", "x"], ["now"], ["--target"]]) {
    assertStringIncludes(await failBuild("", ...args), "expected [--target x86_64", args.join(" "));
  }
});
