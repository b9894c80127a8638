/**
 * Owns the list of what an apply does to the system, as data that can be printed, carried out, taken back,
 * and kept across a kill. It changes nothing.
 */

import { type ByteString, decodePath } from "../bytes.ts";
import { quote } from "../errors.ts";
import type { Operation } from "../manifest/journal.ts";

export type { Operation };

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
