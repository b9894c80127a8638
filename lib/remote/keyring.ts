/**
 * Owns the split of a keyring file into its armored blocks: a keyring often is several exports one after
 * another, and any key of any of them counts. It refuses to read keys.
 */

const BLOCK =
  /^-----BEGIN PGP PUBLIC KEY BLOCK-----[ \t]*\r?\n[^]*?^-----END PGP PUBLIC KEY BLOCK-----[ \t]*$/gm;
const PRIVATE = /^-----BEGIN PGP PRIVATE KEY BLOCK-----/m;

/** A file of armored public keys. */
export interface Keyring {
  /** For messages. */
  path: string;
  text: string;
}

/** Returns the armored blocks of a keyring, in their order; what stands between them is passed over. */
export function splitKeyring({ text }: Keyring): string[] {
  return (text.match(BLOCK) ?? []).map((block) => `${block}\n`);
}

/** Tells whether somebody's private key is in it, which should be nowhere near a remote. */
export function hasPrivateKey({ text }: Keyring): boolean {
  return PRIVATE.test(text);
}
