/**
 * Owns `torcx remote check`: whether a remote's contents can be had and trusted, and whether they have what
 * the profiles want. It writes nothing.
 */

import { listProfiles, readProfile } from "../../../catalog/profiles.ts";
import { listMessages, quote, TorcxError } from "../../../errors.ts";
import { EXIT } from "../../../exit.ts";
import { formatImage, type ProfileName } from "../../../manifest/names.ts";
import {
  encodeRemoteCheck,
  type RemoteCheckOutput,
  type RemoteWant,
} from "../../../manifest/outputs/remote_check.ts";
import { listCountingEntries, type ProfileImage } from "../../../manifest/profile.ts";
import type { System } from "../../../config/system.ts";
import { fetchContents, type VerifiedContents } from "../../../remote/contents.ts";
import { findRemoteFile } from "../../../remote/location.ts";
import { type LocatedRemote, locateRemote } from "../../../catalog/located_remotes.ts";
import { formatTime } from "../../../remote/signed_text.ts";
import type { Context } from "../../context.ts";
import type { CommandOptions } from "../../options/parse.ts";
import { printable } from "../../output.ts";
import { openSystem } from "../../system.ts";
import { openSource } from "./source.ts";

/** An image and the profile that wants it. */
interface Want {
  profile: ProfileName;
  image: ProfileImage;
}

/**
 * Checks a remote.
 *
 * @throws {TorcxError} if its contents cannot be had or trusted; `not_found` if they lack what a profile wants.
 */
export async function runRemoteCheck(
  options: CommandOptions<"remote check">,
  context: Context,
): Promise<number> {
  using system = openSystem(options, context);
  using source = openSource(system, { context, options });
  const { stdout } = context;
  const located = locateRemote(system, options.name);
  const verified = located.base.usrDirectory === undefined
    ? await fetchContents(system, located, { ...options, source, signal: context.process.signal })
    : undefined;
  const wanted = listWants(system, options.name).map((want) => checkWant(want, { ...located, verified }));
  const output = toOutput(located, verified, { wanted });
  if (stdout.format === "json") stdout.writeText(encodeRemoteCheck(output));
  else for (const line of describe(output)) stdout.writeLine(printable(line));
  const missing = wanted.filter(({ error }) => error !== null);
  if (missing.length === 0) return EXIT.done;
  const names = [...new Set(missing.map((want) => quote(formatImage(want))))].join(", ");
  throw new TorcxError(
    "not_found",
    `Cannot get what profiles want of remote ${quote(options.name)}: ${names}`,
    { hint: "The output says why for each; correct the profiles, or the remote's contents" },
  );
}

/** Lists what the profiles want of a remote; a profile that cannot be read is a warning. */
function listWants(system: System, remote: string): Want[] {
  return [...listProfiles(system).values()].flatMap((file) => {
    try {
      return listCountingEntries(readProfile(system, file))
        .filter((image) => image.remote === remote && image.reference !== "")
        .map((image) => ({ profile: file.name, image }));
    } catch (error) {
      if (!(error instanceof TorcxError)) throw error;
      system.log.warning(listMessages(error).join(": "));
      return [];
    }
  });
}

function checkWant(
  { profile, image }: Want,
  { base, verified }: Pick<LocatedRemote, "base"> & { verified: VerifiedContents | undefined },
): RemoteWant {
  const want = { profile_name: profile, name: image.name, reference: image.reference };
  // What the OS image has in it is looked up by name, by whoever needs it.
  if (verified === undefined) return { ...want, source_url: null, error: null };
  try {
    const file = findRemoteFile(verified.contents, image, { baseUrl: base.url });
    return { ...want, source_url: file.url.href, error: null };
  } catch (error) {
    if (!(error instanceof TorcxError)) throw error;
    return { ...want, source_url: null, error: listMessages(error).join(": ") };
  }
}

function toOutput(
  { remote, base }: LocatedRemote,
  verified: VerifiedContents | undefined,
  { wanted }: { wanted: RemoteWant[] },
): RemoteCheckOutput {
  const signature = verified?.signature;
  const format = (time: Date | undefined): string | null => time === undefined ? null : formatTime(time);
  return {
    name: remote.name,
    url: base.usrDirectory ?? base.url.href,
    contents_url: verified?.url.href ?? null,
    signed_by: signature?.by ?? null,
    signed_at: format(signature?.at),
    key_expires: format(signature?.keyExpires),
    images: verified?.contents.images.length ?? null,
    wanted,
  };
}

function describe(check: RemoteCheckOutput): string[] {
  const { contents_url: contents, signed_by: by, signed_at: at, key_expires: end } = check;
  const lines = contents === null
    ? [`Remote ${check.name} is ${check.url}, as part of the OS: its archives are read in place`]
    : [
      `Remote ${check.name} answers: ${check.images} images in ${contents}`,
      `signed by ${by}${at === null ? "" : ` on ${at}`}`,
      end === null ? "the key does not expire" : `the key expires on ${end}`,
    ];
  return [
    ...lines,
    ...check.wanted.map(({ profile_name: profile, name, reference, error }) =>
      `profile ${profile} wants ${formatImage({ name, reference })}: ${error ?? "it is there"}`
    ),
  ];
}
