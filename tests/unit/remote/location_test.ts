import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { TorcxError } from "../../../lib/errors.ts";
import { parseRemoteContents, type RemoteContents } from "../../../lib/manifest/contents.ts";
import { formatDigest } from "../../../lib/manifest/digest.ts";
import { parseImageName } from "../../../lib/manifest/names.ts";
import { findRemoteFile, type FindRemoteFileOptions, type RemoteFile } from "../../../lib/remote/location.ts";

const BASE = new URL("https://x/base/");
const HASH = `sha256-${"0".repeat(64)}`;

interface Version {
  version?: string;
  format?: string;
  hash?: string;
  location?: string;
}

/** Contents with an image `a` of these versions. */
function makeContents(versions: Version[], defaultVersion?: string): RemoteContents {
  const filled = versions.map((version) => ({
    version: "1",
    format: "tgz",
    hash: HASH,
    location: `a:${version.version ?? "1"}.torcx.${version.format ?? "tgz"}`,
    ...version,
  }));
  const value = {
    images: [{ name: "a", versions: filled, ...defaultVersion === undefined ? {} : { defaultVersion } }],
  };
  return parseRemoteContents(JSON.stringify({ kind: "torcx-remote-contents-v1", value }), "contents");
}

function find(
  contents: RemoteContents,
  options: Partial<FindRemoteFileOptions> & { reference?: string; name?: string } = {},
): RemoteFile {
  const { reference = "1", name = "a", ...rest } = options;
  return findRemoteFile(contents, { name: parseImageName(name), reference }, { baseUrl: BASE, ...rest });
}

const LOCATIONS: [location: string, href: string][] = [
  ["a:1.torcx.tgz", "https://x/base/a:1.torcx.tgz"],
  ["a%3A1.torcx.tgz", "https://x/base/a%3A1.torcx.tgz"],
  ["./a:1.torcx.tgz", "https://x/base/a:1.torcx.tgz"],
  ["sub/a:1.torcx.tgz", "https://x/base/sub/a:1.torcx.tgz"],
  ["../a:1.torcx.tgz", "https://x/a:1.torcx.tgz"],
  ["/a:1.torcx.tgz", "https://x/base/a:1.torcx.tgz"],
  ["//evil/a:1.torcx.tgz", "https://x/base/evil/a:1.torcx.tgz"],
  ["https://y/z/a:1.torcx.tgz", "https://y/z/a:1.torcx.tgz"],
  ["http://y/a:1.torcx.tgz", "http://y/a:1.torcx.tgz"],
  ["a:1.torcx.tgz?token=b/c", "https://x/base/a:1.torcx.tgz?token=b/c"],
  ["a:1.torcx.tgz#part", "https://x/base/a:1.torcx.tgz"],
];

for (const [location, href] of LOCATIONS) {
  Deno.test(`findRemoteFile() goes to ${href} for ${location}`, () => {
    const file = find(makeContents([{ location }]));
    assertEquals([file.url.href, file.file], [href, "a:1.torcx.tgz"]);
  });
}

const BAD_LOCATIONS: [location: string, says: string][] = [
  ["b:1.torcx.tgz", 'its location names "b:1.torcx.tgz", not "a:1.torcx.tgz"'],
  ["a:2.torcx.tgz", 'its location names "a:2.torcx.tgz"'],
  ["a.torcx.tgz", 'its location names "a.torcx.tgz"'],
  ["a:1.torcx.squashfs", 'its location names "a:1.torcx.squashfs"'],
  ["a:1.tgz", 'its location names "a:1.tgz"'],
  ["a%253A1.torcx.tgz", 'its location names "a%3A1.torcx.tgz"'],
  ["x%2Fa:1.torcx.tgz", 'its location names "x/a:1.torcx.tgz"'],
  ["a:1.torcx.tgz/", 'its location names ""'],
  ["a:1.torcx.tgz%00", "its location names"],
  ["a%ff:1.torcx.tgz", "which is no UTF-8"],
  ["file:///etc/a:1.torcx.tgz", "has a scheme that is not allowed here"],
  ["ftp://y/a:1.torcx.tgz", "has a scheme that is not allowed here"],
  ["https://", "is no URL"],
];

for (const [location, says] of BAD_LOCATIONS) {
  Deno.test(`findRemoteFile() refuses the location ${location}`, () => {
    const error = assertThrows(() => find(makeContents([{ location }])), TorcxError);
    assertEquals(error.code, "invalid");
    assertStringIncludes(error.message, `Cannot use the remote's entry of "a:1": `);
    assertStringIncludes(error.message, says);
  });
}

Deno.test("findRemoteFile() takes a file's location where the base is one", () => {
  const baseUrl = new URL("file:///srv/");
  const contents = makeContents([{ location: "file:///other/a:1.torcx.tgz" }]);
  assertEquals(find(contents, { baseUrl }).url.href, "file:///other/a:1.torcx.tgz");
});

Deno.test("findRemoteFile() takes the first listed format, or the one that is asked for", () => {
  const contents = makeContents([{ format: "squashfs" }, {}]);
  assertEquals(find(contents).format, "squashfs");
  assertEquals(find(contents, { format: "tgz" }).format, "tgz");
  assertEquals(find(makeContents([{ format: "rpm" }, {}])).format, "tgz");
});

Deno.test("findRemoteFile() takes the default version for the default reference", () => {
  const contents = makeContents([{}, { version: "2" }], "2");
  const file = find(contents, { reference: "com.coreos.cl" });
  assertEquals([file.reference as string, file.file], ["2", "a:2.torcx.tgz"]);
});

const MISSING: [name: string, call: () => unknown, says: RegExp][] = [
  ["an image that it has not", () => find(makeContents([{}]), { name: "b" }), /it has no image of this name/],
  ["a version that it has not", () => find(makeContents([{}]), { reference: "2" }), /it has no version "2"/],
  ["no version at all", () => find(makeContents([])), /it has no version "1"/],
  [
    "the default version where none is named",
    () => find(makeContents([{}]), { reference: "com.coreos.cl" }),
    /means its default version, and it names none/,
  ],
  [
    "a default version that it has not",
    () => find(makeContents([{}], "9"), { reference: "com.coreos.cl" }),
    /it has no version "9"/,
  ],
  [
    "a format that it has not",
    () => find(makeContents([{}]), { format: "squashfs" }),
    /it has it as "tgz", not as "squashfs"/,
  ],
  ["a format that nobody knows", () => find(makeContents([{ format: "rpm" }])), /it has it as "rpm"/],
];

for (const [name, call, says] of MISSING) {
  Deno.test(`findRemoteFile() does not find ${name}`, () => {
    const error = assertThrows(call, TorcxError);
    assertEquals(error.code, "not_found");
    assert(says.test(error.message), error.message);
  });
}

Deno.test("findRemoteFile() refuses a hash that cannot be used, and an empty one unless that is allowed", () => {
  for (const hash of ["", "md5-00", "sha256-00", "0".repeat(64)]) {
    const error = assertThrows(() => find(makeContents([{ hash }])), TorcxError);
    assertStringIncludes(error.message, "its hash cannot be used");
  }
  assertEquals(find(makeContents([{ hash: "" }]), { isUnverifiedAllowed: true }).digest, undefined);
  assertThrows(() => find(makeContents([{ hash: "md5-00" }]), { isUnverifiedAllowed: true }), TorcxError);
  const upper = `sha256:${"AB".repeat(32)}`;
  assertEquals(formatDigest(find(makeContents([{ hash: upper }])).digest!), `sha256-${"ab".repeat(32)}`);
});
