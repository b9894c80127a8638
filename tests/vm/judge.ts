/*
 * What a guest's findings must say, in the words of the boot's contract; the same on every release.
 * Each function throws an AssertionError that shows expected and found side by side. Called by cases.ts.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Addon } from "./addon.ts";
import type { Findings } from "./findings.ts";
import type { Release } from "./releases.ts";

/** The boot ended, nothing but the named units failed, and systemd found no ordering cycle. */
export function assertBooted(findings: Findings, release: Release, failed: readonly string[] = []): void {
  assertMatch(findings.get("systemd").output, new RegExp(`^systemd ${release.systemd ?? "\\d+"} `));
  assertEquals({
    state: findings.get("state").output,
    multiUser: findings.values("target-multi-user").ActiveState,
    failed: findings.lines("failed").map((line) => line.split(" ")[0]),
    jobs: findings.lines("jobs"),
    cycles: findings.lines("cycles"),
  }, {
    state: failed.length === 0 ? "running" : "degraded",
    multiUser: "active",
    failed: [...failed],
    jobs: [],
    cycles: [],
  });
}

/** The seal is there as systemd and wrappers read it, and a service that requires torcx.target got its values. */
export function assertSealed(findings: Findings, upperProfile: string): void {
  const values = {
    TORCX_LOWER_PROFILES: "vendor",
    TORCX_UPPER_PROFILE: upperProfile,
    TORCX_PROFILE_PATH: "/run/torcx/profile.json",
    TORCX_BINDIR: "/run/torcx/bin",
    TORCX_UNPACKDIR: "/run/torcx/unpack",
  };
  assertEquals(
    findings.get("seal").output,
    Object.entries(values).map(([key, value]) => `${key}="${value}"`).join("\n"),
  );
  const consumer = findings.values("consumer");
  assertEquals({
    seal: findings.get("seal-mode").output,
    report: findings.get("report-mode").output,
    target: findings.values("target").ActiveState,
    consumer: Object.fromEntries(Object.keys(values).map((key) => [key, consumer[key]])),
    unpackRefusesDirectory: refuses(findings, "unpack-refuses-directory"),
  }, {
    seal: "444 root regular file",
    report: "444",
    target: "active",
    consumer: values,
    unpackRefusesDirectory: true,
  });
}

/** Every asset of an addon took effect in this boot, and nothing can be written below its directory. */
export function assertAddonUp(findings: Findings, { name, user }: Addon): void {
  const get = (fact: string) => findings.get(`${name}-${fact}`);
  const says = (user: string) => `${name} of /run/torcx/unpack/${name}/usr/bin/${name}-program as ${user}`;
  assertEquals({
    program: get("program").output,
    service: findings.values(`${name}-service`),
    written: get("written").output,
    socket: get("socket").output,
    talk: get("talk").output,
    timer: get("timer").output,
    hasTicked: get("tick").exit === 0,
    dropIn: findings.values("greeter")[`GREETER_${name.toUpperCase()}`],
    hasUser: get("user").exit === 0,
    directory: get("directory").output,
    device: get("device").output,
    hasInterface: get("interface").exit === 0,
    refuses: ["file", "write", "removal"].filter((what) => refuses(findings, `${name}-refuses-${what}`)),
  }, {
    program: says("root"),
    service: { ActiveState: "active", Result: "success", User: user },
    written: says(user),
    socket: "active",
    talk: says(user),
    timer: "active",
    hasTicked: true,
    dropIn: "yes",
    hasUser: user === name,
    directory: `750 ${user}:${user}`,
    device: "yes",
    hasInterface: true,
    refuses: ["file", "write", "removal"],
  });
}

/** Nothing of an addon is to be seen. */
export function assertAddonDown(findings: Findings, { name }: Addon): void {
  const get = (fact: string) => findings.get(`${name}-${fact}`);
  assertEquals({
    runs: get("program").exit === 0,
    service: findings.values(`${name}-service`).ActiveState,
    socket: get("socket").output,
    timer: get("timer").output,
    hasUser: get("user").exit === 0,
    hasDirectory: get("directory").exit === 0,
    device: get("device").output,
    hasInterface: get("interface").exit === 0,
    dropIn: findings.values("greeter")[`GREETER_${name.toUpperCase()}`],
    files: propagated(findings).filter((path) => path.includes(name)),
  }, {
    runs: false,
    service: "inactive",
    socket: "inactive",
    timer: "inactive",
    hasUser: false,
    hasDirectory: false,
    device: "",
    hasInterface: false,
    dropIn: undefined,
    files: [],
  });
  assertEquals(findings.values("greeter").GREETER, "base");
}

/** No seal, no mount, no loop device, no propagated file: at most the run directory with its report. */
export function assertNothingApplied(findings: Findings): void {
  assertEquals({
    hasSeal: findings.get("seal").exit === 0,
    target: findings.values("target").ActiveState,
    hasConsumer: findings.get("consumer").exit === 0,
    mounts: findings.lines("mounts").filter((line) => line.includes("torcx")),
    loops: findings.lines("loops"),
    tree: findings.lines("tree").filter((line) => /^\/run\/torcx\/(bin|unpack)\/./.test(line)),
    propagated: propagated(findings),
  }, {
    hasSeal: false,
    target: "inactive",
    hasConsumer: false,
    mounts: [],
    loops: [],
    tree: [],
    propagated: [],
  });
}

/** The guest's daemon-reload left every file, mount and unit as it was. */
export function assertReloadChangedNothing(findings: Findings): void {
  assertEquals(findings.get("reload"), { exit: 0, output: "" });
  assert(findings.lines("before-reload").length > 0, "the guest listed nothing before its reload");
  assertEquals(findings.lines("after-reload"), findings.lines("before-reload"));
}

/** Files in the transient places that are not systemd's own. */
function propagated(findings: Findings): string[] {
  return findings.lines("propagated").filter((path) => path !== "/run/tmpfiles.d/static-nodes.conf");
}

function refuses(findings: Findings, name: string): boolean {
  const { exit, output } = findings.get(name);
  return exit !== 0 && output.includes("Read-only file system");
}
