/** Tests that every numeric field of a tar header is checked, in each type of entry, those that are skipped included. */

import { assertEquals } from "@std/assert";
import { base256, bytes, concat, entry, file, type HeaderFields } from "../../support/tar_builder.ts";
import { assertRefused, readTar } from "../../support/read_tar.ts";

/** Each type flag that is read, headers of headers and what makes no file included. */
const TYPES = ["0", "\0", "7", "1", "2", "3", "4", "5", "6", "D", "S", "V", "x", "g", "L", "K"];

/** Where the numbers of a header stand (tar.h of GNU tar, pax(1)); those of star have their own place. */
const FIELDS: Record<string, { at: number; length: number; format?: HeaderFields["format"] }> = {
  mode: { at: 100, length: 8 },
  uid: { at: 108, length: 8 },
  gid: { at: 116, length: 8 },
  size: { at: 124, length: 12 },
  mtime: { at: 136, length: 12 },
  devmajor: { at: 329, length: 8 },
  devminor: { at: 337, length: 8 },
  atime: { at: 476, length: 12, format: "star" },
  ctime: { at: 488, length: 12, format: "star" },
};

/** What is no number in any field. */
const NO_NUMBERS = ["0x1", "8", "-5", "1e3", "12\x003", "1 2", "\0" + "1", "7z", "\xffx"];

for (const [field, { at, length, format }] of Object.entries(FIELDS)) {
  for (const type of TYPES) {
    if (type === "S" && format !== undefined) continue;
    const name = JSON.stringify(type);
    Deno.test(`TarReader checks the ${field} field of an entry of type ${name}`, () => {
      const make = (value: Uint8Array | string): Uint8Array => {
        const padded = bytes(value).length < length ? concat(value, "\0") : bytes(value);
        return concat(
          entry({
            name: "here",
            linkName: "there",
            type,
            format: format ?? (type === "S" ? "gnu" : "ustar"),
            patch: { [at]: padded.subarray(0, length) },
          }),
        );
      };
      for (const value of NO_NUMBERS) {
        assertRefused(make(value), `${field} field holds no number`);
        assertRefused(make(value), '"here"');
      }
      assertRefused(make(base256(2n ** 60n, length)), `${field} field holds no number`);
      if (!["uid", "gid", "mtime", "atime", "ctime"].includes(field)) {
        assertRefused(make(base256(-1, length)), `${field} -1 is negative`);
      }
      // Whoever owns it: the kernel has no such user.
      if ((field === "uid" || field === "gid") && /^[\0-7DS]$/.test(type)) {
        for (const value of [-1, 2 ** 32 - 1]) {
          assertRefused(make(base256(value, length)), `${field} ${value} is outside 0 to 4294967294`);
        }
      }
    });
  }
}

Deno.test("TarReader lets numbers be where a format has none, or blanks", () => {
  const cases: HeaderFields[] = [
    // v7 ends with the link name.
    { format: "v7", patch: { 329: "rubbish", 337: "rubbish" } },
    // Go's writer once put the rest of a long name behind a GNU header.
    { format: "gnu", patch: { 345: "some/directory" } },
    { patch: { 329: "        ", 337: "\0\0\0\0\0\0\0\0" } },
    { type: "3", patch: { 329: base256(2 ** 31, 8), 337: "0000003 " } },
    { format: "star", patch: { 476: base256(-5, 12), 488: "13132027400 " } },
  ];
  for (const fields of cases) {
    assertEquals(readTar(concat(entry({ name: "here", ...fields }), file("after"))).entries.length, 2);
  }
});
