/** Owns the rows of the verbs on settings. It refuses behaviour: data only. */

import { SETTING_NAMES } from "../../../config/setting_table.ts";
import type { VerbSpec } from "../spec.ts";

/** These verbs, in the order of the help. */
export const CONFIG_VERBS = [
  {
    command: "config show",
    summary: "Shows every setting, its value and its source",
    details: [
      "Each store is shown with where it comes from and whether it is there. Settings that cannot be used are shown too, with what is wrong with them; every other verb but status refuses them.",
      `The settings are ${SETTING_NAMES.join(", ")}. torcx(8) says what each is and what sets it.`,
    ],
    positionals: [],
    flags: [],
    exits: { failed: "the settings cannot be used" },
    examples: [{ line: "TORCX_BASEDIR=/data torcx config show", help: "see what a variable changes" }],
  },
] as const satisfies readonly VerbSpec[];
