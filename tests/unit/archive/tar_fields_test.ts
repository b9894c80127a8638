/** Tests that every numeric field of a tar header is checked, in each type of entry, those that are skipped included. */

import { assertEquals } from "@std/assert";
import {
  base256,
  bytes,
  concat,
  entry,
  file,
  gnuSparse,
  type HeaderFields,
} from "../../support/tar_builder.ts";
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

/** Where an old GNU sparse file has the pairs of its map: four in the header, 21 in each block behind it. */
const SPARSE_FIELDS: Record<string, number> = {
  "real size": 483,
  ...Object.fromEntries(
    [386, 410, 434, 458, 512, 536, 992].flatMap((at) => [
      [`sparse offset at ${at}`, at],
      [`sparse length at ${at}`, at + 12],
    ]),
  ),
};

for (const [field, at] of Object.entries(SPARSE_FIELDS)) {
  Deno.test(`TarReader checks the ${field} of a sparse file`, () => {
    const regions = Array.from({ length: 25 }, (_, index) => [index * 10, 1] as const);
    const make = (value: Uint8Array | string): Uint8Array => {
      const stream = gnuSparse("here", 1000, regions, "x".repeat(25));
      const old = stream.subarray(at, at + 12).slice();
      stream.set(bytes(value).length < 12 ? concat(value, "\0") : bytes(value).subarray(0, 12), at);
      const change = stream.subarray(at, at + 12).reduce((sum, byte, index) => sum + byte - old[index]!, 0);
      // Only the header has a checksum, which counts the fields in it.
      if (at < 512) {
        const sum = Number.parseInt(String.fromCharCode(...stream.subarray(148, 154)), 8) + change;
        stream.set(bytes(sum.toString(8).padStart(6, "0")), 148);
      }
      return stream;
    };
    const reason = field.replace(/ at \d+$/, "");
    for (const value of NO_NUMBERS) {
      // A NUL at the beginning ends the map.
      if (field !== "real size" && value.startsWith("\0")) continue;
      assertRefused(make(value), `${reason} field holds no number`);
    }
    assertRefused(make(base256(2n ** 60n, 12)), `${reason} field holds no number`);
    assertRefused(make(base256(-1, 12)), "is negative");
  });
}
