/**
 * Owns the question whether the system would see what an apply by hand mounts. It refuses to enter another
 * namespace: it looks, and says no.
 */

import { type ByteString, decodePath, encodePath, splitPath } from "../bytes.ts";
import type { System } from "../config/system.ts";
import { quote, SyscallError, TorcxError } from "../errors.ts";
import { isPrivateMountNamespace, isRootUser, readUser } from "../sys/namespace.ts";
import type { FileStat } from "../sys/file_stat.ts";
import { Root } from "../sys/root.ts";

/**
 * Checks that the user may mount.
 *
 * @throws {TorcxError} `unsupported` if it is not root.
 */
export function checkUser(): void {
  if (isRootUser()) return;
  throw new TorcxError("unsupported", `Cannot apply as user ${readUser().uid}: only root can mount images`, {
    hint: "Run it as root",
  });
}

/**
 * Checks that an apply on the running system does not seal PID 1's RUN with trees that PID 1 cannot see. A
 * mount namespace with a directory of its own for RUN is a system of its own. Where it cannot be told, that is
 * a warning.
 *
 * @param root the running system's `/`.
 * @throws {TorcxError} `unsupported` if RUN would be PID 1's and the mounts not.
 */
export function checkMountView({ root, settings, log }: System): void {
  if (isPrivateMountNamespace() === false) return;
  const own = findNearestDirectory(root, encodePath(settings.runDir));
  let theirs: FileStat | undefined;
  try {
    using system = Root.open("/proc/1/root");
    theirs = system.findStat(own.path);
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    log.warning(
      `cannot tell whether the system sees what is mounted here: "/proc/1/root" cannot be read: ${error.errno}`,
    );
    return;
  }
  if (theirs?.dev !== own.stat.dev || theirs.ino !== own.stat.ino) return;
  const place = quote(decodePath(own.path));
  throw new TorcxError(
    "unsupported",
    `Cannot apply in this mount namespace: ${place} is the system's, which would not see the images`,
    {
      hint: 'Run it in the system\'s own ("nsenter -t 1 -m torcx apply"), mount another file system on ' +
        `${place} first, or give --force to seal the system all the same`,
    },
  );
}

/** Returns a path, or the directory above it that is there; `/` always is. */
function findNearestDirectory(root: Root, path: ByteString): { path: ByteString; stat: FileStat } {
  for (let current = path; current !== ""; current = splitPath(current).parent) {
    const stat = root.findStat(current);
    if (stat?.type === "directory") return { path: current, stat };
  }
  const top = encodePath("/");
  return { path: top, stat: root.stat(top) };
}
