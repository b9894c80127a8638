/**
 * Owns the search for where a name comes from: in the running system by seal, report, run profile and
 * the links of the bin directory; without a seal by the report of a failure and the plan. It only reads.
 */

import { basename } from "@std/path/posix/basename";
import { join } from "@std/path/posix/join";
import { readRunState } from "./run_state.ts";
import { type ByteString, decodePath, encodePath, joinPath } from "../bytes.ts";
import type { MergedImage } from "../catalog/merge.ts";
import { readProfile } from "../catalog/profiles.ts";
import type { Archive } from "../catalog/stores.ts";
import { SILENT_LOG } from "../log.ts";
import type { System } from "../config/system.ts";
import { isErrno, TorcxError } from "../errors.ts";
import type { Origin, Origins } from "../manifest/outputs/why.ts";
import {
  decodeAssetNames,
  type ReportAsset,
  type ReportConflict,
  type ReportImage,
} from "../manifest/report.ts";
import type { SealValues } from "../manifest/seal.ts";
import type { Root } from "../sys/root.ts";
import { findOverride } from "./overrides.ts";

type ImageOrigin = Pick<Origin, "name" | "reference" | "profile" | "archive_path">;

/** Lists all that torcx brought to the running system; undefined if it is not sealed. */
export function listOrigins(system: System): Origins | undefined {
  const { root } = system;
  const state = readRunState(system);
  if (!("seal" in state)) return undefined;
  const { seal, report } = state;
  const images = new Map<string, ImageOrigin>();
  for (const { name, reference } of listRunImages(root, seal)) {
    images.set(name, { name, reference, profile: null, archive_path: null });
  }
  for (const image of report?.images ?? []) images.set(image.name, toImageOrigin(image));
  const make = makeOrigin(system, images);
  const reported = (report?.assets ?? []).map((asset) => make(asset.kind, toPlace(asset)));
  const known = new Set(reported.map(({ path }) => path));
  const links = listPrograms(root, seal).filter(({ to }) => !known.has(to));
  return {
    source: "running",
    origins: [
      ...[...images.keys()].map((image) =>
        make("image", { image, to: join(seal.unpackDir, image), from: null })
      ),
      ...reported,
      ...links.map((link) => make("bin", link)),
    ],
    conflicts: report?.conflicts ?? [],
  };
}

/** Lists what a run that failed had found; undefined if there is no report of a failure. */
export function listReportedOrigins(system: System): Origins | undefined {
  const { settings } = system;
  const state = readRunState(system);
  if (state.kind !== "failed") return undefined;
  const { images, conflicts } = state.report;
  const make = makeOrigin(system, new Map(images.map((item) => [item.name, toImageOrigin(item)])));
  return {
    source: "report",
    origins: images.map(({ name }) =>
      make("image", { image: name, to: join(settings.paths.unpackDir, name), from: null })
    ),
    conflicts,
  };
}

/** What a boot would bring, as its plan tells it. */
export interface PlannedSystem {
  images: readonly { image: MergedImage; archive: Archive | undefined }[];
  assets: readonly ReportAsset[];
  conflicts: ReportConflict[];
}

/** Lists what the next boot would bring. */
export function listPlannedOrigins(system: System, preview: PlannedSystem): Origins {
  const { settings } = system;
  const images = new Map(
    preview.images.map(({ image, archive }) => [
      image.name as string,
      {
        name: image.name,
        reference: image.reference,
        profile: image.profile,
        archive_path: archive?.path ?? null,
      },
    ]),
  );
  const make = makeOrigin(system, images);
  return {
    source: "plan",
    origins: [
      ...[...images.keys()].map((image) =>
        make("image", { image, to: join(settings.paths.unpackDir, image), from: null })
      ),
      ...preview.assets.map((asset) => make(asset.kind, toPlace(asset))),
    ],
    conflicts: preview.conflicts,
  };
}

function toImageOrigin({ name, reference, profile, archive_path }: ReportImage): ImageOrigin {
  return { name, reference, profile, archive_path };
}

interface OriginPlace {
  image: string;
  from: string | null;
  to: string;
  /** `to` as the kernel has it, where it may be no UTF-8. */
  bytes?: ByteString;
  is_directory?: boolean;
}

/** Returns what completes an origin by its image, what is there, and what takes effect instead. */
function makeOrigin(
  system: System,
  images: ReadonlyMap<string, ImageOrigin>,
): (kind: Origin["kind"], place: OriginPlace) => Origin {
  const { root } = system;
  return (kind, { image, from, to, bytes, is_directory = false }) => ({
    kind,
    path: to,
    from,
    ...images.get(image) ?? { name: image, reference: null, profile: null, archive_path: null },
    is_present: root.findLstat(bytes ?? encodePath(to)) !== undefined,
    overridden_by: kind === "image" || from === null
      ? null
      : findOverride(system, { image, kind, from, to, is_directory }) ?? null,
  });
}

function toPlace(asset: ReportAsset): OriginPlace {
  return { ...asset, bytes: decodeAssetNames(asset).to };
}

/**
 * Finds what has a name: an image (with or without reference), the last part of a path, or a path; of
 * a path inside an image's tree, the image. Undefined if nothing has.
 */
export function findOrigins({ source, origins, conflicts }: Origins, name: string): Origins | undefined {
  const isSame = (path: string | null): boolean =>
    path !== null && (path === name || basename(path) === name);
  const found = origins.filter((origin) =>
    origin.kind === "image"
      ? [origin.name, `${origin.name}:${origin.reference}`].includes(name) ||
        `${name}/`.startsWith(`${origin.path}/`)
      : isSame(origin.path) || origin.from === name || origin.overridden_by === name
  );
  const lost = conflicts.filter(({ to }) => isSame(to));
  return found.length + lost.length === 0 ? undefined : { source, origins: found, conflicts: lost };
}

/** Returns the names that {@linkcode findOrigins} finds in the running system, each once. */
export function listOriginNames(system: System): string[] {
  const origins = listOrigins(system)?.origins ?? [];
  return [...new Set(origins.map(({ path }) => basename(path)))].sort();
}

function listRunImages(root: Root, seal: SealValues): { name: string; reference: string }[] {
  try {
    // What torcx itself wrote at boot: there is nothing to be told of it.
    return readProfile({ root, log: SILENT_LOG }, { path: seal.profilePath }).images;
  } catch (error) {
    if (error instanceof TorcxError && error.code === "not_found") return [];
    throw error;
  }
}

/** Lists the links of the bin directory that lead into an image's tree. */
function listPrograms(root: Root, seal: SealValues): OriginPlace[] {
  const directory = encodePath(seal.binDir);
  return readDirOrEmpty(root, directory).flatMap((name) => {
    const path = joinPath(directory, name);
    if (root.findLstat(path)?.type !== "symlink") return [];
    const from = decodePath(root.readLink(path));
    if (!from.startsWith(`${seal.unpackDir}/`)) return [];
    const image = from.slice(seal.unpackDir.length + 1).split("/", 1)[0]!;
    return [{ to: decodePath(path), from, image, bytes: path }];
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
