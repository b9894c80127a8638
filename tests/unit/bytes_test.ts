/** Tests file names as bytes: to text and back, joined and split. */

import { assertEquals } from "@std/assert";
import { decodePath, encodePath, fromBytes, joinPath, splitPath, toBytes } from "../../lib/bytes.ts";

Deno.test("encodePath() and decodePath() are each other's way back for text", () => {
  for (const text of ["", "a/b", "é", "日本", "\ufeffx", "a\x7f"]) {
    assertEquals(decodePath(encodePath(text)), text);
  }
  assertEquals(encodePath("é") as string, "\xc3\xa9");
});

Deno.test("decodePath() shows bytes that are no UTF-8", () => {
  assertEquals(decodePath("caf\xe9" as never), "caf\\xe9");
});

Deno.test("fromBytes() and toBytes() keep every byte, of long names too", () => {
  const all = Uint8Array.from({ length: 20_000 }, (_, at) => at % 256);
  assertEquals(toBytes(fromBytes(all)), all);
  assertEquals(fromBytes(all).length, all.length);
});

Deno.test("joinPath() puts one slash between", () => {
  const join = (parent: string, child: string): string => joinPath(parent as never, child as never);
  assertEquals([join("", "a"), join("/", "a"), join("a", "b"), join("a/", "//b"), join("", "/a")], [
    "a",
    "/a",
    "a/b",
    "a/b",
    "/a",
  ]);
});

Deno.test("splitPath() takes the last component off", () => {
  const cases: Record<string, [parent: string, name: string]> = {
    "a/b/c": ["a/b", "c"],
    "/a": ["", "a"],
    "a": ["", "a"],
    "/a/b//": ["/a", "b"],
    "/": ["", ""],
  };
  for (const [path, [parent, name]] of Object.entries(cases)) {
    assertEquals(splitPath(encodePath(path)) as unknown, { parent, name }, path);
  }
});
