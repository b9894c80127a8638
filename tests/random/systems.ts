/**
 * Owns the generator of systems: the files of parts.ts put together with settings from the config file, the kernel
 * command line and the environment.
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
import {
  ARCHIVE,
  DOCKER_FLAG,
  getFormat,
  IMAGES,
  IS_SQUASHFS,
  makeArchive,
  OBSTACLE,
  oneOf,
  optional,
  PROFILE,
  PROFILE_FILE,
  SELECTOR,
  TAKEN_PLACE,
  VERSION,
} from "./parts.ts";
import { IMAGE_TREE, makeStyles } from "./trees.ts";

/** A system, and how the program is called on it. */
export interface ThoughtSystem {
  tree: FileTree;
  environment: Record<string, string>;
  kernelCommandLine: string;
}

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
