/**
 * Owns the finding: something odd about one image's content, with its code, its place and the way out, and how
 * it is told in one line. It refuses to look for any.
 */

import { quote } from "../../errors.ts";
import { type ByteString, decodePath } from "../../bytes.ts";
import { formatImage } from "../../manifest/names.ts";
import type { ReportFinding } from "../../manifest/report.ts";
import { type FindingCode, getFindingRow } from "./table.ts";

/** Something odd about an image, before it is said which image. */
export interface Oddity {
  code: FindingCode;
  /** What is odd, with the place named. */
  message: string;
  /** The place inside the image; undefined for the image as a whole. */
  path?: ByteString;
  /** The way out, a sentence without a full stop; by default the code's. */
  hint?: string;
}

/** Takes what is odd, as it is found. */
export type OnOddity = (oddity: Oddity) => void;

/** More of one code help nobody. */
const NAMED_MAX = 20;

/** Returns what was found as a report has it. */
export function toFinding(
  { code, message, path, hint }: Oddity,
  image?: { name: string; reference: string },
): ReportFinding {
  const row = getFindingRow(code);
  return {
    code,
    severity: row.severity,
    image: image?.name ?? null,
    reference: image?.reference ?? null,
    path: path === undefined ? null : decodePath(path),
    message,
    hint: hint ?? row.hint ?? null,
  };
}

/** Returns a finding in one line, its code at the end. */
export function formatFinding({ code, image, reference, message, hint }: ReportFinding): string {
  const head = image === null
    ? ""
    : `image ${quote(formatImage({ name: image, reference: reference ?? "" }))}: `;
  return `${head}${message}${hint === null ? "" : ` (${hint})`} [${code}]`;
}

/** Keeps the first of each code; a last one says how many more there are. */
export function limitOddities(oddities: readonly Oddity[]): Oddity[] {
  const counts = new Map<FindingCode, number>();
  const kept = oddities.filter(({ code }) => {
    const count = (counts.get(code) ?? 0) + 1;
    counts.set(code, count);
    return count <= NAMED_MAX;
  });
  for (const [code, count] of counts) {
    if (count <= NAMED_MAX) continue;
    kept.push({ code: "more-left-out", message: `${count - NAMED_MAX} more of code ${code} are not shown` });
  }
  return kept;
}
