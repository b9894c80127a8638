/**
 * Owns a directory for tests of unpacking: the root to unpack into, and beside it a sentinel that must
 * not change whatever the archive says.
 */

import { encodePath, fromBytes } from "../../lib/bytes.ts";
import { extractArchive } from "../../lib/image/extract.ts";
import { unpackImage, type UnpackOptions, type UnpackSummary } from "../../lib/image/unpack.ts";
import type { Resolver } from "../../lib/sys/resolve.ts";
import { Root } from "../../lib/sys/root.ts";
import { concat, END } from "./tar_builder.ts";
import { fingerprint, readTree } from "./tree.ts";

/** Contents of larger files are not read. */
const CONTENT_BYTES_MAX = 256 * 1024;

/** One file of an unpacked tree, as short text. */
export type TreeText = Record<string, string>;

/** Dispose it to remove it. */
export class Arena implements Disposable {
  readonly directory: string = Deno.makeTempDirSync({ prefix: "torcx-image-" });
  readonly root: string = `${this.directory}/root`;
  readonly #before: string;

  constructor() {
    Deno.mkdirSync(this.root);
    Deno.mkdirSync(`${this.directory}/victim`);
    Deno.writeTextFileSync(`${this.directory}/victim/hello`, "hello\n");
    this.#before = fingerprint(`${this.directory}/victim`);
  }

  /** Whether what is beside the root is as it was. */
  get isSentinelSame(): boolean {
    const names = [...Deno.readDirSync(this.directory)].map(({ name }) => name).sort();
    return names.filter((name) => !name.startsWith("archive")).join() === "root,victim" &&
      fingerprint(`${this.directory}/victim`) === this.#before;
  }

  /** Writes an archive of these blocks, and returns its path. */
  write(...blocks: readonly Uint8Array[]): string {
    const path = `${this.directory}/archive`;
    Deno.writeFileSync(path, concat(...blocks, END));
    return path;
  }

  /** Unpacks a plain archive of these blocks. */
  async unpack(
    blocks: readonly Uint8Array[],
    resolver: Resolver,
    options: Partial<UnpackOptions> = {},
  ): Promise<UnpackSummary> {
    using host = Root.open("/");
    using file = host.openFile(encodePath(this.write(...blocks)));
    using target = Root.open(this.root, { resolver });
    return await unpackImage({ file, format: "tar" }, target, options);
  }

  /**
   * Extracts an archive as `torcx image extract` does, which leaves nothing if it fails.
   *
   * @param options.name of the file, which says how it is packed
   * @param options.target the directory, beside the archive. @default {"root"}
   */
  async extract(
    archive: Uint8Array,
    { name, resolver, target = "root" }: { name: string; resolver: Resolver; target?: string },
  ): Promise<UnpackSummary> {
    Deno.writeFileSync(`${this.directory}/${name}`, archive);
    using root = Root.open(this.directory, { resolver });
    return await extractArchive(root, `/${name}`, { directory: `/${target}` });
  }

  /**
   * Returns the tree by paths as bytes: `mode` and contents (of large files the size), `-> target`, `fifo`; a name
   * of the same file is `= FIRST`.
   */
  readText(): TreeText {
    using root = Root.open(this.root);
    const text: TreeText = {};
    const seen = new Map<unknown, string>();
    for (const [path, node] of [...readTree(this.root)].sort(([a], [b]) => a < b ? -1 : 1)) {
      const first = node.type === "directory" ? undefined : seen.get(node);
      const mode = (node.mode ?? 0).toString(8);
      if (first === undefined) seen.set(node, path);
      if (first !== undefined) text[path] = `= ${first}`;
      else if (node.type === "symlink") text[path] = `-> ${node.target}`;
      else if (node.type === "directory") text[path] = `d ${mode}`;
      else if (node.type === "fifo") text[path] = `fifo ${mode}`;
      else if (node.size! > CONTENT_BYTES_MAX) text[path] = `${mode} (${node.size} bytes)`;
      else text[path] = `${mode} ${fromBytes(root.readFile(path as never))}`;
    }
    return text;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.directory, { recursive: true });
  }
}
