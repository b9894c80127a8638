/*
 * The boots as data: what each guest is given, and what must be found in it. Registered for one release by each of
 * the *_test.ts files here; the task runs two of these files at a time.
 */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ALPHA, BETA, GAMMA } from "./addon.ts";
import { testWith } from "../support/needs.ts";
import { say } from "./command.ts";
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
import { nameRelease, type Release } from "./releases.ts";
import { type ApplyReport, parseReport } from "../../lib/manifest/report.ts";

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
      assertMode(findings, release);
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
      assertFailedApply(findings, release, "alpha:broken", /the file is cut off/);
    },
  },
  {
    name: "leaves nothing and explains if the images exceed unpack_size",
    files: {
      "etc/torcx/config.json": JSON.stringify({ kind: "torcx-config-v0", value: { unpack_size: "1M" } }),
    },
    judge(findings, release): void {
      assertFailedApply(findings, release, "alpha:1", /space|limit|unpack_size/i);
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
      say(`${release.name}: without torcx: ${findings.lines("analyze")[0]}`);
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
      assertMode(findings, { ...release, mode: "hand-off" });
      assertReloadChangedNothing(findings);
      printCost(findings, release);
    },
  },
  {
    name: "applies the vendor's profile if the root file system is read-only",
    isReadOnly: true,
    isVarOnDisk: true,
    kernelArguments: ["guest.readonly"],
    judge(findings, release): void {
      assertMatch(findings.get("mounts").output, / \/ \/ ro[ ,]/);
      assertBooted(findings, release);
      assertSealed(findings, "");
      assertAddonUp(findings, GAMMA);
      assertMode(findings, release, ["going on without an upper profile"]);
      assertReloadChangedNothing(findings);
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

/** Registers every case for a release. */
export function registerCases(release: Release): void {
  for (const { judge, ...options } of CASES) {
    testWith(
      `torcx on ${nameRelease(release)} ${options.name}`,
      { isRoot: true, programs: PROGRAMS },
      () => runGuest(release, options, (findings) => judge(findings, release)),
    );
  }
}

/**
 * Either the generator applied, and there is no service, or it wrote the service, and that did; the report tells
 * the same, and that all of it worked.
 */
function assertMode(
  findings: Findings,
  { mode, warnings: usual }: Release,
  expectedWarnings: readonly string[] = [],
): void {
  assertEquals(
    findings.values("service"),
    mode === "in-place"
      ? { LoadState: "not-found", ActiveState: "inactive", Result: "success" }
      : { LoadState: "loaded", ActiveState: "active", Result: "success" },
  );
  const { outcome, warnings, conflicts, errors, steps, ...report } = readReport(findings);
  const failures = steps.filter((step) => step.error !== null);
  // A warning names its cause behind a colon.
  const claims = warnings.map((warning) => warning.split(":")[0]);
  assertEquals(
    { mode: report.mode, outcome, claims, conflicts, errors, failures },
    {
      mode,
      outcome: "sealed",
      claims: [...usual, ...expectedWarnings],
      conflicts: [],
      errors: [],
      failures: [],
    },
  );
}

/** Nothing is left, the boot went on, and report, status and journal name the image and say why. */
function assertFailedApply(
  findings: Findings,
  release: Release,
  image: string,
  ...explanation: RegExp[]
): void {
  assertBooted(findings, release, release.mode === "hand-off" ? ["torcx.service"] : []);
  assertNothingApplied(findings);
  assertAddonDown(findings, ALPHA);
  assertAddonDown(findings, BETA);
  assertStringIncludes(findings.get("journal").output, "Assertion failed for torcx.target");
  const { outcome, errors, images } = readReport(findings);
  assertEquals({ outcome, mode: readReport(findings).mode }, { outcome: "failed", mode: release.mode });
  const failed = images.filter((image) => image.errors.length > 0);
  assertEquals(failed.map(({ name, reference }) => `${name}:${reference}`), [image]);
  for (const text of [errors.join(": "), findings.get("status").output, findings.get("journal").output]) {
    assertStringIncludes(text, image);
    for (const word of explanation) assertMatch(text, word);
  }
  assertReloadChangedNothing(findings);
}

function readReport(findings: Findings): ApplyReport {
  return parseReport(findings.get("report").output, "the guest's report");
}

/** Prints what torcx cost the boot: systemd's figures and the report's own. */
function printCost(findings: Findings, release: Release): void {
  const report = readReport(findings);
  const list = (times: [string, number | null][]): string =>
    times.map(([name, time]) => `${name} ${time === null ? "-" : Math.round(time)}`).join(", ");
  say(`${release.name}: ${findings.lines("systemd")[0]}: ${findings.lines("analyze")[0]}`);
  for (const line of findings.lines("blame").filter((line) => line.includes("torcx"))) {
    say(`${release.name}: ${line}`);
  }
  say(`${release.name}: report, ms: ${
    [
      list([["all", report.duration_ms]]),
      list(report.phases.map((phase) => [phase.name, phase.duration_ms])),
      list(report.images.map((image) => [image.name, image.duration_ms])),
      list(report.steps.map((step) => [step.command, step.duration_ms])),
    ].join("; ")
  }`);
}
