/**
 * Owns the look at an image's programs: can be run at all, for this machine, by an interpreter that is there. Each
 * is opened once, for its first bytes. The libraries that it needs are not looked for.
 */

import { type ByteString, decodePath } from "../../bytes.ts";
import { isErrno, quote, TorcxError } from "../../errors.ts";
import { formatMode } from "../../sys/file_stat.ts";
import type { Root } from "../../sys/root.ts";
import type { Asset } from "../assets.ts";
import type { OnOddity } from "./finding.ts";
import { formatMachine, isSameMachine, parseProgramHead, PROGRAM_HEAD_BYTES } from "./program_head.ts";
import { hasFile } from "./places.ts";
import type { ProgramHost } from "./program_host.ts";

const EXECUTABLE_BY_ANYONE = 0o111;

/** What programs are checked for. */
export interface ProgramCheck {
  assets: readonly Asset[];
  host: ProgramHost;
  onOddity: OnOddity;
}

/** Looks at the programs among the assets of a tree. */
export function checkPrograms(tree: Root, { assets, host, onOddity }: ProgramCheck): void {
  const buffer = new Uint8Array(PROGRAM_HEAD_BYTES);
  const interpreters = new Map<ByteString, boolean>();
  const isThere = (path: ByteString): boolean => {
    const known = interpreters.get(path);
    if (known !== undefined) return known;
    const isUnknown = path !== "" && (!host.hasPrograms || path.startsWith(`${host.runDir}/`));
    // Most interpreters are the system's: what is not found costs an error.
    const found = isUnknown || hasFile(host.root, path) || hasFile(tree, path);
    interpreters.set(path, found);
    return found;
  };
  for (const { kind, source } of assets) {
    if (kind === "bin") {
      checkProgram({ tree, path: source, buffer, host, isThere, onOddity });
    }
  }
}

interface Task {
  tree: Root;
  path: ByteString;
  buffer: Uint8Array<ArrayBuffer>;
  host: ProgramHost;
  isThere: (path: ByteString) => boolean;
  onOddity: OnOddity;
}

function checkProgram(task: Task): void {
  const { path, host, isThere, onOddity } = task;
  const shown = `program ${quote(decodePath(path))}`;
  const found = readProgram(task);
  if (found === undefined) return;
  if (found === "other") {
    onOddity({ code: "not-a-file", path, message: `${shown} does not lead to a regular file` });
    return;
  }
  if ((found.mode & EXECUTABLE_BY_ANYONE) === 0) {
    onOddity({
      code: "program-not-executable",
      path,
      message: `${shown} cannot be run: its mode is ${formatMode(found.mode)}`,
    });
  }
  const head = parseProgramHead(found.head);
  if (head.kind === "elf" && !isSameMachine(head.machine, host.machine)) {
    onOddity({
      code: "program-of-other-machine",
      path,
      message: `${shown} is for ${formatMachine(head.machine)}, the system is ${formatMachine(host.machine)}`,
    });
  }
  if (head.kind !== "script" || isThere(head.interpreter)) return;
  const interpreter = quote(decodePath(head.interpreter));
  onOddity({
    code: "no-interpreter",
    path,
    message: head.interpreter === ""
      ? `${shown} is a script whose first line names no interpreter`
      : `${shown} is a script for ${interpreter}, which neither the image nor the system has`,
    hint: head.interpreter.endsWith("\r")
      ? "Save it with line ends of Unix: the carriage return is taken for a part of the name"
      : "Correct the script's first line, or add the interpreter",
  });
}

/** Returns what a program is; undefined if it may not be looked at, or is gone. */
function readProgram(
  { tree, path, buffer }: Task,
): { mode: number; head: Uint8Array<ArrayBuffer> } | "other" | undefined {
  try {
    using file = tree.openFile(path);
    return { mode: file.stat.mode, head: buffer.subarray(0, file.readAt(buffer, 0)) };
  } catch (error) {
    if (error instanceof TorcxError && error.code === "invalid") return "other";
    // Others than root look at what is theirs. What cannot be read of a damaged squashfs is told elsewhere.
    if (isErrno(error, "EACCES", "EPERM", "ENOENT", "ENXIO", "EIO", "ENODEV")) return undefined;
    throw error;
  }
}
