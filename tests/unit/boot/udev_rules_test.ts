/** Tests what new udev rules are given that others got at the boot. */

import { assertEquals } from "@std/assert";
import { listStaticNodes, listTriggers } from "../../../lib/boot/udev_rules.ts";

const ALL = ["--type=subsystems --action=add", "--type=devices --action=add"];
const net = ["--type=devices --action=add --subsystem-match=net"];
const both = (options: string): string[] => ALL.map((type) => `${type} ${options}`);

/** Rules, and the triggers. */
const TRIGGERS: readonly (readonly [string, string[]])[] = [
  ["", []],
  ['# SUBSYSTEM=="net"\n\n  \n', []],
  ['LABEL="end"\nGOTO="end"\n', []],
  // Rules that do nothing on an add, or nothing at all.
  ['ACTION=="remove", RUN+="/x"', []],
  ['ACTION=="change|remove", TAG+="x"', []],
  ['ACTION!="a*", TAG+="x"', []],
  ['SUBSYSTEM=="net"', []],
  ['SUBSYSTEM="net"', ALL],
  ['SUBSYSTEM=="net", NAME="x"', net],
  ['  SUBSYSTEM == "net", NAME="x"', net],
  ['SUBSYSTEM=="net" NAME="x"', net],
  ['ACTION=="add", SUBSYSTEM=="net", NAME="x"', net],
  ['ACTION=="ad[dx]", SUBSYSTEM=="net", NAME="x"', net],
  ['ACTION!="[r]*", SUBSYSTEM=="net", NAME="x"', net],
  ['ACTION!="remove", SUBSYSTEM=="net", IMPORT{program}="/x"', net],
  ['SUBSYSTEM=="net", PROGRAM=="/x"', net],
  ['SUBSYSTEM=="net|block", NAME="x"', [`${net[0]} --subsystem-match=block`]],
  ['SUBSYSTEM=="net", NAME="x"\nSUBSYSTEM=="net", TAG+="y"\nSUBSYSTEM=="block", TAG+="x"', [
    `${net[0]} --subsystem-match=block`,
  ]],
  ['ACTION=="add", \\\n  SUBSYSTEM=="net", NAME="x"', net],
  // What only jumps narrows nothing.
  ['ACTION=="remove", GOTO="end"\nSUBSYSTEM=="net", NAME="x"\nLABEL="end"', net],
  // Buses, classes, drivers and modules have events of their own.
  ['SUBSYSTEM=="module", KERNEL=="block", ATTR{x}="1"', [
    "--type=subsystems --action=add --subsystem-match=module",
  ]],
  ['SUBSYSTEM=="bus|net", TAG+="x"', both("--subsystem-match=subsystem --subsystem-match=net")],
  ['SUBSYSTEM=="dr*", TAG+="x"', both("--subsystem-match=dr*")],
  ['KERNEL=="sd*", GROUP="x"', both("--sysname-match=sd*")],
  ['KERNEL=="kvm|vhost-*", GROUP="x"', both("--sysname-match=kvm --sysname-match=vhost-*")],
  // A subsystem and a name on one line: the subsystem narrows enough.
  ['KERNEL=="sd*", SUBSYSTEM=="block", GROUP="x"', ["--type=devices --action=add --subsystem-match=block"]],
  // What cannot be narrowed is not narrowed.
  ['NAME="x"', ALL],
  ['SUBSYSTEM=="block", TAG+="x"\nKERNEL=="kvm", TAG+="x"', ALL],
  ['SUBSYSTEM=="net", TAG+="x"\nATTR{x}=="y", TAG+="x"', ALL],
  ['SUBSYSTEM!="net", NAME="x"', ALL],
  ['SUBSYSTEM=="", NAME="x"', ALL],
  ['SUBSYSTEM==i"NET", NAME="x"', ALL],
  ['SUBSYSTEMS=="usb", TAG+="x"', ALL],
  ['KERNELS=="1-1", TAG+="x"', ALL],
  ['ENV{SUBSYSTEM}=="net", TAG+="x"', ALL],
  ['ENV{x}="SUBSYSTEM==\\"net\\""', ALL],
];

for (const [text, expected] of TRIGGERS) {
  Deno.test(`listTriggers() asks for ${expected.join(" and ") || "nothing"} for ${JSON.stringify(text)}`, () => {
    const join = (triggers: string[][]): string[] => triggers.map((args) => args.join(" "));
    assertEquals(join(listTriggers([text])), expected);
    // Spread over files it is the same.
    assertEquals(join(listTriggers(text.split(/(?<=[^\\]\n)/))), expected);
  });
}

/** Rules that came, rules before and after them, and the lines of tmpfiles.d. */
const NODES: readonly { added: string; before?: string; after?: string; lines: string[] }[] = [
  { added: 'KERNEL=="tun", MODE="0666"', lines: [] },
  { added: 'KERNEL=="tun", OPTIONS+="static_node=net/tun"', lines: [] },
  {
    added: 'KERNEL=="tun", MODE="0666", OPTIONS+="static_node=net/tun"',
    lines: ['z "/dev/net/tun" 0666 "root" "root"'],
  },
  { added: 'GROUP="kvm", OPTIONS+="static_node=kvm"', lines: ['z "/dev/kvm" 0660 "root" "kvm"'] },
  { added: 'OPTIONS+="static_node=a", OWNER="me"', lines: ['z "/dev/a" 0600 "me" "root"'] },
  // The order within a line means nothing, the last assignment counts, a substitution is known later alone.
  {
    added: 'OPTIONS+="static_node=a", MODE="0600", MODE:="0640", GROUP="$env{G}"',
    lines: ['z "/dev/a" 0640 "root" "root"'],
  },
  // Tags are links, made by udevd for logind.
  {
    added: 'OPTIONS+="static_node=snd/seq.1", TAG+="uaccess", TAG-="x"',
    lines: ['L "/run/udev/static_node-tags/uaccess/snd\\\\x2fseq\\\\x2e1" - - - - /dev/snd/seq.1'],
  },
  // One line, two nodes; names that tmpfiles.d would take for something else.
  {
    added: 'MODE="0666", OPTIONS+="static_node=a*", OPTIONS+="static_node=b%c"',
    lines: ['z "/dev/a[*]" 0666 "root" "root"', 'z "/dev/b%%c" 0666 "root" "root"'],
  },
  // The last rule on a node counts, and rules on other nodes are left alone.
  {
    before: 'MODE="0600", OPTIONS+="static_node=a"\nMODE="0777", OPTIONS+="static_node=other"',
    added: 'MODE="0666", OPTIONS+="static_node=a"',
    lines: ['z "/dev/a" 0666 "root" "root"'],
  },
  {
    added: 'MODE="0666", OPTIONS+="static_node=a"',
    after: 'MODE="0600", OPTIONS+="static_node=a"',
    lines: ['z "/dev/a" 0600 "root" "root"'],
  },
];

for (const { added, before = "", after = "", lines } of NODES) {
  Deno.test(`listStaticNodes() returns ${JSON.stringify(lines)} for ${JSON.stringify([before, added, after])}`, () => {
    assertEquals(listStaticNodes([added], [before, added, after]), lines);
  });
}
