/** Tests what the running system is told after the seal, and which devices new rules can match. */

import { assertEquals } from "@std/assert";
import { planIntegration } from "../../lib/apply/integrate.ts";
import { listTriggerArguments } from "../../lib/apply/udev_rules.ts";
import type { AssetKind } from "../../lib/manifest/image.ts";
import type { ApplyReport } from "../../lib/manifest/report.ts";

const DIRECTORIES: Record<AssetKind, string> = {
  bin: "/run/torcx/bin",
  network: "/run/systemd/network",
  units: "/run/systemd/system",
  sysusers: "/run/sysusers.d",
  tmpfiles: "/run/tmpfiles.d",
  udev_rules: "/run/udev/rules.d",
};

const SYSUSERS = "systemd-sysusers /run/sysusers.d/sysusers";
const TMPFILES =
  "systemd-tmpfiles --create --remove /run/tmpfiles.d/tmpfiles (if systemd-tmpfiles-setup.service)";
const RULES = "udevadm control --reload";
const NETWORK = "networkctl reload (if systemd-networkd.service)";
const UNITS = ["systemctl daemon-reload", "systemctl start --no-block default.target"];

/** Kinds that came, the rules' text, and the steps. */
const INTEGRATIONS: readonly { kinds: AssetKind[]; rules?: string; steps: string[] }[] = [
  { kinds: [], steps: [] },
  { kinds: ["bin"], steps: [] },
  { kinds: ["sysusers"], steps: [SYSUSERS] },
  { kinds: ["sysusers", "sysusers"], steps: [`${SYSUSERS} /run/sysusers.d/sysusers`] },
  { kinds: ["tmpfiles"], steps: [TMPFILES] },
  { kinds: ["network"], steps: [NETWORK] },
  { kinds: ["units", "units"], steps: UNITS },
  { kinds: ["udev_rules"], rules: "# none\n", steps: [RULES] },
  {
    kinds: ["udev_rules"],
    rules: 'SUBSYSTEM=="net", NAME="x"\n',
    steps: [RULES, "udevadm trigger --action=change --subsystem-match=net"],
  },
  { kinds: ["udev_rules"], rules: 'NAME="x"\n', steps: [RULES, "udevadm trigger --action=change"] },
  {
    kinds: ["units", "network", "udev_rules", "tmpfiles", "sysusers", "bin"],
    rules: "",
    steps: [SYSUSERS, TMPFILES, RULES, NETWORK, ...UNITS],
  },
];

for (const { kinds, rules = "", steps } of INTEGRATIONS) {
  const which = `${kinds.join(", ") || "nothing"}${rules === "" ? "" : ` ${JSON.stringify(rules)}`}`;
  Deno.test(`planIntegration() tells each manager once, users first, units last, if there came ${which}`, () => {
    const assets = kinds.map((kind) => ({
      image: "a",
      kind,
      from: "/x",
      to: `${DIRECTORIES[kind]}/${kind}`,
    }));
    const read: string[] = [];
    const plan = planIntegration({ assets } as unknown as ApplyReport, (path) => {
      read.push(path);
      return rules;
    });
    assertEquals(
      plan.map(({ program, args, ifActive }) =>
        `${[program, ...args].join(" ")}${ifActive === undefined ? "" : ` (if ${ifActive})`}`
      ),
      steps,
    );
    assertEquals(
      read,
      kinds.filter((kind) => kind === "udev_rules").map((kind) => `${DIRECTORIES[kind]}/${kind}`),
    );
  });
}

/** Rules, and the devices that are triggered; undefined: none, empty: all. */
const RULES_FILES: readonly (readonly [string, string[] | undefined])[] = [
  ["", undefined],
  ['# SUBSYSTEM=="net"\n\n  \n', undefined],
  ['LABEL="end"\nGOTO="end"\n', undefined],
  ['SUBSYSTEM=="net", NAME="x"', ["--subsystem-match=net"]],
  ['  SUBSYSTEM == "net", NAME="x"', ["--subsystem-match=net"]],
  ['ACTION=="add", SUBSYSTEM=="net", NAME="x"', ["--subsystem-match=net"]],
  ['SUBSYSTEM=="net|block", NAME="x"', ["--subsystem-match=net", "--subsystem-match=block"]],
  ['SUBSYSTEM=="net"\nSUBSYSTEM=="net"\nSUBSYSTEM=="block"', [
    "--subsystem-match=net",
    "--subsystem-match=block",
  ]],
  ['ACTION=="add", \\\n  SUBSYSTEM=="net"', ["--subsystem-match=net"]],
  ['KERNEL=="sd*", GROUP="x"', ["--sysname-match=sd*"]],
  ['KERNEL=="kvm|vhost-*"', ["--sysname-match=kvm", "--sysname-match=vhost-*"]],
  // A subsystem and a name on one line: the subsystem narrows enough.
  ['KERNEL=="sd*", SUBSYSTEM=="block"', ["--subsystem-match=block"]],
  // What cannot be narrowed is not narrowed.
  ['SUBSYSTEM=="block"\nKERNEL=="kvm"', []],
  ['SUBSYSTEM=="net"\nATTR{x}=="y"', []],
  ['SUBSYSTEM!="net", NAME="x"', []],
  ['SUBSYSTEM="net"', []],
  ['SUBSYSTEM==""', []],
  ['SUBSYSTEMS=="usb"', []],
  ['KERNELS=="1-1"', []],
  ['ENV{SUBSYSTEM}=="net"', []],
];

for (const [text, expected] of RULES_FILES) {
  const what = expected === undefined
    ? "no device"
    : expected.length === 0
    ? "all devices"
    : expected.join(" ");
  Deno.test(`listTriggerArguments() returns ${what} for ${JSON.stringify(text)}`, () => {
    assertEquals(listTriggerArguments([text]), expected);
    // Spread over files it is the same.
    assertEquals(listTriggerArguments(text.split(/(?<=[^\\]\n)/)), expected);
  });
}
