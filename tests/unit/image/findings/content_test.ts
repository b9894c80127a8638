/** Tests what a tree tells: for each code a tree that has it, beside one that has not. */

import { assertEquals } from "@std/assert";
import { decodePath, encodePath } from "../../../../lib/bytes.ts";
import { listAssets } from "../../../../lib/image/assets.ts";
import { lookIntoTree } from "../../../../lib/image/findings/content.ts";
import type { ProgramHost } from "../../../../lib/image/findings/program_host.ts";
import { ASSET_KINDS, type AssetKind } from "../../../../lib/manifest/asset_kinds.ts";
import { createEmptyImageManifest } from "../../../../lib/manifest/image.ts";
import type { Root } from "../../../../lib/sys/root.ts";
import { type Node, withTree } from "../../../support/nodes.ts";

const NO_INTERPRETER = "which neither the image nor the system has";

interface ContentCase {
  nodes: Record<string, Node>;
  assets: Partial<Record<AssetKind, string[]>>;
  /** `CODE PATH: MESSAGE | HINT` of each oddity. */
  oddities: string[];
  /** Modes of files. */
  modes?: Record<string, number>;
}

/** A unit that keeps a tree from propagating nothing. */
const UNIT: Record<string, Node> = { "u/a.service": "" };
const ASSETS = { units: ["/u/a.service"] };

const CASES: Record<string, ContentCase> = {
  "nothing of a tree that is fine": { nodes: UNIT, assets: ASSETS, oddities: [] },
  "an empty tree": {
    nodes: {},
    assets: {},
    oddities: ["no-manifest : it is empty | Pack it anew, or take it out of the profile"],
  },
  "a tree without a manifest": {
    nodes: { "bin/a": "", "lib/b": "" },
    assets: {},
    oddities: ["no-manifest : it has no /.torcx/manifest.json, so that nothing of it is propagated | "],
  },
  "a tree below one directory": {
    nodes: { "docker-17/.torcx/manifest.json": "{}", "docker-17/bin/a": "" },
    assets: {},
    oddities: [
      "no-manifest : it has no /.torcx/manifest.json, so that nothing of it is propagated | " +
      'Pack the files in "docker-17", not the directory itself: its manifest is "docker-17/.torcx/manifest.json"',
    ],
  },
  "a manifest of which nothing comes": {
    nodes: { ".torcx/manifest.json": "{}", "bin/a": "" },
    assets: {},
    oddities: ["nothing-propagated /.torcx/manifest.json: nothing comes of its /.torcx/manifest.json | "],
  },
  "a whole directory of units": {
    nodes: { "usr/lib/systemd/system/a.service": "", "usr/lib/systemd/system/b.socket": "" },
    assets: { units: ["/usr/lib/systemd/system"] },
    oddities: [
      'directory-not-read /usr/lib/systemd/system: units directory "/usr/lib/systemd/system" lands as ' +
      '"/run/systemd/system/system/", where nothing is read | ' +
      'List what is in it: "/usr/lib/systemd/system/a.service", "/usr/lib/systemd/system/b.socket"',
    ],
  },
  "a long directory by its first names": {
    nodes: Object.fromEntries(["a", "b", "c", "d", "e", "f", "g"].map((name) => [`t/${name}.conf`, ""])),
    assets: { tmpfiles: ["/t"] },
    oddities: [
      'directory-not-read /t: tmpfiles directory "/t" lands as "/run/tmpfiles.d/t/", where nothing is read | ' +
      'List what is in it: "/t/a.conf", "/t/b.conf", "/t/c.conf", "/t/d.conf", "/t/e.conf" and 2 more',
    ],
  },
  "an empty directory": {
    nodes: { "rules.d": { dir: true } },
    assets: { udev_rules: ["/rules.d"] },
    oddities: [
      'directory-not-read /rules.d: udev_rules directory "/rules.d" lands as "/run/udev/rules.d/rules.d/", ' +
      "where nothing is read | ",
    ],
  },
  "no directory that systemd reads": {
    nodes: {
      "u/a.service.d/x.conf": "",
      "u/b.target.wants/x.service": { link: "../x.service" },
      "u/b.target.requires/x.service": { link: "../x.service" },
      "u/b.target.upholds/x.service": { link: "../x.service" },
      "n/e.network.d/x.conf": "",
    },
    assets: {
      units: ["a.service.d", "b.target.wants", "b.target.requires", "b.target.upholds"].map((name) =>
        `/u/${name}`
      ),
      network: ["/n/e.network.d"],
    },
    oddities: [],
  },
  "a directory of sysusers and one of network": {
    nodes: { "s/a.conf": "", "n/a.network": "" },
    assets: { sysusers: ["/s"], network: ["/n"] },
    oddities: [
      'directory-not-read /n: network directory "/n" lands as "/run/systemd/network/n/", where nothing is read | ' +
      'List what is in it: "/n/a.network"',
      'directory-not-read /s: sysusers directory "/s" lands as "/run/sysusers.d/s/", where nothing is read | ' +
      'List what is in it: "/s/a.conf"',
    ],
  },
  "what others can write and is copied": {
    nodes: { "u/a.service": "", "bin/b": "" },
    modes: { "u/a.service": 0o666, "bin/b": 0o777 },
    assets: { ...ASSETS, bin: ["/bin/b"] },
    oddities: [
      'writable-by-others /u/a.service: units asset "/u/a.service" can be written by others in the image ' +
      "(mode 0666): its copy cannot | ",
    ],
  },
  "a program that cannot be run": {
    nodes: { "bin/a": "#!/bin/sh\n", "bin/b": { link: "a" } },
    modes: { "bin/a": 0o644 },
    assets: { bin: ["/bin/b"] },
    oddities: ['program-not-executable /bin/b: program "/bin/b" cannot be run: its mode is 0644 | '],
  },
  "a script without its interpreter": {
    nodes: {
      "bin/a": "#!/opt/python -u\n",
      "bin/b": "#!/opt/ruby\n",
      "opt/ruby": "",
      "bin/c": "#!/run/torcx/bin/x\n",
    },
    assets: { bin: ["/bin"] },
    oddities: [
      `no-interpreter /bin/a: program "/bin/a" is a script for "/opt/python", ${NO_INTERPRETER} | ` +
      "Correct the script's first line, or add the interpreter",
    ],
  },
  "a script with line ends of DOS, and one that names nothing": {
    nodes: { "bin/a": "#!/bin/sh\r\n", "bin/b": "#!\n" },
    assets: { bin: ["/bin"] },
    oddities: [
      `no-interpreter /bin/a: program "/bin/a" is a script for "/bin/sh\\x0d", ${NO_INTERPRETER} | ` +
      "Save it with line ends of Unix: the carriage return is taken for a part of the name",
      'no-interpreter /bin/b: program "/bin/b" is a script whose first line names no interpreter | ' +
      "Correct the script's first line, or add the interpreter",
    ],
  },
  "a program that is a symlink to a directory": {
    nodes: { "bin/a": { link: "../lib" }, "lib/b": "" },
    assets: { bin: ["/bin"] },
    oddities: ['not-a-file /bin/a: program "/bin/a" does not lead to a regular file | '],
  },
};

/** Looks into a tree with these nodes, for a system that has /bin/sh. */
function look({ nodes, assets, modes = {} }: ContentCase): Promise<string[]> {
  let told: string[] = [];
  return withTree({ "bin/sh": "" }, (system) =>
    withTree(nodes, ({ root, path }) => {
      for (const name of Object.keys(nodes)) {
        if (name.startsWith("bin/") && Deno.lstatSync(`${path}/${name}`).isFile) {
          Deno.chmodSync(`${path}/${name}`, 0o755);
        }
      }
      for (const [name, mode] of Object.entries(modes)) {
        Deno.chmodSync(`${path}/${name}`, mode);
      }
      const manifest = createEmptyImageManifest();
      for (const kind of ASSET_KINDS) manifest.assets[kind] = assets[kind] ?? [];
      const list = listAssets(root, manifest, { imageName: "one" });
      told = lookIntoTree(root, { list, host: makeHost(system.root) }).oddities.map((oddity) =>
        `${oddity.code} ${decodePath(oddity.path ?? encodePath(""))}: ${oddity.message} | ${
          oddity.hint ?? ""
        }`
      );
    })).then(() => told);
}

function makeHost(root: Root): ProgramHost {
  return {
    root,
    machine: { number: 62, bits: 64, isBigEndian: false },
    hasPrograms: true,
    runDir: encodePath("/run/torcx"),
  };
}

for (const [title, content] of Object.entries(CASES)) {
  Deno.test(`lookIntoTree() tells ${title}`, async () => assertEquals(await look(content), content.oddities));
}
