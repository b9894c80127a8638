/**
 * Owns what RUN and the seal say of this boot's apply. It only reads. Callers: apply, the generator,
 * `torcx status`.
 */

import { encodePath } from "../bytes.ts";
import type { Settings } from "../config/settings.ts";
import { isErrno, TorcxError } from "../errors.ts";
import { decodeText } from "../manifest/json.ts";
import { type ApplyReport, parseReport } from "../manifest/report.ts";
import { parseSeal, type SealValues } from "../manifest/seal.ts";
import type { Root } from "../sys/root.ts";

/** What is known of this boot's apply. */
export type RunState =
  /** RUN does not exist. */
  | { kind: "not_applied" }
  | { kind: "sealed"; seal: SealValues; report: ApplyReport | undefined }
  | { kind: "failed"; report: ApplyReport }
  /** RUN exists without seal and report: it is at work, or was killed. */
  | { kind: "unfinished" };

/** Reports list every propagated file. */
const REPORT_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Reads the state.
 *
 * @throws {TorcxError} `invalid` if the seal cannot be parsed.
 */
export function readRunState(root: Root, settings: Settings): RunState {
  const { seal, report: reportPath } = settings.paths;
  const report = findReport(root, reportPath);
  const text = findText(root, seal, 4096 * 16);
  if (text !== undefined) return { kind: "sealed", seal: parseSeal(text, seal), report };
  if (root.findStat(encodePath(settings.runDir)) === undefined) return { kind: "not_applied" };
  // A report of success without the seal: killed between the two.
  return report?.outcome === "failed" ? { kind: "failed", report } : { kind: "unfinished" };
}

function findReport(root: Root, path: string): ApplyReport | undefined {
  try {
    const text = findText(root, path, REPORT_BYTES_MAX);
    return text === undefined ? undefined : parseReport(text, path);
  } catch (error) {
    // A report of another version explains nothing, but must not hide the seal either.
    if (error instanceof TorcxError && error.code === "invalid") return undefined;
    throw error;
  }
}

function findText(root: Root, path: string, maxBytes: number): string | undefined {
  try {
    return decodeText(root.readFile(encodePath(path), maxBytes), path);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}
