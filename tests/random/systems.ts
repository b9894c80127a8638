/**
 * Owns the generator of systems: profiles in three layers, stores, links among them, the selector, os-release,
 * config file, kernel command line and environment, and what the system has in the places of assets.
 */

import fc from "npm:fast-check@4.10.2";
import {
  type ConfigValues,
  makeConfigFile,
  makeProfileFile,
  OS_RELEASES,
  type ProfileItem,
  type Style,
} from "./documents.ts";
import { FileTree, type ThoughtNode } from "./file_tree.ts";
import { findMissing } from "../support/needs.ts";
import { IMAGE_TREE, makeStyles } from "./trees.ts";

/** A system, and how the program is called on it. */
export interface ThoughtSystem {
  tree: FileTree;
  environment: Record<string, string>;
  kernelCommandLine: string;
}

/** A file of a system; its path may begin with `{usr}`, `{conf}`, `{base}` or `{version}` in it. */
interface Part {
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
const VERSION = "1.2.3";
/** A squashfs takes some 50 ms to pack, so that there are few. */
const HAS_SQUASHFS = findMissing({ isRoot: true, loopDevices: true, programs: ["mksquashfs"] }) === undefined;
const TARGETS = [
  "/run/systemd/network",
  "/run/systemd/system",
  "/run/sysusers.d",
  "/run/tmpfiles.d",
  "/run/udev/rules.d",
] as const;

function oneOf<T>(...weighted: [weight: number, item: fc.Arbitrary<T>][]): fc.Arbitrary<T> {
  return fc.oneof(...weighted.map(([weight, arbitrary]) => ({ weight, arbitrary })));
}

function optional<T>(weight: number, item: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return oneOf<T | undefined>([20 - weight, fc.constant(undefined)], [weight, item]);
}

/** The images that profiles list; an image is in stores as the system says. */
const IMAGES = [
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

const PROFILE_FILE: fc.Arbitrary<ThoughtNode> = fc.record({
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

const PROFILE: fc.Arbitrary<Part> = fc.record({
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

const IS_SQUASHFS = HAS_SQUASHFS ? fc.nat(11).map((number) => number === 11) : fc.constant(false);

/** Archives of an image, each with a tree of its own, so that one can tell which was taken. */
const ARCHIVE: fc.Arbitrary<Part> = fc.record({
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

function getFormat(isSquashfs: boolean): "tgz" | "squashfs" {
  return isSquashfs ? "squashfs" : "tgz";
}

function makeArchive(image: FileTree | undefined, format: "tgz" | "squashfs" = "tgz"): ThoughtNode {
  return { type: "file", text: "<html>not found</html>", meaning: { as: "archive", format, image } };
}

const SELECTOR: fc.Arbitrary<ThoughtNode> = oneOf<ThoughtNode>(
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

const DOCKER_FLAG: fc.Arbitrary<ThoughtNode> = fc.constantFrom<ThoughtNode>(
  { type: "file", text: "yes\n" },
  { type: "file", text: " no" },
  { type: "file", text: "maybe" },
  { type: "directory" },
);

/** What the system has where assets go. */
const TAKEN_PLACE: fc.Arbitrary<Part> = fc.record({
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
const OBSTACLE: fc.Arbitrary<Part> = oneOf<Part>(
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

/** Where a directory comes from. */
interface Choice {
  variable: string | undefined;
  config: string | undefined;
}

function makeChoice(variables: readonly string[], configs: readonly string[]): fc.Arbitrary<Choice> {
  return fc.record({
    variable: optional(2, fc.constantFrom(...variables)),
    config: optional(4, fc.constantFrom(...configs)),
  });
}

const SETTINGS = fc.record({
  usr: optional(2, fc.constantFrom("/os", "/os/", "os", "")),
  conf: makeChoice(["/conf", "/etc/torcx/", ""], ["/conf", "/etc/../conf/.", ""]),
  base: makeChoice(["/base", "/", "base"], ["/base", "/srv"]),
  run: makeChoice(["/run/addons", "/run/systemd/addons"], [
    "/run/addons",
    "/run/x/y",
    "/var/run/torcx",
    "/run",
  ]),
  stores: optional(
    10,
    fc.array(fc.constantFrom("/srv/store", "/srv/other/", "/opt/store", "/srv//store"), { maxLength: 3 }),
  ),
  moreStores: optional(
    8,
    fc.constantFrom("/opt/store", "/opt/store::/srv/other/../other", "/gone", "opt", ":"),
  ),
  style: makeStyles(0).chain((style) => oneOf<Style>([9, fc.constant(style)], [1, makeStyles(1)])),
  osRelease: oneOf<ThoughtNode | undefined>(
    [10, fc.constant(OS_RELEASES[0]!)],
    [5, fc.constantFrom(...OS_RELEASES)],
    [1, fc.constantFrom(undefined, { type: "directory" as const })],
  ),
  kernel: oneOf(
    [14, fc.constant("")],
    [
      4,
      fc.constantFrom("root=/dev/vda torcx_profile=edge quiet", "torcx_profile=gone", 'torcx_profile="none"'),
    ],
    [2, fc.constantFrom("torcx_config=/alt.json", "torcx_config=/alt.json torcx_profile=oem")],
  ),
});

/** A system. */
export const SYSTEM: fc.Arbitrary<ThoughtSystem> = fc.record({
  settings: SETTINGS,
  docker: optional(3, DOCKER_FLAG),
  selector: optional(17, SELECTOR),
  edge: optional(17, PROFILE_FILE),
  profiles: fc.array(PROFILE, { minLength: 1, maxLength: 6 }),
  archives: fc.array(ARCHIVE, { maxLength: 7 }),
  obstacles: fc.array(OBSTACLE, { maxLength: 3 }),
  /** Whether each image has an archive somewhere. */
  isComplete: fc.integer({ min: 0, max: 9 }).map((number) => number > 0),
  last: fc.array(IMAGE_TREE, { minLength: IMAGES.length, maxLength: IMAGES.length }),
}).map(({ settings, docker, selector, edge, profiles, archives, obstacles, isComplete, last }) => {
  const { usr, conf, base, run, stores, moreStores, style, osRelease, kernel } = settings;
  const environment: Record<string, string> = {};
  const config: ConfigValues = {};
  const place = (variable: string, key: keyof ConfigValues, choice: Choice): void => {
    if (choice.variable !== undefined) environment[variable] = choice.variable;
    if (choice.config !== undefined) Object.assign(config, { [key]: choice.config });
  };
  place("TORCX_CONFDIR", "conf_dir", conf);
  place("TORCX_BASEDIR", "base_dir", base);
  place("TORCX_RUNDIR", "run_dir", run);
  if (usr !== undefined) environment["TORCX_USR_MOUNTPOINT"] = usr;
  if (stores !== undefined) config.store_paths = stores;
  if (moreStores !== undefined) environment["TORCX_STOREPATH"] = moreStores;
  const places: Record<string, string> = {
    "{usr}": usr?.startsWith("/os") ? "/os" : "/usr",
    "{conf}": [conf.variable || conf.config].some((path) => path?.includes("conf")) ? "/conf" : "/etc/torcx",
    "{base}": [base.variable || base.config].some((path) => path === "/base") ? "/base" : "/var/lib/torcx",
    "{version}": VERSION,
  };
  const tree = new FileTree();
  const put = (path: string, node: ThoughtNode | undefined): void => {
    if (node !== undefined) tree.put(path.replace(/\{[a-z]+\}/g, (name) => places[name]!), node);
  };
  for (const part of obstacles) put(part.path, part.node);
  const configPath = kernel.includes("torcx_config=") ? "/alt.json" : "/etc/torcx/config.json";
  if (Object.keys(config).length > 0) put(configPath, makeConfigFile(config, style));
  put("{usr}/lib/os-release", osRelease);
  put(
    "{conf}/../coreos/docker-1.12".replace("{conf}/../", places["{conf}"] === "/conf" ? "/" : "/etc/"),
    docker,
  );
  put("{conf}/next-profile", selector);
  put("{conf}/profiles/edge.json", edge);
  for (const part of [...profiles, ...archives]) put(part.path, part.node);
  if (isComplete) {
    IMAGES.forEach(({ name, reference }, at) =>
      put(
        `${at % 2 === 0 ? "{base}/store" : "{usr}/share/torcx/store"}/${name}:${reference}.torcx.tgz`,
        makeArchive(last[at]),
      )
    );
  }
  return { tree, environment, kernelCommandLine: kernel };
});

/** A system with nothing odd but the trees of its images, which share names. */
export const TREE_SYSTEM: fc.Arbitrary<ThoughtSystem> = fc.record({
  trees: fc.array(fc.tuple(IMAGE_TREE, IS_SQUASHFS), { minLength: 1, maxLength: 3 }),
  obstacles: fc.array(TAKEN_PLACE, { maxLength: 2 }),
}).map(({ trees, obstacles }) => {
  const tree = new FileTree();
  for (const { path, node } of obstacles) tree.put(path, node);
  const items = trees.map((_, at): ProfileItem => ({ name: `i${at}`, reference: "1", style: "plain" }));
  tree.put("/usr/lib/os-release", OS_RELEASES[0]!);
  tree.put("/usr/share/torcx/profiles/vendor.json", makeProfileFile(items, "plain", "v0"));
  for (const [at, [image, isSquashfs]] of trees.entries()) {
    const format = getFormat(isSquashfs);
    tree.put(`/usr/share/torcx/store/i${at}:1.torcx.${format}`, makeArchive(image, format));
  }
  return { tree, environment: {}, kernelCommandLine: "" };
});
