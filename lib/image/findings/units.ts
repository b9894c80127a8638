/**
 * Owns the look at units of all images together: the text that a symlink gets so that it leads somewhere from its
 * place in /run, the links that lead nowhere even so, and the units that nothing starts. It changes nothing.
 */

import { type ByteString, decodePath, encodePath, joinPath, splitPath } from "../../bytes.ts";
import { quote } from "../../errors.ts";
import { ASSET_KIND_TABLE } from "../../manifest/asset_kinds.ts";
import type { Root } from "../../sys/root.ts";
import type { Asset } from "../assets.ts";
import type { ImageContent } from "./content.ts";
import type { Oddity } from "./finding.ts";
import { hasAny, hasEntry } from "./places.ts";
import type { EnablingLink } from "./unit_file.ts";

/** An image and where its tree is, or would be. */
export interface PlacedImage {
  content: ImageContent;
  /** Path of its tree. */
  treePath: ByteString;
}

const { targetDir, before, after } = ASSET_KIND_TABLE.units;
const UNITS_DIR = encodePath(targetDir!);
/** Directories of the system that outlive a boot. */
const SYSTEM_DIRS = [...before, ...after].filter((path) => !path.startsWith("/run/")).map(encodePath);
/** A link in such a directory counts by its name alone (systemd.unit(5)). */
const DEPENDENCY_LINK = /\.(?:wants|requires|upholds)\/[^/]+$/;
/** Units that the manager makes by itself, or from /etc/fstab. */
const MADE_UNIT = /\.(?:automount|device|mount|scope|slice|swap)$/;
/** Units that start the service of their own name. */
const STARTING_SUFFIXES = ["socket", "timer", "path"];
const NULL_DEVICE = "/dev/null";

/** Looks at the units of images that are applied together. */
export class UnitCheck {
  readonly #host: Root;
  /** What will be in the target directory, directories included. */
  readonly #planned = new Set<ByteString>();
  /** Units that another unit of the images starts. */
  readonly #started = new Set<string>();

  /** @param host the system that the units come to. */
  constructor(images: readonly PlacedImage[], host: Root) {
    this.#host = host;
    for (const { content } of images) {
      for (const asset of listUnitAssets(content)) {
        for (let path = getPlace(asset); path !== UNITS_DIR; path = splitPath(path).parent) {
          this.#planned.add(path);
        }
      }
      for (const [source, { startedUnits }] of content.units) {
        const own = decodePath(splitPath(source).name);
        for (const name of startedUnits) if (name !== own) this.#started.add(name);
      }
    }
  }

  /** Returns the text of a symlink: the image's own where it leads somewhere, else one that does, if there is one. */
  getLinkText(image: PlacedImage, asset: Asset): ByteString | undefined {
    const { linkText } = asset;
    if (linkText === undefined || asset.kind !== "units" || this.#leadsSomewhere(asset, linkText)) {
      return linkText;
    }
    return this.#findText(image, asset) ?? linkText;
  }

  /** Lists all that is odd about an image: what its tree tells, links that lead nowhere, units that nothing starts. */
  listOddities(image: PlacedImage): Oddity[] {
    const assets = listUnitAssets(image.content);
    return [
      ...image.content.oddities,
      ...assets.flatMap((asset) => this.#describeLink(image, asset) ?? []),
      ...assets.flatMap((asset) => this.#describeUnit(image, asset) ?? []),
    ];
  }

  #leadsSomewhere(asset: Asset, text: ByteString): boolean {
    const path = findSeenPath(asset, text);
    if (text === NULL_DEVICE) return true;
    if (path === getPlace(asset)) return false;
    return this.#planned.has(path) || (!path.startsWith("/run/") && hasAny(this.#host, path));
  }

  /** Finds the file that the image means: where it is propagated to, else in the image's tree. */
  #findText({ content, treePath }: PlacedImage, asset: Asset): ByteString | undefined {
    const real = content.links.get(asset.source);
    if (real === undefined) return undefined;
    const place = getPlace(asset);
    const found = listUnitAssets(content).map((other) => findPlaceOf(other, real)).find((path) =>
      path !== undefined && path !== place
    );
    if (found === undefined && real === "/") return treePath;
    return found === undefined ? joinPath(treePath, real) : makeRelative(splitPath(place).parent, found);
  }

  #describeLink(image: PlacedImage, asset: Asset): Oddity | undefined {
    const { linkText, source, target } = asset;
    if (linkText === undefined) return undefined;
    const shown = `units asset ${quote(decodePath(source))}`;
    if (DEPENDENCY_LINK.test(target)) {
      const name = splitPath(target).name;
      if (this.#isKnown(name)) return undefined;
      return {
        code: "dangling-unit-link",
        path: source,
        message: `${shown} is for ${quote(decodePath(name))}, which is among no units`,
        hint: `List ${quote(decodePath(name))} in "units", too`,
      };
    }
    if (this.#leadsSomewhere(asset, linkText) || this.#findText(image, asset) !== undefined) return undefined;
    const path = findSeenPath(asset, linkText);
    // What else is in /run comes and goes with each boot: of that nothing is known before.
    if (path.startsWith("/run/") && !path.startsWith(`${UNITS_DIR}/`)) return undefined;
    return {
      code: "dangling-unit-link",
      path: source,
      message: `${shown} is a symlink to ${
        quote(decodePath(linkText))
      }, which neither the image nor the system has`,
      hint: "Add the file to the image, or correct the link",
    };
  }

  /** Whether the manager finds a unit of this name, by its template too. */
  #isKnown(name: ByteString): boolean {
    const template = name.replace(/@.*(?=\.)/, "@") as ByteString;
    return MADE_UNIT.test(name) ||
      [name, template].some((item) =>
        this.#planned.has(joinPath(UNITS_DIR, item)) ||
        SYSTEM_DIRS.some((directory) => hasAny(this.#host, joinPath(directory, item)))
      );
  }

  #describeUnit({ content }: PlacedImage, { source, target }: Asset): Oddity | undefined {
    const links = content.units.get(source)?.links ?? [];
    if (links.length === 0 || this.#isStarted(links, decodePath(target))) return undefined;
    const { by, directory, name } = links[0]!;
    return {
      code: "unit-not-enabled",
      path: source,
      message: `unit ${quote(decodePath(target))} asks for ${
        quote(by)
      } in its [Install] section, and nothing enables it: it is not started`,
      hint: `Add the symlink ${quote(`${directory}/${name}`)} to ${
        quote(`../${decodePath(target)}`)
      }, and list its directory in "units"`,
    };
  }

  #isStarted(links: readonly EnablingLink[], unit: string): boolean {
    const stem = unit.replace(/\.[^.]*$/, "");
    if (this.#started.has(unit)) return true;
    if (unit.endsWith(".service") && STARTING_SUFFIXES.some((suffix) => this.#has(`${stem}.${suffix}`))) {
      return true;
    }
    if ([...this.#planned].some((path) => DEPENDENCY_LINK.test(path) && isFor(path, unit))) {
      return true;
    }
    // The link of an administrator leads to the unit once it is propagated.
    return links.some(({ directory, name }) =>
      SYSTEM_DIRS.some((system) => hasEntry(this.#host, joinPath(system, encodePath(`${directory}/${name}`))))
    );
  }

  #has(name: string): boolean {
    return this.#planned.has(joinPath(UNITS_DIR, encodePath(name)));
  }
}

/** Of a template any instance counts. */
function isFor(path: ByteString, unit: string): boolean {
  const name = decodePath(splitPath(path).name);
  return name === unit || (unit.includes("@.") && name.replace(/@.*(?=\.)/, "@") === unit);
}

function listUnitAssets({ assets }: ImageContent): Asset[] {
  return assets.filter(({ kind }) => kind === "units");
}

function getPlace({ target }: Asset): ByteString {
  return joinPath(UNITS_DIR, target);
}

/** Returns where a symlink leads to from its place. */
function findSeenPath(asset: Asset, text: ByteString): ByteString {
  return normalize(text.startsWith("/") ? text : joinPath(splitPath(getPlace(asset)).parent, text));
}

/** Returns where a file or directory of the image is propagated to by an asset. */
function findPlaceOf(asset: Asset, real: ByteString): ByteString | undefined {
  if (asset.source === real) return getPlace(asset);
  const { parent } = splitPath(asset.target);
  return parent !== "" && splitPath(asset.source).parent === real ? joinPath(UNITS_DIR, parent) : undefined;
}

/** Returns an absolute path without `.` and `..`; the directories of /run/systemd/system are no symlinks. */
function normalize(path: ByteString): ByteString {
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return `/${names.join("/")}` as ByteString;
}

/** Returns the text by which a directory's link leads to a path, both below the target directory. */
function makeRelative(directory: ByteString, path: ByteString): ByteString {
  const depth = directory.slice(UNITS_DIR.length).split("/").filter((name) => name !== "").length;
  return `${"../".repeat(depth)}${path.slice(UNITS_DIR.length + 1)}` as ByteString;
}
