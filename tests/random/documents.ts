/**
 * Owns the texts that people write, with what they mean: profiles, config files, os-release, image manifests, each
 * in ways that the first torcx took and in some that it refused. The meaning is known by construction: nothing is
 * parsed here.
 */

import type { FileTree, ThoughtFile } from "./file_tree.ts";

/** The keys of an image's manifest. */
export const KINDS = ["bin", "network", "units", "sysusers", "tmpfiles", "udev_rules"] as const;

/** A key of an image's manifest. */
export type Kind = (typeof KINDS)[number];

/** An image that a profile lists; an empty reference takes it out. */
export interface ListedImage {
  name: string;
  reference: string;
}

/** What a config file sets. */
export interface ConfigValues {
  base_dir?: string;
  run_dir?: string;
  conf_dir?: string;
  store_paths?: string[];
}

/** The lists of an image's manifest. */
export type ManifestLists = Partial<Record<Kind, string[]>>;

/** What a file says to who reads it as that; undefined where it must be refused. */
export type Meaning =
  | { as: "profile"; images: ListedImage[] | undefined }
  | { as: "config"; values: ConfigValues | undefined }
  | { as: "os-release"; versionId: string | undefined }
  | { as: "manifest"; lists: ManifestLists | undefined }
  | { as: "archive"; format: "tgz" | "squashfs"; image: FileTree | undefined };

/** How a document is written. Those of the second list are refused. */
export const WRITTEN_STYLES = [
  "plain",
  "indented",
  "folded keys",
  "unknown keys",
  "kind twice",
  "escapes",
] as const;
export const REFUSED_STYLES = [
  "comment",
  "comma",
  "byte order mark",
  "other kind",
  "value is text",
  "cut",
] as const;

/** How a document is written; of `tail` it depends on the kind. */
export type Style = (typeof WRITTEN_STYLES)[number] | (typeof REFUSED_STYLES)[number] | "tail";

function isRefused(style: Style): boolean {
  return (REFUSED_STYLES as readonly string[]).includes(style);
}

/** Writes `{"kind": K, "value": V}`; the fields of V and of objects in lists are known ones. */
function write(kind: string, value: unknown, style: Style): string {
  const text = JSON.stringify({ kind, value });
  switch (style) {
    case "plain":
      return text;
    case "indented":
      return `\n\t${JSON.stringify({ kind, value }, null, "\t")}\n\n`;
    case "folded keys":
      // U+017F folds to s, U+212A to k.
      return text.replace(
        /"([a-z_]+)":/g,
        (_, key: string) => `"${key.toUpperCase().replace("S", "\u017f").replace("K", "\u212a")}":`,
      );
    case "unknown keys":
      return JSON.stringify({ $schema: { kind: [null] }, kind, value: { ...value as object, kinds: 1 } });
    case "kind twice":
      return `{"kind":"other-v0","value":${JSON.stringify(value)},"KIND":${JSON.stringify(kind)}}`;
    case "escapes":
      return text.replace(/e/g, "\\u0065");
    case "tail":
      return `${text}\n# and a remark }`;
    case "comment":
      return `{ // why\n${text.slice(1)}`;
    case "comma":
      return `${text.slice(0, -1)},}`;
    case "byte order mark":
      return `\ufeff${text}`;
    case "other kind":
      return JSON.stringify({ kind: `${kind}0`, value });
    case "value is text":
      return JSON.stringify({ kind, value: "none" });
    case "cut":
      return text.slice(0, -1);
    default:
      return style satisfies never;
  }
}

/** An item of a profile's list as it is written, and the image that it stands for, if any. */
export type ItemStyle = "plain" | "null" | "no name" | "empty name" | "no reference" | "null reference";

/** An item of a profile's list. */
export interface ProfileItem extends ListedImage {
  style: ItemStyle;
}

/** Makes a profile. Names that are illegal make it a refused one. */
export function makeProfileFile(
  items: readonly ProfileItem[],
  style: Style,
  version: "v0" | "v1",
): ThoughtFile {
  const written = items.map(({ name, reference, style }) => {
    switch (style) {
      case "plain":
        return version === "v1" ? { name, reference, remote: "com.example" } : { name, reference };
      case "null":
        return null;
      case "no name":
        return { reference };
      case "empty name":
        return { name: "", reference };
      case "no reference":
        return { name };
      case "null reference":
        return { name, reference: null };
      default:
        return style satisfies never;
    }
  });
  const images = items
    .filter(({ style }) => !["null", "no name", "empty name"].includes(style))
    .map(({ name, reference, style }) => ({ name, reference: style === "plain" ? reference : "" }));
  const isLegal = images.every(({ name, reference }) =>
    isImageName(name) && (reference === "" || isImageReference(reference))
  );
  return {
    type: "file",
    text: write(`profile-manifest-${version}`, { images: written }, style),
    meaning: { as: "profile", images: isRefused(style) || !isLegal ? undefined : images },
  };
}

/** Returns whether OCI allows it as a name of an image; earlier colons stay in it. */
export function isImageName(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._:@+-]{0,254}$/.test(text);
}

/** Returns whether OCI allows it as a reference. */
export function isImageReference(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._@+-]{0,254}$/.test(text);
}

/** Makes a config file. */
export function makeConfigFile(values: ConfigValues, style: Style): ThoughtFile {
  return {
    type: "file",
    text: write("torcx-config-v0", values, style),
    meaning: { as: "config", values: isRefused(style) ? undefined : values },
  };
}

/** Makes an image's manifest; what follows its document is refused. */
export function makeManifestFile(lists: ManifestLists, style: Style): ThoughtFile {
  return {
    type: "file",
    text: write("image-manifest-v0", lists, style),
    meaning: { as: "manifest", lists: isRefused(style) || style === "tail" ? undefined : lists },
  };
}

/** How VERSION_ID can stand in os-release(5). */
export const OS_RELEASES: readonly ThoughtFile[] = [
  ["VERSION_ID=1.2.3\n", "1.2.3"],
  ['NAME="An OS"\nVERSION_ID="1.2.3"\n', "1.2.3"],
  ["# VERSION_ID=9\nVERSION_ID='1.2.3'\nID=os", "1.2.3"],
  ["VERSION_ID=9\nVERSION_ID=1.2.3 # the last counts\n", "1.2.3"],
  ["VERSION_ID=\n", undefined],
  ["ID=os\n", undefined],
  ["VERSION_ID=../..\n", undefined],
  ["", undefined],
].map(([text, versionId]) => ({ type: "file", text: text!, meaning: { as: "os-release", versionId } }));
