/**
 * Owns the framing of a clear-signed text, RFC 9580 section 7: exactly one message, nothing before and
 * nothing after. What a lenient reader skips is where an attacker writes. It refuses to verify.
 */

import { quote, TorcxError } from "../errors.ts";

/** The parts of a clear-signed message. */
export interface ClearSigned {
  /** What is signed: dash-escapes undone, no blanks at ends of lines, LF between lines. */
  text: string;
  /** The armored block below the text. */
  armor: string;
  /** The hash functions that the headers name, e.g. `SHA512`; empty if none does. */
  hashes: string[];
}

const BEGIN = "-----BEGIN PGP SIGNED MESSAGE-----";
const BEGIN_SIGNATURE = "-----BEGIN PGP SIGNATURE-----";
const END_SIGNATURE = "-----END PGP SIGNATURE-----";
const HASH_HEADER = /^Hash: *([A-Za-z0-9-]+(?: *, *[A-Za-z0-9-]+)*) *$/;
const HINT = "Sign it with gpg --clear-sign, and add nothing to what that writes";

/** Shows the begin of a line. */
function show(line: string): string {
  return quote(line.length > 40 ? `${line.slice(0, 40)}…` : line);
}

/**
 * Parses a clear-signed message.
 *
 * @param source its URL or path, for messages.
 * @throws {TorcxError} `untrusted` if it is anything else than one clear-signed message.
 */
export function parseClearSigned(data: Uint8Array<ArrayBuffer>, source: string): ClearSigned {
  const refuse = (reason: string): never => {
    throw new TorcxError("untrusted", `Cannot trust ${quote(source)}: ${reason}`, { hint: HINT });
  };
  const lines = decode(data, refuse).split(/\r?\n/);
  if (lines[0] !== BEGIN) {
    return refuse(
      lines.includes(BEGIN)
        ? `it has text before the signed message: ${show(lines[0] ?? "")}`
        : "it is no clear-signed message",
    );
  }
  const headersEnd = lines.indexOf("");
  if (headersEnd < 0) return refuse("it ends in its headers");
  const hashes = lines.slice(1, headersEnd).flatMap((line) => {
    const names = HASH_HEADER.exec(line)?.[1];
    if (names === undefined) return refuse(`it has a header that is not signed: ${show(line)}`);
    return names.toUpperCase().split(/ *, */);
  });
  const textEnd = lines.indexOf(BEGIN_SIGNATURE, headersEnd);
  if (textEnd < 0) return refuse("it has no signature");
  const text = lines.slice(headersEnd + 1, textEnd).map((line) => {
    if (line.startsWith("-") && !line.startsWith("- ")) {
      return refuse(`a line of its text is not escaped: ${show(line)}`);
    }
    return line.replace(/^- /, "").replace(/[ \t]+$/, "");
  });
  const end = lines.indexOf(END_SIGNATURE, textEnd);
  if (end < 0) return refuse("its signature has no end");
  const rest = lines.slice(end + 1).find((line) => line !== "");
  if (rest !== undefined) {
    return refuse(
      rest === BEGIN
        ? "a second message follows the first"
        : `it has text after the signed message: ${show(rest)}`,
    );
  }
  return { text: text.join("\n"), armor: `${lines.slice(textEnd, end + 1).join("\n")}\n`, hashes };
}

function decode(data: Uint8Array<ArrayBuffer>, refuse: (reason: string) => never): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return refuse("it is no UTF-8 text");
  }
}
