/**
 * Owns what squashfs images need of the kernel: loop devices and the file system, both perhaps
 * modules that nothing has loaded yet this early, and that it takes each of them.
 */

import { encodePath } from "../bytes.ts";
import type { Archive } from "../catalog/stores.ts";
import { TorcxError } from "../errors.ts";
import { toFinding } from "../image/findings/finding.ts";
import { trySquashfsImage } from "../image/squashfs_check.ts";
import type { Logger } from "../log.ts";
import type { ReportFinding } from "../manifest/report.ts";
import { runProgram } from "../sys/command.ts";
import { hasLoopDevices } from "../sys/loop_devices.ts";
import { isRootUser } from "../sys/namespace.ts";
import type { System } from "../config/system.ts";
import { Root } from "../sys/root.ts";
import { describeBroken, type ImageFault, type PlannedImage } from "./plan.ts";

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

/** As {@linkcode prepareSquashfs}, before archives are looked into, where one needs it and this user may mount. */
export async function prepareArchives(archives: readonly Archive[], log: Logger): Promise<void> {
  if (isRootUser() && archives.some(({ format }) => format === "squashfs")) await prepareSquashfs(log);
}

/** What came of trying squashfs images. */
export interface SquashfsTrial {
  /** The images that cannot be mounted. */
  faults: ImageFault[];
  findings: ReportFinding[];
}

/** Has the kernel try each squashfs before anything is mounted where others see it. */
export async function trySquashfsImages(
  { root, log }: Pick<System, "root" | "log">,
  images: readonly PlannedImage[],
): Promise<SquashfsTrial> {
  const trial: SquashfsTrial = { faults: [], findings: [] };
  const tried = images.filter(({ archive }) => archive.format === "squashfs");
  if (tried.length > 0) await prepareSquashfs(log);
  for (const { image, archive } of tried) {
    try {
      using file = root.openFile(encodePath(archive.path));
      trial.findings.push(...trySquashfsImage(file).map((warning) => toFinding(warning, image)));
    } catch (cause) {
      if (!(cause instanceof TorcxError)) throw cause;
      trial.faults.push({ kind: "archive", image, archive, error: describeBroken(image, archive, cause) });
    }
  }
  return trial;
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
