/**
 * Owns the compiled program for tests that cannot do with another one: the one that end-to-end tests run, or, where
 * that is `deno run`, one that is built now.
 */

import { join } from "@std/path";
import { findBinary, findProgram } from "./binary.ts";
import { PROJECT_DIR } from "./std_flags.ts";

let prepared: Promise<string> | undefined;

/** Returns the path of the compiled program, built where it is missing or older than the sources. */
export function prepareBinary(): Promise<string> {
  return prepared ??= prepare();
}

async function prepare(): Promise<string> {
  const { command, isCompiled } = await findProgram();
  if (isCompiled) return command[0];
  // Another process of the same run may be at it.
  using project = await Deno.open(join(PROJECT_DIR, "deno.json"));
  await project.lock(true);
  const built = await findBinary();
  if (built.path !== undefined) return built.path;
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "build"],
    cwd: PROJECT_DIR,
  }).output();
  if (!success) throw new Error(`Cannot build torcx: ${new TextDecoder().decode(stderr)}`);
  return join(PROJECT_DIR, "dist/torcx");
}
