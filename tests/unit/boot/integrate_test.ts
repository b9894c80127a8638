/** Tests what the running system is told after the seal. */

import { assertEquals } from "@std/assert";
import {
  type IntegrationOptions,
  type IntegrationStep,
  isPastBoot,
  listUnits,
  listUnitsOfInterest,
  planAssetSteps,
  planReload,
  planStart,
  type SystemState,
} from "../../../lib/boot/integration.ts";
import type { AssetKind } from "../../../lib/manifest/asset_kinds.ts";
import type { ApplyReport } from "../../../lib/manifest/report.ts";
import { isUnitName, type UnitState } from "../../../lib/sys/manager.ts";

const DIRECTORIES: Record<AssetKind, string> = {
  bin: "/run/torcx/bin",
  network: "/run/systemd/network",
  units: "/run/systemd/system",
  sysusers: "/run/sysusers.d",
  tmpfiles: "/run/tmpfiles.d",
  udev_rules: "/run/udev/rules.d",
};

/** The first run of a boot, from torcx.service. */
const BOOT: IntegrationOptions = { isService: true, isRecovery: false };
const RESTART: IntegrationOptions = { isService: true, isRecovery: true };
const BY_HAND: IntegrationOptions = { isService: false, isRecovery: true };

function makeReport(assets: readonly (readonly [AssetKind, string])[]): ApplyReport {
  return {
    assets: assets.map(([kind, path]) => ({
      image: "a",
      kind,
      from: "/x",
      to: `${DIRECTORIES[kind]}/${path}`,
    })),
  } as unknown as ApplyReport;
}

/** Units that are active, those with a job marked by a final `…`. */
function makeState(manager: string | undefined, ...names: string[]): SystemState {
  const units = names.map((name): [string, UnitState] => {
    const hasJob = name.endsWith("…");
    const id = name.replace("…", "");
    return [id, { id, load: "loaded", active: hasJob ? "inactive" : "active", sub: "", result: "", hasJob }];
  });
  return { manager, units: new Map(units) };
}

function show(steps: readonly IntegrationStep[]): string[] {
  return steps.map(({ program, args, input }) =>
    [program, ...args].join(" ") + (input === undefined ? "" : ` <<< ${input}`)
  );
}

const UDEVD = "systemd-udevd.service";
const SETUP = "systemd-tmpfiles-setup.service";
const SETUP_DEV = "systemd-tmpfiles-setup-dev.service";
const NETWORKD = "systemd-networkd.service";
const EARLY = [SETUP_DEV, UDEVD];

/** Kinds that came, the units that are active, the rules' text, and the steps. */
const ASSET_STEPS: readonly { kinds: AssetKind[]; active: string[]; rules?: string; steps: string[] }[] = [
  { kinds: [], active: EARLY, steps: [] },
  { kinds: ["bin", "units"], active: EARLY, steps: [] },
  { kinds: ["sysusers"], active: [], steps: ["systemd-sysusers /run/sysusers.d/sysusers"] },
  {
    kinds: ["tmpfiles"],
    active: EARLY,
    steps: ["systemd-tmpfiles --prefix=/dev --create --boot /run/tmpfiles.d/tmpfiles"],
  },
  {
    kinds: ["tmpfiles"],
    active: [SETUP, SETUP_DEV],
    steps: ["systemd-tmpfiles --create --remove /run/tmpfiles.d/tmpfiles"],
  },
  { kinds: ["tmpfiles", "network", "udev_rules"], active: [], rules: 'TAG+="x"', steps: [] },
  { kinds: ["network"], active: [NETWORKD], steps: ["networkctl reload"] },
  {
    kinds: ["udev_rules"],
    active: EARLY,
    rules: "# none\n",
    steps: ["udevadm control --reload --timeout=5"],
  },
  {
    kinds: ["sysusers", "udev_rules", "tmpfiles"],
    active: EARLY,
    rules: 'SUBSYSTEM=="misc", KERNEL=="kvm", GROUP="g", OPTIONS+="static_node=kvm"',
    steps: [
      "systemd-sysusers /run/sysusers.d/sysusers",
      "systemd-tmpfiles --prefix=/dev --create --boot /run/tmpfiles.d/tmpfiles",
      "udevadm control --reload --timeout=5",
      'systemd-tmpfiles --create - <<< z "/dev/kvm" 0660 "root" "g"\n',
      "udevadm trigger --type=devices --action=add --subsystem-match=misc",
    ],
  },
];

for (const { kinds, active, rules = "", steps } of ASSET_STEPS) {
  Deno.test(`planAssetSteps() tells each manager that runs once, users first, if there came ${kinds.join(", ") || "nothing"} with ${active.join(", ") || "none"} active${rules === "" ? "" : ` and ${JSON.stringify(rules)}`}`, () => {
    const report = makeReport(kinds.map((kind) => [kind, kind]));
    const texts = { added: [rules], readAll: () => [rules] };
    assertEquals(show(planAssetSteps(report, makeState(undefined, ...active), texts)), steps);
  });
}

Deno.test("planAssetSteps() reads all rules only if a static node is among those that came", () => {
  const report = makeReport([["udev_rules", "a.rules"]]);
  const texts = {
    added: ['SUBSYSTEM=="net", NAME="x"'],
    readAll: () => {
      throw new Error("not needed");
    },
  };
  assertEquals(planAssetSteps(report, makeState(undefined, UDEVD), texts).length, 2);
});

Deno.test("planAssetSteps(), planReload() and listUnits() pass over directories without files", () => {
  const kinds = Object.keys(DIRECTORIES) as AssetKind[];
  const report = makeReport(kinds.map((kind) => [kind, "a.service"] as const));
  for (const asset of report.assets) asset.is_directory = true;
  const texts = { added: [], readAll: () => [] };
  const active = ["systemd-tmpfiles-setup.service", UDEVD, "systemd-networkd.service"];
  assertEquals(show(planAssetSteps(report, makeState(undefined, ...active), texts)), []);
  assertEquals([show(planReload(report, BOOT)), listUnits(report)], [[], []]);
  assertEquals(listUnitsOfInterest(report), ["sysinit.target", "default.target"]);
});

Deno.test("planReload() reloads for units that came, and in a recovery always", () => {
  const units = makeReport([["units", "a.service"]]);
  assertEquals(show(planReload(makeReport([["bin", "a"]]), BOOT)), []);
  assertEquals(show(planReload(units, BOOT)), ["systemctl daemon-reload"]);
  assertEquals(show(planReload(makeReport([]), RESTART)), ["systemctl daemon-reload"]);
});

const WANTS = [
  ["units", "a.service"],
  ["units", "multi-user.target.wants/a.service"],
  ["units", "sockets.target.wants/a.socket"],
  ["units", "reboot.target.wants/a.service"],
  ["units", "odd.target.requires/a.service"],
] as const;
const UP = ["default.target", "multi-user.target", "sockets.target"];
const COMING = UP.map((name) => `${name}…`);

/** Who calls, in which state of the system, what is started first, and the one step; undefined: none. */
const STARTS: readonly {
  when: string;
  call: IntegrationOptions;
  state: SystemState;
  started?: string[];
  step: string | undefined;
}[] = [
  {
    when: "in a boot: what it is on its way to",
    call: BOOT,
    state: makeState(undefined, ...COMING),
    step: "start --no-block default.target multi-user.target sockets.target",
  },
  {
    when: "in a boot that goes to rescue: nothing",
    call: BOOT,
    state: makeState(undefined),
    step: undefined,
  },
  {
    when: "in torcx.service restarted: no waiting",
    call: RESTART,
    state: makeState("degraded", ...UP),
    step: "start --no-block torcx.target default.target multi-user.target sockets.target",
  },
  {
    when: "by hand: torcx.service first, and waiting",
    call: BY_HAND,
    state: makeState("running", ...UP, "odd.target"),
    started: ["torcx.service"],
    step: "start torcx.service torcx.target default.target multi-user.target sockets.target odd.target",
  },
  {
    when: "by hand where default.target could not start: it too",
    call: BY_HAND,
    state: makeState("degraded"),
    step: "start torcx.target default.target",
  },
  {
    when: "by hand while it boots: no waiting, nothing that is not on the way",
    call: BY_HAND,
    state: makeState("starting", "default.target…", "sockets.target"),
    step: "start --no-block torcx.target default.target sockets.target",
  },
  {
    when: "by hand in rescue mode: that is not left",
    call: BY_HAND,
    state: makeState("maintenance", "sockets.target", "multi-user.target…"),
    step: "start torcx.target sockets.target",
  },
  {
    when: "while it shuts down: nothing",
    call: BY_HAND,
    state: makeState("stopping", ...UP),
    step: undefined,
  },
];

for (const { when, call, state, started, step } of STARTS) {
  Deno.test(`planStart() starts ${when}`, () => {
    const steps = planStart(makeReport(WANTS), call, state, started);
    assertEquals(show(steps), step === undefined ? [] : [`systemctl ${step}`]);
  });
}

Deno.test("planStart() starts nothing in a boot without units", () => {
  assertEquals(planStart(makeReport([["bin", "a"]]), BOOT, makeState(undefined, ...COMING)), []);
});

Deno.test("listUnitsOfInterest() names services whose files came, and the targets", () => {
  assertEquals(listUnitsOfInterest(makeReport([["bin", "a"]])), ["sysinit.target", "default.target"]);
  assertEquals(
    listUnitsOfInterest(makeReport([...WANTS, ["tmpfiles", "a"], ["udev_rules", "a"], ["network", "a"]])),
    [
      SETUP,
      SETUP_DEV,
      UDEVD,
      NETWORKD,
      "sysinit.target",
      "default.target",
      "multi-user.target",
      "sockets.target",
      "reboot.target",
      "odd.target",
    ],
  );
});

Deno.test("isPastBoot() is whether sysinit.target, which waits for torcx.service, is active", () => {
  assertEquals(isPastBoot(makeState("running", "sysinit.target").units), true);
  assertEquals(isPastBoot(makeState("starting", "sysinit.target…").units), false);
  assertEquals(isPastBoot(new Map()), false);
});

Deno.test("listUnits() names what can be started: no templates, no drop-ins", () => {
  const report = makeReport([
    ...WANTS,
    ["units", "t@.service"],
    ["units", "multi-user.target.wants/t@one.service"],
    ["units", "a.service.d/10-x.conf"],
    ["units", "README"],
    ["bin", "b.service"],
  ]);
  assertEquals(listUnits(report), ["a.service", "a.socket", "t@one.service"]);
});

for (
  const [name, isUnit] of [
    ["a.service", true],
    ["dev-disk-by\\x2dlabel-x.swap", true],
    ["a@b.socket", true],
    ["a@.service", false],
    ["a", false],
    ["a.conf", false],
    ["-a b.service", false],
    [`${"a".repeat(248)}.service`, false],
  ] as const
) {
  Deno.test(`isUnitName() is ${isUnit} for ${JSON.stringify(name.slice(0, 40))}`, () => {
    assertEquals(isUnitName(name), isUnit);
  });
}
