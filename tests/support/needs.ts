/**
 * Owns the one way in which a test is skipped: by its own name, with what is missing, and counted by the launcher.
 * With TORCX_TEST_ALL=1 that fails the run.
 */

import { hasLoopDevices } from "../../lib/sys/loop_devices.ts";
import { isProgramCompiled } from "./binary.ts";

/** What a test needs of the machine. */
export interface Needs {
  isRoot?: boolean;
  /** The compiled binary: by `deno run` the test would show nothing. */
  isCompiled?: boolean;
  loopDevices?: boolean;
  /** Names that must be found in PATH. */
  programs?: readonly string[];
  /** Paths that must be there. */
  files?: readonly string[];
}

const isCompiled = await isProgramCompiled();

/** Returns what of it is missing, for people; undefined if all is there. */
export function findMissing(needs: Needs): string | undefined {
  const missing = [
    ...needs.isRoot && Deno.uid() !== 0 ? ["not root"] : [],
    ...needs.isCompiled && !isCompiled ? ['no compiled binary: run "deno task build"'] : [],
    ...needs.loopDevices && !hasLoopDevices() ? ["no loop devices"] : [],
    ...(needs.programs ?? []).filter((name) => !isInstalled(name)).map((name) => `no program "${name}"`),
    ...(needs.files ?? []).filter((path) => !isThere(path)).map((path) => `"${path}" is not there`),
  ];
  return missing.length === 0 ? undefined : missing.join(", ");
}

/** Defines a test that is skipped, with the reason printed, where something that it needs is missing. */
export function testWith(
  name: string,
  needs: Needs,
  run: (context: Deno.TestContext) => void | Promise<void>,
): void {
  const missing = findMissing(needs);
  if (missing !== undefined) say(`skipped: ${name}: ${missing}`);
  Deno.test({ name, ignore: missing !== undefined, fn: run });
}

/** Skips a part of a running test, by name and counted as a test of its own. */
export async function skipPart(context: Deno.TestContext, name: string, reason: string): Promise<void> {
  say(`skipped: ${context.name}: ${name}: ${reason}`);
  await context.step({ name: `${name}: ${reason}`, ignore: true, fn: () => {} });
}

function isInstalled(program: string): boolean {
  return (Deno.env.get("PATH") ?? "").split(":").some((directory) => isThere(`${directory}/${program}`));
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

function say(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}
