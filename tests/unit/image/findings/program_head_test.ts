/** Tests what the first bytes of programs say: the machine of ELF files, the interpreter of scripts. */

import { assertEquals } from "@std/assert";
import {
  formatMachine,
  isSameMachine,
  type Machine,
  parseProgramHead,
} from "../../../../lib/image/findings/program_head.ts";
import { makeElf } from "../../../support/programs.ts";

const X86_64: Machine = { number: 62, bits: 64, isBigEndian: false };

Deno.test("parseProgramHead() reads the machine, the word size and the order of bytes of an ELF file", () => {
  for (
    const [machine, text] of [
      [X86_64, "x86-64 (64 bits)"],
      [{ number: 62, bits: 32, isBigEndian: false }, "x86-64 (32 bits)"],
      [{ number: 3, bits: 32, isBigEndian: false }, "i386 (32 bits)"],
      [{ number: 183, bits: 64, isBigEndian: false }, "ARM64 (64 bits)"],
      [{ number: 21, bits: 64, isBigEndian: true }, "PowerPC 64 (64 bits, big-endian)"],
      [{ number: 999, bits: 64, isBigEndian: false }, "machine 999 (64 bits)"],
    ] as const
  ) {
    assertEquals(parseProgramHead(makeElf(machine)), { kind: "elf", machine });
    assertEquals(formatMachine(machine), text);
    assertEquals(isSameMachine(machine, X86_64), machine === X86_64, text);
  }
});

Deno.test("parseProgramHead() reads this very Deno as a program of this machine", () => {
  const file = Deno.openSync(Deno.execPath());
  const head = new Uint8Array(256);
  file.readSync(head);
  file.close();
  const number = Deno.build.arch === "aarch64" ? 183 : 62;
  assertEquals(parseProgramHead(head), { kind: "elf", machine: { number, bits: 64, isBigEndian: false } });
});

const SCRIPTS: Record<string, string> = {
  "#!/bin/sh\necho": "/bin/sh",
  "#! \t/bin/sh -e\n": "/bin/sh",
  "#!/usr/bin/env python3": "/usr/bin/env",
  "#!/bin/sh\r\n": "/bin/sh\r",
  "#!/bin/a\0b\n": "/bin/a",
  "#!\n/bin/sh": "",
  "#!": "",
};

Deno.test("parseProgramHead() reads the interpreter of a script as the kernel does", () => {
  for (const [text, interpreter] of Object.entries(SCRIPTS)) {
    const head = parseProgramHead(new TextEncoder().encode(text));
    assertEquals(head as unknown, { kind: "script", interpreter }, text);
  }
  const long = new TextEncoder().encode(`#!/${"a".repeat(400)}\n`);
  assertEquals(parseProgramHead(long) as unknown, { kind: "script", interpreter: `/${"a".repeat(253)}` });
});

Deno.test("parseProgramHead() takes all else for another kind, an ELF header that is cut off too", () => {
  for (const bytes of [[], [0x23], [0x7f, 0x45, 0x4c, 0x46], [...makeElf(X86_64)].slice(0, 19)]) {
    assertEquals(parseProgramHead(new Uint8Array(bytes)), { kind: "other" });
  }
  assertEquals(parseProgramHead(new TextEncoder().encode("echo hello, this is no program\n")), {
    kind: "other",
  });
});
