/*
 * The guest's report as the host reads it: facts by name, cut out of a console log.
 * The guest's side is guest/check.sh. Called by machine.ts; read by the cases.
 */

export interface Fact {
  /** Exit status of the command that found it. */
  exit: number;
  /** Its standard output and standard error, without final newlines. */
  output: string;
}

const BEGIN = "=== guest facts begin ===";
const END = "=== guest facts end ===";

/** What one guest found; asking for a fact it never printed is an error, not an empty answer. */
export class Findings {
  readonly #facts: ReadonlyMap<string, Fact>;

  constructor(facts: ReadonlyMap<string, Fact>) {
    this.#facts = facts;
  }

  /** @throws {Error} if the guest printed no such fact */
  get(name: string): Fact {
    const fact = this.#facts.get(name);
    if (fact === undefined) throw new Error(`Cannot judge the guest: it printed no fact "${name}"`);
    return fact;
  }

  /** The output's lines, without empty ones. */
  lines(name: string): string[] {
    return this.get(name).output.split("\n").filter((line) => line !== "");
  }

  /** The output read as lines of KEY=value, as `systemctl show` and `env` print them. */
  values(name: string): Record<string, string> {
    const pairs = this.lines(name).filter((line) => line.includes("="));
    return Object.fromEntries(
      pairs.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
  }
}

/**
 * Reads the facts between the markers of a console log.
 *
 * @throws {Error} if the log lacks a marker or holds a line between them that is no fact
 */
export function parseFindings(log: string): Findings {
  const lines = log.replaceAll("\r", "").split("\n");
  const begin = lines.lastIndexOf(BEGIN);
  const end = lines.indexOf(END, begin);
  if (begin < 0 || end < 0) throw new Error("Cannot read the guest's facts: the console log lacks a marker");
  const facts = new Map<string, Fact>();
  for (const line of lines.slice(begin + 1, end)) {
    let fact: { name: string; exit: number; output: string };
    try {
      fact = JSON.parse(line);
    } catch (cause) {
      throw new Error(
        `Cannot read the guest's facts: line ${JSON.stringify(line.slice(0, 200))} is no JSON`,
        { cause },
      );
    }
    const bytes = Uint8Array.fromBase64(fact.output);
    facts.set(fact.name, { exit: fact.exit, output: new TextDecoder().decode(bytes) });
  }
  return new Findings(facts);
}
