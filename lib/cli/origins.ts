/**
 * Owns the search for where a name in the running system comes from: seal, report, run profile and
 * the links of the bin directory. It only reads; `torcx why` and the completions call it.
 */

import { readRunState } from "../apply/run_state.ts";
import { type ByteString, decodePath, encodePath, joinPath } from "../bytes.ts";
import { readProfile } from "../catalog/profiles.ts";
import type { Settings } from "../config/settings.ts";
import { isErrno, quote, TorcxError } from "../errors.ts";
import type { AssetKind } from "../manifest/image.ts";
import type { ReportConflict } from "../manifest/report.ts";
import type { SealValues } from "../manifest/seal.ts";
import type { Root } from "../sys/root.ts";

/** Something in the running system that an image brought. */
export interface Origin {
  kind: "image" | AssetKind;
  /** The image's tree, or the link or copy of one of its files. */
  path: string;
  /** The file in the image's tree; null for the image itself. */
  from: string | null;
  image: string;
  reference: string | null;
  /** The profile that lists the image; null if the report is gone. */
  profile: string | null;
  archive_path: string | null;
  /** Whether the path is still there. */
  is_present: boolean;
}

/** All that torcx brought to the running system. */
export interface Origins {
  origins: Origin[];
  /** What it did not bring, because something of that name was there. */
  conflicts: ReportConflict[];
}

/**
 * Lists all that torcx brought to the running system.
 *
 * @throws {TorcxError} `not_found` if the system is not sealed.
 */
export function listOrigins(root: Root, settings: Settings): Origins {
  const state = readRunState(root, settings);
  if (state.kind !== "sealed") {
    throw new TorcxError("not_found", "Cannot tell where things come from: the system is not sealed", {
      hint: '"torcx status" says why, "torcx plan" what the next boot would bring',
    });
  }
  const { seal, report } = state;
  const images = new Map<string, Pick<Origin, "image" | "reference" | "profile" | "archive_path">>();
  for (const { name, reference } of listRunImages(root, seal)) {
    images.set(name, { image: name, reference, profile: null, archive_path: null });
  }
  for (const { name, reference, profile, archive_path } of report?.images ?? []) {
    images.set(name, { image: name, reference, profile, archive_path });
  }
  const make = (kind: Origin["kind"], path: string, from: string | null, image: string): Origin => ({
    kind,
    path,
    from,
    ...images.get(image) ?? { image, reference: null, profile: null, archive_path: null },
    is_present: root.findLstat(encodePath(path)) !== undefined,
  });
  const reported = (report?.assets ?? []).map(({ kind, to, from, image }) => make(kind, to, from, image));
  const known = new Set(reported.map(({ path }) => path));
  const links = listPrograms(root, seal).filter(({ path }) => !known.has(path));
  return {
    origins: [
      ...[...images.keys()].map((name) => make("image", `${seal.unpackDir}/${name}`, null, name)),
      ...reported,
      ...links.map(({ path, from, image }) => make("bin", path, from, image)),
    ],
    conflicts: report?.conflicts ?? [],
  };
}

/**
 * Finds what has a name: an image (with or without reference), the last part of a path, or a path; of
 * a path inside an image's tree, the image.
 *
 * @throws {TorcxError} `not_found` if the system is not sealed, or nothing has this name.
 */
export function findOrigins(root: Root, settings: Settings, name: string): Origins {
  const { origins, conflicts } = listOrigins(root, settings);
  const isSame = (path: string): boolean => path === name || getLastPart(path) === name;
  const found = origins.filter((origin) =>
    origin.kind === "image"
      ? [origin.image, `${origin.image}:${origin.reference}`].includes(name) ||
        `${name}/`.startsWith(`${origin.path}/`)
      : isSame(origin.path) || origin.from === name
  );
  const lost = conflicts.filter(({ to }) => isSame(to));
  if (found.length + lost.length > 0) return { origins: found, conflicts: lost };
  throw new TorcxError(
    "not_found",
    `Cannot tell where ${quote(name)} comes from: torcx brought no image, program or unit of that name`,
    { hint: 'List what it brought with "torcx status"' },
  );
}

/** Returns the names that {@linkcode findOrigins} finds, each once. */
export function listOriginNames(root: Root, settings: Settings): string[] {
  const { origins } = listOrigins(root, settings);
  return [...new Set(origins.map(({ path }) => getLastPart(path)))].sort();
}

function listRunImages(root: Root, seal: SealValues): { name: string; reference: string }[] {
  try {
    return readProfile(root, { path: seal.profilePath }).images;
  } catch (error) {
    if (error instanceof TorcxError && error.code === "not_found") return [];
    throw error;
  }
}

/** Lists the links of the bin directory that lead into an image's tree. */
function listPrograms(root: Root, seal: SealValues): { path: string; from: string; image: string }[] {
  const directory = encodePath(seal.binDir);
  return readDirOrEmpty(root, directory).flatMap((name) => {
    const path = joinPath(directory, name);
    if (root.findLstat(path)?.type !== "symlink") return [];
    const from = decodePath(root.readLink(path));
    if (!from.startsWith(`${seal.unpackDir}/`)) return [];
    const image = from.slice(seal.unpackDir.length + 1).split("/", 1)[0]!;
    return [{ path: decodePath(path), from, image }];
  });
}

function readDirOrEmpty(root: Root, directory: ByteString): ByteString[] {
  try {
    return root.readDir(directory).map(({ name }) => name);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}

function getLastPart(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
