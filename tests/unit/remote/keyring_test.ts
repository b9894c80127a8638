import { assert, assertEquals } from "@std/assert";
import { hasPrivateKey, splitKeyring } from "../../../lib/remote/keyring.ts";

const begin = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
const end = "-----END PGP PUBLIC KEY BLOCK-----";

Deno.test("splitKeyring() finds every block, and passes over what is between", () => {
  const one = `${begin}\n\nAA\n${end}\n`;
  const two = `${begin}\r\nVersion: x\r\n\r\nBB\r\n${end}\n`;
  for (
    const [text, blocks] of [
      ["", []],
      ["no keys", []],
      [one, [one]],
      [one + one, [one, one]],
      [`Ours:\n${one}and\n${two}`, [one, two]],
      [`${begin}\nAA\n`, []],
      [` ${one}`, []],
    ] as const
  ) {
    assertEquals(splitKeyring({ path: "k", text }), [...blocks], text);
  }
});

Deno.test("hasPrivateKey() tells a private key", () => {
  assert(hasPrivateKey({ path: "k", text: "x\n-----BEGIN PGP PRIVATE KEY BLOCK-----\n" }));
  assert(!hasPrivateKey({ path: "k", text: `${begin}\n${end}\n` }));
});
