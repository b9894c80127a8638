/**
 * Owns the one table of findings: what can be odd about an image's content, each with a code that never changes.
 * It is data: what is found is written beside the code that looks for it.
 */

import type { ArchiveWarningCode } from "../../archive/entry.ts";
import type { ImageManifestWarningCode } from "../../manifest/image.ts";

/** How bad it is: with `error` the boot's apply fails, with `warning` something of the image has no effect. */
export type Severity = "error" | "warning";

/** What is known of a code. */
export interface FindingRow {
  readonly severity: Severity;
  /** What it means, a phrase. */
  readonly text: string;
  /** The way out where a finding gives none of its own; a sentence without a full stop. */
  readonly hint?: string;
}

const FINDING_TABLE = {
  "no-manifest": {
    severity: "warning",
    text: "The image has no /.torcx/manifest.json, so that nothing of it is propagated",
    hint: "Add /.torcx/manifest.json, or take the image out of the profile",
  },
  "nothing-propagated": {
    severity: "warning",
    text: "The image has a manifest, of which nothing comes",
    hint: "List the image's programs and units in its /.torcx/manifest.json",
  },
  "unusable-manifest": {
    severity: "error",
    text: "The manifest cannot be used, or asks for what the image has not: applying the image fails",
  },
  "unknown-key": {
    severity: "warning",
    text: "A key of the manifest has no effect: there is none of this name",
  },
  "key-spelling": { severity: "warning", text: "A key of the manifest counts, but is spelt in another case" },
  "repeated-key": { severity: "warning", text: "A key of the manifest is there more than once" },
  "odd-json": {
    severity: "warning",
    text: "The manifest has something that is read in another way than it looks",
  },
  "odd-path": { severity: "warning", text: "A path of the manifest is not absolute, or is empty" },
  "missing-program": {
    severity: "warning",
    text: "A program or directory that the manifest lists is not in the image",
    hint: "Correct the image's /.torcx/manifest.json, or add the file to the image",
  },
  "dangling-program": {
    severity: "warning",
    text: "A program is a symlink that leads to nothing in the image",
  },
  "not-a-file": {
    severity: "warning",
    text: "What is to be propagated is neither a regular file nor a symlink to one, and is left out",
  },
  "directory-not-followed": {
    severity: "warning",
    text: "A directory within a listed directory is left out: one level is propagated",
    hint: "List that directory too",
  },
  "directory-not-read": {
    severity: "warning",
    text: "A whole directory is listed, and lands where systemd and udev read nothing",
  },
  "writable-by-others": {
    severity: "warning",
    text: "A file that is copied can be written by others in the image; its copy cannot",
  },
  "dangling-unit-link": {
    severity: "warning",
    text: "A symlink among the units leads nowhere once it is in its place",
  },
  "unit-not-enabled": {
    severity: "warning",
    text: "A unit asks for a target in its [Install] section, and nothing enables it",
  },
  "program-not-executable": {
    severity: "warning",
    text: "A program has no x bit: nobody can run it",
    hint: "Pack it with mode 0755",
  },
  "program-of-other-machine": {
    severity: "warning",
    text: "A program is for another machine or word size than the system",
    hint: "Take the archive for this machine",
  },
  "no-interpreter": {
    severity: "warning",
    text: "The first line of a script names an interpreter that neither the image nor the system has",
  },
  "device-left-out": { severity: "warning", text: "A device node of the archive is left out" },
  "attribute-left-out": {
    severity: "warning",
    text: "An extended attribute or access control list of the archive is left out",
  },
  "header-ignored": { severity: "warning", text: "A global header of the archive is ignored" },
  "second-archive": {
    severity: "warning",
    text: "A second archive follows the end of the first, and is not read",
  },
  "owners-not-kept": {
    severity: "warning",
    text: "Owners, and setuid and setgid with them, are not kept: only root can set them",
  },
  "squashfs-not-padded": {
    severity: "warning",
    text: "The squashfs has a size that kernels with larger pages or blocks cannot mount",
    hint: "Pad it: truncate -s %4096 FILE",
  },
  "root-not-searchable": {
    severity: "warning",
    text: "The root directory of the squashfs is closed to other users than root",
    hint: "Make it anew: mksquashfs -root-mode 0755",
  },
  "damaged-file": {
    severity: "warning",
    text: "Files of a squashfs that applying it does not read cannot be read",
    hint: "Replace the archive by a sound copy",
  },
  "not-looked-into": {
    severity: "warning",
    text: "A squashfs was not looked into, which only root can do",
    hint: "Run it as root",
  },
  "more-left-out": { severity: "warning", text: "There are more findings of one image than are shown" },
} as const satisfies
  & Record<string, FindingRow>
  & Record<ArchiveWarningCode | ImageManifestWarningCode, FindingRow>;

/** The code of a finding. */
export type FindingCode = keyof typeof FINDING_TABLE;

/** All codes, in the order in which they are told of. */
export const FINDING_CODES: readonly FindingCode[] = Object.keys(FINDING_TABLE) as FindingCode[];

/** Returns what is known of a code. */
export function getFindingRow(code: FindingCode): FindingRow {
  return FINDING_TABLE[code];
}
