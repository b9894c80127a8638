/** Owns the look for other programs that a test needs, and how such a test is skipped by name. */

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
}

/** Defines a test that is skipped, with the reason printed, where something that it needs is missing. */
export function testWith(name: string, needs: Needs, run: () => Promise<void>): void {
  const missing = (needs.programs ?? []).filter((program) => !isInstalled(program));
  const reasons = [
    ...needs.isRoot === true && Deno.uid() !== 0 ? ["not root"] : [],
    ...missing.map((program) => `"${program}" is not installed`),
  ];
  if (reasons.length > 0) {
    Deno.stderr.writeSync(new TextEncoder().encode(`skipped: ${name}: ${reasons.join(", ")}\n`));
  }
  Deno.test({ name, ignore: reasons.length > 0, fn: run });
}
