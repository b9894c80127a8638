/** Owns the log that drops everything, for what is looked at twice or in the middle of a line being typed. */

import type { Logger } from "../log.ts";

const drop = (): void => {};

/** A log that drops everything. */
export const SILENT_LOG: Logger = { error: drop, warning: drop, info: drop, debug: drop };
