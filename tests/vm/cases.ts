/*
 * The boots as data: what each guest is given, and what must be found in it. Registered for one release by each of
 * the *_test.ts files here, which run side by side, so that at most two guests run at once.
 */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ALPHA, BETA } from "./addon.ts";
import { findMissingPrograms, say } from "./command.ts";
import type { Findings } from "./findings.ts";
import { type GuestOptions, runGuest } from "./guest.ts";
import {
  assertAddonDown,
  assertAddonUp,
  assertBooted,
  assertNothingApplied,
  assertReloadChangedNothing,
  assertSealed,
} from "./judge.ts";
import type { Release } from "./releases.ts";

interface Case extends GuestOptions {
  judge(findings: Findings, release: Release): void;
}

const CASES: Case[] = [
  {
    name: "brings all assets of a tgz and a squashfs image up in this boot",
    judge(findings, release): void {
      assertBooted(findings, release);
      assertSealed(findings, "edge");
      assertAddonUp(findings, ALPHA);
      assertAddonUp(findings, BETA);
      assertMode(findings, release.mode);
      assertReloadChangedNothing(findings);
      assertMatch(findings.get("journal").output, / torcx(-generator)?(\[\d+\])?: .*alpha:1/);
      assertMatch(findings.get("journal").output, / torcx(-generator)?(\[\d+\])?: .*beta:1/);
      printCost(findings, release);
    },
  },
  {
    name: "leaves nothing and explains if an image is corrupt",
    isBroken: true,
    judge(findings, release): void {
      assertFailedApply(findings, release, "alpha:broken");
    },
  },
  {
    name: "leaves nothing and explains if the images exceed unpack_size",
    files: {
      "etc/torcx/config.json": JSON.stringify({ kind: "torcx-config-v0", value: { unpack_size: "1M" } }),
    },
    judge(findings, release): void {
      assertFailedApply(findings, release, "alpha:1");
    },
  },
  {
    name: "does nothing if the kernel command line says torcx=0",
    kernelArguments: ["torcx=0"],
    judge(findings, release): void {
      assertBooted(findings, release);
      assertNothingApplied(findings);
      assertAddonDown(findings, ALPHA);
      assertAddonDown(findings, BETA);
      assertEquals(findings.lines("generated"), []);
      assertEquals(findings.lines("tree").filter((line) => line.startsWith("/run/torcx")), []);
      assertReloadChangedNothing(findings);
    },
  },
  {
    name: "applies the profile that the kernel command line names",
    kernelArguments: ["torcx_profile=rescue"],
    judge(findings, release): void {
      assertBooted(findings, release);
      assertSealed(findings, "rescue");
      assertAddonDown(findings, ALPHA);
      assertAddonUp(findings, BETA);
    },
  },
  {
    name: "hands off and waits if the user store is on a disk that is mounted late",
    isVarOnDisk: true,
    judge(findings, release): void {
      assertMatch(findings.get("mounts").output, / \/var .* ext4 /);
      assertBooted(findings, release);
      assertSealed(findings, "edge");
      assertAddonUp(findings, ALPHA);
      assertAddonUp(findings, BETA);
      assertMode(findings, "hand-off");
      assertReloadChangedNothing(findings);
      printCost(findings, release);
    },
  },
];

const PROGRAMS = [
  "qemu-system-x86_64",
  "mmdebstrap",
  "cpio",
  "zstd",
  "modprobe",
  "depmod",
  "mksquashfs",
  "mkfs.ext4",
];

/** Registers every case for a release. Where they cannot run the reason is printed, and is a failure in CI. */
export async function registerCases(release: Release): Promise<void> {
  const reason = await findReasonToSkip();
  if (reason !== undefined) say(`${release.name}: skipped: ${reason}`);
  for (const { judge, ...options } of CASES) {
    Deno.test({
      name: `torcx on systemd ${release.systemd} ${options.name}`,
      ignore: reason !== undefined && Deno.env.get("CI") !== "true",
      async fn(): Promise<void> {
        if (reason !== undefined) throw new Error(`Cannot boot guests: ${reason}`);
        await runGuest(release, options, (findings) => judge(findings, release));
      },
    });
  }
}

async function findReasonToSkip(): Promise<string | undefined> {
  if (Deno.uid() !== 0) return "not root";
  const missing = await findMissingPrograms(PROGRAMS);
  return missing.length === 0 ? undefined : `programs not found: ${missing.join(", ")}`;
}

/** Either the generator applied, and there is no service, or it wrote the service, and that did. */
function assertMode(findings: Findings, mode: Release["mode"]): void {
  assertEquals(
    findings.values("service"),
    mode === "in-place"
      ? { LoadState: "not-found", ActiveState: "inactive", Result: "success" }
      : { LoadState: "loaded", ActiveState: "active", Result: "success" },
  );
}

function assertFailedApply(findings: Findings, release: Release, image: string): void {
  assertBooted(findings, release, release.mode === "hand-off" ? ["torcx.service"] : []);
  assertNothingApplied(findings);
  assertAddonDown(findings, ALPHA);
  assertAddonDown(findings, BETA);
  assertMatch(
    findings.get("journal-target").output,
    /Assertion failed for torcx\.target|torcx\.target: .*failed/,
  );
  assertMatch(findings.get("status").output, /failed/i);
  assertStringIncludes(findings.get("status").output, image);
  assertStringIncludes(findings.get("journal").output, image);
  assertStringIncludes(findings.get("report").output, image);
  assertReloadChangedNothing(findings);
}

/** Prints what torcx cost the boot: systemd's figures and the report's own. */
function printCost(findings: Findings, release: Release): void {
  say(`${release.name}: ${findings.lines("analyze")[0]}`);
}
