import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { TorcxError } from "../../../lib/errors.ts";
import {
  DIGEST_BYTES,
  type DigestAlgorithm,
  formatDigest,
  isSameDigest,
  parseDigest,
  toDigest,
} from "../../../lib/manifest/digest.ts";

const ALGORITHMS = Object.keys(DIGEST_BYTES) as DigestAlgorithm[];

function makeHex(algorithm: DigestAlgorithm): string {
  return "0123456789abcdef".repeat(DIGEST_BYTES[algorithm] / 8);
}

for (const algorithm of ALGORITHMS) {
  Deno.test(`parseDigest() takes ${algorithm} with either separator and hex of either case`, () => {
    const hex = makeHex(algorithm);
    for (const text of [`${algorithm}-${hex}`, `${algorithm}:${hex}`, `${algorithm}-${hex.toUpperCase()}`]) {
      const digest = parseDigest(text);
      assertEquals(formatDigest(digest), `${algorithm}-${hex}`);
      assert(isSameDigest(digest, toDigest(algorithm, hex)));
    }
    assert(!isSameDigest(parseDigest(`${algorithm}-${hex}`), toDigest(algorithm, hex.replace("0", "1"))));
  });
}

const REFUSED: [string, string][] = [
  ["", "it is empty"],
  [makeHex("sha256"), "it names no hash function"],
  [`md5-${"0".repeat(32)}`, `the hash function "md5" is not accepted`],
  [`SHA256-${makeHex("sha256")}`, `the hash function "SHA256" is not accepted`],
  [`constructor-${makeHex("sha256")}`, `the hash function "constructor" is not accepted`],
  ["sha256-", "it has 0 hexadecimal digits, sha256 makes 64"],
  [`sha512-${makeHex("sha256")}`, "it has 64 hexadecimal digits, sha512 makes 128"],
  [`sha256-${makeHex("sha256")}0`, "it has 65 hexadecimal digits"],
  [`sha256-${makeHex("sha256")}\n`, "it holds what is no hexadecimal digit"],
  [`sha256-${"g".repeat(64)}`, "it holds what is no hexadecimal digit"],
  [`sha256=${makeHex("sha256")}`, "it names no hash function"],
];

for (const [text, reason] of REFUSED) {
  Deno.test(`parseDigest() refuses ${JSON.stringify(text.slice(0, 24))}: ${reason}`, () => {
    const error = assertThrows(() => parseDigest(text), TorcxError);
    assertEquals(error.code, "invalid");
    assertStringIncludes(error.message, reason);
  });
}
