/**
 * Owns the generator of a system's files, each by itself: profiles, archives, the selector, and what the system has
 * where others want to be. It refuses to put them together.
 */

import fc from "npm:fast-check@4.10.2";
import { findMissing } from "../support/needs.ts";
import { makeProfileFile, type ProfileItem, type Style } from "./documents.ts";
import type { FileTree, ThoughtNode } from "./file_tree.ts";
import { IMAGE_TREE, makeStyles } from "./trees.ts";

/** A file of a system; its path may begin with `{usr}`, `{conf}`, `{base}` or `{version}` in it. */
export interface Part {
  path: string;
  node: ThoughtNode;
}

const PROFILES = ["vendor", "oem", "edge", "edge.json", "none", "docker-1.12-yes", "docker-1.12-no"] as const;
const PROFILE_DIRS = [
  "{usr}/share/torcx/profiles",
  "/usr/share/oem/torcx/profiles",
  "{conf}/profiles",
] as const;
const STORES = [
  "{usr}/share/torcx/store",
  "/usr/share/oem/torcx/store/{version}",
  "/usr/share/oem/torcx/store",
  "/srv/store",
  "/srv/other",
  "{base}/store/{version}",
  "{base}/store",
  "/opt/store",
  "{base}/store/9.9",
] as const;
/** The version of the OS, where os-release tells it. */
export const VERSION = "1.2.3";
/** A squashfs takes some 50 ms to pack, so that there are few. */
const HAS_SQUASHFS = findMissing({ isRoot: true, loopDevices: true, programs: ["mksquashfs"] }) === undefined;
const TARGETS = [
  "/run/systemd/network",
  "/run/systemd/system",
  "/run/sysusers.d",
  "/run/tmpfiles.d",
  "/run/udev/rules.d",
] as const;

/** Picks one of several by weight. */
export function oneOf<T>(...weighted: [weight: number, item: fc.Arbitrary<T>][]): fc.Arbitrary<T> {
  return fc.oneof(...weighted.map(([weight, arbitrary]) => ({ weight, arbitrary })));
}

/** Is there in `weight` of twenty. */
export function optional<T>(weight: number, item: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return oneOf<T | undefined>([20 - weight, fc.constant(undefined)], [weight, item]);
}

/** The images that profiles list; an image is in stores as the system says. */
export const IMAGES = [
  { name: "one", reference: "1" },
  { name: "one", reference: "2" },
  { name: "two", reference: "1" },
  { name: "two", reference: "com.coreos.cl" },
  { name: "three:x", reference: "1.0_a+b" },
] as const;

const ITEM: fc.Arbitrary<ProfileItem> = fc.record({
  image: oneOf(
    [60, fc.constantFrom<{ name: string; reference: string }>(...IMAGES)],
    [8, fc.constantFrom({ name: "one", reference: "" }, { name: "two", reference: "" })],
    [
      1,
      fc.constantFrom(
        { name: "four", reference: "1" },
        { name: "a/b", reference: "1" },
        { name: "..", reference: "1" },
        { name: "one", reference: "1:2" },
      ),
    ],
  ),
  style: oneOf<ProfileItem["style"]>(
    [20, fc.constant("plain")],
    [2, fc.constantFrom("null", "no name", "empty name", "no reference", "null reference")],
  ),
}).map(({ image, style }) => ({ ...image, style }));

/** A profile. */
export const PROFILE_FILE: fc.Arbitrary<ThoughtNode> = fc.record({
  items: fc.array(ITEM, { maxLength: 4 }),
  style: oneOf<Style>([8, makeStyles(0)], [1, makeStyles(1)], [1, fc.constant("tail")]),
  version: fc.constantFrom("v0" as const, "v1" as const),
}).map(({ items, style, version }) => makeProfileFile(items, style, version));

/** What can stand in the place of a file that is read. */
function makeOdd(targets: readonly string[]): fc.Arbitrary<ThoughtNode> {
  return oneOf<ThoughtNode>(
    [6, fc.constantFrom(...targets).map((target) => ({ type: "symlink", target }))],
    [1, fc.constantFrom({ type: "directory" }, { type: "symlink", target: "nowhere" })],
    [1, fc.constantFrom({ type: "fifo" }, { type: "file", text: "" }, { type: "file", text: "<html>" })],
  );
}

/** A profile in its place, or what else can stand there. */
export const PROFILE: fc.Arbitrary<Part> = fc.record({
  directory: fc.constantFrom(...PROFILE_DIRS),
  name: oneOf<string>([12, fc.constantFrom(...PROFILES)], [1, fc.constantFrom("a b", "..", "é")]),
  node: oneOf(
    [12, PROFILE_FILE],
    [
      1,
      makeOdd(["edge.json", "/usr/share/torcx/profiles/vendor.json", "../../share/torcx/profiles/oem.json"]),
    ],
  ),
}).map(({ directory, name, node }) => ({ path: `${directory}/${name}.json`, node }));

/** Whether an archive is one. */
export const IS_SQUASHFS = HAS_SQUASHFS ? fc.nat(11).map((number) => number === 11) : fc.constant(false);

/** Archives of an image, each with a tree of its own, so that one can tell which was taken. */
export const ARCHIVE: fc.Arbitrary<Part> = fc.record({
  store: fc.constantFrom(...STORES),
  image: oneOf<{ name: string; reference: string }>(
    [20, fc.constantFrom(...IMAGES)],
    [1, fc.constantFrom({ name: "-x", reference: "1" }, { name: "one", reference: "" })],
  ),
  isShort: fc.boolean(),
  isSquashfs: IS_SQUASHFS,
  tree: oneOf<FileTree | undefined>([24, IMAGE_TREE], [1, fc.constant(undefined)]),
  odd: optional(2, makeOdd(["two.torcx.tgz", "/srv/store/one:1.torcx.tgz", "../store/two:1.torcx.tgz"])),
}).map(({ store, image: { name, reference }, isShort, isSquashfs, tree, odd }) => {
  const format = getFormat(isSquashfs);
  const base = isShort && reference === "com.coreos.cl" ? name : `${name}:${reference}`;
  return { path: `${store}/${base}.torcx.${format}`, node: odd ?? makeArchive(tree, format) };
});

/** Returns the format's name. */
export function getFormat(isSquashfs: boolean): "tgz" | "squashfs" {
  return isSquashfs ? "squashfs" : "tgz";
}

/** Makes an archive of an image; without one it is no archive. */
export function makeArchive(image: FileTree | undefined, format: "tgz" | "squashfs" = "tgz"): ThoughtNode {
  return { type: "file", text: "<html>not found</html>", meaning: { as: "archive", format, image } };
}

/** The file that selects a profile. */
export const SELECTOR: fc.Arbitrary<ThoughtNode> = oneOf<ThoughtNode>(
  [
    20,
    fc.constantFrom(
      "edge\n",
      "edge",
      " edge.json \n",
      "edge\n\n",
      "none\n",
      "oem",
      "vendor",
      "edge.json.json",
    )
      .map((text) => ({ type: "file", text })),
  ],
  [3, fc.constantFrom("", "\n", "gone\n", "a/b", "edge none", "..").map((text) => ({ type: "file", text }))],
  [1, fc.constantFrom<ThoughtNode>({ type: "symlink", target: "profiles/name" }, { type: "directory" })],
);

/** The file of the docker-1.12 rule. */
export const DOCKER_FLAG: fc.Arbitrary<ThoughtNode> = fc.constantFrom<ThoughtNode>(
  { type: "file", text: "yes\n" },
  { type: "file", text: " no" },
  { type: "file", text: "maybe" },
  { type: "directory" },
);

/** What the system has where assets go. */
export const TAKEN_PLACE: fc.Arbitrary<Part> = fc.record({
  directory: oneOf<string>([3, fc.constant("/run/systemd/system")], [2, fc.constantFrom(...TARGETS)]),
  name: fc.constantFrom("one.service", "tool", "units", "one.service.d", "bin/tool", "units/one.service"),
  node: fc.constantFrom<ThoughtNode>(
    { type: "file", text: "the system's" },
    { type: "symlink", target: "../one.service" },
    { type: "symlink", target: "/dev/null" },
    { type: "directory" },
  ),
}).map(({ directory, name, node }) => ({ path: `${directory}/${name}`, node }));

/** The same, and links and files in the places of directories. */
export const OBSTACLE: fc.Arbitrary<Part> = oneOf<Part>(
  [8, TAKEN_PLACE],
  [
    2,
    fc.constantFrom<Part>(
      { path: "/run/systemd/network", node: { type: "symlink", target: "/etc/network" } },
      { path: "/etc/network/x", node: { type: "file", text: "the system's" } },
      { path: "/run/udev", node: { type: "file", text: "" } },
      { path: "/var/run", node: { type: "symlink", target: "../run" } },
      { path: "/run/.keep", node: { type: "file", text: "" } },
    ),
  ],
  [
    2,
    fc.constantFrom(...STORES.map((path) => path), ...PROFILE_DIRS, "{conf}", "{base}").chain((path) =>
      fc.constantFrom("/srv/store", "/etc/torcx/profiles", "/nowhere", "/opt/store").map((target) => ({
        path,
        node: { type: "symlink" as const, target },
      }))
    ),
  ],
  [
    1,
    fc.constantFrom("/run/metadata", "{conf}/profiles", "{base}", "/srv/store", "{conf}", "/run")
      .map((path) => ({ path, node: { type: "file" as const, text: "" } })),
  ],
);
