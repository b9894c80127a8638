/** Owns `torcx image list`: the images in the stores, and the archives that they shadow. */

import { encodePath } from "../../../bytes.ts";
import { type Archive, indexStores } from "../../../catalog/stores.ts";
import { encodeImageList } from "../../../manifest/outputs/image_list.ts";
import type { Context } from "../../context.ts";
import type { CommandOptions } from "../../options/parse.ts";
import { type Cell, formatSize } from "../../output.ts";
import { openSystem } from "../../system.ts";

/** Lists the images. */
export function runImageList(options: CommandOptions<"image list">, context: Context): number {
  using system = openSystem(options, context);
  const { root, settings } = system;
  const { stdout } = context;
  const index = indexStores(system, {
    ...(options.osRelease === undefined ? {} : { osVersion: options.osRelease }),
    // The vendor store belongs to the OS version that runs.
    isVendorOmitted: options.osRelease !== undefined && options.osRelease !== settings.versionId,
  });
  const isWanted = ({ name }: Archive): boolean => options.name === undefined || name === options.name;
  const archives = index.archives.filter(isWanted);
  if (stdout.format === "json") {
    stdout.writeText(encodeImageList(archives));
    return 0;
  }
  const makeRow = (archive: Archive, state: Cell): Cell[] => {
    const stat = root.findStat(encodePath(archive.path));
    const size = stat === undefined ? "-" : formatSize(stat.size);
    return [archive.name, archive.reference, state, archive.format, size, archive.store];
  };
  const shadowed = Map.groupBy(index.shadowed, ({ by }) => by.path);
  stdout.writeTable(
    ["IMAGE", "REFERENCE", "STATE", "FORMAT", "SIZE", "STORE"],
    archives.flatMap((archive) => [
      makeRow(archive, ""),
      ...(shadowed.get(archive.path) ?? []).map((item) =>
        makeRow(item.archive, { text: "shadowed", style: "dim" })
      ),
    ]),
  );
  return 0;
}
