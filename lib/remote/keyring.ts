/**
 * Owns keyring files and their split into armored blocks: a keyring often is several exports one after
 * another, and any key of any of them counts. It refuses to decode keys.
 */

import { encodePath } from "../bytes.ts";
import { isErrno, quote, TorcxError } from "../errors.ts";
import type { Remote } from "../catalog/remotes.ts";
import type { Root } from "../sys/root.ts";

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

/**
 * Reads a remote's keyrings.
 *
 * @throws {TorcxError} `not_found` if one does not exist, `failed` if it cannot be read.
 */
export function readKeyrings(root: Root, remote: Pick<Remote, "name" | "path" | "keyrings">): Keyring[] {
  const attempt = `Cannot use remote ${quote(remote.name)}`;
  return remote.keyrings.map((path) => {
    try {
      return { path, text: new TextDecoder().decode(root.readFile(encodePath(path))) };
    } catch (cause) {
      if (!(cause instanceof TorcxError)) throw cause;
      if (!isErrno(cause, "ENOENT", "ENOTDIR")) {
        throw new TorcxError("failed", `${attempt}: its keyring ${quote(path)} cannot be read`, { cause });
      }
      throw new TorcxError("not_found", `${attempt}: its keyring ${quote(path)} does not exist`, {
        hint: `Put it there, or take it out of ${quote(remote.path)}`,
      });
    }
  });
}
