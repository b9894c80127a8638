/*
 * Owns the namespaces of one system under test: an outer pair (mounts, pids) that holds its root file system, and a
 * full set for each boot in it. Whatever becomes of this process, what runs in them ends with it. Knows nothing of
 * torcx.
 */

import { join } from "node:path";
import { runPipeline } from "../vm/command.ts";

/** What a command in the system came to. */
export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

const KEEP = new URL("keep.sh", import.meta.url).pathname;
const START = new URL("start.sh", import.meta.url).pathname;
/** A file of the system's own layer. */
const HOSTNAME = "etc/hostname";
/** As units get it. */
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/** What systemd is told on every boot. */
const ARGUMENTS = [
  // There is no terminal.
  "systemd.getty_auto=0",
  // As on every boot but the first after an update: systemd-sysusers.service is skipped then.
  "systemd.condition-needs-update=0",
];
/** No command of a test takes this long, in seconds. */
const TIME_LIMIT = 120;

interface Child {
  process: Deno.ChildProcess;
  /** Of the process at the end of the chain, as the host counts. */
  pid: number;
  /** Until its end. */
  stderr: Promise<string>;
}

/** The namespaces that hold a root file system, and of the boot that runs in it. */
export class Namespaces {
  readonly #keeper: Child;
  readonly #work: string;
  #systemd: Child | undefined;

  private constructor(keeper: Child, work: string) {
    this.#keeper = keeper;
    this.#work = work;
  }

  /**
   * Lays a root file system out.
   *
   * @param lower trees that are its lower layers, the uppermost first; they are not changed
   */
  static async open(lower: readonly string[]): Promise<Namespaces> {
    const work = await Deno.makeTempDir({ prefix: "torcx-boot-" });
    try {
      const unshare = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"];
      const keeper = await spawn([...unshare, "sh", KEEP, work, lower.join(":")], "piped");
      const namespaces = new Namespaces(keeper, work);
      await Deno.writeTextFile(join(namespaces.root, HOSTNAME), "guest\n");
      return namespaces;
    } catch (error) {
      await Deno.remove(work);
      throw error;
    }
  }

  /** The host's path of the root file system. What is mounted in a boot is not seen by it. */
  get root(): string {
    return `/proc/${this.#keeper.pid}/root${join(this.#work, "root")}`;
  }

  /** Starts systemd; returns once it is PID 1. */
  async start(kernelCommandLine: string): Promise<void> {
    await this.stop();
    await Deno.writeTextFile(`/proc/${this.#keeper.pid}/root${this.#work}/cmdline`, `${kernelCommandLine}\n`);
    // Two shells: a process changes its cgroup namespace to where it is, and a pid namespace is its children's.
    const script =
      'echo 0 >"$1/own-cgroup/cgroup.procs" && exec unshare --pid --mount --uts --ipc --cgroup ' +
      '--net --fork --kill-child sh "$0" "$@"';
    this.#systemd = await spawn([
      ...["nsenter", "--target", `${this.#keeper.pid}`, "--mount", "--pid", "--"],
      ...["sh", "-c", script, START, this.#work, crypto.randomUUID(), await readKernelLogEnd(), ...ARGUMENTS],
    ], "null");
  }

  /** Kills all that runs in the boot, as a loss of power does. */
  async stop(): Promise<void> {
    if (this.#systemd === undefined) return;
    const systemd = this.#systemd;
    this.#systemd = undefined;
    kill(systemd.pid);
    await wait(systemd);
  }

  /**
   * Runs a command in the boot. Where it takes longer than the limit, it is killed: exit status 124 or 137.
   *
   * @param options.timeLimit in seconds. @default {120}
   */
  async run(
    command: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    { timeLimit = TIME_LIMIT }: { timeLimit?: number } = {},
  ): Promise<CommandResult> {
    if (this.#systemd === undefined) throw new Error(`Cannot run "${command.join(" ")}": nothing is booted`);
    // The outer one for nsenter itself: where its child is stopped, as all are at a soft reboot, it stops itself.
    const { code, stdout, stderr } = await new Deno.Command("timeout", {
      args: [
        ...["--signal=KILL", `${timeLimit + 6}`, "nsenter"],
        ...["--target", `${this.#systemd.pid}`, "--pid", "--mount", "--uts", "--ipc", "--net", "--cgroup"],
        ...["--root", "--wd", "--", "/usr/bin/timeout", "--kill-after=5", `${timeLimit}`, ...command],
      ],
      clearEnv: true,
      env: { PATH, LC_ALL: "C", SYSTEMD_COLORS: "0", SYSTEMD_PAGER: "cat", HOME: "/root", ...environment },
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  }

  /** Ends the boot and takes all of it away; names of loop devices that this leaves are returned, detached. */
  async close(): Promise<string[]> {
    await this.stop();
    const device = (await Deno.lstat(join(this.root, HOSTNAME))).dev;
    await this.#keeper.process.stdin.close();
    await wait(this.#keeper);
    await Deno.remove(this.#work);
    return await freeLoopDevices(device);
  }
}

/** Starts a chain of programs whose last one prints its pid. */
async function spawn([program, ...args]: string[], stdin: "piped" | "null"): Promise<Child> {
  const process = new Deno.Command(program!, { args, stdin, stdout: "piped", stderr: "piped" }).spawn();
  const stderr = process.stderr.text();
  const reader = process.stdout.getReader();
  // A line as short as this is written, and so read, at once. The programs in front hold the pipe open.
  const { value } = await reader.read();
  await reader.cancel();
  const line = new TextDecoder().decode(value).trimEnd();
  if (!/^\d+$/.test(line)) throw new Error(`Cannot start "${args.join(" ")}": ${await stderr}`);
  return { process, pid: Number(line), stderr };
}

/** Waits until a child is gone, and all its streams with it. */
async function wait({ process, stderr }: Child): Promise<void> {
  await Promise.all([process.status, stderr]);
}

function kill(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Returns the number of the kernel's newest log record, by writing one and looking for it. */
async function readKernelLogEnd(): Promise<string> {
  const mark = `torcx-boot: start of ${crypto.randomUUID()}`;
  // Each read gives one record; at the end there is no waiting.
  const log = await runPipeline(
    'echo "<7>$1" >/dev/kmsg; dd if=/dev/kmsg iflag=nonblock bs=8192 2>/dev/null | grep -aF "$1" || :',
    [mark],
  );
  return log.match(/^\d+,(\d+),/)?.[1] ?? "0";
}

/** Frees the loop devices that a file system's files still hold after a while; returns their names. */
async function freeLoopDevices(device: number): Promise<string[]> {
  const number = `${device >> 8 & 0xfff}:${device & 0xff | device >> 12 & 0xfff00}`;
  const list = async (): Promise<string[]> => {
    const lines = await runPipeline("losetup --list --noheadings --output NAME,BACK-MAJ:MIN", []);
    return lines.split("\n").map((line) => line.trim().split(/\s+/)).filter(([, of]) => of === number)
      .map(([name]) => name!);
  };
  // The kernel frees them some time after the last process is gone.
  let left = await list();
  for (const end = performance.now() + 5000; left.length > 0 && performance.now() < end;) left = await list();
  for (const name of left) await runPipeline('losetup --detach "$1"', [name]);
  return left;
}
