/**
 * Owns `System`: the one word for what nearly everything works on. It refuses to open or read one; who has
 * use for a part of it says so by `Pick`.
 */

import type { Logger } from "../log.ts";
import type { Root } from "../sys/root.ts";
import type { Settings } from "./settings.ts";

/** A system: its root directory, the settings read from there, and who is told of what happens to it. */
export interface System {
  readonly root: Root;
  readonly settings: Settings;
  readonly log: Logger;
}
