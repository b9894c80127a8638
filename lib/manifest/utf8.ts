/**
 * Owns bytes → text as Go reads JSON: each byte that is no part of well-formed UTF-8 becomes U+FFFD, one by
 * one, and a byte order mark stays. (TextDecoder makes one U+FFFD of several bytes.)
 */

const REPLACEMENT = [0xef, 0xbf, 0xbd] as const;
/** Chapter 3 of the Unicode standard, table 3-7: first bytes, their lengths, bounds of the second byte. */
const SEQUENCES = [
  [0x00, 0x7f, 1, 0x80, 0xbf],
  [0xc2, 0xdf, 2, 0x80, 0xbf],
  [0xe0, 0xe0, 3, 0xa0, 0xbf],
  [0xe1, 0xec, 3, 0x80, 0xbf],
  [0xed, 0xed, 3, 0x80, 0x9f],
  [0xee, 0xef, 3, 0x80, 0xbf],
  [0xf0, 0xf0, 4, 0x90, 0xbf],
  [0xf1, 0xf3, 4, 0x80, 0xbf],
  [0xf4, 0xf4, 4, 0x80, 0x8f],
] as const;

/** Text, and where in it the first byte was replaced. */
export interface RepairedText {
  text: string;
  /** An offset in UTF-16 code units; undefined if all was well-formed. */
  replacedAt: number | undefined;
}

/** Decodes bytes as UTF-8. */
export function repairUtf8(bytes: Uint8Array<ArrayBuffer>): RepairedText {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return { text, replacedAt: undefined };
  } catch {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    const repaired = new Uint8Array(bytes.length * REPLACEMENT.length);
    let length = 0;
    let first: number | undefined;
    for (let at = 0; at < bytes.length;) {
      const size = measureSequence(bytes, at);
      if (size === 0) {
        first ??= length;
        repaired.set(REPLACEMENT, length);
        length += REPLACEMENT.length;
        at++;
      } else for (const end = at + size; at < end;) repaired[length++] = bytes[at++]!;
    }
    const text = decoder.decode(repaired.subarray(0, length));
    return { text, replacedAt: decoder.decode(repaired.subarray(0, first)).length };
  }
}

/** Returns the length of the well-formed sequence that begins here; 0 if none does. */
function measureSequence(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  const sequence = SEQUENCES.find(([low, high]) => low <= first && first <= high);
  if (sequence === undefined) return 0;
  const [, , length, low, high] = sequence;
  for (let index = 1; index < length; index++) {
    const byte = bytes[at + index] ?? 0;
    if (byte < (index === 1 ? low : 0x80) || byte > (index === 1 ? high : 0xbf)) return 0;
  }
  return length;
}
