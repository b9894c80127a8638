/**
 * Owns the record of a run that came to its end: its report as the operations that it carried out, so that
 * they can be taken back when the trees that they came from are gone. It touches nothing.
 */

import { decodePath, encodePath, joinPath } from "../bytes.ts";
import type { Settings } from "../config/settings.ts";
import { quote } from "../errors.ts";
import { type ApplyReport, decodeAssetNames } from "../manifest/report.ts";
import type { Operation } from "../manifest/journal.ts";
import { isKnownTarget } from "../state/targets.ts";

/** What a report says was carried out. */
export interface RecordedOperations {
  /** In the order in which they were carried out. */
  operations: Operation[];
  /** What the report says and torcx never does, as messages. */
  ignored: string[];
}

/** Lists what a report says was carried out; nothing without one, or of a run that failed. */
export function listRecordedOperations(
  settings: Settings,
  report: ApplyReport | undefined,
): RecordedOperations {
  if (report === undefined || report.outcome === "failed") return { operations: [], ignored: [] };
  const { paths } = settings;
  const unpackDir = encodePath(paths.unpackDir);
  const all: Operation[] = [
    ...report.made_directories.map((path): Operation => ({
      kind: "make_dir",
      path: encodePath(path),
      isOptional: true,
    })),
    { kind: "mount_tmpfs", path: unpackDir, size: undefined, inodes: undefined },
    ...report.images.map(({ name, format, archive_path }): Operation => ({
      kind: format === "squashfs" ? "mount_squashfs" : "unpack",
      image: name,
      archive: encodePath(archive_path ?? ""),
      path: joinPath(unpackDir, encodePath(name)),
    })),
    // Directories are among those that were made.
    ...report.assets.filter((asset) => !asset.is_directory).map((asset): Operation => {
      const { from, to, linkText } = decodeAssetNames(asset);
      const { image, digest } = asset;
      if (linkText !== undefined) return { kind: "link", image, target: linkText, path: to };
      return { kind: "copy", image, from, path: to, mode: 0, ...(digest === null ? {} : { digest }) };
    }),
    { kind: "write_run_profile", path: encodePath(paths.runProfile), text: "" },
    { kind: "write_seal", path: encodePath(paths.seal), text: "" },
  ];
  const isKnown = (operation: Operation): boolean => isKnownTarget(settings, operation);
  return {
    operations: all.filter(isKnown),
    ignored: all.filter((operation) => !isKnown(operation)).map(({ path }) =>
      `${quote(decodePath(path))} is left: the report says that it was made, but torcx does not write there`
    ),
  };
}
