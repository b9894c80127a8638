/**
 * The running system as a test wants it, for what `--root` cannot show: a mount namespace with a /run
 * and a kernel command line of its own, in which the program works on `/`.
 */

import { assertEquals } from "@std/assert";
import { type Node, writeNodes } from "./nodes.ts";
import type { StepResult } from "./e2e_system.ts";
import { runTorcx } from "./binary.ts";

/** Makes directories for CONF, BASE and USR below `nodes`, and removes them. */
export async function withLiveSystem(
  nodes: Record<string, Node>,
  use: (system: LiveSystem) => Promise<void>,
): Promise<void> {
  const path = await Deno.realPath(await Deno.makeTempDir({ prefix: "torcx-live-" }));
  try {
    writeNodes(path, nodes);
    await use(new LiveSystem(path));
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

/** Directories that stand for those of the running system. */
export class LiveSystem {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Runs steps of a shell in one namespace; `torcx VERB` is the program, `$SYSTEM` the directory. */
  async run(kernelCommandLine: string, steps: readonly string[]): Promise<StepResult[]> {
    const mark = crypto.randomUUID();
    const script = [
      "set -e",
      'program=("$@"); torcx() { "${program[@]}" "$@"; }',
      // On the disk: /run is gone now, and /tmp may be the directory's own parent.
      'echo "$CMDLINE" > "$SYSTEM/cmdline"',
      'mount -t tmpfs tmpfs /run; mount --bind "$SYSTEM/cmdline" /proc/cmdline; set +e',
      ...steps.map((step) => `{ ${step}\n} 2>&1; echo "${mark} $?"`),
    ].join("\n");
    const { stdout, stderr } = await runTorcx([], {
      cwd: this.path,
      env: {
        SYSTEM: this.path,
        CMDLINE: kernelCommandLine,
        TORCX_CONFDIR: `${this.path}/etc/torcx`,
        TORCX_BASEDIR: `${this.path}/var/lib/torcx`,
        TORCX_USR_MOUNTPOINT: `${this.path}/usr`,
      },
      through: ["unshare", "-m", "bash", "-c", script, "bash"],
    });
    const parts = stdout.split(new RegExp(`^(.*)${mark} (\\d+)\n`, "m"));
    const results: StepResult[] = [];
    for (let at = 0; at + 2 < parts.length; at += 3) {
      results.push({ output: parts[at]! + parts[at + 1]!, code: Number(parts[at + 2]) });
    }
    assertEquals(results.length, steps.length, stdout + stderr);
    return results;
  }
}
