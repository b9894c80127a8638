/** What this project uses of @std/tar: TarStream, with the same headers, chunks and refusals. */

/** Metadata of an entry. */
export interface TarStreamOptions {
  mode?: number;
  uid?: number;
  gid?: number;
  /** Seconds since the epoch. */
  mtime?: number;
  uname?: string;
  gname?: string;
  devmajor?: string;
  devminor?: string;
}

/** A file to write. */
export interface TarStreamFile {
  type: "file";
  path: string;
  size: number;
  readable: ReadableStream<Uint8Array>;
  options?: TarStreamOptions;
}

/** A directory to write. */
export interface TarStreamDir {
  type: "directory";
  path: string;
  options?: TarStreamOptions;
}

/** A symlink to write. */
export interface TarStreamSymlink {
  type: "symlink";
  path: string;
  linkname: string;
  options?: TarStreamOptions;
}

/** What {@linkcode TarStream} takes. */
export type TarStreamInput = TarStreamFile | TarStreamDir | TarStreamSymlink;

const BLOCK = 512;
const TYPES = { file: "0", symlink: "2", directory: "5" } as const;
const ADD = "Cannot add to the tar archive";
const PARSE = "Cannot parse the path as the";
const encoder = new TextEncoder();

/** Makes a tar archive of files, directories and symlinks. */
export class TarStream implements TransformStream<TarStreamInput, Uint8Array<ArrayBuffer>> {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly writable: WritableStream<TarStreamInput>;

  constructor() {
    const { readable, writable } = new TransformStream<TarStreamInput, TarStreamInput>();
    this.writable = writable;
    this.readable = ReadableStream.from(writeArchive(readable)) as ReadableStream<Uint8Array<ArrayBuffer>>;
  }
}

async function* writeArchive(entries: ReadableStream<TarStreamInput>): AsyncIterableIterator<Uint8Array> {
  for await (const entry of entries) {
    yield encodeHeader(entry);
    if (entry.type !== "file") continue;
    let count = 0;
    for await (const chunk of entry.readable) {
      count += chunk.length;
      yield chunk;
    }
    if (count !== entry.size) {
      throw new RangeError(
        `${ADD}: The provided size (${entry.size}) did not match bytes read from provided readable (${count})`,
      );
    }
    if (count % BLOCK !== 0) yield new Uint8Array(BLOCK - count % BLOCK);
  }
  yield new Uint8Array(BLOCK);
  yield new Uint8Array(BLOCK);
}

/** Writes a ustar header (POSIX.1-2017, pax, "ustar Interchange Format"). */
function encodeHeader(entry: TarStreamInput): Uint8Array<ArrayBuffer> {
  const { options = {} } = entry;
  const block = new Uint8Array(BLOCK);
  const put = (at: number, bytes: Uint8Array): void => block.set(bytes, at);
  const text = (at: number, value: string): void => put(at, encoder.encode(value));
  const octal = (at: number, value: number, digits: number): void =>
    text(at, `${Math.floor(value).toString(8).padStart(digits, "0")} `);
  checkOptions(options);
  const { prefix, name } = splitName(encoder.encode(entry.path));
  put(0, name);
  octal(100, options.mode ?? (entry.type === "file" ? 0o644 : 0o755), 6);
  octal(108, options.uid ?? 0, 6);
  octal(116, options.gid ?? 0, 6);
  octal(124, entry.type === "file" ? entry.size : 0, 11);
  octal(136, options.mtime ?? Date.now() / 1000, 11);
  text(148, " ".repeat(8));
  text(156, TYPES[entry.type]);
  if (entry.type === "symlink") put(157, checkLinkName(encoder.encode(entry.linkname)));
  text(257, "ustar\x0000");
  text(265, options.uname ?? "");
  text(297, options.gname ?? "");
  text(329, (options.devmajor ?? "").padStart(8, "\0"));
  text(337, (options.devminor ?? "").padStart(8, "\0"));
  put(345, prefix);
  const sum = block.reduce((total, byte) => total + byte, 0);
  text(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return block;
}

function checkOptions(options: TarStreamOptions): void {
  const isRefused = (value: number | undefined, digits: number): boolean =>
    value !== undefined && !(value >= 0 && Math.floor(value).toString(8).length <= digits);
  const refuse = (field: string): never => {
    throw new TypeError(`${ADD}: Invalid ${field} provided`);
  };
  if (isRefused(options.mode, 6)) refuse("Mode");
  if (isRefused(options.uid, 6)) refuse("UID");
  if (isRefused(options.gid, 6)) refuse("GID");
  if (isRefused(options.mtime, 11)) refuse("MTime");
}

function checkLinkName(name: Uint8Array): Uint8Array {
  if (name.length === 0) throw new TypeError(`${ADD}: Invalid Linkname provided`);
  if (name.length <= 100) return name;
  throw new TypeError(`${ADD}: Linkname cannot exceed 100 bytes: The linkname length is ${name.length}`);
}

/** Splits a long name at a slash. As in @std/tar the last part, its slash counted, takes 100 bytes at most. */
function splitName(path: Uint8Array): { prefix: Uint8Array; name: Uint8Array } {
  const { length } = path;
  if (length <= 100) return { prefix: new Uint8Array(), name: path };
  if (length > 256) {
    throw new RangeError(`${PARSE} path length cannot exceed 256 bytes: The path length is ${length}`);
  }
  const slashes = [...path].flatMap((byte, at) => byte === 0x2f ? [at] : []);
  const last = Math.max(slashes.at(-1) ?? 0, 0);
  if (length - last > 100) {
    throw new RangeError(`${PARSE} file cannot exceed 100 bytes: The filename length is ${length - last}`);
  }
  const slash = slashes.find((at) => length - at <= 100) ?? last;
  if (slash > 155) {
    throw new TypeError(
      `${PARSE} path needs to be split-able on a forward slash separator into [155, 100] bytes respectively`,
    );
  }
  return { prefix: path.subarray(0, slash), name: path.subarray(slash + 1) };
}
