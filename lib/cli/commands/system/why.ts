/** Owns `torcx why`: tells where an image, a program or a unit comes from, or would come from. */

import { quote, TorcxError } from "../../../errors.ts";
import { SILENT_LOG } from "../../../log.ts";
import { ASSET_KIND_TABLE } from "../../../manifest/asset_kinds.ts";
import { encodeWhy, type Origin, type Origins } from "../../../manifest/outputs/why.ts";
import type { Context } from "../../context.ts";
import type { CommandOptions } from "../../options/parse.ts";
import { findOrigins, listOrigins, listPlannedOrigins, listReportedOrigins } from "../../../state/origins.ts";
import { type Output, printable } from "../../output.ts";
import { previewBoot } from "../../../apply/preview.ts";
import { makePreviewSurroundings } from "../../rehearsal.ts";
import type { System } from "../../../config/system.ts";
import { openSystem } from "../../system.ts";

function getNoun(kind: Origin["kind"]): string {
  return kind === "image" ? "image in" : ASSET_KIND_TABLE[kind].noun;
}

/**
 * Shows where a name comes from: in the running system, or, where that is not sealed, by the report of
 * the run that failed or by the plan.
 *
 * @throws {TorcxError} `not_found` if nothing has this name.
 */
export async function runWhy(options: CommandOptions<"why">, context: Context): Promise<number> {
  using system = openSystem(options, context);
  const { stdout } = context;
  const { name } = options;
  const found = await find(system, context, { name });
  if (stdout.format === "json") {
    stdout.writeText(encodeWhy({ name, ...found }));
    return 0;
  }
  const { source, origins, conflicts } = found;
  if (source !== "running") stdout.writeLine(NOT_RUNNING[source]);
  for (const origin of origins) writeOrigin(stdout, origin, { source });
  for (const { kind, image, to, kept } of conflicts) {
    const verb = source === "running" ? "is kept" : "would be kept";
    stdout.writeLine(
      `${getNoun(kind)} ${stdout.style("bold", printable(to))} ${verb} as ${
        printable(kept)
      } has it, not as image ${printable(image)}`,
    );
  }
  return 0;
}

const NOT_RUNNING: Record<Exclude<Origins["source"], "running">, string> = {
  report: "The system is not sealed; by the report of the run that failed:",
  plan: "The system is not sealed; by the plan of the next boot:",
};

async function find(system: System, context: Context, { name }: { name: string }): Promise<Origins> {
  const running = listOrigins(system);
  if (running !== undefined) {
    const found = findOrigins(running, name);
    if (found !== undefined) return found;
    throw new TorcxError(
      "not_found",
      `Cannot tell where ${quote(name)} comes from: torcx brought no image, program or unit of that name`,
      { hint: 'List what it brought with "torcx status"' },
    );
  }
  const reported = listReportedOrigins(system);
  const found = reported === undefined ? undefined : findOrigins(reported, name);
  return found ?? await findPlanned(system, context, { name });
}

async function findPlanned(
  system: System,
  context: Context,
  { name }: { name: string },
): Promise<Origins> {
  let preview;
  try {
    preview = await previewBoot({ ...system, log: SILENT_LOG }, {
      profile: undefined,
      osVersion: undefined,
      ...makePreviewSurroundings(context),
    });
  } catch (cause) {
    if (!(cause instanceof TorcxError)) throw cause;
    throw new TorcxError(
      "failed",
      `Cannot tell where ${
        quote(name)
      } would come from: the system is not sealed, and the next boot cannot be planned`,
      { cause, hint: '"torcx plan" shows what the next boot would do' },
    );
  }
  const found = findOrigins(listPlannedOrigins(system, preview), name);
  if (found !== undefined) return found;
  const broken = preview.images.filter(({ fault }) => fault !== undefined).map(({ image }) =>
    quote(image.name)
  );
  throw new TorcxError(
    "not_found",
    `Cannot tell where ${
      quote(name)
    } would come from: the system is not sealed, and the next boot would bring no image, program or unit of that name`,
    {
      hint: broken.length === 0
        ? 'List what it would bring with "torcx plan"'
        : `"torcx plan" tells why nothing is known of what ${broken.join(", ")} would bring`,
    },
  );
}

function writeOrigin(out: Output, origin: Origin, { source }: { source: Origins["source"] }): void {
  const gone = origin.is_present || source !== "running" ? "" : ` ${out.style("red", "(gone)")}`;
  const would = source === "running" ? "" : "would come ";
  out.writeLine(`${getNoun(origin.kind)} ${out.style("bold", printable(origin.path))}${gone}`);
  const rows: [string, string | null][] = [
    [`${would}from file`, origin.from],
    ["of image", origin.reference === null ? origin.name : `${origin.name}:${origin.reference}`],
    ["by profile", origin.profile],
    ["in archive", origin.archive_path],
  ];
  const width = Math.max(...rows.map(([title]) => title.length));
  for (const [title, text] of rows) {
    if (text !== null) out.writeLine(`  ${title.padEnd(width)}  ${printable(text)}`);
  }
  if (origin.overridden_by === null) return;
  out.writeLine(
    `  ${out.style("yellow", "but")} the system's ${out.style("bold", printable(origin.overridden_by))} ${
      source === "running" ? "takes" : "would take"
    } effect instead`,
  );
}
