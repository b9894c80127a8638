/**
 * Owns what the first bytes of a program say of who runs it: the machine of an ELF file, the interpreter of a
 * script. It refuses disk access, and to look at libraries.
 */

import { type ByteString, fromBytes } from "../../bytes.ts";

/** How much the kernel reads of a program: include/uapi/linux/binfmts.h, BINPRM_BUF_SIZE. */
export const PROGRAM_HEAD_BYTES = 256;

/** What runs a program. */
export type ProgramHead =
  | { kind: "elf"; machine: Machine }
  /** The interpreter is empty where the line names none. */
  | { kind: "script"; interpreter: ByteString }
  | { kind: "other" };

/** What an ELF file is for, as its header has it (elf(5)). */
export interface Machine {
  /** `e_machine`. */
  number: number;
  /** 32 or 64; 0 if the file says neither. */
  bits: number;
  isBigEndian: boolean;
}

/** include/uapi/linux/elf-em.h. */
const MACHINE_NAMES: Readonly<Record<number, string>> = {
  3: "i386",
  8: "MIPS",
  20: "PowerPC",
  21: "PowerPC 64",
  22: "S/390",
  40: "ARM",
  62: "x86-64",
  183: "ARM64",
  243: "RISC-V",
  258: "LoongArch",
};

const ELF_HEADER_BYTES = 20;
const ELF_MAGIC = 0x7f454c46;
const WORD_BITS: Readonly<Record<number, number>> = { 1: 32, 2: 64 };
const BIG_ENDIAN = 2;

/** Reads the head of a program, of which the first 256 bytes are enough. */
export function parseProgramHead(head: Uint8Array<ArrayBuffer>): ProgramHead {
  if (head[0] === 0x23 && head[1] === 0x21) return { kind: "script", interpreter: parseInterpreter(head) };
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.length < ELF_HEADER_BYTES || view.getUint32(0) !== ELF_MAGIC) return { kind: "other" };
  const isBigEndian = head[5] === BIG_ENDIAN;
  const machine = { number: view.getUint16(18, !isBigEndian), bits: WORD_BITS[head[4]!] ?? 0, isBigEndian };
  return { kind: "elf", machine };
}

/** As fs/binfmt_script.c: blanks, then the path up to a blank, the line's end, NUL or the end of what is read. */
function parseInterpreter(head: Uint8Array<ArrayBuffer>): ByteString {
  const line = fromBytes(head.subarray(2, PROGRAM_HEAD_BYTES));
  return /^[ \t]*([^ \t\n\0]*)/.exec(line)![1] as ByteString;
}

/** Returns whether a program for one machine is one for the other. */
export function isSameMachine(a: Machine, b: Machine): boolean {
  return a.number === b.number && a.bits === b.bits && a.isBigEndian === b.isBigEndian;
}

/** Returns a machine as people name it, e.g. `ARM64 (64 bits)`. */
export function formatMachine({ number, bits, isBigEndian }: Machine): string {
  const name = MACHINE_NAMES[number] ?? `machine ${number}`;
  return `${name} (${bits} bits${isBigEndian ? ", big-endian" : ""})`;
}
