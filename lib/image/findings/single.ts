/** Owns the check of one tree by itself, as of an archive that was extracted. It changes nothing. */

import { type ByteString, encodePath, joinPath } from "../../bytes.ts";
import { listMessages, TorcxError } from "../../errors.ts";
import { IMAGE_MANIFEST_PATH } from "../../manifest/image.ts";
import type { Root } from "../../sys/root.ts";
import { type AssetList, readImageAssets } from "../assets.ts";
import { lookIntoTree } from "./content.ts";
import type { Oddity } from "./finding.ts";
import type { ProgramHost } from "./program_host.ts";
import { UnitCheck } from "./units.ts";

/** Whose tree it is. */
export interface TreeOwner {
  image: { name: string; reference: string };
  /** The system that it is for. */
  host: ProgramHost;
}

/** Lists what is odd about a tree; that it could not be applied is odd, too. */
export function checkTree(tree: Root, { image, host }: TreeOwner): Oddity[] {
  let list: AssetList;
  try {
    list = readImageAssets(tree, image);
  } catch (error) {
    if (!(error instanceof TorcxError)) throw error;
    const path = encodePath(IMAGE_MANIFEST_PATH);
    return [{ code: "unusable-manifest", path, message: listMessages(error).join(": ") }];
  }
  const treePath: ByteString = joinPath(joinPath(host.runDir, encodePath("unpack")), encodePath(image.name));
  const placed = { content: lookIntoTree(tree, { list, host }), treePath };
  return new UnitCheck([placed], host.root).listOddities(placed);
}
