/**
 * Owns the system that a command works on: the root directory and the settings read from it. It
 * refuses meaning; commands dispose it when they are done.
 */

import { quote, TorcxError } from "../errors.ts";
import { examineSettings } from "../config/settings_reader.ts";
import type { System } from "../config/system.ts";
import { Root } from "../sys/root.ts";
import { type Context, isRunningSystem } from "./context.ts";
import type { GlobalOptions } from "./options/parse.ts";

/** The system of a command: `/`, or the one below `--root`. */
export interface OpenedSystem extends System, Disposable {}

/** A system whose settings may be unfit to work with. */
export interface ExaminedSystem extends OpenedSystem {
  /** What forbids every verb but those that only show; defaults stand where a value cannot be had. */
  readonly fault: TorcxError | undefined;
}

/**
 * Opens the root of a command.
 *
 * @throws {TorcxError} `not_found` if `--root` is no directory that can be opened.
 */
function openRoot(options: Pick<GlobalOptions, "root">): Root {
  try {
    return Root.open(options.root);
  } catch (cause) {
    throw new TorcxError("not_found", `Cannot open root ${quote(options.root)}: it is no usable directory`, {
      cause,
    });
  }
}

/**
 * Opens the root and reads the settings of a command.
 *
 * @throws {TorcxError} as {@linkcode openRoot}, or the fault of {@linkcode examineSettings}.
 */
export function openSystem(options: Pick<GlobalOptions, "root">, context: Context): OpenedSystem {
  const system = examineSystem(options, context);
  if (system.fault === undefined) return system;
  system[Symbol.dispose]();
  throw system.fault;
}

/**
 * As {@linkcode openSystem} for the verbs that show the settings' fault and go on: `status` and
 * `config show`.
 *
 * @throws {TorcxError} as {@linkcode openRoot}.
 */
export function examineSystem(options: Pick<GlobalOptions, "root">, context: Context): ExaminedSystem {
  const root = openRoot(options);
  try {
    const { kernelCommandLine, log, process: { environment } } = context;
    const examined = examineSettings({ root, environment, kernelCommandLine, log });
    return { ...examined, root, log, [Symbol.dispose]: () => root[Symbol.dispose]() };
  } catch (error) {
    root[Symbol.dispose]();
    throw error;
  }
}

/**
 * Returns a path of the command line as one inside the root: on the running system a relative one
 * starts at the working directory, below another root at its top.
 */
export function locate(path: string, context: Context, options: Pick<GlobalOptions, "root">): string {
  if (path.startsWith("/")) return path;
  const base = isRunningSystem(options.root) ? context.process.getWorkingDirectory() : "";
  return `${base.replace(/\/$/, "")}/${path}`;
}
