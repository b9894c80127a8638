import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { TorcxError } from "../../../lib/errors.ts";
import { decodeUrlPath, evaluateBaseUrl } from "../../../lib/catalog/base_url.ts";

const SYSTEM = {
  usrDir: "/usr",
  osRelease: new Map([["COREOS_BOARD", "amd64-usr"], ["VERSION_ID", "1.2.3"], ["ID", "flatcar"], [
    "NAME",
    "x",
  ], [
    "EMPTY",
    "",
  ]]),
};

const GOOD: [text: string, href: string, usrDirectory?: string][] = [
  ["https://x/a/", "https://x/a/"],
  ["https://x/a", "https://x/a/"],
  ["http://x", "http://x/"],
  ["https://x/a?b#c", "https://x/a/"],
  ["https://x/${COREOS_BOARD}/${VERSION_ID}/${ID}", "https://x/amd64-usr/1.2.3/flatcar/"],
  ["https://x/$VERSION_ID/a", "https://x/1.2.3/a/"],
  ["file:///usr/share/torcx/store", "file:///usr/share/torcx/store/", "/usr/share/torcx/store"],
  ["file://${COREOS_USR}/share/a", "file:///usr/share/a/", "/usr/share/a"],
  ["file:///usr/share/a%20b", "file:///usr/share/a%20b/", "/usr/share/a b"],
  ["file:///usr", "file:///usr/"],
  ["file:///usr/", "file:///usr/"],
  ["file:///usr2/a", "file:///usr2/a/"],
  ["file:///usr/../var/a", "file:///var/a/"],
  ["file:///usr/%2e%2e/var/a", "file:///var/a/"],
  ["file:///usr/..%2fvar", "file:///usr/..%2fvar/"],
  ["file:///var/a", "file:///var/a/"],
];

for (const [text, href, usrDirectory] of GOOD) {
  Deno.test(`evaluateBaseUrl() makes ${href} of ${text}`, () => {
    const base = evaluateBaseUrl(text, SYSTEM);
    assertEquals([base.url.href, base.usrDirectory], [href, usrDirectory]);
  });
}

const BAD: [text: string, says: string][] = [
  ["https://x/${NAME}", 'it uses the unknown variable "NAME"'],
  ["https://x/${}", 'it uses the unknown variable ""'],
  ["https://x/$HOME", 'it uses the unknown variable "HOME"'],
  ["x/y", '"x/y" is no URL'],
  ["", '"" is no URL'],
  ["ftp://x/", 'the scheme "ftp" is not supported'],
  ["data:text/plain,a", 'the scheme "data" is not supported'],
  ["file://host/usr", 'it names the host "host"'],
  ["http://", "is no URL"],
];

for (const [text, says] of BAD) {
  Deno.test(`evaluateBaseUrl() refuses ${JSON.stringify(text)}`, () => {
    const error = assertThrows(() => evaluateBaseUrl(text, SYSTEM), TorcxError);
    assertEquals(error.code, "invalid");
    assertStringIncludes(error.message, `Cannot use base_url "${text}": `);
    assertStringIncludes(error.message, says);
  });
}

Deno.test("evaluateBaseUrl() refuses a variable that os-release has not, or has empty", () => {
  for (const osRelease of [new Map<string, string>(), new Map([["VERSION_ID", ""]])]) {
    const error = assertThrows(
      () => evaluateBaseUrl("https://x/${VERSION_ID}", { usrDir: "/usr", osRelease }),
      TorcxError,
    );
    assertStringIncludes(error.message, 'os-release of "/usr" has no VERSION_ID');
  }
});

Deno.test("evaluateBaseUrl() names the variables, for the one that -n does not change", () => {
  assertEquals(evaluateBaseUrl("https://x/${VERSION_ID}/$ID", SYSTEM).variables, ["VERSION_ID", "ID"]);
});

Deno.test("evaluateBaseUrl() counts what is below another USR mountpoint", () => {
  const usrDir = "/mnt/next/usr";
  assertEquals(
    evaluateBaseUrl("file://${COREOS_USR}/store", { ...SYSTEM, usrDir }).usrDirectory,
    "/mnt/next/usr/store",
  );
  assertEquals(evaluateBaseUrl("file:///usr/store", { ...SYSTEM, usrDir }).usrDirectory, undefined);
});

Deno.test("decodeUrlPath() refuses what is no UTF-8", () => {
  assert(assertThrows(() => decodeUrlPath(new URL("file:///a%ff")), TorcxError).message.includes("no UTF-8"));
});
