import { assertEquals } from "@std/assert";
import { TorcxError } from "../../../lib/errors.ts";
import {
  formatImage,
  parseImageName,
  parseImageReference,
  parseProfileName,
  splitImage,
  toImageName,
  toImageReference,
  toProfileName,
} from "../../../lib/manifest/names.ts";
import { catchError } from "../../support/nodes.ts";

const ILLEGAL_EVERYWHERE = [
  "",
  ".",
  "..",
  "a/b",
  "/a",
  "../a",
  "a\nb",
  "a\0b",
  "a\x7fb",
  "a b",
  "é",
  "a\\b",
  'a"b',
  "$a",
];

Deno.test("parseProfileName() accepts 1 to 512 of A-Z a-z 0-9 . _ -", () => {
  for (const name of ["a", "vendor", "docker-1.12-no", "A.b_c-9", ".hidden", "-x", "...", "a".repeat(512)]) {
    assertEquals(parseProfileName(name) as string, name);
    assertEquals(toProfileName(name) as string, name);
  }
});

Deno.test("parseProfileName() refuses if the name is illegal (contract: Profile names)", () => {
  for (const name of [...ILLEGAL_EVERYWHERE, "a:b", "a+b", "a@b", "a".repeat(513)]) {
    const error = catchError(() => parseProfileName(name));
    if (!(error instanceof TorcxError)) throw error;
    assertEquals([name, error.code, error.hint === undefined], [name, "invalid", false]);
    assertEquals(toProfileName(name), undefined);
  }
});

Deno.test("parseImageName() and parseImageReference() accept what OCI names allow", () => {
  for (
    const name of [
      "docker",
      "01",
      "com.coreos.cl",
      "a__b",
      "a--b",
      "a+b",
      "a@b",
      "_a",
      "Docker",
      "a".repeat(255),
    ]
  ) {
    assertEquals(parseImageName(name) as string, name);
    assertEquals(parseImageReference(name) as string, name);
  }
  assertEquals(parseImageName("a:b") as string, "a:b");
});

Deno.test("parseImageName() and parseImageReference() refuse if the name is illegal", () => {
  for (const name of [...ILLEGAL_EVERYWHERE, ".a", "-a", ":a", "a".repeat(256)]) {
    assertEquals((catchError(() => parseImageName(name)) as TorcxError).code, "invalid", name);
    assertEquals((catchError(() => parseImageReference(name)) as TorcxError).code, "invalid", name);
    assertEquals([toImageName(name), toImageReference(name)], [undefined, undefined], name);
  }
  assertEquals(toImageReference("a:b"), undefined);
});

Deno.test("splitImage() splits at the last colon (contract: Archive names, fixed)", () => {
  assertEquals(splitImage("a:b:c"), { name: "a:b", reference: "c" });
  assertEquals(splitImage("a:"), { name: "a", reference: "" });
  assertEquals(splitImage("a"), { name: "a", reference: "com.coreos.cl" });
});

Deno.test("splitImage() is the inverse of formatImage(), and its parts are parsed by themselves", () => {
  const parse = (text: string): { name: string; reference: string } => {
    const { name, reference } = splitImage(text);
    return { name: parseImageName(name), reference: parseImageReference(reference) };
  };
  for (const text of ["docker:17.06", "a:b:c"]) assertEquals(formatImage(parse(text)), text);
  for (const text of ["docker:", ":17.06", "a/b:c"]) {
    assertEquals((catchError(() => parse(text)) as TorcxError).code, "invalid", text);
  }
});

Deno.test("parseProfileName() shows a hostile name escaped and cut", () => {
  const error = catchError(() => parseProfileName("\x1b[2J".repeat(100))) as TorcxError;
  assertEquals(error.message.includes("\x1b"), false);
  assertEquals(error.message.length < 800, true);
});
