/**
 * Owns what systemd gets when it calls `torcx-generator`: an apply at once where mounts made now last,
 * else a unit that does it later (02-boot: in place, hand-off). It loads the boot flow only where it
 * applies: at every daemon-reload it is called again.
 */

import { encodePath } from "../bytes.ts";
import type { System } from "../config/system.ts";
import { examineSettings } from "../config/settings_reader.ts";
import { listMessages, quote, TorcxError, UsageError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { isPrivateMountNamespace, readOwnPath } from "../sys/namespace.ts";
import type { Root } from "../sys/root.ts";
import type { EarlierRun } from "./earlier_run.ts";
import { writeSysusersDropIn } from "./sysusers_dropin.ts";
import { encodeService, SERVICE_NAME, writeService } from "./service_unit.ts";
import { writeTargetAssertions, writeTargetWant } from "./sealed_target.ts";

export { openGeneratorLog } from "./generator_log.ts";

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
  if (!settings.isBootEnabled) {
    log.info("nothing is done: torcx=0 on the kernel command line");
    return;
  }
  const handOff = (reason: string, isWanted = true): void => {
    log.info(
      isWanted
        ? `hands the work to ${SERVICE_NAME}: ${reason}`
        : `writes ${SERVICE_NAME}, which only a person starts: ${reason}`,
    );
    writeService(root, normalDir, { text: encodeService(settings, readOwnPath()), isWanted });
  };
  // The file that the kernel command line names may be on a file system that is mounted later, and with
  // it the name of RUN.
  if (fault?.code === "not_found") {
    writeTargetWant(root, normalDir);
    return handOff(`no config file ${quote(settings.configPath)} is there yet`);
  }
  // What cannot be read may be readable a moment later; where it is not, a unit that has failed is seen.
  if (fault?.code === "failed") {
    for (const message of listMessages(fault)) log.error(message);
    writeTargetWant(root, normalDir);
    return handOff("the settings cannot be read");
  }
  if (fault !== undefined) throw fault;
  writeTargetWant(root, normalDir);
  const system: System = { root, settings, log };
  writeTargetAssertions(system, normalDir);
  const earlier = await findEarlierRun(system, isPrivate);
  if (earlier.kind === "service") return handOff(earlier.reason, earlier.isWanted);
  if (isPrivate) return handOff("mounts made by generators do not last here");
  if (earlier.kind === "none") return await applyInPlace(system, input, { normalDir, handOff });
  log.info(`already run: ${quote(settings.runDir)} exists`);
  if (earlier.report !== undefined) writeSysusersDropIn(root, normalDir, { report: earlier.report });
}

async function findEarlierRun(
  system: System,
  isPrivate: boolean,
): Promise<EarlierRun> {
  const { root, settings, log } = system;
  // In an ordinary boot nothing has run, and nothing of the boot flow is loaded for that.
  try {
    if (root.findLstat(encodePath(settings.runDir)) === undefined) return { kind: "none" };
    const { settleEarlierRun } = await import("./earlier_run.ts");
    return await settleEarlierRun(system, isPrivate);
  } catch (error) {
    // The service meets the same error, and its failure is seen.
    if (!(error instanceof TorcxError)) throw error;
    for (const message of listMessages(error)) log.error(message);
    return { kind: "service", isWanted: true, reason: "the state of this boot cannot be read" };
  }
}

async function applyInPlace(
  system: System,
  { version, signal }: GeneratorInput,
  { normalDir, handOff }: { normalDir: string; handOff: (reason: string, isWanted?: boolean) => void },
): Promise<void> {
  const { applyInGenerator, findObstacle, findReportInPlace } = await import("./in_place.ts");
  const obstacle = await findObstacle(system);
  if (obstacle !== undefined) return handOff(obstacle);
  try {
    await applyInGenerator(system, { version, signal });
  } catch (error) {
    // A person mends the cause and starts it; this boot goes on without.
    try {
      handOff("applying in place failed", false);
    } catch (cause) {
      if (!(cause instanceof TorcxError)) throw cause;
      for (const message of listMessages(cause)) system.log.error(message);
    }
    throw error;
  }
  const report = findReportInPlace(system);
  if (report !== undefined) writeSysusersDropIn(system.root, normalDir, { report });
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
