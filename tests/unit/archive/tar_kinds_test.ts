/** Tests what common producers write beyond plain entries: encoded attribute names, volume labels, odd root entries. */

import { assertEquals } from "@std/assert";
import { concat, entry, file, pax } from "../../support/tar_builder.ts";
import { assertRefused, readTar } from "../../support/read_tar.ts";

Deno.test("TarReader decodes the names of extended attributes as their writers encode them", () => {
  const read = (...records: [string, string][]): unknown =>
    readTar(concat(pax(records), file("x"))).entries[0]!.xattrs;
  // GNU tar: upper case, these two alone, once.
  assertEquals(
    read(
      ["SCHILY.xattr.user.a%3Db", "1"],
      ["SCHILY.xattr.user.p%25q", "2"],
      ["SCHILY.xattr.user.c%253Dd", "3"],
      ["SCHILY.xattr.user.e%3df", "4"],
      ["SCHILY.xattr.user.%41%", "5"],
    ),
    { "user.a=b": "1", "user.p%q": "2", "user.c%3Dd": "3", "user.e%3df": "4", "user.%41%": "5" },
  );
  // bsdtar: both forms, the name URL-encoded in both; base64 without padding.
  for (const name of ["user.a%3Db", "user.%C3%A9", "user.p%25q"]) {
    const pair: [string, string][] = [[`LIBARCHIVE.xattr.${name}`, "Mw"], [`SCHILY.xattr.${name}`, "3"]];
    const decoded = name.replace(/%../g, (hex) => String.fromCharCode(Number.parseInt(hex.slice(1), 16)));
    assertEquals(read(...pair), { [decoded]: "3" });
    assertEquals(read(...pair.reverse()), { [decoded]: "3" });
  }
  assertEquals(read(["LIBARCHIVE.xattr.user.%c3%a9%3D", "Mw=="]), { "user.\xc3\xa9=": "3" });
  for (const key of ["SCHILY.xattr.", "LIBARCHIVE.xattr.", "LIBARCHIVE.xattr.user.%00"]) {
    assertRefused(concat(pax({ [key]: "Mw" }), file("x")), "is empty or holds NUL");
  }
});

Deno.test("TarReader skips volume labels, and tells it to who looks closely", () => {
  const label = entry({ name: "label\n", type: "V", format: "gnu", mode: "", uid: "", gid: "", size: "" });
  for (
    const stream of [concat(label, file("x")), concat(file("x"), label), concat(label, label, file("x"))]
  ) {
    const { entries, warnings, remarks } = readTar(stream);
    assertEquals(entries.map(({ path }) => path as string), ["x"]);
    assertEquals(warnings, []);
    assertEquals(remarks[0], 'the volume label "label\\n" is skipped');
  }
  assertEquals(readTar(label).entries, []);
  assertRefused(entry({ name: "label", type: "V" }, "data"), "volume label with 4 bytes");
  assertRefused(concat(pax({ path: "p" }), label), "no entry after it");
  assertRefused(entry({ name: "rest", type: "M" }), "on another volume");
});

function readType(stream: Uint8Array): string {
  return readTar(stream).entries[0]!.type;
}

Deno.test("TarReader takes the image root as a directory, whatever its name and regular type", () => {
  for (const name of ["", ".", "./", "/", "./.", "//", "././/."]) {
    for (const type of ["0", "\0", "7", "5", "D"]) {
      assertEquals(
        readType(entry({ name, type, format: "v7" })),
        "directory",
        JSON.stringify([name, type]),
      );
    }
    // What has data was not meant as a directory: the writer refuses it.
    for (const type of ["0", "\0", "7"]) assertEquals(readType(entry({ name, type }, "x")), "file");
    for (const [type, made] of [["1", "hardlink"], ["2", "symlink"], ["3", "char"], ["6", "fifo"]] as const) {
      assertEquals(readType(entry({ name, type, linkName: "x" })), made);
    }
  }
  for (const name of ["..", "...", ".x"]) assertEquals(readType(entry({ name })), "file");
  for (const name of [".../", "../", ".x/"]) assertEquals(readType(entry({ name })), "directory");
});
