/** Tests the parser of the command line: whole option objects, in two flag orders, and each wrong use. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { listHints, listMessages, UsageError } from "../../../../lib/errors.ts";
import { type Environment, parseOptions } from "../../../../lib/cli/options/parse.ts";
import { GROUPS, VERBS, type VerbSpec } from "../../../../lib/cli/options/verbs.ts";

const GLOBAL = { root: "/", output: "auto", verbose: "warning" };
const ABSENT = undefined;

interface Case {
  args: string[];
  /** The same in another order or spelling. */
  also: string[];
  environment?: Environment;
  expected: Record<string, unknown>;
}

const CASES: Case[] = [
  {
    args: ["apply", "--profile", "edge", "--dry-run", "--retry", "--root", "/mnt"],
    also: ["--root=/mnt", "apply", "--retry", "--dry-run", "--profile=edge"],
    expected: {
      ...GLOBAL,
      command: "apply",
      root: "/mnt",
      profile: "edge",
      isDryRun: true,
      isForced: false,
      isRetry: true,
      isBoot: false,
    },
  },
  {
    args: ["status", "--output", "json", "-v"],
    also: ["-v=info", "--output=json", "status"],
    expected: { ...GLOBAL, command: "status", output: "json", verbose: "info" },
  },
  {
    args: ["plan", "--profile", "edge", "-n", "3033.2.0"],
    also: ["plan", "-n3033.2.0", "--profile=edge"],
    expected: { ...GLOBAL, command: "plan", profile: "edge", osRelease: "3033.2.0", isStrict: false },
  },
  {
    args: ["why", "dockerd", "--verbose=debug"],
    also: ["--verbose=DEBUG", "why", "--", "dockerd"],
    expected: { ...GLOBAL, command: "why", name: "dockerd", verbose: "debug" },
  },
  {
    args: ["profile", "list", "--output", "table"],
    also: ["--output=text", "profile", "list"],
    expected: { ...GLOBAL, command: "profile list", output: "text" },
  },
  {
    args: ["profile", "show", "1.10"],
    also: ["profile", "show", "--", "1.10"],
    expected: { ...GLOBAL, command: "profile show", name: "1.10" },
  },
  {
    args: ["profile", "new", "--name", "edge", "--from", "vendor"],
    also: ["profile", "new", "--from=vendor", "--from-next=false", "--name=edge"],
    expected: {
      ...GLOBAL,
      command: "profile new",
      from: "vendor",
      isFromNext: false,
      name: "edge",
      file: ABSENT,
    },
  },
  {
    args: ["profile", "new", "--from-next", "--file", "p.json"],
    also: ["profile", "new", "--file=p.json", "--from-next=true"],
    expected: {
      ...GLOBAL,
      command: "profile new",
      from: ABSENT,
      isFromNext: true,
      name: ABSENT,
      file: "p.json",
    },
  },
  {
    args: ["profile", "set-next", "edge", "-v"],
    also: ["-v", "profile", "set-next", "edge"],
    expected: { ...GLOBAL, command: "profile set-next", name: "edge", verbose: "info" },
  },
  {
    args: ["profile", "use-image", "--name", "edge", "--allow=missing", "a:b:17.06"],
    also: ["profile", "use-image", "a:b:17.06", "--allow", "missing", "--name=edge"],
    expected: {
      ...GLOBAL,
      command: "profile use-image",
      name: "edge",
      file: ABSENT,
      allow: "missing",
      image: { name: "a:b", reference: "17.06" },
    },
  },
  {
    args: ["profile", "use-image", "--file", "p", "docker:"],
    also: ["profile", "use-image", "docker:", "--file=p"],
    expected: {
      ...GLOBAL,
      command: "profile use-image",
      name: ABSENT,
      file: "p",
      allow: ABSENT,
      image: { name: "docker", reference: "" },
    },
  },
  {
    args: ["profile", "remove-image", "--name", "edge", "docker"],
    also: ["profile", "remove-image", "docker", "--name=edge"],
    expected: { ...GLOBAL, command: "profile remove-image", name: "edge", file: ABSENT, image: "docker" },
  },
  {
    args: ["profile", "diff", "a", "b", "--root", "x"],
    also: ["profile", "--root=x", "diff", "a", "b"],
    expected: { ...GLOBAL, command: "profile diff", root: "x", before: "a", after: "b" },
  },
  {
    args: ["profile", "check", "--name", "edge", "--remote-only", "-n", "1", "--deep"],
    also: ["profile", "check", "--deep", "-n=1", "--remote-only=T", "--name=edge"],
    expected: {
      ...GLOBAL,
      command: "profile check",
      name: "edge",
      file: ABSENT,
      osRelease: "1",
      isRemoteOnly: true,
      isDeep: true,
      isStrict: false,
    },
  },
  {
    args: ["profile", "populate"],
    also: ["profile", "populate", "--verify=false"],
    expected: {
      ...GLOBAL,
      command: "profile populate",
      name: ABSENT,
      file: ABSENT,
      osRelease: ABSENT,
      isDryRun: false,
      isVerify: false,
      format: ABSENT,
      maxSize: ABSENT,
      timeout: ABSENT,
      ca: ABSENT,
      isOlderAllowed: false,
      isInsecure: false,
      isWaitRefused: false,
    },
  },
  {
    args: [
      ...["profile", "populate", "--name", "edge", "-n9", "--dry-run", "--verify", "--format", "squashfs"],
      ...[
        "--max-size",
        "2G",
        "--timeout",
        "1.5",
        "--ca",
        "a.pem",
        "--allow-older",
        "--insecure",
        "--no-wait",
      ],
    ],
    also: [
      ...["profile", "populate", "--no-wait", "--insecure", "--allow-older", "--ca=a.pem", "--timeout=1.5"],
      ...["--max-size=2147483648", "--format=squashfs", "--verify", "--dry-run", "-n", "9", "--name=edge"],
    ],
    expected: {
      ...GLOBAL,
      command: "profile populate",
      name: "edge",
      file: ABSENT,
      osRelease: "9",
      isDryRun: true,
      isVerify: true,
      format: "squashfs",
      maxSize: 2 * 1024 ** 3,
      timeout: 1.5,
      ca: "a.pem",
      isOlderAllowed: true,
      isInsecure: true,
      isWaitRefused: true,
    },
  },
  {
    args: ["remote", "list"],
    also: ["remote", "list", "--root=/"],
    expected: { ...GLOBAL, command: "remote list" },
  },
  {
    args: ["remote", "show", "vendor"],
    also: ["remote", "show", "--", "vendor"],
    expected: { ...GLOBAL, command: "remote show", name: "vendor" },
  },
  {
    args: ["remote", "check", "vendor", "--ca", "a.pem", "--allow-older"],
    also: ["remote", "check", "--allow-older", "--ca=a.pem", "vendor"],
    expected: { ...GLOBAL, command: "remote check", name: "vendor", ca: "a.pem", isOlderAllowed: true },
  },
  {
    args: ["profile", "check", "--name", "-", "-n1"],
    also: ["profile", "check", "-n", "1", "--name=-"],
    expected: {
      ...GLOBAL,
      command: "profile check",
      name: "-",
      file: ABSENT,
      osRelease: "1",
      isRemoteOnly: false,
      isDeep: false,
      isStrict: false,
    },
  },
  {
    args: ["profile", "check"],
    also: ["profile", "check", "--remote-only"],
    environment: { TORCX_CHECK_REMOTE_ONLY: "1" },
    expected: {
      ...GLOBAL,
      command: "profile check",
      name: ABSENT,
      file: ABSENT,
      osRelease: ABSENT,
      isRemoteOnly: true,
      isDeep: false,
      isStrict: false,
    },
  },
  {
    args: ["profile", "check", "--remote-only=false"],
    also: ["profile", "check", "--remote-only=0"],
    environment: { TORCX_CHECK_REMOTE_ONLY: "true" },
    expected: {
      ...GLOBAL,
      command: "profile check",
      name: ABSENT,
      file: ABSENT,
      osRelease: ABSENT,
      isRemoteOnly: false,
      isDeep: false,
      isStrict: false,
    },
  },
  {
    args: ["profile", "check"],
    also: ["profile", "check", "--deep=false"],
    environment: { TORCX_CHECK_REMOTE_ONLY: "" },
    expected: {
      ...GLOBAL,
      command: "profile check",
      name: ABSENT,
      file: ABSENT,
      osRelease: ABSENT,
      isRemoteOnly: false,
      isDeep: false,
      isStrict: false,
    },
  },
  {
    args: ["image", "list", "docker", "--os-release", "1"],
    also: ["image", "list", "-n", "1", "docker"],
    expected: { ...GLOBAL, command: "image list", osRelease: "1", name: "docker" },
  },
  {
    args: ["image", "list"],
    also: ["image", "list", "--"],
    expected: { ...GLOBAL, command: "image list", osRelease: ABSENT, name: ABSENT },
  },
  {
    args: ["image", "extract", "--", "-a.tgz", "dir"],
    also: ["image", "extract", "--output=auto", "--", "-a.tgz", "dir"],
    expected: { ...GLOBAL, command: "image extract", archive: "-a.tgz", directory: "dir" },
  },
  {
    args: ["image", "prune", "--dry-run", "--yes"],
    also: ["image", "prune", "--yes", "--dry-run", "--dry-run"],
    expected: { ...GLOBAL, command: "image prune", isDryRun: true, isYes: true, isForced: false },
  },
  {
    args: ["image", "clear-versioned", "docker", "-k", "1", "--keep-version", "2", "--force"],
    also: ["image", "clear-versioned", "--force", "--keep-version=1", "-k2", "docker"],
    expected: {
      ...GLOBAL,
      command: "image clear-versioned",
      keepVersions: ["1", "2"],
      name: "docker",
      isDryRun: false,
      isYes: false,
      isForced: true,
    },
  },
  {
    args: ["config", "show", "--verbose", "--verbose=warn"],
    also: ["config", "-v=error", "-v=warning", "show"],
    expected: { ...GLOBAL, command: "config show" },
  },
  {
    args: ["completion", "bash"],
    also: ["completion", "--", "bash"],
    expected: { ...GLOBAL, command: "completion", shell: "bash" },
  },
  { args: ["help"], also: ["--help"], expected: { ...GLOBAL, command: "help", topic: [] } },
  {
    args: ["help", "profile", "new"],
    also: ["profile", "new", "-h", "--bogus", "extra"],
    expected: { ...GLOBAL, command: "help", topic: ["profile", "new"] },
  },
  {
    args: ["help", "image"],
    also: ["image", "--help"],
    expected: { ...GLOBAL, command: "help", topic: ["image"] },
  },
  {
    args: ["version", "-v"],
    also: ["-v", "--version", "image", "list"],
    expected: { ...GLOBAL, command: "version", verbose: "info" },
  },
  {
    args: ["man", "torcx"],
    also: ["man", "--", "torcx"],
    expected: { ...GLOBAL, command: "man", page: "torcx" },
  },
  {
    args: ["__complete", "images"],
    also: ["__complete", "--", "images"],
    expected: { ...GLOBAL, command: "__complete", list: "images" },
  },
];

for (const { args, also, environment = {}, expected } of CASES) {
  Deno.test(`parseOptions() returns the whole options of ${JSON.stringify(args)}`, () => {
    assertEquals<unknown>(parseOptions(args, environment), expected);
  });
  Deno.test(`parseOptions() returns the same for ${JSON.stringify(also)}`, () => {
    assertEquals<unknown>(parseOptions(also, environment), expected);
  });
}

Deno.test("parseOptions() is tested on every verb of the table", () => {
  const tested = new Set(CASES.map(({ expected }) => expected["command"]));
  assertEquals(VERBS.map(({ command }) => command).filter((command) => !tested.has(command)), []);
});

/** Arguments, the message (and the cause's, after " < "), the hint. */
const WRONG_USES: [string[], string, string][] = [
  [[], "Cannot run torcx: no verb is given", 'Run "torcx help" to see all verbs'],
  [
    ["image"],
    'Cannot run "image": its verb is missing',
    "Write one of: clear-versioned, extract, list, prune",
  ],
  [["frobnicate"], 'Cannot run "frobnicate": there is no such verb', 'Run "torcx help" to see all verbs'],
  [["statsu"], 'Cannot run "statsu": there is no such verb', 'Did you mean "torcx status"?'],
  [["list"], 'Cannot run "list": there is no such verb', 'Did you mean "torcx profile list"?'],
  [
    ["profile", "chek"],
    'Cannot run "profile chek": there is no such verb',
    'Did you mean "torcx profile check"?',
  ],
  [
    ["config", "frobnicate"],
    'Cannot run "config frobnicate": there is no such verb',
    "Write one of: show",
  ],
  [
    ["profile", "populate", "--no:wait"],
    'Cannot parse arguments of "profile populate": unknown option "--no:wait"',
    'Did you mean "--no-wait"?',
  ],
  [
    ["image", "list", "--os-relase", "1"],
    'Cannot parse arguments of "image list": unknown option "--os-relase"',
    'Did you mean "--os-release"?',
  ],
  [
    ["image", "list", "--os-relase=1"],
    'Cannot parse arguments of "image list": unknown option "--os-relase"',
    'Did you mean "--os-release"?',
  ],
  [
    ["image", "list", "--frobnicate"],
    'Cannot parse arguments of "image list": unknown option "--frobnicate"',
    'Run "torcx image list --help" to see its options',
  ],
  [
    ["image", "list", "-vx"],
    'Cannot parse arguments of "image list": unknown option "-x" in "-vx"',
    'Run "torcx image list --help" to see its options',
  ],
  [
    ["-n", "1", "image", "list"],
    'Cannot parse arguments: unknown option "-n"',
    "Put the options of a verb after the verb",
  ],
  [
    ["image", "list", "--version"],
    'Cannot parse arguments of "image list": unknown option "--version"',
    'Run "torcx image list --help" to see its options',
  ],
  [
    ["profile", "check", "--name"],
    'Cannot parse arguments of "profile check": option "--name" needs a value',
    'Write "--name NAME"',
  ],
  [
    ["profile", "check", "--name", "--deep"],
    'Cannot parse arguments of "profile check": option "--name" needs a value',
    'Write "--name NAME"',
  ],
  [
    ["profile", "check", "--name", "-x"],
    'Cannot parse arguments of "profile check": option "--name" needs a value',
    'Write "--name=-x" if the value starts with a dash',
  ],
  [
    ["profile", "check", "--name", "--", "x"],
    'Cannot parse arguments of "profile check": option "--name" needs a value',
    'Write "--name NAME"',
  ],
  [
    ["profile", "check", "--name", ""],
    'Cannot parse arguments of "profile check": option "--name" has a wrong value < Cannot use "" as a profile name: it is empty',
    "Use 1 to 512 of A-Z a-z 0-9 . _ -",
  ],
  [
    ["status", "-v", "true"],
    'Cannot parse arguments of "status": argument "true" is one too many',
    "Usage: torcx status",
  ],
  [
    ["apply", "--dry-run", "false"],
    'Cannot parse arguments of "apply": argument "false" is one too many',
    "Usage: torcx apply [--profile NAME] [--dry-run] [--retry] [--boot] [--force]",
  ],
  [
    ["apply", "--a.b=x"],
    'Cannot parse arguments of "apply": unknown option "--a.b"',
    'Run "torcx apply --help" to see its options',
  ],
  [
    ["apply", "--constructor"],
    'Cannot parse arguments of "apply": unknown option "--constructor"',
    'Run "torcx apply --help" to see its options',
  ],
  [
    ["apply", "--no-dry-run"],
    'Cannot parse arguments of "apply": unknown option "--no-dry-run"',
    'Did you mean "--dry-run"?',
  ],
  [
    ["profile", "check", "--name="],
    'Cannot parse arguments of "profile check": option "--name" has a wrong value < Cannot use "" as a profile name: it is empty',
    "Use 1 to 512 of A-Z a-z 0-9 . _ -",
  ],
  [
    ["profile", "check", "--name", "a", "--name", "b"],
    'Cannot parse arguments of "profile check": option "--name" is given twice',
    "Give it once",
  ],
  [
    ["profile", "check", "--deep=maybe"],
    'Cannot parse arguments of "profile check": option "--deep" has a wrong value < Cannot use "maybe": it is neither true nor false',
    "",
  ],
  [
    ["profile", "check", "--name", "a", "--file", "b"],
    'Cannot parse arguments of "profile check": options "--name" and "--file" exclude each other',
    "Usage: torcx profile check [--name NAME | --file PATH] [--os-release VER] [--remote-only] [--deep] [--strict]",
  ],
  [
    ["profile", "new", "--name", "a", "--from", "b", "--from-next"],
    'Cannot parse arguments of "profile new": options "--from" and "--from-next" exclude each other',
    "Usage: torcx profile new [--from NAME | --from-next] (--name NAME | --file PATH.json)",
  ],
  [
    ["profile", "remove-image", "docker"],
    'Cannot parse arguments of "profile remove-image": one of the options "--name" and "--file" is missing',
    "Usage: torcx profile remove-image (--name NAME | --file PATH) IMAGE",
  ],
  [
    ["image", "clear-versioned"],
    'Cannot parse arguments of "image clear-versioned": option "--keep-version" is missing',
    "Usage: torcx image clear-versioned --keep-version VER… [--dry-run] [--yes] [--force] [NAME]",
  ],
  [
    ["image", "clear-versioned", "-k", "../x"],
    'Cannot parse arguments of "image clear-versioned": option "-k" has a wrong value < Cannot use "../x" as an OS version: it cannot name a directory',
    "Give a VERSION_ID as in os-release(5)",
  ],
  [
    ["profile", "set-next"],
    'Cannot parse arguments of "profile set-next": argument NAME is missing',
    "Usage: torcx profile set-next NAME",
  ],
  [
    ["profile", "set-next", "a", "b"],
    'Cannot parse arguments of "profile set-next": argument "b" is one too many',
    "Usage: torcx profile set-next NAME",
  ],
  [
    ["profile", "set-next", "a/b\n"],
    'Cannot parse arguments of "profile set-next": argument NAME has a wrong value < Cannot use "a/b\\n" as a profile name: it holds a character that is not allowed',
    "Use 1 to 512 of A-Z a-z 0-9 . _ -",
  ],
  [
    ["profile", "use-image", "--name", "a", "docker"],
    'Cannot parse arguments of "profile use-image": argument IMAGE:REFERENCE has a wrong value < Cannot use "docker": it has no reference',
    'Write NAME:REFERENCE, e.g. "docker:17.06"',
  ],
  [
    ["profile", "use-image", "--name", "a", "--allow=all", "docker:1"],
    'Cannot parse arguments of "profile use-image": option "--allow" has a wrong value < Cannot use "all": only missing is allowed',
    "",
  ],
  [
    ["status", "--output", "jsn"],
    'Cannot parse arguments of "status": option "--output" has a wrong value < Cannot use "jsn": it is none of auto, json, text, table',
    'Did you mean "json"?',
  ],
  [
    ["status", "--verbose=loud"],
    'Cannot parse arguments of "status": option "--verbose" has a wrong value < Cannot use "loud": it is none of panic, fatal, error, warning, info, debug',
    "",
  ],
  [
    ["status", "--root", ""],
    'Cannot parse arguments of "status": option "--root" has a wrong value < Cannot use "": it is empty',
    "",
  ],
  [
    ["help", "image", "lits"],
    'Cannot run "image lits": there is no such verb',
    'Did you mean "torcx image list"?',
  ],
  [
    ["help", "image", "list", "docker"],
    'Cannot parse arguments of "help": there is no verb "image list docker"',
    'Run "torcx help" to see all verbs',
  ],
];

for (const [args, messages, hints] of WRONG_USES) {
  Deno.test(`parseOptions() throws a UsageError if argv is ${JSON.stringify(args)}`, () => {
    assertEquals(readFailure(args, {}), { messages, hints });
  });
}

/** Arguments of `profile check`, the variable, what comes of them, and what is told. */
const REMOTE_ONLY: readonly [string[], string | undefined, boolean, string[]][] = [
  [["--remote-only"], undefined, true, []],
  [["--remote-only", "true"], undefined, true, []],
  [["--remote-only", "false"], "true", false, []],
  [["--remote-only", "--deep"], undefined, true, []],
  [["--remote-only", "--remote-only", "F"], undefined, false, []],
  [["--remote-only", "T", "--name", "edge"], undefined, true, []],
  [["--remote-only=1"], "0", true, []],
  [["--remote-only=maybe"], undefined, false, ['option "--remote-only" counts for nothing: MAYBE']],
  // Then the variable counts.
  [["--remote-only", "maybe"], "1", true, ['option "--remote-only" counts for nothing: MAYBE']],
  [["--remote-only=maybe"], "0", false, ['option "--remote-only" counts for nothing: MAYBE']],
  // The last one counts, if only for nothing.
  [["--remote-only=true", "--remote-only=maybe"], undefined, false, [
    'option "--remote-only" counts for nothing: MAYBE',
  ]],
  [["--remote-only="], "True", true, [
    'option "--remote-only" counts for nothing: Cannot use "": it is neither true nor false',
  ]],
  [["--remote-only", "-"], undefined, false, [
    'option "--remote-only" counts for nothing: Cannot use "-": it is neither true nor false',
  ]],
  [[], "maybe", false, ['variable "TORCX_CHECK_REMOTE_ONLY" counts for nothing: MAYBE']],
  [["--remote-only=maybe"], "maybe", false, [
    'option "--remote-only" counts for nothing: MAYBE',
    'variable "TORCX_CHECK_REMOTE_ONLY" counts for nothing: MAYBE',
  ]],
  // An option that counts needs no variable.
  [["--remote-only", "0"], "maybe", false, []],
];

for (const [args, variable, expected, warnings] of REMOTE_ONLY) {
  const given = variable === undefined ? "" : ` with TORCX_CHECK_REMOTE_ONLY=${variable}`;
  Deno.test(`parseOptions() takes ${JSON.stringify(args)}${given} as the first torcx did`, () => {
    const told: string[] = [];
    const onWarning = (message: string): void => void told.push(message);
    const options = parseOptions(["profile", "check", ...args], { TORCX_CHECK_REMOTE_ONLY: variable }, {
      onWarning,
    });
    assert(options.command === "profile check");
    assertEquals(options.isRemoteOnly, expected);
    assertEquals(
      told,
      warnings.map((text) => text.replace("MAYBE", 'Cannot use "maybe": it is neither true nor false')),
    );
  });
}

/** By the variable: for each of these arguments, in turn, whether the first torcx skipped, as it was seen to do. */
const ARGUMENTS = [
  [],
  ["--remote-only=true"],
  ["--remote-only=maybe"],
  ["--remote-only", "true"],
  ["--remote-only", "false"],
  ["--remote-only", "maybe"],
  ["--remote-only="],
  ["--remote-only=tRUE"],
  ["--remote-only=true", "--remote-only=maybe"],
];
const SKIPPED: Record<string, string> = {
  "": "010100000",
  true: "111101111",
  "1": "111101111",
  T: "111101111",
  false: "010100000",
  "0": "010100000",
  tRUE: "010100000",
  maybe: "010100000",
  " true": "010100000",
};

for (const [variable, expected] of Object.entries(SKIPPED)) {
  Deno.test(`parseOptions() takes all that --remote-only may be as the first torcx did if the variable is "${variable}"`, () => {
    const skipped = ARGUMENTS.map((args) => {
      const options = parseOptions(["profile", "check", ...args], { TORCX_CHECK_REMOTE_ONLY: variable });
      return options.command === "profile check" && options.isRemoteOnly ? 1 : 0;
    });
    assertEquals(skipped.join(""), expected);
  });
}

Deno.test("parseOptions() takes the truth values of Go's strconv.ParseBool, and no others", () => {
  const taken: Record<string, boolean> = {};
  for (const letters of ["1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"]) {
    const options = parseOptions(["profile", "check", `--deep=${letters}`], {});
    taken[letters] = options.command === "profile check" && options.isDeep;
  }
  assertEquals(Object.keys(taken).filter((text) => taken[text]).toSorted(), [
    "1",
    "T",
    "TRUE",
    "True",
    "t",
    "true",
  ]);
  for (const text of ["tRUE", "yes", "on", " 1", "01", "maybe", "", "\uff11"]) {
    assertMatch(
      readFailure(["profile", "check", `--deep=${text}`], {}).messages,
      /it is neither true nor false$/,
    );
  }
});

Deno.test("VERBS names no flag twice within a verb, and groups only what starts with them", () => {
  for (const verb of VERBS as readonly VerbSpec[]) {
    const names = [...verb.flags.map(({ long }) => long), ...verb.flags.map(({ short }) => short)];
    const given = names.filter((name) => name !== undefined);
    assertEquals(new Set(given).size, given.length, verb.command);
    const [group, ...rest] = verb.command.split(" ");
    assertEquals(rest.length > 0, GROUPS.has(group!), verb.command);
  }
});

function readFailure(args: string[], environment: Environment): { messages: string; hints: string } {
  try {
    parseOptions(args, environment);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { messages: listMessages(error).join(" < "), hints: listHints(error).join(" | ") };
  }
  throw new Error(`${JSON.stringify(args)} was accepted`);
}
