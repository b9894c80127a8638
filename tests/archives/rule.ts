/**
 * Owns the form of a rule of unpacking and of the archives that show it, each made in code. What is done with them
 * is run.ts's.
 */

import { gzipSync } from "node:zlib";
import type { TreeText } from "../support/arena.ts";
import { concat, END } from "../support/tar_builder.ts";

/** An archive, as it stands in its file. */
export interface Archive {
  format: "tar" | "tgz";
  bytes: Uint8Array<ArrayBuffer>;
}

/** Makes a plain tar archive that ends as it should. */
export function tar(...parts: readonly (Uint8Array | string)[]): Archive {
  return { format: "tar", bytes: concat(...parts, END) };
}

/** Makes a plain tar archive of these bytes and no more. */
export function raw(...parts: readonly (Uint8Array | string)[]): Archive {
  return { format: "tar", bytes: concat(...parts) };
}

/** Makes a file named as gzip of these bytes. */
export function tgz(...parts: readonly (Uint8Array | string)[]): Archive {
  return { format: "tgz", bytes: concat(...parts) };
}

/** Returns one gzip member. */
export function gzip(...parts: readonly (Uint8Array | string)[]): Uint8Array<ArrayBuffer> {
  return concat(gzipSync(concat(...parts)));
}

/** What is known of one file beyond {@linkcode TreeText}; only what is given is compared. */
export interface FileDetails {
  /** `UID:GID` */
  owner?: string;
  /** In octal. */
  mode?: string;
  /** `SECONDS.NANOSECONDS`, nine digits. */
  mtime?: string;
  /** By name: the value as latin1. `security.*` but for capabilities is left out. */
  xattrs?: Record<string, string>;
  /** The most blocks of 512 bytes that it may take. */
  blocks?: number;
}

/** An archive that must be accepted. */
export interface Accepted {
  archive: Archive;
  tree: TreeText;
  details?: Record<string, FileDetails>;
  /** All warnings. @default {[]} */
  warnings?: readonly string[];
  /** Owners, setuid bits and capabilities are only kept for root. */
  takesRoot?: true;
}

/** An archive that must be refused, by an ArchiveError of code `archive`. */
export interface Refused {
  archive: Archive;
  /** A part of the message, causes included. */
  message: string;
}

/** A rule of 03-archives.md and what shows it. */
export interface Rule {
  /** The page's own words. */
  says: string;
  /** By what each one shows. */
  accepts: Record<string, Accepted>;
  /** By what each one shows; the reason in place of them if the rule refuses nothing. */
  refuses: Record<string, Refused> | string;
}
