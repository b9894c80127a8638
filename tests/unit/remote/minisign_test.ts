/** Holds what minisign and signify signatures are accepted and refused against what the real programs make. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { TorcxError } from "../../../lib/errors.ts";
import { verifyMinisign } from "../../../lib/remote/minisign.ts";
import type { SignedText } from "../../../lib/remote/signed_text.ts";
import { findMissing, testWith } from "../../support/needs.ts";
import { Minisign } from "../../support/signers.ts";

const NEEDS = { programs: ["minisign"] };
const TEXT = '{"kind": "torcx-remote-contents-v1"}\n';

const signer = findMissing(NEEDS) === undefined ? new Minisign() : undefined;
globalThis.addEventListener("unload", () => signer?.[Symbol.dispose]());

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function verify(signature: string, { text = TEXT, keys = [signer!.publicKey] } = {}): Promise<SignedText> {
  return verifyMinisign(encode(text), encode(signature), { source: "https://x/contents.json", keys });
}

/** Returns a signature with one bit of a line of base64 flipped. */
function flip(signature: string, line: number): string {
  const lines = signature.split("\n");
  const bytes = Uint8Array.fromBase64(lines[line]!);
  bytes[bytes.length - 1]! ^= 1;
  lines[line] = bytes.toBase64();
  return lines.join("\n");
}

for (const isLegacy of [false, true]) {
  testWith(
    `verifyMinisign() accepts ${isLegacy ? "a signature of the text" : "one of its digest"}`,
    NEEDS,
    async () => {
      const { text, signature } = await verify(signer!.sign(TEXT, { isLegacy }));
      assertEquals(text, encode(TEXT));
      assert(/^[0-9A-F]{16}$/.test(signature.keyId));
      assert(Math.abs(signature.at!.getTime() - Date.now()) < 60_000, "minisign tells the time");
    },
  );
}

testWith(
  "verifyMinisign() accepts signify's signature, which has no time",
  { programs: ["signify-openbsd"] },
  async () => {
    const dir = await Deno.makeTempDir();
    try {
      const run = async (...args: string[]): Promise<void> => {
        const { success } = await new Deno.Command("signify-openbsd", { args, cwd: dir }).output();
        assert(success);
      };
      await run("-G", "-n", "-p", "key.pub", "-s", "key.sec");
      await Deno.writeTextFile(`${dir}/text`, TEXT);
      await run("-S", "-s", "key.sec", "-m", "text");
      const [, key = ""] = (await Deno.readTextFile(`${dir}/key.pub`)).split("\n");
      const { signature } = await verify(await Deno.readTextFile(`${dir}/text.sig`), { keys: [key] });
      assertEquals(signature.at, undefined);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
);

interface Refused {
  signature: () => string;
  text?: string;
  keys?: () => string[];
  says: RegExp;
}

const REFUSED: Record<string, Refused> = {
  "an altered text": {
    signature: () => signer!.sign(TEXT),
    text: `${TEXT} `,
    says: /it is not what .* signed/,
  },
  "an altered signature": { signature: () => flip(signer!.sign(TEXT), 1), says: /it is not what .* signed/ },
  "an altered trusted comment": {
    signature: () => signer!.sign(TEXT, { comment: "timestamp:5" }).replace("timestamp:5", "timestamp:6"),
    says: /its trusted comment is not what .* signed/,
  },
  "an altered signature of the comment": {
    signature: () => flip(signer!.sign(TEXT), 3),
    says: /its trusted comment is not what/,
  },
  "a trusted comment that was cut off": {
    signature: () => signer!.sign(TEXT).split("\n").slice(0, 2).join("\n"),
    says: /none of minisign or signify/,
  },
  "a fifth line": { signature: () => `${signer!.sign(TEXT)}more\n`, says: /none of minisign or signify/ },
  "another key": {
    signature: () => {
      using other = new Minisign();
      return other.sign(TEXT);
    },
    says: /signed by the minisign key [0-9A-F]{16}, which the remote does not name/,
  },
  "a signature of the future": {
    signature: () => signer!.sign(TEXT, { comment: "timestamp:4070908800" }),
    says: /signed on 2099-01-01T00:00:00Z .* by this machine's clock it is/,
  },
  "no signature": { signature: () => "", says: /none of minisign or signify/ },
};

for (const [name, { signature, text, says }] of Object.entries(REFUSED)) {
  testWith(`verifyMinisign() refuses ${name}`, NEEDS, async () => {
    const error = await assertRejects(
      () => verify(signature(), text === undefined ? {} : { text }),
      TorcxError,
    );
    assertEquals(error.code, "untrusted");
    assert(says.test(error.message), error.message);
  });
}

testWith("verifyMinisign() refuses a public key that is none", NEEDS, async () => {
  for (const key of ["", "RW", "not base64!", `${signer!.publicKey.slice(0, -4)}`, "A".repeat(56)]) {
    const error = await assertRejects(() => verify(signer!.sign(TEXT), { keys: [key] }), TorcxError);
    assertEquals(error.code, "invalid", key);
  }
});
