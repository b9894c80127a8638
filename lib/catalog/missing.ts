/**
 * Owns why an image is in no store, for people: where it was looked for, which configured stores are
 * absent, and which files look as if they were meant to be its archive. It reads nothing itself.
 */

import { join } from "@std/path/posix/join";
import { quote } from "../errors.ts";
import { DEFAULT_REFERENCE, formatImage } from "../manifest/names.ts";
import type { StorePath } from "../config/search_paths.ts";
import { parseArchiveName, type StoreIndex } from "./stores.ts";

/** Why images are in no store. */
export interface MissingExplanation {
  /** Where they were looked for and what was found instead. */
  state: string;
  /** What to do about it, if that can be told from what is there. */
  hint: string | undefined;
}

/** Explains why images are in no store. */
export function explainMissing(
  index: StoreIndex,
  images: readonly { name: string; reference: string }[],
): MissingExplanation {
  const { stores, absent } = index;
  const lookAlikes = images.flatMap((image) =>
    findLookAlikes(index, image).map((path) => ({ path, image: formatImage(image) }))
  );
  const parts = [
    stores.length === 0
      ? "no store exists"
      : `not found in ${stores.length} store${stores.length === 1 ? "" : "s"}: ${
        stores.map(quote).join(", ")
      }`,
    ...(absent.length === 0 ? [] : [describeAbsent(absent)]),
    ...lookAlikes.map(({ path, image }) => `${quote(path)} is not named as an archive of ${quote(image)}`),
  ];
  const first = lookAlikes[0];
  return {
    state: parts.join("; "),
    hint: first === undefined
      ? undefined
      : `Rename it: the archive of an image is named ${quote(`${first.image}.torcx.tgz`)} or ${
        quote(`${first.image}.torcx.squashfs`)
      }`,
  };
}

/** Names stores that are configured and absent. */
function describeAbsent(absent: readonly StorePath[]): string {
  const names = absent.map(({ path, source }) => `${quote(path)} (${source})`).join(", ");
  return `absent: ${names}: ${absent.length === 1 ? "is it" : "are they"} mounted?`;
}

/** What archives of other tools end in, and what downloads leave behind it. */
const ENDING =
  /\.(?:tgz|tar\.(?:gz|xz|zst|bz2)|tar|txz|gz|squashfs|squash|sqfs|sqsh|raw|img)(?:\.[a-z]{2,10}|~)?$/i;

/** Finds files in the stores whose names would be an archive's of the image but for their spelling. */
function findLookAlikes(index: StoreIndex, image: { name: string; reference: string }): string[] {
  const wanted = new Set([simplify(formatImage(image))]);
  if (image.reference === DEFAULT_REFERENCE) wanted.add(simplify(image.name));
  return index.files
    .filter(({ store, file }) => {
      const base = file.replace(ENDING, "");
      if (base === file) return false;
      const archive = parseArchiveName(file, store);
      if (archive !== undefined && formatImage(archive) === formatImage(image)) return false;
      return wanted.has(simplify(base.replace(/\.torcx$/i, "")));
    })
    .map(({ store, file }) => join(store, file));
}

/** Returns a name in small letters with one kind of separator, as people mistake them. */
function simplify(text: string): string {
  const decoded = text.replace(
    /%([0-9a-f]{2})/gi,
    (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return decoded.toLowerCase().replace(/[^a-z0-9]+/g, "-");
}
