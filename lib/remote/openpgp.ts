/**
 * Owns the verification of clear-signed texts by OpenPGP keys: which key, whether it may sign, whether it
 * did. The packets and the mathematics are openpgp's, loaded when it is first needed; the framing, and what
 * is refused beyond what that package refuses, are ours.
 */

import type * as OpenPgp from "./openpgp_package.ts";
import { quote, TorcxError } from "../errors.ts";
import { parseClearSigned } from "./clear_signed.ts";
import { hasPrivateKey, type Keyring, splitKeyring } from "./keyring.ts";
import { CLOCK_HINT, formatTime, type SignedText, type VerifyOptions } from "./signed_text.ts";

type Library = typeof OpenPgp;

/** An RSA key below it can be broken by who has the means: NIST SP 800-131A. */
const RSA_BITS_MIN = 2048;
const WEAK_HASHES: readonly string[] = ["md5", "sha1", "ripemd"];

/** A signature that does not count, and why. */
class Refusal extends Error {
  readonly hint: string | undefined;

  constructor(reason: string, hint?: string) {
    super(reason);
    this.hint = hint;
  }
}

/**
 * Verifies a clear-signed text; one good signature by any key of any keyring is enough.
 *
 * @param source its URL or path, for messages.
 * @throws {TorcxError} `untrusted` if it is no clear-signed message or no signature counts; the message says
 *   why for each of them.
 */
export async function verifyClearSigned(
  data: Uint8Array<ArrayBuffer>,
  source: string,
  { keyrings, now = new Date(), onWarning = () => {} }: VerifyOptions & { keyrings: readonly Keyring[] },
): Promise<SignedText> {
  const { text, armor, hashes } = parseClearSigned(data, source);
  const library = await import("./openpgp_package.ts");
  const keys = await readKeys(library, { keyrings, onWarning });
  const signature = await readSignature(library, armor, source);
  // As the package counts them: its results have no names.
  const packets = [...signature.packets].filter((packet) => packet instanceof library.SignaturePacket);
  const refusals: Refusal[] = [];
  for (const [index, packet] of packets.entries()) {
    try {
      checkHash(library, packet, hashes);
      return await verifyPacket(library, { signature, index, packet, text, keys, now });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refusals.push(error);
    }
  }
  const reasons = refusals.length === 0 ? "it has no signature" : refusals.map(({ message }) => message);
  const hint = refusals.find((refusal) => refusal.hint !== undefined)?.hint;
  throw new TorcxError(
    "untrusted",
    `Cannot trust ${quote(source)}: ${[reasons].flat().join("; ")}`,
    hint === undefined ? {} : { hint },
  );
}

async function readKeys(
  library: Library,
  { keyrings, onWarning }: { keyrings: readonly Keyring[]; onWarning: (message: string) => void },
): Promise<OpenPgp.Key[]> {
  const keys: OpenPgp.Key[] = [];
  for (const keyring of keyrings) {
    const blocks = splitKeyring(keyring);
    if (hasPrivateKey(keyring)) {
      onWarning(`keyring ${quote(keyring.path)} holds a private key: it is not used`);
    }
    if (blocks.length === 0) onWarning(`keyring ${quote(keyring.path)} has no armored public key`);
    for (const [index, armoredKeys] of blocks.entries()) {
      try {
        keys.push(...await library.readKeys({ armoredKeys }));
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        onWarning(`keyring ${quote(keyring.path)}: block ${index + 1} cannot be read: ${error.message}`);
      }
    }
  }
  return keys;
}

async function readSignature(library: Library, armored: string, source: string): Promise<OpenPgp.Signature> {
  try {
    return await library.readSignature({ armoredSignature: armored });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new TorcxError("untrusted", `Cannot trust ${quote(source)}: its signature cannot be read`, {
      cause: error,
    });
  }
}

/** Returns the name of a hash function, e.g. `sha256`. */
function getHashName(library: Library, packet: OpenPgp.SignaturePacket): string {
  const names: Record<string, unknown> = library.enums.hash;
  return Object.keys(names).find((name) => names[name] === packet.hashAlgorithm) ?? "an unknown hash";
}

/** Refuses hashes that collide, and a header that names another one than was used. */
function checkHash(library: Library, packet: OpenPgp.SignaturePacket, declared: readonly string[]): void {
  if (packet.signatureType !== library.enums.signature.text) {
    throw new Refusal("its signature is none of a text");
  }
  const name = getHashName(library, packet);
  const shown = name.toUpperCase();
  if (WEAK_HASHES.includes(name)) {
    throw new Refusal(`it is signed with ${shown}, which can be forged`, "Sign it with SHA-256");
  }
  if (declared.length > 0 && !declared.includes(shown.replace("_", "-"))) {
    throw new Refusal(`its header says ${declared.join(", ")}, it is signed with ${shown}`);
  }
}

interface Verification {
  signature: OpenPgp.Signature;
  /** Which of its packets. */
  index: number;
  packet: OpenPgp.SignaturePacket;
  text: string;
  keys: readonly OpenPgp.Key[];
  now: Date;
}

async function verifyPacket(library: Library, verification: Verification): Promise<SignedText> {
  const { packet, text, keys, now } = verification;
  const id = packet.issuerKeyID;
  const keyId = id.toHex().toUpperCase();
  const at = packet.created;
  if (at === null) throw new Refusal("its signature has no time");
  const candidates = keys.filter((key) => key.getKeys(id).length > 0);
  if (candidates.length === 0) {
    throw new Refusal(`it is signed by key 0x${keyId}, which is in none of the keyrings`);
  }
  let refusal: Refusal | undefined;
  // Two keys may share an ID of 64 bits: who can make such a pair must not shut the other one out.
  for (const key of candidates) {
    const by = `${describeUser(key)}(0x${keyId})`;
    try {
      const keyExpires = await checkKey(library, key, { id, by, at, now });
      await checkSignature(library, key, { ...verification, by, at });
      return { text: new TextEncoder().encode(text), signature: { by, keyId, at, keyExpires } };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refusal = error;
    }
  }
  throw refusal!;
}

/** Returns the user of a key and a space, nothing if it names none. */
function describeUser(key: OpenPgp.Key): string {
  const [user = ""] = key.getUserIDs();
  // deno-lint-ignore no-control-regex
  const shown = user.replace(/[\x00-\x1f\x7f-\x9f]/g, "?");
  return shown === "" ? "" : `${shown} `;
}

interface Moment {
  by: string;
  at: Date;
  now: Date;
}

/** Checks what a key is, and returns when it ends, undefined if it does not. */
async function checkKey(
  library: Library,
  key: OpenPgp.Key,
  { id, by, at, now }: Moment & { id: OpenPgp.KeyID },
): Promise<Date | undefined> {
  const [part] = key.getKeys(id);
  if (part === undefined) throw new TypeError("Cannot check a key: it has no part of this ID");
  const { algorithm, bits } = part.getAlgorithmInfo();
  if (algorithm === "dsa") throw new Refusal(`it is signed by a DSA key, ${by}, which is too weak`);
  if (bits !== undefined && bits < RSA_BITS_MIN) {
    throw new Refusal(`it is signed by an RSA key of ${bits} bits, ${by}; ${RSA_BITS_MIN} are needed`);
  }
  if (await isRevoked(library, key, part)) throw new Refusal(`its key, ${by}, is revoked`);
  const ends = [await key.getExpirationTime(), await part.getExpirationTime()]
    .filter((time) => time instanceof Date)
    .sort((one, other) => one.getTime() - other.getTime());
  const [end] = ends;
  if (end !== undefined && end <= at) {
    throw new Refusal(
      `its key, ${by}, had expired on ${formatTime(end)} when it signed on ${formatTime(at)}`,
    );
  }
  if (end !== undefined && end <= now) throw new Refusal(`its key, ${by}, expired on ${formatTime(end)}`);
  return end;
}

/** A revocation of whatever date and reason counts: whoever took a key back does not vouch with it. */
async function isRevoked(
  library: Library,
  key: OpenPgp.Key,
  part: OpenPgp.Key | OpenPgp.Subkey,
): Promise<boolean> {
  // Neither call's types know that null stands for every date.
  const always = null as unknown as Date;
  if (await key.isRevoked(undefined, undefined, always)) return true;
  if (!(part instanceof library.Subkey)) return false;
  for (const binding of part.bindingSignatures) {
    if (await part.isRevoked(binding, key.keyPacket, always)) return true;
  }
  return false;
}

/** Checks that the key made the signature and might, when it did and now. */
async function checkSignature(
  library: Library,
  key: OpenPgp.Key,
  { signature, index, packet, text, by, at, now }: Verification & Moment,
): Promise<void> {
  if (at > now) {
    throw new Refusal(
      `it was signed on ${formatTime(at)} by ${by}, and by this machine's clock it is ${formatTime(now)}`,
      CLOCK_HINT,
    );
  }
  try {
    const { signatures } = await library.verify({
      message: await library.createMessage({ text }),
      signature,
      verificationKeys: [key],
      date: now,
      // A key whose end was moved has a younger self-signature; whether it is good now is asked below.
      config: { allowInsecureVerificationWithReformattedKeys: true },
    });
    const result = signatures[index];
    if (result === undefined || !result.keyID.equals(packet.issuerKeyID)) throw new Error("no result");
    await result.verified;
    await key.getSigningKey(packet.issuerKeyID, now);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new Refusal(`it is not what ${by} signed: ${error.message}`);
  }
}
