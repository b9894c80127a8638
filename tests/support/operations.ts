/** Carries out operations of an apply one by one, for tests, and keeps what they told. */

import type { TreeOptions } from "../../lib/apply/operations/kind.ts";
import { executeOperation } from "../../lib/apply/operations/table.ts";
import type { Logger } from "../../lib/log.ts";
import { SILENT_LOG } from "../../lib/log.ts";
import type { Operation } from "../../lib/manifest/journal.ts";
import type { Root } from "../../lib/sys/root.ts";

/** What an operation is told beside itself. */
export interface ExecuteOptions extends Partial<TreeOptions> {
  log?: Logger;
}

/** Carries out an operation; the report is `the report`. */
export function execute(
  root: Root,
  operation: Operation,
  { log = SILENT_LOG, ...options }: ExecuteOptions = {},
): void | Promise<void> {
  return executeOperation(operation, {
    root,
    log,
    encodeReport: () => "the report",
    getTreeOptions: (image) => ({
      image,
      wayOut: "none",
      onWarning: () => {},
      onProgress: () => {},
      onUnpacked: () => {},
      ...options,
    }),
  });
}
