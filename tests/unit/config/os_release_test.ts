import { assertEquals } from "@std/assert";
import type { TorcxError } from "../../../lib/errors.ts";
import { isOsVersion, parseOsRelease, parseOsVersion } from "../../../lib/config/os_release.ts";
import { catchError } from "../../support/nodes.ts";

Deno.test("parseOsRelease() strips quotes and escapes as os-release(5) says (contract: VERSION_ID, fixed)", () => {
  const cases: [string, string][] = [
    ["VERSION_ID=1", "1"],
    ['VERSION_ID="1.2"', "1.2"],
    ["VERSION_ID='1.2'", "1.2"],
    ["VERSION_ID=", ""],
    ['VERSION_ID=""', ""],
    ['VERSION_ID="a\\"b"', 'a"b'],
    ['VERSION_ID="a\\$b\\`c\\\\d"', "a$b`c\\d"],
    ['VERSION_ID="a\\nb"', "a\\nb"],
    ["VERSION_ID='a\\nb'", "a\\nb"],
    ["VERSION_ID=a\\ b", "a b"],
    ["VERSION_ID=\"1\"'2'3", "123"],
    ["VERSION_ID=1 # not a comment in os-release, but no part of the word", "1"],
    ["  VERSION_ID=1  ", "1"],
    ["VERSION_ID=1\r", "1"],
    ["VERSION_ID=1\nVERSION_ID=2", "2"],
    ['VERSION_ID="unclosed', "unclosed"],
  ];
  for (const [text, value] of cases) assertEquals(parseOsRelease(text).get("VERSION_ID"), value, text);
});

Deno.test("parseOsRelease() passes over comments, blank lines and what is no assignment", () => {
  const values = parseOsRelease('# VERSION_ID=1\n\nnonsense\n=x\n1A=2\nID=coreos\nNAME="a b"\n');
  assertEquals([...values], [["ID", "coreos"], ["NAME", "a b"]]);
});

Deno.test("isOsVersion() refuses if the version cannot name a directory", () => {
  for (const text of ["1", "1.2.3", "2135.99.0+2019-07-10", "12~rc1", "V_1-2"]) {
    assertEquals(isOsVersion(text), true, text);
    assertEquals(parseOsVersion(text), text);
  }
  for (const text of ["", ".", "..", "a/b", "../1", ".hidden", "a b", "a\nb", "a:b", "x".repeat(256)]) {
    assertEquals(isOsVersion(text), false, text);
    assertEquals((catchError(() => parseOsVersion(text)) as TorcxError).code, "invalid");
  }
});
