/*
 * torcx as `deno task install` lays it down, once for all systems of a test process: a layer of their root file
 * systems.
 */

import { prepareBinary } from "../support/compiled.ts";
import { PROJECT_DIR } from "../support/std_flags.ts";
import { runCommand } from "../vm/command.ts";

let prepared: Promise<string> | undefined;

/** Returns the directory that torcx is installed below. It is removed when this process ends. */
export function prepareInstallation(): Promise<string> {
  return prepared ??= install();
}

async function install(): Promise<string> {
  const directory = await Deno.makeTempDir({ prefix: "torcx-boot-install-" });
  globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
  await Deno.chmod(directory, 0o755);
  const binary = await prepareBinary();
  await runCommand(
    [Deno.execPath(), "task", "install", "--destdir", directory, "--binary", binary],
    { cwd: PROJECT_DIR },
  );
  return directory;
}
