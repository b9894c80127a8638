/**
 * The running system as a test wants it, for what `--root` cannot show: a mount namespace with a /run
 * and a kernel command line of its own, in which the program works on `/`.
 */

import type { Node } from "./nodes.ts";
import { withRoot } from "./e2e_system.ts";
import { runShellSteps, type StepResult } from "./steps.ts";

/** Makes directories for CONF, BASE and USR below `nodes`, and removes them. */
export async function withLiveSystem(
  nodes: Record<string, Node>,
  use: (system: LiveSystem) => Promise<void>,
): Promise<void> {
  await withRoot(nodes, (path) => use(new LiveSystem(path)));
}

/** Directories that stand for those of the running system. */
export class LiveSystem {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Runs steps of a shell in one namespace; `torcx VERB` is the program, `$SYSTEM` the directory. */
  run(kernelCommandLine: string, steps: readonly string[]): Promise<StepResult[]> {
    return runShellSteps(steps, {
      args: [],
      cwd: this.path,
      env: {
        SYSTEM: this.path,
        CMDLINE: kernelCommandLine,
        TORCX_CONFDIR: `${this.path}/etc/torcx`,
        TORCX_BASEDIR: `${this.path}/var/lib/torcx`,
        TORCX_USR_MOUNTPOINT: `${this.path}/usr`,
      },
      prologue: [
        "set -e",
        // On the disk: /run is gone now, and /tmp may be the directory's own parent.
        'echo "$CMDLINE" > "$SYSTEM/cmdline"',
        'mount -t tmpfs tmpfs /run; mount --bind "$SYSTEM/cmdline" /proc/cmdline; set +e',
      ],
    });
  }
}
