/**
 * Owns what a verified text is. It refuses to verify: only the verifiers beside it make one, so that whoever
 * holds a `SignedText` holds bytes that somebody vouched for.
 */

/** Who vouches for a text. */
export interface Signature {
  /** For people: the key's user and ID, e.g. `Vendor <keys@vendor.example> (0x0123456789ABCDEF)`. */
  by: string;
  /** The key's ID in upper-case hex, 16 digits. */
  keyId: string;
  /** When it was signed; undefined where the form has no time (signify). */
  at: Date | undefined;
  /** When the key ends; undefined if it does not. */
  keyExpires: Date | undefined;
}

/** A text and who vouches for it. */
export interface SignedText {
  /** Exactly what was signed. */
  text: Uint8Array<ArrayBuffer>;
  signature: Signature;
}

/** Options of the verifiers. */
export interface VerifyOptions {
  /** What counts as now; the clock's time by default. */
  now?: Date;
  onWarning?: (message: string) => void;
}

/** The way out where a signature is younger than the clock. */
export const CLOCK_HINT = "Check the system's clock: date(1), timedatectl(1)";

/** Returns a time as people read it, to the second. */
export function formatTime(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, "Z");
}
