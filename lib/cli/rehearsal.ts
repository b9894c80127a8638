/** Owns what the preview of a boot takes from the process: where scratch goes, memory, signals, progress. */

import type { PreviewOptions } from "../apply/preview.ts";
import type { Context } from "./context.ts";

/** Returns the surroundings of a preview. */
export function makePreviewSurroundings(
  { memoryBytes, process, progress }: Context,
): Omit<PreviewOptions, "profile" | "osVersion"> {
  return {
    temporaryDir: process.environment["TMPDIR"] || "/tmp",
    machineMemoryBytes: memoryBytes,
    signal: process.signal,
    onProgress: (archive) =>
      archive === undefined ? progress.clear() : progress.show(`Reading ${archive.path}`),
  };
}
