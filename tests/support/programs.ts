/** Owns the look for other programs that a test needs, and how such a test is skipped by name. */

import { findProgram } from "./binary.ts";

/** Returns whether a program is found in PATH. */
export function isInstalled(program: string): boolean {
  return (Deno.env.get("PATH") ?? "").split(":").some((dir) => {
    try {
      return Deno.statSync(`${dir}/${program}`).isFile;
    } catch {
      return false;
    }
  });
}

/** What a test needs. */
export interface Needs {
  isRoot?: boolean;
  programs?: readonly string[];
  /** The compiled binary: by Deno's own launcher the test would show nothing. */
  isCompiled?: boolean;
}

const { isCompiled } = await findProgram();

/** Defines a test that is skipped, with the reason printed, where something that it needs is missing. */
export function testWith(name: string, needs: Needs, run: () => Promise<void>): void {
  const missing = (needs.programs ?? []).filter((program) => !isInstalled(program));
  const reasons = [
    ...needs.isRoot === true && Deno.uid() !== 0 ? ["not root"] : [],
    ...needs.isCompiled === true && !isCompiled ? ['no compiled binary: run "deno task build"'] : [],
    ...missing.map((program) => `"${program}" is not installed`),
  ];
  if (reasons.length > 0) {
    Deno.stderr.writeSync(new TextEncoder().encode(`skipped: ${name}: ${reasons.join(", ")}\n`));
  }
  Deno.test({ name, ignore: reasons.length > 0, fn: run });
}
