/** Owns `torcx profile list`: the profiles, the running and the next one. */

import { TorcxError } from "../../../errors.ts";
import { readRunState } from "../../../state/run_state.ts";
import { getNextProfile } from "../../../catalog/boot_profiles.ts";
import { listProfiles, type ProfileFile } from "../../../catalog/profiles.ts";
import { encodeProfileList } from "../../../manifest/outputs/profile_list.ts";
import type { ProfileName } from "../../../manifest/names.ts";
import type { Context } from "../../context.ts";
import type { CommandOptions } from "../../options/parse.ts";
import type { Cell } from "../../output.ts";
import type { System } from "../../../config/system.ts";
import { openSystem } from "../../system.ts";

/** Lists the profiles. */
export function runProfileList(options: CommandOptions<"profile list">, context: Context): number {
  using system = openSystem(options, context);
  const { stdout } = context;
  const profiles = listProfiles(system);
  const next = findNext(system, profiles);
  const state = readRunState(system);
  const seal = state.kind === "sealed" || state.kind === "degraded" ? state.seal : undefined;
  const lower = seal?.lowerProfiles ?? [];
  if (stdout.format === "json") {
    stdout.writeText(encodeProfileList({
      lowerProfileNames: lower,
      userProfileName: seal?.upperProfile || undefined,
      currentProfilePath: seal?.profilePath,
      nextProfileName: next,
      profiles: [...profiles.keys()],
    }));
    return 0;
  }
  const tell = (name: ProfileName): Cell => {
    const words = [
      ...(name === seal?.upperProfile || lower.includes(name) ? ["running"] : []),
      ...(name === next ? ["next"] : []),
    ];
    return { text: words.join(", "), style: words[0] === "next" ? "cyan" : "green" };
  };
  stdout.writeTable(
    ["PROFILE", "STATE", "LAYER", "FILE"],
    [...profiles.values()].map(({ name, layer, path }) => [name, tell(name), layer, path]),
  );
  return 0;
}

function findNext(
  system: System,
  profiles: ReadonlyMap<ProfileName, ProfileFile>,
): ProfileName | undefined {
  try {
    return getNextProfile(system, profiles);
  } catch (error) {
    if (!(error instanceof TorcxError) || error.code !== "not_found") throw error;
    // A list is no place to fail: the field says that there is none.
    system.log.info(error.message);
    return undefined;
  }
}
