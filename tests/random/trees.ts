/**
 * Owns the generator of image trees: files of all kinds in a few directories, so that names meet, and a manifest
 * that lists them, what is not there, and the same thing in several ways.
 */

import fc from "npm:fast-check@4.10.2";
import {
  KINDS,
  makeManifestFile,
  type ManifestLists,
  REFUSED_STYLES,
  type Style,
  WRITTEN_STYLES,
} from "./documents.ts";
import { FileTree, joinNames, type ThoughtNode } from "./file_tree.ts";

const MANIFEST = "/.torcx/manifest.json";

/** Where files are put; the later ones are what systemd and the flattening of programs care about. */
const DIRECTORIES = [
  "/bin",
  "/units",
  "/bin/a",
  "/bin/a/deep",
  "/bin/z",
  "/usr/lib",
  "/units/one.service.d",
  "/units/multi-user.target.wants",
  "/lib",
  "/",
] as const;
const NAMES = [
  "tool",
  "one.service",
  "two.service",
  "10.conf",
  "net.network",
  "a",
  "one.service.d",
  "é b",
] as const;
/** Where symlinks lead: to files, directories, themselves, out of the image, nowhere. */
const TARGETS = [
  "tool",
  "../one.service",
  "one.service",
  "/bin/tool",
  "/units",
  "units",
  "../bin",
  "a/../tool",
  "../lib/../bin/tool",
  "../../../../bin/tool",
  "loop",
  "/nowhere",
  "/dev/null",
  "/usr/lib/os-release",
  ".",
] as const;
const MODES = [0o644, 0o755, 0o600, 0o666, 0o777, 0o4755, 0o640, 0o001] as const;
const DIRECTORY_MODES = [0o755, 0o700, 0o1777, 0o2750, 0o000] as const;
/** Entries that are written down whatever there is. */
const ODD_ENTRIES = [
  "",
  "/",
  "/bin/",
  "//units//one.service",
  "/units/../bin",
  "/bin/./tool",
  "/missing",
  "/bin/missing",
  "/../../units",
  "/units/one.service/",
  "/.",
] as const;

/** One file of a tree, before it has its place. */
interface Part {
  directory: string;
  name: string;
  type: "file" | "symlink" | "directory" | "fifo" | "device" | "hard link";
  mode: number;
  target: string;
  pick: number;
}

const PART: fc.Arbitrary<Part> = fc.record({
  directory: fc.constantFrom(...DIRECTORIES),
  name: fc.constantFrom(...NAMES, "loop"),
  type: fc.oneof(
    { weight: 10, arbitrary: fc.constant("file" as const) },
    { weight: 4, arbitrary: fc.constant("symlink" as const) },
    { weight: 2, arbitrary: fc.constant("directory" as const) },
    { weight: 1, arbitrary: fc.constantFrom("fifo" as const, "device" as const, "hard link" as const) },
  ),
  mode: fc.constantFrom(...MODES),
  target: fc.constantFrom(...TARGETS),
  pick: fc.nat(30),
});

/** An entry of the manifest: one of what is there, or an odd one. */
interface Entry {
  kind: (typeof KINDS)[number];
  pick: number;
  text: string | undefined;
  hasSlash: boolean;
}

function rarely<T>(weight: number, item: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 20 - weight, arbitrary: fc.constant(undefined) }, { weight, arbitrary: item });
}

const ENTRY: fc.Arbitrary<Entry> = fc.record({
  kind: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom("bin" as const, "units" as const) },
    { weight: 1, arbitrary: fc.constantFrom(...KINDS) },
  ),
  pick: fc.nat(60),
  text: rarely(2, fc.constantFrom(...ODD_ENTRIES)),
  hasSlash: rarely(1, fc.constant(true)).map((value) => value === true),
});

/** How a manifest lies in its image. */
const PLACES = [
  "file",
  "none",
  "symlink",
  "hard link",
  "symlinked directory",
  "nothing behind",
  "directory",
] as const;

/** How a document is written; `refused` of twenty are refused. */
export function makeStyles(refused: number): fc.Arbitrary<Style> {
  return fc.oneof(
    { weight: 14, arbitrary: fc.constant<Style>("plain") },
    { weight: 6 - refused, arbitrary: fc.constantFrom<Style>(...WRITTEN_STYLES) },
    { weight: refused, arbitrary: fc.constantFrom<Style>(...REFUSED_STYLES, "tail") },
  );
}

/** An image's tree. */
export const IMAGE_TREE: fc.Arbitrary<FileTree> = fc.record({
  parts: fc.array(PART, { minLength: 1, maxLength: 14 }),
  entries: fc.array(ENTRY, { maxLength: 6 }),
  style: makeStyles(1),
  place: fc.oneof(
    { weight: 16, arbitrary: fc.constant<(typeof PLACES)[number]>("file") },
    { weight: 2, arbitrary: fc.constantFrom(...PLACES.slice(0, 5)) },
    { weight: 1, arbitrary: fc.constantFrom(...PLACES) },
  ),
}).map(({ parts, entries, style, place }) => {
  const tree = new FileTree();
  for (const part of parts) putPart(tree, part);
  const paths = tree.entries().map(([path]) => path);
  const lists: ManifestLists = {};
  for (const { kind, pick, text, hasSlash } of entries) {
    const path = text ?? `${paths[pick % paths.length]!}${hasSlash ? "/" : ""}`;
    (lists[kind] ??= []).push(path);
  }
  putManifest(tree, makeManifestFile(lists, style), place);
  return tree;
});

function putPart(tree: FileTree, { directory, name, type, mode, target, pick }: Part): void {
  const path = joinNames(directory, name);
  const files = tree.entries().filter(([, node]) => node.type === "file");
  const linked = type === "hard link" ? files[pick % Math.max(files.length, 1)]?.[1] : undefined;
  tree.put(path, linked ?? makeNode(type, { path, mode, target }));
}

function makeNode(
  type: Part["type"],
  { path, mode, target }: { path: string; mode: number; target: string },
): ThoughtNode {
  if (type === "symlink") return { type, target };
  if (type === "directory") return { type, mode: DIRECTORY_MODES[mode % DIRECTORY_MODES.length]! };
  if (type === "fifo" || type === "device") return { type };
  return { type: "file", text: `${path} ${mode}`, mode };
}

function putManifest(tree: FileTree, manifest: ThoughtNode, place: (typeof PLACES)[number]): void {
  switch (place) {
    case "file":
      return void tree.put(MANIFEST, manifest);
    case "none":
      return;
    case "symlink":
      tree.put("/meta.txt", manifest);
      return void tree.put(MANIFEST, { type: "symlink", target: "../meta.txt" });
    case "symlinked directory":
      tree.put("/meta/manifest.json", manifest);
      return void tree.put("/.torcx", { type: "symlink", target: "/meta" });
    case "hard link":
      tree.put("/zz", manifest);
      return void tree.put(MANIFEST, manifest);
    case "nothing behind":
      return void tree.put(MANIFEST, { type: "symlink", target: "other.json" });
    case "directory":
      return void tree.put(MANIFEST, { type: "directory" });
    default:
      return place satisfies never;
  }
}
