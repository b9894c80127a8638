/**
 * Owns what the running service manager (systemd) says of itself and of its units, asked by systemctl(1).
 * It starts and stops nothing, and waits for no job.
 */

import { encodePath } from "../bytes.ts";
import { runProgram } from "./command.ts";
import type { Root } from "./root.ts";

/** Milliseconds for a question; under emulation one takes half a second. */
const QUESTION_TIMEOUT = 30_000;

/** What is known of one unit. */
export interface UnitState {
  /** Its own name, where it was asked for by an alias. */
  id: string;
  /** `loaded`, `not-found`, `masked`, … */
  load: string;
  /** `active`, `inactive`, `failed`, `activating`, … */
  active: string;
  /** Finer than `active`: `running`, `exited`, `listening`, … */
  sub: string;
  /** Why it failed; `success` if it did not. */
  result: string;
  /** Whether a job waits or runs for it. */
  hasJob: boolean;
}

/** The parts of a unit's name that can be asked for: no template, no path (systemd.unit(5)). */
const UNIT_NAME =
  /^[A-Za-z0-9:_.\\-]+(?:@[A-Za-z0-9:_.\\-]+)?\.(?:service|socket|target|timer|path|mount|automount|swap|slice|scope|device)$/;
/** UNIT_NAME_MAX of systemd, without the final NUL. */
const UNIT_NAME_LENGTH_MAX = 255;

/** Returns whether a text names one unit. */
export function isUnitName(text: string): boolean {
  return text.length <= UNIT_NAME_LENGTH_MAX && UNIT_NAME.test(text);
}

/**
 * Returns whether systemd is PID 1, see sd_booted(3), of a system and not of an initrd.
 *
 * @param root the running system's `/`.
 */
export function isServedBySystemd(root: Root): boolean {
  return root.findLstat(encodePath("/run/systemd/system"))?.type === "directory" &&
    root.findLstat(encodePath("/etc/initrd-release")) === undefined;
}

/**
 * Returns the manager's own state: `starting`, `running`, `degraded`, `maintenance`, `stopping`, …
 *
 * @throws {TorcxError} if systemctl fails.
 */
export async function readManagerState(): Promise<string> {
  const text = await runProgram("systemctl", ["show", "--property=SystemState"], {
    timeout: QUESTION_TIMEOUT,
  });
  return parseProperties(text).get("SystemState") ?? "";
}

/**
 * Returns the state of units by the names that were asked for.
 *
 * @throws {TorcxError} if systemctl fails.
 */
export async function readUnitStates(names: readonly string[]): Promise<Map<string, UnitState>> {
  const asked = [...new Set(names)].filter(isUnitName);
  if (asked.length === 0) return new Map();
  const text = await runProgram("systemctl", [
    "show",
    "--property=Id,LoadState,ActiveState,SubState,Result,Job",
    "--",
    ...asked,
  ], { timeout: QUESTION_TIMEOUT });
  return new Map(
    text.trim().split(/\n{2,}/).map((block, at) => {
      const properties = parseProperties(block);
      return [asked[at] ?? "", {
        id: properties.get("Id") ?? "",
        load: properties.get("LoadState") ?? "",
        active: properties.get("ActiveState") ?? "",
        sub: properties.get("SubState") ?? "",
        result: properties.get("Result") ?? "success",
        // A unit without a job has none, or 0.
        hasJob: (properties.get("Job") ?? "0") !== "0" && properties.get("Job") !== "",
      }];
    }),
  );
}

function parseProperties(text: string): Map<string, string> {
  return new Map(
    text.split("\n").map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, Math.max(at, 0)), line.slice(at + 1)];
    }),
  );
}
