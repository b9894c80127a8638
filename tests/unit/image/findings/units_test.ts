/** Tests the units of images: the texts that their links get, links that lead nowhere, units that nothing starts. */

import { assertEquals } from "@std/assert";
import { encodePath } from "../../../../lib/bytes.ts";
import { listAssets } from "../../../../lib/image/assets.ts";
import { lookIntoTree } from "../../../../lib/image/findings/content.ts";
import { type PlacedImage, UnitCheck } from "../../../../lib/image/findings/units.ts";
import { createEmptyImageManifest } from "../../../../lib/manifest/image.ts";
import { type Node, withTree } from "../../../support/nodes.ts";

interface UnitCase {
  /** Files of the image below /u, and of the system. */
  nodes: Record<string, Node>;
  system?: Record<string, Node>;
  /** Units of another image, which come too. */
  others?: Record<string, Node>;
  units: string[];
  /** Texts of links by their targets; those that stay as they are left out. */
  texts?: Record<string, string>;
  /** `CODE PATH | HINT` of each oddity. */
  oddities?: string[];
}

const DANGLES = "dangling-unit-link";
const CORRECT = "Add the file to the image, or correct the link";
const INSTALL = "[Install]\nWantedBy=multi-user.target\n";
const ENABLE =
  'Add the symlink "multi-user.target.wants/a.service" to "../a.service", and list its directory in "units"';

const CASES: Record<string, UnitCase> = {
  "a relative alias stays": {
    nodes: { "a.service": "", "b.service": { link: "a.service" } },
    units: ["a.service", "b.service"],
  },
  "an absolute alias of a unit that comes leads to it": {
    nodes: { "a.service": "", "b.service": { link: "/u/a.service" } },
    units: ["b.service", "a.service"],
    texts: { "b.service": "a.service" },
  },
  "an absolute alias of a file that does not come leads into the tree": {
    nodes: { "a.service": "", "b.service": { link: "/u/a.service" } },
    units: ["b.service"],
    texts: { "b.service": "/run/torcx/unpack/one/u/a.service" },
  },
  "an alias by the name of what it leads to leads into the tree, not to itself": {
    nodes: { "real/a.service": "", "a.service": { link: "/u/real/a.service" } },
    units: ["a.service", "real/a.service"],
    texts: { "a.service": "/run/torcx/unpack/one/u/real/a.service" },
  },
  "an absolute alias of a unit of the system stays": {
    nodes: { "b.service": { link: "/usr/lib/systemd/system/a.service" } },
    system: { "usr/lib/systemd/system/a.service": "" },
    units: ["b.service"],
  },
  "an alias of what nobody has dangles": {
    nodes: { "b.service": { link: "/u/none.service" }, "c.service": { link: "c.service" } },
    units: ["b.service", "c.service"],
    oddities: [`${DANGLES} /u/b.service | ${CORRECT}`, `${DANGLES} /u/c.service | ${CORRECT}`],
  },
  "a relative link out of the units' directory leads into the tree": {
    nodes: { "a.service.d": { link: "../drop" }, "../drop/x.conf": "" },
    units: ["a.service.d"],
    texts: { "a.service.d": "/run/torcx/unpack/one/drop" },
  },
  "a mask stays": { nodes: { "b.service": { link: "/dev/null" } }, units: ["b.service"] },
  "a link to what is in /run at boot is not judged, among the units it is": {
    nodes: { "b.service": { link: "/run/x" }, "c.service": { link: "/run/systemd/system/x.service" } },
    system: { "run/systemd/system/x.service": "" },
    units: ["b.service", "c.service"],
    oddities: [`${DANGLES} /u/c.service | ${CORRECT}`],
  },
  "a symlinked drop-in directory leads into the tree": {
    nodes: { "shared.d/x.conf": "", "a.service.d": { link: "shared.d" } },
    units: ["a.service.d"],
    texts: { "a.service.d": "/run/torcx/unpack/one/u/shared.d" },
  },
  "a symlinked drop-in directory leads to one that comes": {
    nodes: { "b.service.d/x.conf": "", "a.service.d": { link: "/u/b.service.d" } },
    units: ["a.service.d", "b.service.d"],
    texts: { "a.service.d": "b.service.d" },
  },
  "a symlink within a drop-in directory leads out of it": {
    nodes: { "a.service": "", "x.service.d/y.conf": { link: "/u/a.service" } },
    units: ["x.service.d", "a.service"],
    texts: { "x.service.d/y.conf": "../a.service" },
  },
  "a link of a wants directory leads to the unit that comes": {
    nodes: { "a.service": INSTALL, "multi-user.target.wants/a.service": { link: "/u/a.service" } },
    units: ["a.service", "multi-user.target.wants"],
    texts: { "multi-user.target.wants/a.service": "../a.service" },
  },
  "a link of a wants directory counts by its name": {
    nodes: {
      "x.target.wants/sshd.service": { link: "/nowhere" },
      "x.target.wants/getty@tty9.service": { link: "../getty@.service" },
      "x.target.wants/data.mount": { link: "../data.mount" },
    },
    system: { "usr/lib/systemd/system/sshd.service": "", "etc/systemd/system/getty@.service": "" },
    units: ["x.target.wants"],
  },
  "a link of a wants directory for no unit dangles": {
    nodes: { "x.target.wants/none.service": { link: "../none.service" } },
    units: ["x.target.wants"],
    oddities: [`${DANGLES} /u/x.target.wants/none.service | List "none.service" in "units", too`],
  },
  "a link of a wants directory for another image's unit is fine": {
    nodes: { "x.target.wants/b.service": { link: "../b.service" } },
    others: { "b.service": "" },
    units: ["x.target.wants"],
  },
  "a unit that nothing enables": {
    nodes: { "a.service": INSTALL },
    units: ["a.service"],
    oddities: [`unit-not-enabled /u/a.service | ${ENABLE}`],
  },
  "a unit that the system enables": {
    nodes: { "a.service": INSTALL },
    system: { "etc/systemd/system/multi-user.target.wants/a.service": "" },
    units: ["a.service"],
  },
  "a unit that another image enables": {
    nodes: { "a.service": INSTALL },
    others: { "multi-user.target.wants/a.service": { link: "../a.service" } },
    units: ["a.service"],
  },
  "a unit enabled under another target": {
    nodes: { "a.service": INSTALL, "x.target.requires/a.service": { link: "../a.service" } },
    units: ["a.service", "x.target.requires"],
  },
  "a unit that another one starts": {
    nodes: { "a.service": INSTALL, "b.service": "[Unit]\nWants=a.service\n" },
    units: ["a.service", "b.service"],
  },
  "a unit that names itself": {
    nodes: { "a.service": `[Unit]\nOnFailure=a.service\n${INSTALL}` },
    units: ["a.service"],
    oddities: [`unit-not-enabled /u/a.service | ${ENABLE}`],
  },
  "a service by its socket, which is not enabled": {
    nodes: { "a.service": INSTALL, "a.socket": "[Install]\nWantedBy=sockets.target\n" },
    units: ["a.service", "a.socket"],
    oddities: [
      'unit-not-enabled /u/a.socket | Add the symlink "sockets.target.wants/a.socket" to "../a.socket", and list its ' +
      'directory in "units"',
    ],
  },
  "a template by any instance": {
    nodes: {
      "a@.service": `${INSTALL}DefaultInstance=x\n`,
      "multi-user.target.wants/a@y.service": { link: "../a@.service" },
    },
    units: ["a@.service", "multi-user.target.wants"],
  },
  "a template with a default instance that nothing enables": {
    nodes: { "a@.service": `${INSTALL}DefaultInstance=x\n` },
    units: ["a@.service"],
    oddities: [
      'unit-not-enabled /u/a@.service | Add the symlink "multi-user.target.wants/a@x.service" to "../a@.service", and ' +
      'list its directory in "units"',
    ],
  },
};

async function place(nodes: Record<string, Node>, units: string[], name: string): Promise<PlacedImage> {
  let image: PlacedImage | undefined;
  const below = Object.fromEntries(Object.entries(nodes).map(([path, node]) => [`u/${path}`, node]));
  await withTree(below, ({ root }) => {
    const manifest = createEmptyImageManifest();
    manifest.assets.units = units.map((path) => `/u/${path}`);
    const machine = { number: 62, bits: 64, isBigEndian: false };
    const host = { root, machine, hasPrograms: true, runDir: encodePath("/run/torcx") };
    const content = lookIntoTree(root, { list: listAssets(root, manifest, { imageName: name }), host });
    image = { content, treePath: encodePath(`/run/torcx/unpack/${name}`) };
  });
  return image!;
}

for (
  const [title, { nodes, system = {}, others, units, texts = {}, oddities = [] }] of Object.entries(CASES)
) {
  Deno.test(`UnitCheck: ${title}`, async () => {
    const image = await place(nodes, units, "one");
    const other = others === undefined
      ? []
      : [await place(others, Object.keys(others).map((path) => path.replace(/\/.*/, "")), "two")];
    await withTree(system, ({ root }) => {
      const check = new UnitCheck([image, ...other], root);
      const changed = image.content.assets.flatMap((asset) => {
        const text = check.getLinkText(image, asset);
        return text === asset.linkText ? [] : [[asset.target, text]];
      });
      assertEquals(Object.fromEntries(changed), texts);
      assertEquals(
        check.listOddities(image).map(({ code, path, hint }) => `${code} ${path} | ${hint}`),
        oddities,
      );
    });
  });
}
