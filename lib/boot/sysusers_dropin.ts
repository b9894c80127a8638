/** Owns the drop-in by which systemd adds the users of what the generator applied. It refuses to add them. */

import { join } from "@std/path/posix/join";
import { encodePath } from "../bytes.ts";
import { type ApplyReport, listAssetFiles } from "../manifest/report.ts";
import type { Root } from "../sys/root.ts";

/**
 * Has systemd-sysusers.service run in this boot if users came in place: by itself it is skipped but on the
 * first boot after an update (`ConditionNeedsUpdate=`), and here it is too early to add them, as `/etc` may
 * still be read-only. Written at each call of the generator, as all of its output.
 *
 * @param normalDir the generator's first argument, inside the root.
 * @param report of an apply in place.
 * @throws {SyscallError} if the file cannot be written.
 */
export function writeSysusersDropIn(
  root: Root,
  normalDir: string,
  { report }: { report: ApplyReport },
): void {
  if (listAssetFiles(report, "sysusers").length === 0) return;
  const directory = join(normalDir, "systemd-sysusers.service.d");
  root.makeDirs(encodePath(directory), 0o755);
  // An empty assignment takes all conditions back, systemd.unit(5).
  const text = "# Written by torcx-generator: addons brought users.\n\n[Unit]\nConditionNeedsUpdate=\n";
  root.writeFileAtomic(encodePath(join(directory, "50-torcx.conf")), new TextEncoder().encode(text), {
    mode: 0o644,
  });
}
