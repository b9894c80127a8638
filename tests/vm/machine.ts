/*
 * One boot of one guest under QEMU: initrd = cached root file system + the test's own files, serial console to a
 * log, a time limit around it all. Knows nothing of torcx. Called by guest.ts.
 */

import { join } from "node:path";
import { runPipeline } from "./command.ts";
import { type Findings, parseFindings } from "./findings.ts";
import type { RootFileSystem } from "./root_file_system.ts";

export interface BootOptions {
  rootFileSystem: RootFileSystem;
  /** Directory whose files are laid over the root file system, all owned by root. */
  overlay: string;
  /** Words for the kernel's command line beside the harness's own. */
  kernelArguments?: readonly string[];
  /** Disk image for /dev/vda. */
  disk?: string;
  /** Directory for the initrd; the console log stays there too. */
  work: string;
}

export interface Boot {
  findings: Findings;
  /** From QEMU's start to its end, in seconds. */
  seconds: number;
  consoleLog: string;
}

const KERNEL_ARGUMENTS = [
  "console=ttyS0",
  "panic=-1",
  // No login prompt between the facts.
  "systemd.getty_auto=0",
  // As on every boot but the first after an update: systemd-sysusers.service is skipped then.
  "systemd.condition-needs-update=0",
];

/** A boot takes 20 to 60 s under emulation, ten times that where the machine has other work. */
const TIME_LIMIT_SECONDS = 400;

/**
 * Boots a guest, waits until it powers itself off, and returns what it found.
 *
 * @throws {Error} if the guest does not power off in time or prints no facts; the message holds the console's tail
 * and the path of its log
 */
export async function bootGuest(options: BootOptions): Promise<Boot> {
  const initrd = join(options.work, "initrd");
  const consoleLog = join(options.work, "console.log");
  await appendOverlay(options.rootFileSystem.initrd, options.overlay, initrd);
  const started = performance.now();
  const child = new Deno.Command("timeout", {
    args: [
      `--kill-after=10`,
      `${TIME_LIMIT_SECONDS}`,
      "qemu-system-x86_64",
      // Emulation everywhere: the same machine here and in CI, and nested KVM hangs on some hosts.
      ...["-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "3072"],
      ...["-nodefaults", "-no-reboot", "-display", "none", "-serial", `file:${consoleLog}`],
      ...["-kernel", options.rootFileSystem.kernel, "-initrd", initrd],
      ...(options.disk === undefined ? [] : ["-drive", `file=${options.disk},if=virtio,format=raw`]),
      "-append",
      [...KERNEL_ARGUMENTS, ...(options.kernelArguments ?? [])].join(" "),
    ],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const { code, stderr } = await child.output();
  const seconds = (performance.now() - started) / 1000;
  await Deno.remove(initrd);
  const log = await Deno.readTextFile(consoleLog).catch(() => "");
  const tail = () =>
    `\n${log.replaceAll("\r", "").split("\n").slice(-60).join("\n")}\nconsole log: ${consoleLog}`;
  if (code !== 0) {
    const reason = code === 124 || code === 137
      ? `not off after ${TIME_LIMIT_SECONDS} s`
      : `exit status ${code}`;
    throw new Error(`Cannot boot guest: ${reason} ${new TextDecoder().decode(stderr).trimEnd()}${tail()}`);
  }
  try {
    return { findings: parseFindings(log), seconds, consoleLog };
  } catch (cause) {
    throw new Error(`Cannot boot guest: it powered off without a report${tail()}`, { cause });
  }
}

/**
 * Writes base and overlay as one initrd. The kernel takes several archives one after another, an uncompressed
 * one only where it starts at a multiple of 4 (init/initramfs.c); it costs a copy, where unpacking costs seconds
 * under emulation.
 */
async function appendOverlay(base: string, overlay: string, initrd: string): Promise<void> {
  await runPipeline(
    `cp "$1" "$3"
     truncate --size=%4 "$3"
     cd "$2"
     find . -mindepth 1 | LC_ALL=C sort | cpio -o -H newc --quiet -R 0:0 >>"$3"`,
    [base, overlay, initrd],
  );
}
