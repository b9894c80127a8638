/** A temporary root for tests of config and catalog: files from a table, a log that remembers. */

import { dirname } from "@std/path";
import type { Logger } from "../../lib/log.ts";
import type { Settings } from "../../lib/config/settings.ts";
import type { System } from "../../lib/config/system.ts";
import { examineSettings } from "../../lib/config/settings_reader.ts";
import { Root } from "../../lib/sys/root.ts";

/** A file's text, a symlink's target, or an empty directory. */
export type Node = string | { link: string } | { dir: true };

/** Log lines by level. */
export interface TestLog extends Logger {
  lines: string[];
}

/** Makes a log that keeps `LEVEL: MESSAGE` lines, debug and info left out. */
export function createTestLog(): TestLog {
  const lines: string[] = [];
  return {
    lines,
    error: (message) => void lines.push(`error: ${message}`),
    warning: (message) => void lines.push(`warning: ${message}`),
    info: () => {},
    debug: () => {},
  };
}

/** What a test works on. */
export interface Tree {
  /** The host path of the root. */
  path: string;
  root: Root;
  log: TestLog;
  /** Reads the settings of this root. */
  readSettings(environment?: Record<string, string>, kernelCommandLine?: string): Settings;
  /** As readSettings, with the root and the log. */
  readSystem(environment?: Record<string, string>, kernelCommandLine?: string): System;
}

/** An os-release that makes the versioned stores exist. */
export const OS_RELEASE = { "usr/lib/os-release": 'ID="coreos"\nVERSION_ID="1.2.3"\n' };

/** Makes a profile's text of `NAME:REFERENCE` images; an empty reference removes. */
export function makeProfile(...images: string[]): string {
  return `${
    JSON.stringify({
      kind: "profile-manifest-v0",
      value: {
        images: images.map((image) => {
          const [name, reference] = image.split(":");
          return { name, reference };
        }),
      },
    })
  }\n`;
}

/** Files of these directories are programs. */
const PROGRAM = /(?:^|\/)s?bin\//;

/** Writes nodes below a directory; parents are made, and what is in a bin directory can be run. */
export function writeNodes(base: string, nodes: Record<string, Node>): void {
  for (const [path, node] of Object.entries(nodes)) {
    const full = `${base}/${path}`;
    Deno.mkdirSync(dirname(full), { recursive: true });
    if (typeof node === "string") {
      Deno.writeTextFileSync(full, node, { mode: PROGRAM.test(path) ? 0o755 : 0o644 });
    } else if ("link" in node) Deno.symlinkSync(node.link, full);
    else Deno.mkdirSync(full, { recursive: true });
  }
}

/** Runs a test on a temporary root and removes it. */
export async function withTree(
  nodes: Record<string, Node>,
  use: (tree: Tree) => void | Promise<void>,
): Promise<void> {
  const path = Deno.makeTempDirSync({ prefix: "torcx-test-" });
  try {
    writeNodes(path, nodes);
    const log = createTestLog();
    using root = Root.open(path);
    const readSettings: Tree["readSettings"] = (environment = {}, kernelCommandLine = "") => {
      const { settings, fault } = examineSettings({ root, environment, kernelCommandLine, log });
      if (fault !== undefined) throw fault;
      return settings;
    };
    const readSystem: Tree["readSystem"] = (...from) => ({ root, log, settings: readSettings(...from) });
    await use({ path, root, log, readSettings, readSystem });
  } finally {
    Deno.removeSync(path, { recursive: true });
  }
}

/** Runs something that must fail and returns its error. */
export function catchError(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
