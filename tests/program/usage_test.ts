/** Tests each wrong use of each verb through the real program: exit 2, a hint, nothing done. */

import { listVerbs } from "../../lib/cli/docs/help.ts";
import type { FlagSpec, VerbSpec } from "../../lib/cli/options/verbs.ts";
import { checkProgram, testProgram } from "../support/program_cases.ts";

/** Values that are right for their type, so that only the fault under test is wrong. */
const VALUES: Record<string, string> = {
  imageArgument: "docker:2",
  shell: "bash",
  verb: "status",
  allow: "missing",
};

function getValue({ type }: { readonly type?: string }): string {
  return VALUES[type ?? ""] ?? "edge";
}

function takesValue(flag: FlagSpec): boolean {
  return flag.type !== undefined && flag.implied === undefined;
}

function formatGiven(flag: FlagSpec): string[] {
  return takesValue(flag) ? [`--${flag.long}`, getValue(flag)] : [`--${flag.long}`];
}

/** Returns what a verb needs: its positionals, and the flags that must be given. */
function listNeeded(verb: VerbSpec): { positionals: string[]; flags: string[] } {
  const chosen = (verb.choices ?? []).filter(({ isRequired }) => isRequired).map(({ keys }) => keys[0]);
  return {
    positionals: verb.positionals.filter(({ isOptional }) => isOptional !== true).map(getValue),
    flags: verb.flags.filter(({ key, isRequired }) => isRequired === true || chosen.includes(key))
      .flatMap(formatGiven),
  };
}

interface WrongUse {
  args: string[];
  fault: string;
}

/** Lists every wrong use that the table tells. */
function listWrongUses(verb: VerbSpec): WrongUse[] {
  const words = verb.command.split(" ");
  const { positionals, flags } = listNeeded(verb);
  const right = [...words, ...positionals, ...flags];
  const uses: WrongUse[] = [
    { args: [...right, "--frobnicate"], fault: 'unknown option "--frobnicate"' },
    { args: [...right, "-Z"], fault: 'unknown option "-Z"' },
    { args: [...right, "--output=xml"], fault: 'option "--output" has a wrong value' },
    { args: [...right, "--verbose=loud"], fault: 'option "--verbose" has a wrong value' },
    { args: [...right, "--output"], fault: 'option "--output" needs a value' },
  ];
  if (positionals.length > 0) {
    const metavar = verb.positionals[positionals.length - 1]!.metavar;
    const args = [...words, ...positionals.slice(0, -1), ...flags];
    uses.push({ args, fault: `argument ${metavar} is missing` });
  }
  if (!verb.positionals.some(({ isRest }) => isRest === true)) {
    const all = verb.positionals.map(getValue);
    uses.push({ args: [...words, ...all, "extra", ...flags], fault: 'argument "extra" is one too many' });
  }
  for (const flag of verb.flags.filter(takesValue)) {
    const others = flags.filter((_, at) =>
      flags[at] !== `--${flag.long}` && flags[at - 1] !== `--${flag.long}`
    );
    const args = [...words, ...positionals, ...others, `--${flag.long}`];
    uses.push({ args, fault: `option "--${flag.long}" needs a value` });
    if (flag.isRequired === true) {
      uses.push({ args: args.slice(0, -1), fault: `option "--${flag.long}" is missing` });
    }
  }
  for (const { keys, isRequired } of verb.choices ?? []) {
    const members = verb.flags.filter(({ key }) => keys.includes(key));
    const names = members.map(({ long }) => `"--${long}"`).join(" and ");
    const given = members.flatMap(formatGiven);
    const others = verb.flags.filter(({ long, key }) => flags.includes(`--${long}`) && !keys.includes(key));
    const base = [...words, ...positionals, ...others.flatMap(formatGiven)];
    uses.push({ args: [...base, ...given], fault: `options ${names} exclude each other` });
    if (isRequired) uses.push({ args: base, fault: `one of the options ${names} is missing` });
  }
  return uses;
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

for (const verb of listVerbs()) {
  Deno.test(`torcx ${verb.command} exits with 2 and does nothing if its use is wrong`, async (test) => {
    for (const { args, fault } of listWrongUses(verb)) {
      await test.step(args.join(" "), () =>
        checkProgram({
          does: "is refused",
          args,
          code: 2,
          stderr: new RegExp(
            `^torcx: Cannot parse arguments of "${verb.command}": ${
              escape(fault)
            }\n(  Cannot use .*\n)?(Hint: .*\n)?$`,
          ),
        }));
    }
  });
}

testProgram([
  {
    does: "is refused",
    args: [],
    code: 2,
    stderr: /^torcx: Cannot run torcx: no verb is given\nHint: .*\n$/,
  },
  {
    does: "is refused",
    args: ["image"],
    code: 2,
    stderr:
      'torcx: Cannot run "image": its verb is missing\nHint: Write one of: clear-versioned, extract, list, prune\n',
  },
  {
    does: "is refused and corrected",
    args: ["profile", "chek"],
    code: 2,
    stderr:
      'torcx: Cannot run "profile chek": there is no such verb\nHint: Did you mean "torcx profile check"?\n',
  },
  {
    does: "is refused without control characters",
    args: ["profile", "show", "a\x1b[2J"],
    code: 2,
    stderr:
      /^torcx: Cannot parse arguments of "profile show": argument NAME has a wrong value\n {2}Cannot use "a\\x1b\[2J" as a profile name: .*\nHint: .*\n$/,
  },
]);
