/**
 * Owns what systemd gets when it calls `torcx-generator`: an apply at once where mounts made now last,
 * else a unit that does it later (02-boot: in place, hand-off). It loads the boot flow only where it
 * applies: at every daemon-reload it is called again.
 */

import { encodePath } from "../bytes.ts";
import { examineSettings, type Settings } from "../config/settings.ts";
import { quote, UsageError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { isPrivateMountNamespace, readOwnPath } from "../sys/namespace.ts";
import type { Root } from "../sys/root.ts";
import { encodeService, SERVICE_NAME, writeService } from "./hand_off.ts";

/** What the generator is called with. */
export interface GeneratorInput {
  root: Root;
  /** NORMAL_DIR EARLY_DIR LATE_DIR, see systemd.generator(7). */
  args: readonly string[];
  environment: Readonly<Record<string, string | undefined>>;
  kernelCommandLine: string;
  /** torcx's version, for the report. */
  version: string;
  log: Logger;
  /** Aborted when the generator is to end; what it applied is undone then. */
  signal: AbortSignal;
}

/**
 * Runs the generator.
 *
 * @throws {UsageError} if it is not called as systemd calls it; nothing was done.
 * @throws {TorcxError} if it applied in place and that failed, or the unit cannot be written.
 */
export async function runGenerator(input: GeneratorInput): Promise<void> {
  const { root, log } = input;
  const isPrivate = isPrivateMountNamespace() ?? true;
  const normalDir = parseArguments(input.args, isPrivate);
  const { settings, fault } = examineSettings(input);
  if (!settings.boot.isEnabled) {
    log.info("nothing is done: torcx=0 on the kernel command line");
    return;
  }
  const handOff = (reason: string): void => {
    log.info(`hands the work to ${SERVICE_NAME}: ${reason}`);
    writeService(root, normalDir, encodeService(settings, readOwnPath()));
  };
  // The file that the kernel command line names may be on a file system that is mounted later.
  if (fault?.code === "not_found") {
    return handOff(`no config file ${quote(settings.configPath)} is there yet`);
  }
  if (fault !== undefined) throw fault;
  if (isPrivate) return handOff("mounts made by generators do not last here");
  if (root.findLstat(encodePath(settings.runDir)) !== undefined) {
    const { isHandedOff, writeSysusersDropIn } = await import("./in_place.ts");
    // At a daemon-reload the unit must not vanish from under the job that runs it.
    if (isHandedOff(root, settings)) return handOff("this boot did so before");
    log.info(`already run: ${quote(settings.runDir)} exists`);
    writeSysusersDropIn(root, settings, normalDir);
    return;
  }
  await applyInPlace(input, settings, normalDir, handOff);
}

async function applyInPlace(
  { root, log, version, signal }: GeneratorInput,
  settings: Settings,
  normalDir: string,
  handOff: (reason: string) => void,
): Promise<void> {
  const { applyInGenerator, findObstacle, writeSysusersDropIn } = await import("./in_place.ts");
  const obstacle = await findObstacle(root, settings, log);
  if (obstacle !== undefined) return handOff(obstacle);
  await applyInGenerator(root, settings, log, { version, signal });
  writeSysusersDropIn(root, settings, normalDir);
}

function parseArguments(args: readonly string[], isPrivate: boolean): string {
  const [normalDir] = args;
  if (normalDir === undefined || args.length > 3) {
    const action = isPrivate
      ? `write ${SERVICE_NAME} into NORMAL_DIR, which applies the profile later in the boot`
      : "apply the profile at once, or hand it to a unit where an archive is not there yet";
    throw new UsageError(
      `Cannot run torcx-generator: expected NORMAL_DIR EARLY_DIR LATE_DIR, as systemd gives`,
      {
        hint: `With them it would ${action}; to apply by hand, run "torcx apply"`,
      },
    );
  }
  if (!normalDir.startsWith("/")) {
    throw new UsageError(`Cannot run torcx-generator: ${quote(normalDir)} is not an absolute path`);
  }
  return normalDir;
}
