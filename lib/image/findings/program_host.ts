/** Owns what of a system the check of programs needs: which machine it is, its own programs tell. It runs none. */

import { type ByteString, encodePath } from "../../bytes.ts";
import type { System } from "../../config/system.ts";
import { TorcxError } from "../../errors.ts";
import type { Root } from "../../sys/root.ts";
import { hasAny } from "./places.ts";
import { type Machine, parseProgramHead, PROGRAM_HEAD_BYTES } from "./program_head.ts";

/** The system that programs are for. */
export interface ProgramHost {
  root: Root;
  /** The machine of its programs. */
  readonly machine: Machine;
  /** Whether it has programs at all: what is no whole system says nothing of those that it will have. */
  hasPrograms: boolean;
  /** The run directory: what is in it at boot is not there yet, and not judged. */
  runDir: ByteString;
}

/** include/uapi/linux/elf-em.h, by Deno's names. */
const MACHINE_NUMBERS: Readonly<Record<typeof Deno.build.arch, number>> = { x86_64: 62, aarch64: 183 };

const PROGRAM_DIRS = ["/usr/bin", "/bin"].map(encodePath);
/** Programs that every system has; the first that is there tells. */
const SYSTEM_PROGRAMS = ["/usr/lib/systemd/systemd", "/usr/sbin/init", "/usr/bin/sh", "/bin/sh"];

/** Returns a system as the host of programs. */
export function getProgramHost({ root, settings }: Pick<System, "root" | "settings">): ProgramHost {
  const hasPrograms = PROGRAM_DIRS.some((path) => hasAny(root, path));
  let machine: Machine | undefined;
  return {
    root,
    // Looked for at the first program that has one.
    get machine(): Machine {
      return machine ??= findMachine(root);
    },
    hasPrograms,
    runDir: encodePath(settings.runDir),
  };
}

/** Of another system than the running one its programs say what it is. */
function findMachine(root: Root): Machine {
  const running = { number: MACHINE_NUMBERS[Deno.build.arch], bits: 64, isBigEndian: false };
  if (root.path === "/") return running;
  for (const path of SYSTEM_PROGRAMS) {
    const machine = readMachine(root, path);
    if (machine !== undefined) return machine;
  }
  return running;
}

function readMachine(root: Root, path: string): Machine | undefined {
  try {
    using file = root.openFile(encodePath(path));
    const buffer = new Uint8Array(PROGRAM_HEAD_BYTES);
    const head = parseProgramHead(buffer.subarray(0, file.readAt(buffer, 0)));
    return head.kind === "elf" ? head.machine : undefined;
  } catch (error) {
    // Another system may be laid out in any way.
    if (error instanceof TorcxError) return undefined;
    throw error;
  }
}
