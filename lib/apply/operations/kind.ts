/**
 * Owns what a kind of operation has to know: how it is told, carried out and taken back. It refuses to know
 * any kind.
 */

import type { OnArchiveWarning } from "../../archive/entry.ts";
import { type ByteString, decodePath } from "../../bytes.ts";
import { quote } from "../../errors.ts";
import type { UnpackSummary } from "../../image/unpack.ts";
import type { Logger } from "../../log.ts";
import type { OperationKind, OperationOf } from "../../manifest/journal.ts";
import type { Root } from "../../sys/root.ts";

/** What an operation needs beside itself to be carried out. */
export interface ExecuteContext {
  readonly root: Root;
  readonly log: Logger;
  /** Returns what the report is to hold now: it is not known before. */
  encodeReport(): string;
  /** Returns what is to be known of the image whose tree is made. */
  getTreeOptions(image: string): TreeOptions;
}

/** What the making of one tree is told, and tells. */
export interface TreeOptions {
  /** The image with its reference, for messages. */
  image: string;
  /** What to do about an archive that is refused. */
  wayOut: string;
  /** Told what is odd about an image that is unpacked or mounted all the same. */
  onWarning: OnArchiveWarning;
  /** Told how many bytes of the archive were read. */
  onProgress: (readBytes: number) => void;
  /** Told what was unpacked. */
  onUnpacked: (summary: UnpackSummary) => void;
}

/** What is known of a kind of operation; the journal's fields and the place are in lib/manifest/journal.ts. */
export interface OperationActs<K extends OperationKind> {
  /** Returns one line for people. */
  describe(operation: OperationOf<K>): string;
  /**
   * Carries it out. Those that return no promise are done when they return.
   *
   * @throws {TorcxError} whose cause is the system call that failed.
   */
  execute(operation: OperationOf<K>, context: ExecuteContext): void | Promise<void>;
  /**
   * Takes it back, also if it was carried out halfway or not at all. Returns false if there is something that
   * is not the operation's, which is left.
   */
  undo(operation: OperationOf<K>, root: Root): boolean;
}

/** Mode of directories that torcx makes. */
export const DIRECTORY_MODE = 0o755;

/** Returns a path as texts for people have it. */
export function quotePath(path: ByteString): string {
  return quote(decodePath(path));
}
