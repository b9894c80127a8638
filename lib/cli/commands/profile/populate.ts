/**
 * Owns `torcx profile populate`: fetches the images that a profile lacks from their remotes, with progress on
 * a terminal. What is fetched and trusted is lib/remote's.
 */

import { listMessages, quote, TorcxError } from "../../../errors.ts";
import { EXIT } from "../../../exit.ts";
import { formatDigest } from "../../../manifest/digest.ts";
import { formatImage } from "../../../manifest/names.ts";
import {
  encodePopulate,
  type PopulatedImageOutput,
  type PopulateOutput,
} from "../../../manifest/outputs/populate.ts";
import { populate } from "../../../remote/populate.ts";
import { planPopulation, type PopulatedImage, type PopulateState } from "../../../remote/population.ts";
import { formatTime } from "../../../remote/signed_text.ts";
import type { Context } from "../../context.ts";
import type { CommandOptions } from "../../options/parse.ts";
import { formatPercent, formatSize, type Style } from "../../output.ts";
import { openSystem } from "../../system.ts";
import { openSource } from "../remote/source.ts";
import { type ChosenProfile, readChosenProfile } from "./target.ts";

type PopulateOptions = CommandOptions<"profile populate">;

/** How each state stands out, and whether it is a failure. */
const STATES: Readonly<Record<PopulateState, { style: Style; isFailure: boolean }>> = {
  present: { style: "dim", isFailure: false },
  verified: { style: "green", isFailure: false },
  fetched: { style: "green", isFailure: false },
  missing: { style: "yellow", isFailure: false },
  differs: { style: "red", isFailure: true },
  failed: { style: "red", isFailure: true },
};

/**
 * Fetches what is missing.
 *
 * @throws {TorcxError} `failed` if an image could not be had; each is named, the good ones stay.
 */
export async function runProfilePopulate(options: PopulateOptions, context: Context): Promise<number> {
  using system = openSystem(options, context);
  const { log, progress, stdout } = context;
  const chosen = readChosenProfile(system, context, options);
  const osVersion = options.osRelease;
  const population = planPopulation(system, chosen.profile, { osVersion });
  if (population.wanted.length === 0) log.warning(`${chosen.title} references no remote images`);
  using source = openSource(system, { context, options });
  const sizes = new Map<string, { done: number; total: number | undefined }>();
  const results = await populate(system, population, {
    ...options,
    source,
    osVersion,
    signal: context.process.signal,
    timeout: options.timeout === undefined ? undefined : options.timeout * 1000,
    onProgress(image, done, total): void {
      sizes.set(image, { done, total });
      progress.show(describeProgress(image, sizes));
    },
  }).finally(() => progress.clear());
  const output = toOutput(options, { ...chosen, store: population.store, results });
  if (stdout.format === "json") stdout.writeText(encodePopulate(output));
  else writeResults(context, results);
  throwFailures(chosen.title, results);
  return EXIT.done;
}

function describeProgress(
  image: string,
  sizes: ReadonlyMap<string, { done: number; total: number | undefined }>,
): string {
  const { done, total } = sizes.get(image)!;
  const all = [...sizes.values()];
  const sum = formatSize(all.reduce((bytes, size) => bytes + size.done, 0));
  const share = total === undefined
    ? formatSize(done)
    : `${formatPercent(done, total)} of ${formatSize(total)}`;
  return `Fetching ${all.length} archives, ${sum}; ${image}: ${share}`;
}

function toOutput(
  { isDryRun }: Pick<PopulateOptions, "isDryRun">,
  { name, path, store, results }: Pick<ChosenProfile, "name" | "path"> & {
    store: string;
    results: readonly PopulatedImage[];
  },
): PopulateOutput {
  return {
    changed: results.some(({ state }) => state === "fetched"),
    dry_run: isDryRun,
    profile_name: name ?? null,
    profile_path: path,
    store_path: store,
    images: results.map(toImageOutput),
  };
}

function toImageOutput(result: PopulatedImage): PopulatedImageOutput {
  const { image, state, url, path, bytes, digest, signature, milliseconds, error } = result;
  return {
    name: image.name,
    reference: image.reference,
    remote: image.remote,
    result: state,
    source_url: url?.href ?? null,
    archive_path: path ?? null,
    bytes: bytes ?? null,
    digest: digest === undefined ? null : formatDigest(digest),
    signed_by: signature?.by ?? null,
    signed_at: signature?.at === undefined ? null : formatTime(signature.at),
    duration_ms: milliseconds === undefined ? null : Math.round(milliseconds),
    error: error === undefined ? null : listMessages(error).join(": "),
  };
}

function writeResults({ stdout }: Context, results: readonly PopulatedImage[]): void {
  stdout.writeTable(
    ["IMAGE", "REMOTE", "RESULT", "SIZE", "ARCHIVE"],
    results.map(({ image, state, bytes, path }) => [
      formatImage(image),
      image.remote,
      { text: state, style: STATES[state].style },
      bytes === undefined ? "-" : formatSize(bytes),
      path ?? "-",
    ]),
  );
}

function throwFailures(title: string, results: readonly PopulatedImage[]): void {
  const failures = results.filter(({ state }) => STATES[state].isFailure);
  if (failures.length === 0) return;
  const names = failures.map(({ image }) => quote(formatImage(image))).join(", ");
  const errors = failures.map(({ error, image, path }) =>
    error ?? new TorcxError(
      "untrusted",
      `Cannot use ${quote(path ?? "")} as image ${quote(formatImage(image))}: its remote has another archive`,
      { hint: "Remove it and run profile populate again, or leave out --verify if it is yours" },
    )
  );
  throw new TorcxError(
    "failed",
    `Cannot populate ${title}: ${failures.length} of ${results.length} images failed: ${names}`,
    { cause: errors.length === 1 ? errors[0] : new AggregateError(errors, "Each for its own reason") },
  );
}
