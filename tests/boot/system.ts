/*
 * A Debian system with torcx installed on it and a real systemd as PID 1 of its own namespaces, for the tests of what
 * only a boot shows. Knows nothing of what the tests want of it.
 */

import { join } from "node:path";
import { say } from "../vm/command.ts";
import { nameRelease, type Release } from "../vm/releases.ts";
import { getCacheDirectory, prepareTree } from "../vm/root_file_system.ts";
import { type Tree, writeTree } from "../vm/tree.ts";
import { prepareInstallation } from "./installation.ts";
import { type CommandResult, Namespaces } from "./namespaces.ts";

/** What a system is like before its first boot. */
export interface SystemOptions {
  /** Files beside the release's own and torcx's, or in their place. */
  files?: Tree;
  /** What /proc/cmdline says. @default {""} */
  kernelCommandLine?: string;
  /** Lays more out below the root, e.g. archives in a store. */
  prepare?: (root: string) => void | Promise<void>;
  /** Whether torcx is not installed. @default {false} */
  isWithoutTorcx?: boolean;
}

/** How a boot ended. */
export interface BootResult {
  /** The word of `systemctl is-system-running`: "running", or "degraded" where a unit has failed. */
  state: string;
  /** From the start of systemd until no job is left, in seconds. */
  seconds: number;
}

const FILES: Tree = {
  "etc/systemd/system/console-getty.service": { link: "/dev/null" },
  "etc/systemd/journald.conf.d/50-test.conf":
    "[Journal]\nStorage=volatile\nRateLimitIntervalSec=0\nForwardToConsole=no\n",
  "usr/share/torcx/store/.keep": "",
  "etc/torcx/profiles/.keep": "",
  "var/lib/torcx/store/.keep": "",
};

/** Waits for the end of a boot: PID 1 answers, and has no job left. */
const WAIT_UNTIL_SETTLED = `
for try in $(seq 2000); do
  state=$(systemctl is-system-running --wait 2>/dev/null)
  case $state in running|degraded|maintenance) break;; esac
  sleep 0.02
done
echo "$state"`;

/** Milliseconds until the second user space is there, on a machine with other load. */
const SOFT_REBOOT_LIMIT = 120_000;

/** A system that is booted. */
export class System {
  readonly release: Release;
  /** The host's path of its root file system, to lay files out and read them. What it mounts is not seen here. */
  readonly root: string;
  readonly #namespaces: Namespaces;
  readonly #name: string;
  #kernelCommandLine: string;

  /** For {@linkcode withSystem}. */
  constructor(release: Release, namespaces: Namespaces, name: string, kernelCommandLine: string) {
    this.release = release;
    this.root = namespaces.root;
    this.#namespaces = namespaces;
    this.#name = name;
    this.#kernelCommandLine = kernelCommandLine;
  }

  /** Writes files below the root; /run is a file system of each boot's own. */
  async writeFiles(files: Tree): Promise<void> {
    await writeTree(this.root, files);
  }

  /** Runs a shell script to its end in the system. */
  run(script: string, environment: Readonly<Record<string, string>> = {}): Promise<CommandResult> {
    return this.#namespaces.run(["/bin/sh", "-c", script], environment);
  }

  /**
   * Returns what a shell script prints on standard output, without final newlines.
   *
   * @throws {Error} if its exit status is another than expected
   */
  async read(script: string, expectedCode = 0): Promise<string> {
    const { code, stdout, stderr } = await this.run(script);
    if (code !== expectedCode) {
      throw new Error(`Cannot run "${script}" in the system: exit status ${code}\n${stdout}${stderr}`);
    }
    return stdout.trimEnd();
  }

  /**
   * Runs a shell script again and again until its exit status is 0.
   *
   * @throws {Error} if it is not after a minute
   */
  async waitUntil(script: string): Promise<void> {
    await this.read(
      `for try in $(seq 600); do { ${script}\n} >/dev/null 2>&1 && exit; sleep 0.1; done; exit 1`,
    );
  }

  /** Boots: a new PID 1 and a new /run, whatever ran before is killed. Only what is below the root stays. */
  async boot(options: { kernelCommandLine?: string } = {}): Promise<BootResult> {
    this.#kernelCommandLine = options.kernelCommandLine ?? this.#kernelCommandLine;
    const started = performance.now();
    await this.#namespaces.start(this.#kernelCommandLine);
    return await this.#settle("boot", started);
  }

  /** Boots again: as {@linkcode boot}, after a loss of power. */
  reboot(options: { kernelCommandLine?: string } = {}): Promise<BootResult> {
    return this.boot(options);
  }

  /**
   * Starts the user space anew with `systemctl soft-reboot`: /run stays. For systemd 254 and later.
   *
   * @throws {Error} if the second user space does not come up
   */
  async softReboot(): Promise<BootResult> {
    const started = performance.now();
    // A unit that is started anew gets another one.
    const read = "systemctl show -P InvocationID sysinit.target";
    const before = await this.read(read);
    // What runs inside is stopped and killed with all the rest, so each question is a short one.
    await this.#namespaces.run(["systemctl", "soft-reboot"], {}, { timeLimit: 1 });
    for (let after = ""; after === "" || after === before;) {
      if (performance.now() - started > SOFT_REBOOT_LIMIT) {
        throw new Error(`Cannot soft-reboot ${this.#name}: sysinit.target is not started anew`);
      }
      const { stdout } = await this.#namespaces.run(["/bin/sh", "-c", read], {}, { timeLimit: 1 });
      after = stdout.trim();
    }
    return await this.#settle("soft reboot", started);
  }

  /** Ends the boot as a loss of power does; the files stay. */
  async stop(): Promise<void> {
    await this.#namespaces.stop();
  }

  /** Returns the journal of this boot, the kernel's log among it, one line per message. */
  async journal(filter = ""): Promise<string> {
    return await this.read(`journalctl --sync; journalctl --no-pager -o short-monotonic ${filter}`);
  }

  /** Names the units that have failed. */
  async listFailedUnits(): Promise<string[]> {
    const list = await this.read("systemctl list-units --failed --no-legend --plain");
    return list.split("\n").filter((line) => line !== "").map((line) => line.split(" ")[0]!);
  }

  /** Returns properties of a unit as `systemctl show` prints them. */
  async showUnit(unit: string, ...properties: string[]): Promise<Record<string, string>> {
    const lines = (await this.read(`systemctl show -p ${properties.join(",")} ${unit}`)).split("\n");
    return Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
  }

  async #settle(what: string, started: number): Promise<BootResult> {
    const state = await this.read(WAIT_UNTIL_SETTLED);
    const seconds = (performance.now() - started) / 1000;
    say(`${this.#name}: ${what} ${seconds.toFixed(1)} s`);
    if (state !== "running" && state !== "degraded") {
      const jobs = await this.run("systemctl list-jobs --no-legend");
      throw new Error(`Cannot boot ${this.#name}: it is "${state}"\n${jobs.stdout}${await this.#tellEnd()}`);
    }
    return { state, seconds };
  }

  async #tellEnd(): Promise<string> {
    const { stdout } = await this.run("journalctl --no-pager -o short-monotonic | tail -n 60");
    return stdout;
  }
}

/**
 * Lays a system out, boots it, has it used, and takes all of it away, also after a failure. One at a time on the
 * whole machine: the kernel's events, its log and the loop devices are everybody's.
 *
 * @throws {Error} if the system does not come up, or leaves a loop device behind; what `use` throws
 */
export async function withSystem(
  release: Release,
  options: SystemOptions,
  use: (system: System, boot: BootResult) => Promise<void>,
): Promise<void> {
  const lower = [await prepareTree(release)];
  await Deno.mkdir(getCacheDirectory(), { recursive: true });
  using lock = await Deno.open(join(getCacheDirectory(), "boot.lock"), { create: true, write: true });
  await lock.lock(true);
  if (!options.isWithoutTorcx) lower.unshift(await prepareInstallation());
  const namespaces = await Namespaces.open(lower);
  let left: string[];
  try {
    await writeTree(namespaces.root, { ...FILES, ...options.files });
    await options.prepare?.(namespaces.root);
    const name = `${release.name} (${nameRelease(release)})`;
    const system = new System(release, namespaces, name, options.kernelCommandLine ?? "");
    await use(system, await system.boot());
  } finally {
    left = await namespaces.close();
  }
  if (left.length > 0) throw new Error(`The system left loop devices: ${left.join(", ")}`);
}
