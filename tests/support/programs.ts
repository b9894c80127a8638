/** Programs for tests of what is said of them. */

import type { Machine } from "../../lib/image/findings/program_head.ts";

/** Makes the header of an ELF program, padded to 64 bytes. */
export function makeElf({ number, bits, isBigEndian }: Machine): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(64);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, bits === 64 ? 2 : 1, isBigEndian ? 2 : 1, 1]);
  const view = new DataView(bytes.buffer);
  view.setUint16(16, 2, !isBigEndian);
  view.setUint16(18, number, !isBigEndian);
  return bytes;
}
