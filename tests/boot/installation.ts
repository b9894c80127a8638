/*
 * torcx as `deno task install` lays it down, once for all systems of a test process: a layer of their root file
 * systems. Builds the binary where there is none, or it is older than the sources.
 */

import { join } from "node:path";
import { runCommand, say } from "../vm/command.ts";
import { findProgram } from "../support/binary.ts";
import { PROJECT_DIR } from "../support/std_flags.ts";

let prepared: Promise<string> | undefined;

/** Returns the directory that torcx is installed below. It is removed when this process ends. */
export function prepareInstallation(): Promise<string> {
  return prepared ??= install();
}

async function install(): Promise<string> {
  const directory = await Deno.makeTempDir({ prefix: "torcx-boot-install-" });
  globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
  await Deno.chmod(directory, 0o755);
  const { command, isCompiled } = await findProgram();
  const options = { cwd: PROJECT_DIR };
  if (!isCompiled) {
    say("building torcx");
    await runCommand([Deno.execPath(), "task", "build"], options);
  }
  const binary = isCompiled ? command[0] : join(PROJECT_DIR, "dist/torcx");
  await runCommand([Deno.execPath(), "task", "install", "--destdir", directory, "--binary", binary], options);
  return directory;
}
