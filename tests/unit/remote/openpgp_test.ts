/** Holds what OpenPGP signatures are accepted and refused against what a real gpg makes. */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { TorcxError } from "../../../lib/errors.ts";
import { verifyClearSigned } from "../../../lib/remote/openpgp.ts";
import { findMissing, testWith } from "../../support/needs.ts";
import { Gpg, type GpgTime } from "../../support/signers.ts";

const NEEDS = { programs: ["gpg", "gpgconf"] };
const TEXT = '{"kind": "torcx-remote-contents-v1"}\n- a dash\n--- dashes\n  blanks  \n';
/** What the framing makes of it: no blanks at ends, no last line end. */
const SIGNED = '{"kind": "torcx-remote-contents-v1"}\n- a dash\n--- dashes\n  blanks';
const OLD: GpgTime = "20240101T000000!";
const FUTURE: GpgTime = "20990101T000000!";

/** What most cases sign with, made once. */
const gpg = findMissing(NEEDS) === undefined ? new Gpg() : undefined;
globalThis.addEventListener("unload", () => gpg?.[Symbol.dispose]());

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function verify(message: string, ...texts: string[]): ReturnType<typeof verifyClearSigned> {
  const keyrings = texts.map((text, index) => ({ path: `/keys/${index}.asc`, text }));
  return verifyClearSigned(encode(message), "https://x/contents.asc", { keyrings });
}

interface Case {
  /** Makes the message and the keyrings. */
  make: (gpg: Gpg) => { message: string; keyrings: string[] };
  /** What the refusal says; undefined where it is accepted. */
  refused?: RegExp;
  hint?: RegExp;
}

/** Signs with a new key of an algorithm. */
function signBy(user: string, algorithm: string, options: Parameters<Gpg["makeKey"]>[2] = {}): Case["make"] {
  return (gpg) => {
    gpg.makeKey(user, algorithm, options);
    return { message: gpg.clearSign(TEXT, [user], { at: options.at }), keyrings: [gpg.export(user)] };
  };
}

const CASES: Record<string, Case> = {
  "RSA of 2048 bits": { make: signBy("rsa2048", "rsa2048") },
  "RSA of 4096 bits": { make: signBy("rsa4096", "rsa4096") },
  "an old RSA key with SHA-1 self-signatures": {
    make: signBy("oldrsa", "rsa2048", { args: ["--cert-digest-algo", "SHA1"] }),
  },
  "Ed25519": { make: signBy("ed", "ed25519") },
  "P-256": { make: signBy("p256", "nistp256") },
  "SHA-512": {
    make: (gpg) => {
      gpg.makeKey("sha512", "ed25519");
      const args = ["--digest-algo", "SHA512"];
      return { message: gpg.clearSign(TEXT, ["sha512"], { args }), keyrings: [gpg.export("sha512")] };
    },
  },
  "a signing subkey": {
    make: (gpg) => {
      gpg.makeKey("subkey", "ed25519");
      gpg.addSubkey("subkey", "ed25519");
      const message = gpg.clearSign(TEXT, ["subkey"]);
      return { message, keyrings: [gpg.export("subkey")] };
    },
  },
  "a key whose end was moved after it signed": {
    make: (gpg) => {
      gpg.makeKey("moved", "ed25519", { expires: "1y", at: OLD });
      const message = gpg.clearSign(TEXT, ["moved"], { at: OLD });
      gpg.run(["--quick-set-expire", gpg.getFingerprint("moved"), "0"], { at: "20240601T000000!" });
      return { message, keyrings: [gpg.export("moved")] };
    },
  },
  "the key in the second keyring": {
    make: (gpg) => {
      const message = gpg.clearSign(TEXT, ["ed"]);
      return { message, keyrings: [gpg.export("p256"), gpg.export("ed")] };
    },
  },
  "the key in the second block of a keyring": {
    make: (gpg) => {
      const message = gpg.clearSign(TEXT, ["ed"]);
      return { message, keyrings: [`Our keys:\n\n${gpg.export("p256")}\nand\n${gpg.export("ed")}`] };
    },
  },
  "two keys in one block": {
    make: (gpg) => ({ message: gpg.clearSign(TEXT, ["ed"]), keyrings: [gpg.export("p256", "ed")] }),
  },
  "two signatures, the second by a known key": {
    make: (gpg) => ({ message: gpg.clearSign(TEXT, ["p256", "ed"]), keyrings: [gpg.export("ed")] }),
  },
  "two signatures, the first by a known key": {
    make: (gpg) => ({ message: gpg.clearSign(TEXT, ["ed", "p256"]), keyrings: [gpg.export("ed")] }),
  },
  "line ends of CRLF": {
    make: (gpg) => ({
      message: gpg.clearSign(TEXT, ["ed"]).replaceAll("\n", "\r\n"),
      keyrings: [gpg.export("ed").replaceAll("\n", "\r\n")],
    }),
  },
  "RSA of 1024 bits": {
    make: signBy("rsa1024", "rsa1024"),
    refused: /signed by an RSA key of 1024 bits, rsa1024 .*; 2048 are needed/,
  },
  "DSA": { make: signBy("dsa", "dsa2048"), refused: /signed by a DSA key, dsa .*, which is too weak/ },
  "SHA-1": {
    make: (gpg) => {
      gpg.makeKey("sha1", "rsa2048");
      const args = ["--digest-algo", "SHA1", "--allow-weak-digest-algos"];
      return { message: gpg.clearSign(TEXT, ["sha1"], { args }), keyrings: [gpg.export("sha1")] };
    },
    refused: /signed with SHA1, which can be forged/,
    hint: /SHA-256/,
  },
  "a key in no keyring": {
    make: (gpg) => ({ message: gpg.clearSign(TEXT, ["ed"]), keyrings: [gpg.export("p256")] }),
    refused: /signed by key 0x[0-9A-F]{16}, which is in none of the keyrings/,
  },
  "no keyring": {
    make: (gpg) => ({ message: gpg.clearSign(TEXT, ["ed"]), keyrings: [] }),
    refused: /which is in none of the keyrings/,
  },
  "a key that has expired since": {
    make: signBy("since", "ed25519", { expires: "1y", at: OLD }),
    refused: /its key, since .*, expired on 2024-12-31T00:00:00Z/,
  },
  "a key that had expired when it signed": {
    make: (gpg) => {
      gpg.makeKey("before", "ed25519", { expires: "1y", at: OLD });
      const fingerprint = gpg.getFingerprint("before");
      // gpg waits for a clock that stands still to pass its last signature.
      gpg.run(["--quick-set-expire", fingerprint, "0"], { at: "20240101T010000!" });
      const message = gpg.clearSign(TEXT, ["before"]);
      gpg.run(["--quick-set-expire", fingerprint, "1y"], { at: "20240102T000000!" });
      return { message, keyrings: [gpg.export("before")] };
    },
    refused: /its key, before .*, had expired on 2025-01-01T00:00:00Z when it signed on/,
  },
  "a revoked key": {
    make: (gpg) => {
      gpg.makeKey("revoked", "ed25519");
      const message = gpg.clearSign(TEXT, ["revoked"]);
      gpg.revoke("revoked");
      return { message, keyrings: [gpg.export("revoked")] };
    },
    refused: /its key, revoked .*, is revoked/,
  },
  "a signature of the future": {
    make: (gpg) => {
      gpg.makeKey("future", "ed25519");
      return { message: gpg.clearSign(TEXT, ["future"], { at: FUTURE }), keyrings: [gpg.export("future")] };
    },
    refused: /signed on 2099-01-01T00:00:00Z by future .*, and by this machine's clock it is 20/,
    hint: /clock/,
  },
  "an altered text": {
    make: (gpg) => ({
      message: gpg.clearSign(TEXT, ["ed"]).replace("a dash", "a cash"),
      keyrings: [gpg.export("ed")],
    }),
    refused: /it is not what ed .* signed/,
  },
  "text before": {
    make: (gpg) => ({ message: `hello\n${gpg.clearSign(TEXT, ["ed"])}`, keyrings: [gpg.export("ed")] }),
    refused: /it has text before the signed message: "hello"/,
  },
  "text after": {
    make: (gpg) => ({ message: `${gpg.clearSign(TEXT, ["ed"])}hello\n`, keyrings: [gpg.export("ed")] }),
    refused: /it has text after the signed message: "hello"/,
  },
  "two messages": {
    make: (gpg) => {
      const message = gpg.clearSign(TEXT, ["ed"]);
      return { message: message + message, keyrings: [gpg.export("ed")] };
    },
    refused: /a second message follows the first/,
  },
  "a foreign header": {
    make: (gpg) => ({
      message: gpg.clearSign(TEXT, ["ed"]).replace("\n\n", "\nComment: trust me\n\n"),
      keyrings: [gpg.export("ed")],
    }),
    refused: /a header that is not signed: "Comment: trust me"/,
  },
  "a lying Hash header": {
    make: (gpg) => ({
      message: gpg.clearSign(TEXT, ["ed"]).replace(/Hash: \w+/, "Hash: SHA384"),
      keyrings: [gpg.export("ed")],
    }),
    refused: /its header says SHA384, it is signed with SHA(256|512)/,
  },
  "an inline-signed message": {
    make: (gpg) => ({
      message: gpg.run(["--local-user", "ed", "--armor", "--output", "-", "--sign"], { input: TEXT }),
      keyrings: [gpg.export("ed")],
    }),
    refused: /it is no clear-signed message/,
  },
  "a detached signature": {
    make: (gpg) => ({
      message: gpg.run(["--local-user", "ed", "--armor", "--output", "-", "--detach-sign"], { input: TEXT }),
      keyrings: [gpg.export("ed")],
    }),
    refused: /it is no clear-signed message/,
  },
  "a detached signature of the bytes below a text": {
    make: (gpg) => {
      const detached = gpg.run(["--local-user", "ed", "--armor", "--output", "-", "--detach-sign"], {
        input: "hello",
      });
      return {
        message: `-----BEGIN PGP SIGNED MESSAGE-----\n\nhello\n${detached}`,
        keyrings: [gpg.export("ed")],
      };
    },
    refused: /its signature is none of a text/,
  },
  "a plain text": {
    make: (gpg) => ({ message: TEXT, keyrings: [gpg.export("ed")] }),
    refused: /it is no clear-signed message/,
  },
  "a cut message": {
    make: (gpg) => ({ message: gpg.clearSign(TEXT, ["ed"]).slice(0, -40), keyrings: [gpg.export("ed")] }),
    refused: /its signature has no end/,
  },
};

for (const [name, { make, refused, hint }] of Object.entries(CASES)) {
  testWith(
    `verifyClearSigned() ${refused === undefined ? "accepts" : "refuses"} ${name}`,
    NEEDS,
    async () => {
      const { message, keyrings } = make(gpg!);
      if (refused === undefined) {
        const { text, signature } = await verify(message, ...keyrings);
        assertEquals(new TextDecoder().decode(text), SIGNED);
        assert(/^[0-9A-F]{16}$/.test(signature.keyId));
        assertStringIncludes(signature.by, `<`);
        assert(signature.at !== undefined && signature.at <= new Date());
        return;
      }
      const error = await assertRejects(() => verify(message, ...keyrings), TorcxError);
      assertEquals(error.code, "untrusted");
      assert(error.message.startsWith('Cannot trust "https://x/contents.asc": '), error.message);
      assert(refused.test(error.message), error.message);
      if (hint !== undefined) assert(hint.test(error.hint ?? ""), error.hint);
    },
  );
}

testWith("verifyClearSigned() warns of what a keyring has that is no public key", NEEDS, async () => {
  const message = gpg!.clearSign(TEXT, ["ed"]);
  const warnings: string[] = [];
  const broken = gpg!.export("p256").replace(/\n[A-Za-z0-9+/]{20}/, "\n////////////////////");
  await verifyClearSigned(encode(message), "m", {
    keyrings: [
      { path: "/empty", text: "" },
      { path: "/broken", text: broken + gpg!.export("ed") },
      { path: "/private", text: gpg!.run(["--armor", "--export-secret-keys", "ed"]) },
    ],
    onWarning: (warning) => warnings.push(warning),
  });
  assertEquals(warnings.map((warning) => warning.replace(/: (?!block).*/, "")), [
    'keyring "/empty" has no armored public key',
    'keyring "/broken": block 1 cannot be read',
    'keyring "/private" holds a private key',
    'keyring "/private" has no armored public key',
  ]);
});

testWith("verifyClearSigned() tells when the key ends", NEEDS, async () => {
  gpg!.makeKey("ends", "ed25519", { expires: "30y" });
  const { signature } = await verify(gpg!.clearSign(TEXT, ["ends"]), gpg!.export("ends"));
  const years = (signature.keyExpires!.getTime() - Date.now()) / 365.25 / 86_400_000;
  assert(years > 29 && years < 31, String(signature.keyExpires));
});
