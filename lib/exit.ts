/**
 * Owns the exit statuses of the program: one table, from which code, help and manual page take their
 * numbers and words. It refuses to exit: only `main.ts` does.
 */

/** One exit status. */
export interface ExitStatus {
  readonly name: string;
  readonly number: number;
  /** What it means, without capital and period. */
  readonly help: string;
}

/** Every exit status, in the order of their numbers. */
export const EXIT_STATUSES = [
  { name: "done", number: 0, help: "done" },
  { name: "failed", number: 1, help: "failed, or a result could not be written; standard error says why" },
  { name: "usage", number: 2, help: "wrong usage, nothing was done" },
  { name: "notApplied", number: 3, help: "not applied in this boot, or switched off" },
  {
    name: "degraded",
    number: 4,
    help: "sealed, but degraded: something that was applied is gone or changed",
  },
  { name: "atWork", number: 5, help: "torcx is at work" },
  // As shells count: 129 HUP, 130 INT, 131 QUIT, 143 TERM, see signal(7).
  {
    name: "signal",
    number: 128,
    help: "ended by signal N (HUP, INT, QUIT, TERM); what was not finished is undone",
  },
] as const satisfies readonly ExitStatus[];

/** The name of an exit status. */
export type ExitName = (typeof EXIT_STATUSES)[number]["name"];

/** The number of each exit status; to `signal` the signal's number is added. */
export const EXIT = Object.fromEntries(
  EXIT_STATUSES.map(({ name, number }) => [name, number]),
) as Readonly<Record<ExitName, number>>;

/** Returns an exit status as it is written: its number, or `128+N`. */
export function formatExitNumber({ name, number }: ExitStatus): string {
  return name === "signal" ? `${number}+N` : String(number);
}
