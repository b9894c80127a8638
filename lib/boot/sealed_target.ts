/**
 * Owns what the generator adds to the installed torcx.target: that every boot tries to reach it, and what
 * it asserts beside the seal, for RUN as it is set.
 */

import { join } from "@std/path/posix/join";
import { encodePath } from "../bytes.ts";
import type { System } from "../config/system.ts";
import type { Root } from "../sys/root.ts";
import { writeWant } from "./service_unit.ts";
import { escapeSpecifiers } from "./unit_text.ts";

const TARGET_NAME = "torcx.target";

/** Has every boot try to reach torcx.target, so that it tells whether there are addons. */
export function writeTargetWant(root: Root, normalDir: string): void {
  // Not sysinit.target or basic.target: what wants torcx.target's start comes after those.
  writeWant(root, normalDir, { unit: "default.target", wanted: TARGET_NAME });
}

/**
 * Writes the assertions that a soft reboot, which keeps the seal, does not pass unseen.
 *
 * @param normalDir the generator's first argument, inside the root.
 * @throws {SyscallError} if the file cannot be written.
 */
export function writeTargetAssertions({ root, settings: { paths } }: System, normalDir: string): void {
  const directory = join(normalDir, `${TARGET_NAME}.d`);
  const unpackDir = escapeSpecifiers(paths.unpackDir);
  const text = `# Written by torcx-generator.

[Unit]
AssertPathIsMountPoint=${unpackDir}
AssertPathIsReadWrite=!${unpackDir}
`;
  root.makeDirs(encodePath(directory), 0o755);
  root.writeFileAtomic(encodePath(join(directory, "50-torcx.conf")), new TextEncoder().encode(text), {
    mode: 0o644,
  });
}
