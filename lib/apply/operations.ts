/**
 * Owns the list of what an apply does to the system, as data: `--dry-run` prints it, `execute.ts`
 * carries it out, `undo.ts` takes it back, the journal keeps it across a kill. It changes nothing.
 */

import { type ByteString, decodePath } from "../bytes.ts";
import { quote } from "../errors.ts";

/** One change of the system. Paths are inside the root. */
export type Operation =
  /** A seal that no run of this RUN has written. */
  | { kind: "remove_seal"; path: ByteString }
  /** A directory that did not exist when the plan was made; an optional one may fail. */
  | { kind: "make_dir"; path: ByteString; isOptional: boolean }
  | { kind: "mount_tmpfs"; path: ByteString; size: string | undefined; inodes: string | undefined }
  | { kind: "unpack"; image: string; archive: ByteString; path: ByteString }
  | { kind: "mount_squashfs"; image: string; archive: ByteString; path: ByteString }
  | { kind: "link"; image: string; target: ByteString; path: ByteString }
  /** `digest` is `sha256-HEX` of what is copied, once that is known: the copy is told by it. */
  | { kind: "copy"; image: string; from: ByteString; path: ByteString; mode: number; digest?: string }
  | { kind: "write_run_profile"; path: ByteString; text: string }
  | { kind: "write_report"; path: ByteString }
  | { kind: "remount_read_only"; path: ByteString }
  | { kind: "write_seal"; path: ByteString; text: string };

/** An operation that gives an image its tree. */
export type ImageOperation = Extract<Operation, { kind: "unpack" | "mount_squashfs" }>;

/** Returns one line for people, e.g. `mount squashfs "/var/…" on "/run/torcx/unpack/docker"`. */
export function describeOperation(operation: Operation): string {
  const name = (path: ByteString): string => quote(decodePath(path));
  switch (operation.kind) {
    case "remove_seal":
      return `remove the old seal ${name(operation.path)}`;
    case "make_dir":
      return `make directory ${name(operation.path)}${operation.isOptional ? " (if it can be made)" : ""}`;
    case "mount_tmpfs":
      return `mount tmpfs on ${name(operation.path)} (size ${operation.size ?? "half of the memory"}${
        operation.inodes === undefined ? "" : `, ${operation.inodes} inodes`
      })`;
    case "unpack":
      return `unpack ${name(operation.archive)} into ${name(operation.path)}`;
    case "mount_squashfs":
      return `mount squashfs ${name(operation.archive)} on ${name(operation.path)}`;
    case "link":
      return `link ${name(operation.path)} to ${name(operation.target)}`;
    case "copy":
      return `copy ${name(operation.from)} to ${name(operation.path)}`;
    case "write_run_profile":
      return `write run profile ${name(operation.path)}`;
    case "write_report":
      return `write report ${name(operation.path)}`;
    case "remount_read_only":
      return `make ${name(operation.path)} read-only`;
    case "write_seal":
      return `seal by writing ${name(operation.path)}`;
    default:
      return operation satisfies never;
  }
}
