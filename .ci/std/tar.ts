/** What this project uses of @std/tar, over the npm package modern-tar (no dependencies). */

import { createTarPacker } from "npm:modern-tar@0.8.6";

/** Metadata of an entry. */
export interface TarStreamOptions {
  mode?: number;
  uid?: number;
  gid?: number;
  /** Seconds since the epoch. */
  mtime?: number;
  uname?: string;
  gname?: string;
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

/** What {@linkcode TarStream} takes. */
export type TarStreamInput = TarStreamFile | TarStreamDir;

/** Makes a tar archive of files and directories. */
export class TarStream implements TransformStream<TarStreamInput, Uint8Array<ArrayBuffer>> {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly writable: WritableStream<TarStreamInput>;

  constructor() {
    const { readable, controller } = createTarPacker();
    this.readable = readable as ReadableStream<Uint8Array<ArrayBuffer>>;
    this.writable = new WritableStream<TarStreamInput>({
      async write(entry: TarStreamInput): Promise<void> {
        const { mtime, ...options } = entry.options ?? {};
        const body = controller.add({
          mode: entry.type === "file" ? 0o644 : 0o755,
          ...options,
          ...(mtime === undefined ? {} : { mtime: new Date(mtime * 1000) }),
          name: entry.path,
          type: entry.type,
          size: entry.type === "file" ? entry.size : 0,
        });
        if (entry.type === "file") await entry.readable.pipeTo(body);
        else await body.close();
      },
      close: () => controller.finalize(),
      abort: (reason: unknown) => controller.error(reason),
    });
  }
}
