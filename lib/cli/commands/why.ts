/** Owns `torcx why`: tells where an image, a program or a unit of the running system comes from. */

import type { Context } from "../context.ts";
import type { CommandOptions } from "../options.ts";
import { findOrigins, type Origin } from "../origins.ts";
import { type Output, printable } from "../output.ts";
import { openSystem } from "../system.ts";

/** The kind of the answer as JSON. */
const WHY_KIND = "torcx-why-v0";

const WORDS: Record<Origin["kind"], string> = {
  image: "image in",
  bin: "program",
  units: "unit",
  network: "network configuration",
  sysusers: "user configuration",
  tmpfiles: "tmpfiles configuration",
  udev_rules: "udev rules",
};

/** Shows where a name comes from. */
export function runWhy(options: CommandOptions<"why">, context: Context): number {
  using system = openSystem(options, context);
  const { stdout } = context;
  const { origins, conflicts } = findOrigins(system.root, system.settings, options.name);
  if (stdout.format === "json") {
    stdout.writeJson({ kind: WHY_KIND, value: { name: options.name, origins, conflicts } });
    return 0;
  }
  for (const origin of origins) writeOrigin(stdout, origin);
  for (const { kind, image, to, kept } of conflicts) {
    stdout.writeLine(
      `${WORDS[kind]} ${stdout.style("bold", printable(to))} is kept as ${
        printable(kept)
      } has it, not as image ${printable(image)}`,
    );
  }
  return 0;
}

function writeOrigin(out: Output, origin: Origin): void {
  const gone = origin.is_present ? "" : ` ${out.style("red", "(gone)")}`;
  out.writeLine(`${WORDS[origin.kind]} ${out.style("bold", printable(origin.path))}${gone}`);
  const rows: [string, string | null][] = [
    ["from file", origin.from],
    ["of image", origin.reference === null ? origin.image : `${origin.image}:${origin.reference}`],
    ["by profile", origin.profile],
    ["in archive", origin.archive_path],
  ];
  for (const [title, text] of rows) {
    if (text !== null) out.writeLine(`  ${title.padEnd(10)}  ${printable(text)}`);
  }
}
