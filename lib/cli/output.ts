/**
 * Owns how results reach standard output: JSON, text and aligned tables, colour, and what of a name
 * may reach a terminal. What cannot be written is remembered and stops nobody. It refuses to know any
 * command's words.
 */

import { unicodeWidth } from "@std/cli/unicode-width";
import { quote } from "../errors.ts";
import { type ByteSink, writeBytes } from "../sys/byte_sink.ts";

/** How long a result waits for a reader of a non-blocking stream, in ms. */
const RESULT_PATIENCE = 10_000;
/** How long what only tells waits for such a one, in ms. */
export const LOG_PATIENCE = 100;

/** A stream of the process and what is known of it. */
export interface Stream {
  readonly sink: ByteSink;
  readonly isTerminal: boolean;
  /** The terminal's width in columns. */
  readonly columns: number;
}

/** How a piece of text stands out on a terminal. */
export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/** ECMA-48 SGR codes: on and off. */
const STYLES: Record<Style, readonly [number, number]> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

/** A cell of a table: its text and how it stands out. */
export type Cell = string | { readonly text: string; readonly style: Style };

/** Options of {@linkcode Output}. */
export interface OutputOptions {
  readonly stream: Stream;
  /** `json` or `text` for verbs that have both. */
  readonly format: "json" | "text";
  readonly hasColor: boolean;
}

const encoder = new TextEncoder();

/** Standard output as commands see it. */
export class Output {
  readonly isTerminal: boolean;
  readonly columns: number;
  /** What a verb that has both forms writes. */
  readonly format: "json" | "text";
  readonly #hasColor: boolean;
  readonly #sink: ByteSink;
  #fault: string | undefined;

  constructor({ stream, format, hasColor }: OutputOptions) {
    this.isTerminal = stream.isTerminal;
    this.columns = stream.columns;
    this.format = format;
    this.#hasColor = hasColor;
    this.#sink = stream.sink;
  }

  /** Writes one line. What comes from files must have gone through {@linkcode printable}. */
  writeLine(line = ""): void {
    this.writeText(line + "\n");
  }

  /** Writes text as it is; nothing more after a failure. */
  writeText(text: string): void {
    this.#fault ??= writeBytes(this.#sink, encoder.encode(text), { patience: RESULT_PATIENCE });
  }

  /** Why a part of the result could not be written; undefined if all was. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Writes rows below their titles, columns aligned, cells made printable; without rows, nothing. */
  writeTable(titles: readonly string[], rows: readonly (readonly Cell[])[]): void {
    if (rows.length === 0) return;
    const cells = rows.map((row) => row.map(toCell));
    const widths = titles.map((title, column) =>
      Math.max(unicodeWidth(title), ...cells.map((row) => unicodeWidth(row[column]?.text ?? "")))
    );
    const writeRow = (row: readonly { text: string; style?: Style }[]): string =>
      row.map(({ text, style }, column) => {
        // The last column has no padding: no line ends in blanks.
        const padding = column === row.length - 1 ? "" : " ".repeat(widths[column]! - unicodeWidth(text));
        return (style === undefined ? text : this.style(style, text)) + padding;
      }).join("  ").trimEnd();
    const lines = [titles.map((text) => ({ text, style: "bold" as const })), ...cells].map(writeRow);
    this.writeText(lines.join("\n") + "\n");
  }

  /** Returns text that stands out where colour is wanted, else as it is. */
  style(style: Style, text: string): string {
    if (!this.#hasColor || text === "") return text;
    const [on, off] = STYLES[style];
    return `\x1b[${on}m${text}\x1b[${off}m`;
  }
}

/** Returns a name without what could steer a terminal; a name that needs no change stays as it is. */
export function printable(text: string): string {
  const quoted = quote(text);
  // Only control and direction characters are escaped: quotes and backslashes of a name stay.
  return quoted.slice(1, -1).replace(/\\(["\\])/g, "$1");
}

/** The widest line of text for people, in characters. */
const TEXT_WIDTH = 80;

/** Breaks text into lines between words; a word that is wider than a line stays whole. */
export function wrapText(text: string, first: string, next: string): string[] {
  return wrapWords(text.split(" "), first, next);
}

/** As {@linkcode wrapText}, of words that may hold blanks. */
export function wrapWords(words: readonly string[], first: string, next: string): string[] {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of words) {
    if (!isEmpty && line.length + 1 + word.length > TEXT_WIDTH) {
      lines.push(line);
      line = next;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
}

/** Returns a size in bytes with a binary unit, e.g. `1.5 MiB`. */
export function formatSize(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** Returns how much of a whole is done, rounded down, e.g. `33 %`; of nothing all is. */
export function formatPercent(done: number, whole: number): string {
  return `${whole === 0 ? 100 : Math.floor(done / whole * 100)} %`;
}

function toCell(cell: Cell): { text: string; style?: Style } {
  if (typeof cell === "string") return { text: printable(cell) };
  return { text: printable(cell.text), style: cell.style };
}

/** One line on a terminal that is written over while something takes long; it never throws. */
export class Progress {
  readonly #stream: Stream;
  readonly #now: () => number;
  #lastTime = 0;
  #isShown = false;

  constructor(stream: Stream, now: () => number) {
    this.#stream = stream;
    this.#now = now;
  }

  /** Shows a line, at most ten times a second; nothing where nobody looks. */
  show(line: string): void {
    if (!this.#stream.isTerminal) return;
    const time = this.#now();
    if (this.#isShown && time - this.#lastTime < 100) return;
    this.#lastTime = time;
    this.#isShown = true;
    const text = Array.from(printable(line)).slice(0, Math.max(this.#stream.columns - 1, 1)).join("");
    writeBytes(this.#stream.sink, encoder.encode(`\r\x1b[K${text}`), { patience: LOG_PATIENCE });
  }

  /** Removes the line, before anything else is written. */
  clear(): void {
    if (!this.#isShown) return;
    this.#isShown = false;
    writeBytes(this.#stream.sink, encoder.encode("\r\x1b[K"), { patience: LOG_PATIENCE });
  }
}
