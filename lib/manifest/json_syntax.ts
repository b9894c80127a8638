/**
 * Owns where a text stops being JSON (RFC 8259). JSON.parse tells that only at times, and quotes the
 * text around it, which may be a secret in a file that is not what it should be. It judges no values.
 */

/** A place in a text; both count from 1, columns in UTF-16 code units. */
export interface TextPlace {
  line: number;
  column: number;
}

const BLANKS = /[\t\n\r ]*/y;
const SCALAR = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
// deno-lint-ignore no-control-regex -- RFC 8259 forbids them in strings
const STRING_PART = /[^"\\\u0000-\u001f]{1,4096}|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** Finds the first place where a text is not JSON, undefined if all of it is. */
export function findJsonFault(text: string): TextPlace | undefined {
  const offset = new Scanner(text).findFault();
  if (offset === undefined) return undefined;
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

class Scanner {
  readonly #text: string;
  #at = 0;
  /** What closes each open array and object. */
  readonly #open: ("]" | "}")[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  findFault(): number | undefined {
    for (;;) {
      if (!this.#takeValue()) return this.#at;
      // After a value: what is open ends here, or goes on with a comma.
      for (;;) {
        this.#take(BLANKS);
        const closer = this.#open.at(-1);
        if (closer === undefined) return this.#at === this.#text.length ? undefined : this.#at;
        if (this.#takeChar(closer)) {
          this.#open.pop();
          continue;
        }
        if (!this.#takeChar(",")) return this.#at;
        if (closer === "}" && !this.#takeKey()) return this.#at;
        break;
      }
    }
  }

  /** Takes a scalar, an empty array or object, or all up to the first scalar inside. */
  #takeValue(): boolean {
    for (;;) {
      this.#take(BLANKS);
      if (this.#takeChar("[")) {
        this.#take(BLANKS);
        if (this.#takeChar("]")) return true;
        this.#open.push("]");
      } else if (this.#takeChar("{")) {
        this.#take(BLANKS);
        if (this.#takeChar("}")) return true;
        this.#open.push("}");
        if (!this.#takeKey()) return false;
      } else return this.#text[this.#at] === '"' ? this.#takeString() : this.#take(SCALAR);
    }
  }

  #takeKey(): boolean {
    this.#take(BLANKS);
    if (!this.#takeString()) return false;
    this.#take(BLANKS);
    return this.#takeChar(":");
  }

  #takeString(): boolean {
    if (!this.#takeChar('"')) return false;
    while (this.#take(STRING_PART));
    return this.#takeChar('"');
  }

  #takeChar(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  /** Takes what a sticky pattern matches here; false if that is nothing. */
  #take(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const length = pattern.exec(this.#text)?.[0].length ?? 0;
    this.#at += length;
    return length > 0;
  }
}
