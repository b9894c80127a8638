/**
 * Owns what squashfs images need of the kernel: loop devices and the file system, both perhaps
 * modules that nothing has loaded yet this early. `apply.ts` and the generator call it.
 */

import { encodePath } from "../bytes.ts";
import { TorcxError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { runProgram } from "../sys/command.ts";
import { hasLoopDevices } from "../sys/mounts.ts";
import { Root } from "../sys/root.ts";

/** Loading a module from a slow disk takes a while; a hung modprobe must not hang the boot. */
const MODPROBE_TIMEOUT = 30_000;

/**
 * Makes loop devices and squashfs available if they are modules.
 *
 * @returns whether both are there now.
 */
export async function prepareSquashfs(log: Logger): Promise<boolean> {
  // Opening the static node /dev/loop-control loads the module by itself where udev has made it.
  if (!hasLoopDevices()) await loadModule("loop", log);
  if (!hasFileSystem("squashfs")) await loadModule("squashfs", log);
  return hasLoopDevices() && hasFileSystem("squashfs");
}

/** Returns whether the kernel knows a file system right now (proc(5), filesystems). */
function hasFileSystem(name: string): boolean {
  using proc = Root.open("/proc");
  const text = new TextDecoder().decode(proc.readFile(encodePath("filesystems")));
  return text.split("\n").some((line) => line.split("\t")[1] === name);
}

async function loadModule(name: string, log: Logger): Promise<void> {
  try {
    await runProgram("modprobe", [name], { timeout: MODPROBE_TIMEOUT });
    log.debug(`loaded kernel module ${name}`);
  } catch (error) {
    if (!(error instanceof TorcxError)) throw error;
    log.warning(`cannot load kernel module ${name}: ${error.message}`);
  }
}
