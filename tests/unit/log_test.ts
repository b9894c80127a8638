/** Tests the log: which lines, in which form, and that it decides nothing. */

import { assertEquals } from "@std/assert";
import { createLogger, keepWarnings, LOG_LEVELS, SILENT_LOG } from "../../lib/log.ts";

Deno.test("createLogger() drops what is below its level", () => {
  const counts = LOG_LEVELS.map((level) => {
    const lines: string[] = [];
    const log = createLogger({ level, form: "text", tag: "t", sink: (line) => void lines.push(line) });
    for (const name of ["error", "warning", "info", "debug"] as const) log[name]("m");
    return lines.length;
  });
  assertEquals(counts, [0, 0, 1, 2, 3, 4]);
});

Deno.test("createLogger() writes lines for people and for the journal, control characters escaped", () => {
  const lines: string[] = [];
  for (const form of ["text", "priority"] as const) {
    const log = createLogger({ level: "debug", form, tag: "torcx", sink: (line) => void lines.push(line) });
    log.warning("a\nb\x1b\x9b");
    log.debug("é");
  }
  assertEquals(lines, [
    "torcx: warning: a\\x0ab\\x1b\\x9b",
    "torcx: debug: é",
    "<4>torcx: a\\x0ab\\x1b\\x9b",
    "<7>torcx: é",
  ]);
});

Deno.test("createLogger() gives lines that the sink does not take to the fallback, and never throws", () => {
  const fail = (): never => {
    throw new Error("full");
  };
  const lines: string[] = [];
  const options = { level: "info", form: "text", tag: "t", sink: fail } as const;
  createLogger({ ...options, fallback: (line) => void lines.push(line) }).error("m");
  assertEquals(lines, ["t: error: m"]);
  createLogger({ ...options, fallback: fail }).error("m");
  createLogger(options).error("m");
});

Deno.test("keepWarnings() keeps warnings and errors, and passes all on", () => {
  const lines: string[] = [];
  const kept: string[] = [];
  const log = keepWarnings(
    createLogger({ level: "debug", form: "text", tag: "t", sink: (line) => void lines.push(line) }),
    kept,
  );
  for (const name of ["error", "warning", "info", "debug"] as const) log[name](name);
  assertEquals(kept, ["error", "warning"]);
  assertEquals(lines.length, 4);
  SILENT_LOG.error("nothing");
});
