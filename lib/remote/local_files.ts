/** Owns `file` URLs: they answer as a server does, from the root's files. It refuses directories and devices. */

import { encodePath } from "../bytes.ts";
import { isErrno, quote, TorcxError } from "../errors.ts";
import type { Root } from "../sys/root.ts";
import type { OpenFile } from "../sys/open_file.ts";
import { decodeUrlPath } from "../catalog/base_url.ts";
import { NetworkError } from "./network_error.ts";
import type { Answer, GetOptions, Source } from "./transport.ts";

const PIECE_BYTES = 256 * 1024;

/** Answers for `file` URLs from a root's files, and hands all others on. */
export class LocalFiles implements Source {
  readonly #root: Root;
  readonly #others: Source;

  constructor(root: Root, others: Source) {
    this.#root = root;
    this.#others = others;
  }

  /**
   * Asks for a URL.
   *
   * @throws {NetworkError} of status 404 if there is no such file.
   * @throws {TorcxError} if it cannot be read.
   */
  get(url: URL, options: GetOptions = {}): Promise<Answer> {
    if (url.protocol !== "file:") return this.#others.get(url, options);
    return Promise.resolve().then(() => this.#open(url, options));
  }

  #open(url: URL, { offset = 0 }: GetOptions): Answer {
    const path = decodeUrlPath(url);
    let file: OpenFile;
    try {
      file = this.#root.openFile(encodePath(path));
    } catch (cause) {
      if (!(cause instanceof TorcxError)) throw cause;
      if (!isErrno(cause, "ENOENT", "ENOTDIR")) {
        throw new TorcxError("failed", `Cannot get ${quote(url.href)}: it cannot be read`, { cause });
      }
      throw new NetworkError(`Cannot get ${quote(url.href)}: the file does not exist`, { status: 404 });
    }
    // What an earlier run left may be larger than the file is now.
    const start = Math.min(offset, file.stat.size);
    return {
      url,
      offset: start === offset ? offset : 0,
      length: file.stat.size - (start === offset ? offset : 0),
      body: readFrom(file, start === offset ? offset : 0),
      cancel: () => file[Symbol.dispose](),
    };
  }
}

async function* readFrom(file: OpenFile, offset: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  using source = file;
  const buffer = new Uint8Array(PIECE_BYTES);
  for (let at = offset;;) {
    const count = source.readAt(buffer, at);
    if (count === 0) return;
    at += count;
    yield buffer.subarray(0, count);
    // Others have their turn, signals among them.
    await Promise.resolve();
  }
}
