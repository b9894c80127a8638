/**
 * Owns telling the running system what came, and what it made of it. A step that fails is logged and in
 * the report; the seal stays. In torcx.service nothing here waits for a job: that could deadlock the boot.
 */

import { type ByteString, decodePath, encodePath, joinPath, splitPath } from "../bytes.ts";
import type { System } from "../config/system.ts";
import { listMessages, quote, TorcxError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { type ApplyReport, encodeReport, listAssetFiles, type ReportStep } from "../manifest/report.ts";
import { runProgram } from "../sys/command.ts";
import { readManagerState, readUnitStates, type UnitState } from "../sys/manager.ts";
import type { Root } from "../sys/root.ts";
import { SERVICE_NAME } from "./service_unit.ts";
import {
  type IntegrationOptions,
  type IntegrationStep,
  isPastBoot,
  listUnits,
  listUnitsOfInterest,
  planAssetSteps,
  planReload,
  planStart,
  type RulesTexts,
} from "./integration.ts";
import { toMs } from "../apply/report_builder.ts";

/** Milliseconds for one program; a daemon-reload took 2 s under emulation, a start waits for its units. */
const STEP_TIMEOUT = 90_000;

/** Where udev reads rules, see udev(7): of one name the first one counts. */
const RULES_DIRS = [
  "/etc/udev/rules.d",
  "/run/udev/rules.d",
  "/usr/local/lib/udev/rules.d",
  "/usr/lib/udev/rules.d",
  "/lib/udev/rules.d",
] as const;

/**
 * Tells the system, and writes the report anew with what was done in place of what an earlier call did.
 *
 * @returns the units that came, with their states; empty in torcx.service, where they start later.
 */
export async function integrate(
  system: System,
  report: ApplyReport,
  call: IntegrationOptions,
): Promise<UnitState[]> {
  const { log } = system;
  const run = async (steps: readonly IntegrationStep[]): Promise<void> => {
    for (const step of steps) report.steps.push(await runStep(step, log));
  };
  const hadSteps = report.steps.length > 0;
  report.steps = [];
  const units = await askFor(listUnitsOfInterest(report), log);
  const occasion = { ...call, isRecovery: call.isRecovery || isPastBoot(units) };
  const state = { manager: await findManagerState(occasion, log), units };
  await run(planAssetSteps(report, state, readRules(system, report)));
  await run(planReload(report, occasion));
  const started = occasion.isRecovery && !call.isService ? await prepareStart(report, { log, run }) : [];
  await run(planStart(report, occasion, state, started));
  if (hadSteps || report.steps.length > 0) writeReport(system, report);
  return call.isService ? [] : [...(await askFor(listUnits(report), log)).values()];
}

/** Asks only where it is not known: a boot's own run is in a boot. */
async function findManagerState(
  { isRecovery }: IntegrationOptions,
  log: Logger,
): Promise<string | undefined> {
  if (!isRecovery) return undefined;
  try {
    return await readManagerState();
  } catch (error) {
    if (!(error instanceof TorcxError)) throw error;
    log.warning(listMessages(error).join(": "));
    return undefined;
  }
}

async function askFor(names: readonly string[], log: Logger): Promise<Map<string, UnitState>> {
  try {
    return await readUnitStates(names);
  } catch (error) {
    if (!(error instanceof TorcxError)) throw error;
    log.warning(listMessages(error).join(": "));
    return new Map();
  }
}

/** Forgets failures, so that no limit of starts holds, and returns torcx.service where it exists. */
async function prepareStart(
  report: ApplyReport,
  { log, run }: { log: Logger; run: (steps: IntegrationStep[]) => Promise<void> },
): Promise<string[]> {
  const states = await askFor([SERVICE_NAME, ...listUnits(report)], log);
  const failed = [...states].filter(([, { active }]) => active === "failed").map(([name]) => name);
  if (failed.length > 0) await run([{ program: "systemctl", args: ["reset-failed", ...failed] }]);
  // It finds the system sealed and is active then.
  return states.get(SERVICE_NAME)?.load === "loaded" ? [SERVICE_NAME] : [];
}

/** Reads the rules files that came, and all of them. What cannot be read is named, and left out. */
function readRules({ root, log }: Pick<System, "root" | "log">, report: ApplyReport): RulesTexts {
  const attempt = <T>(path: ByteString, act: () => T): T | undefined => {
    try {
      return act();
    } catch (error) {
      if (!(error instanceof TorcxError)) throw error;
      log.warning(`cannot read ${quote(decodePath(path))}: ${listMessages(error).join(": ")}`);
      return undefined;
    }
  };
  const read = (path: ByteString): string =>
    attempt(path, () => new TextDecoder().decode(root.readFile(path))) ?? "";
  const list = (directory: string): ByteString[] =>
    attempt(encodePath(directory), () => listRulesFiles(root, encodePath(directory))) ?? [];
  return {
    added: listAssetFiles(report, "udev_rules").map(({ to }) => read(encodePath(to))),
    readAll: () => {
      const files = new Map<ByteString, ByteString>();
      for (const path of RULES_DIRS.flatMap(list)) {
        const { name } = splitPath(path);
        if (!files.has(name)) files.set(name, path);
      }
      return [...files].sort(([a], [b]) => a < b ? -1 : 1).map(([, path]) =>
        // A link to /dev/null takes the file of this name away.
        attempt(path, () => root.findStat(path)?.type) === "file" ? read(path) : ""
      );
    },
  };
}

function listRulesFiles(root: Root, directory: ByteString): ByteString[] {
  if (root.findStat(directory)?.type !== "directory") return [];
  return root.readDir(directory).filter(({ name }) => name.endsWith(".rules")).map(({ name }) =>
    joinPath(directory, name)
  );
}

/** What comes after the seal decides nothing, its report neither. */
function writeReport({ root, settings, log }: System, report: ApplyReport): void {
  const bytes = new TextEncoder().encode(encodeReport(report));
  try {
    root.writeFileAtomic(encodePath(settings.paths.report), bytes, { mode: 0o444 });
  } catch (error) {
    if (!(error instanceof TorcxError)) throw error;
    log.warning(
      `cannot write what was done after the seal into the report: ${listMessages(error).join(": ")}`,
    );
  }
}

async function runStep(step: IntegrationStep, log: Logger): Promise<ReportStep> {
  const { program, args, input, fallback } = step;
  const command = [program, ...args].join(" ");
  const start = performance.now();
  let error: string | null = null;
  try {
    await runProgram(program, args, {
      timeout: STEP_TIMEOUT,
      ...(input === undefined ? {} : { input }),
    });
  } catch (cause) {
    if (!(cause instanceof TorcxError)) throw cause;
    error = listMessages(cause).join(": ");
  }
  const duration = performance.now() - start;
  if (error === null) log.info(`ran "${command}" in ${duration.toFixed(0)} ms`);
  else log.warning(error);
  if (error !== null && fallback !== undefined) return await runStep(fallback, log);
  return { command, duration_ms: toMs(duration), error };
}
