/** Owns what the tests of the compiled binary need, and the word on what is missing. */

import { exists } from "@std/fs";
import { join } from "@std/path";
import { findProgram } from "./binary.ts";

/** What a test needs besides a compiled binary. */
export interface Requirements {
  isRoot?: boolean;
  programs?: readonly string[];
  files?: readonly string[];
}

/** Returns why a test cannot run, and prints it; undefined if it can. */
export async function findReasonToSkip(needed: Requirements): Promise<string | undefined> {
  const reason = await findMissing(needed);
  if (reason !== undefined) Deno.stderr.writeSync(new TextEncoder().encode(`skipped: ${reason}\n`));
  return reason;
}

async function findMissing({ isRoot, programs = [], files = [] }: Requirements): Promise<string | undefined> {
  if (!(await findProgram()).isCompiled) return 'no compiled binary: run "deno task build"';
  if (isRoot && Deno.uid() !== 0) return "not root";
  for (const file of files) if (!await exists(file)) return `"${file}" is not there`;
  const dirs = (Deno.env.get("PATH") ?? "").split(":");
  for (const program of programs) {
    const found = await Promise.all(dirs.map((dir) => exists(join(dir, program))));
    if (!found.includes(true)) return `"${program}" is not installed`;
  }
  return undefined;
}
