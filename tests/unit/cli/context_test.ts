/** Tests how a command's context follows from options, environment and streams. */

import { assertEquals, assertThrows } from "@std/assert";
import { TorcxError } from "../../../lib/errors.ts";
import { type Context, createContext, type Process } from "../../../lib/cli/context.ts";
import { parseOptions } from "../../../lib/cli/options/parse.ts";
import { locate, openSystem } from "../../../lib/cli/system.ts";
import { findNearest } from "../../../lib/suggestions.ts";

interface Overrides {
  isStdoutTerminal?: boolean;
  isStderrTerminal?: boolean;
  isStdinTerminal?: boolean;
  isJournal?: boolean;
  environment?: Record<string, string>;
}

function create(args: string[], overrides: Overrides = {}): { context: Context; stderr: () => string } {
  const written: Uint8Array[] = [];
  const sink = { writeSync: (bytes: Uint8Array): number => written.push(bytes.slice()) && bytes.length };
  const process: Process = {
    environment: overrides.environment ?? {},
    stdout: { sink, isTerminal: overrides.isStdoutTerminal ?? false, columns: 80 },
    stderr: { sink, isTerminal: overrides.isStderrTerminal ?? false, columns: 80 },
    stdin: {
      isTerminal: overrides.isStdinTerminal ?? false,
      readLine: () => Promise.resolve("an answer"),
    },
    isJournal: overrides.isJournal ?? false,
    versions: { deno: "1", v8: "2", typescript: "3", target: "t", std: "jsr" },
    signal: new AbortController().signal,
    readKernelCommandLine: () => "torcx_config=/x",
    readMemoryBytes: () => 1024,
    getWorkingDirectory: () => "/home/user",
    now: () => new Date(0),
  };
  const context = createContext(parseOptions(args, {}), process);
  return { context, stderr: () => written.map((bytes) => new TextDecoder().decode(bytes)).join("") };
}

for (
  const [args, isStdoutTerminal, expected] of [
    [["status"], true, "text"],
    [["status"], false, "json"],
    [["status", "--output=json"], true, "json"],
    [["status", "--output=table"], false, "text"],
  ] as const
) {
  Deno.test(`createContext() writes ${expected} for ${args.join(" ")} ${isStdoutTerminal ? "on" : "off"} a terminal`, () => {
    assertEquals(create([...args], { isStdoutTerminal }).context.stdout.format, expected);
  });
}

for (
  const [environment, isStdoutTerminal, isColored] of [
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: "1" }, true, false],
    [{ NO_COLOR: "" }, true, true],
    [{ TERM: "dumb" }, true, false],
  ] as const
) {
  const where = `${JSON.stringify(environment)} ${isStdoutTerminal ? "on" : "off"} a terminal`;
  Deno.test(`createContext() ${isColored ? "colours" : "does not colour"} with ${where}`, () => {
    const { context } = create(["status"], { environment, isStdoutTerminal });
    assertEquals(context.stdout.style("red", "x") !== "x", isColored);
  });
}

Deno.test("createContext() asks only if standard input and output are both terminals", async () => {
  for (const [isStdinTerminal, isStdoutTerminal] of [[true, true], [true, false], [false, true]] as const) {
    const { context } = create(["status"], { isStdinTerminal, isStdoutTerminal });
    assertEquals(context.ask !== undefined, isStdinTerminal && isStdoutTerminal);
    assertEquals(await context.ask?.("Well?"), isStdinTerminal && isStdoutTerminal ? "an answer" : undefined);
  }
});

Deno.test("createContext() hides the kernel command line if the root is another system", () => {
  assertEquals(create(["status"]).context.kernelCommandLine, "torcx_config=/x");
  assertEquals(create(["status", "--root=//"]).context.kernelCommandLine, "torcx_config=/x");
  assertEquals(create(["status", "--root=/mnt"]).context.kernelCommandLine, "");
});

Deno.test("createContext() logs from the level on, in one line, after the progress is cleared", () => {
  const { context, stderr } = create(["status", "-v"], { isStderrTerminal: true });
  context.progress.show("10 %");
  context.log.info("a\nb");
  context.log.debug("hidden");
  assertEquals(stderr(), "\r\x1b[K10 %\r\x1b[Ktorcx: info: a\\x0ab\n");
});

Deno.test("createContext() logs with priorities if standard error is the journal", () => {
  const { context, stderr } = create(["status"], { isJournal: true });
  context.log.warning("a");
  assertEquals(stderr(), "<4>torcx: a\n");
});

for (
  const [root, path, expected] of [
    ["/", "a/b", "/home/user/a/b"],
    ["/", "/a", "/a"],
    ["/mnt", "a/b", "/a/b"],
    ["/mnt", "/a", "/a"],
  ] as const
) {
  Deno.test(`locate() returns ${expected} for ${path} below ${root}`, () => {
    assertEquals(locate(path, create(["status"]).context, { root }), expected);
  });
}

Deno.test("openSystem() throws if the root is no directory", () => {
  const error = assertThrows(
    () => openSystem({ root: "/dev/null/x" }, create(["status"]).context),
    TorcxError,
    'Cannot open root "/dev/null/x": it is no usable directory',
  );
  assertEquals(error.code, "not_found");
});

for (
  const [word, candidates, expected] of [
    ["--stor-path", ["--os-release", "--store-path"], "--store-path"],
    ["lsit", ["list", "show"], "list"],
    ["statsu", ["status", "apply"], "status"],
    ["stat", ["status", "apply"], "status"],
    ["x", ["status"], undefined],
    ["frobnicate", ["status", "apply"], undefined],
    ["list", [], undefined],
  ] as const
) {
  Deno.test(`findNearest() returns ${expected} for ${word}`, () => {
    assertEquals<string | undefined>(findNearest(word, candidates), expected);
  });
}
