/** Tests where assets go and what is kept, row by row of the table of kinds. */

import { assertEquals } from "@std/assert";
import type { PlannedImage } from "../../../lib/apply/plan.ts";
import { planPropagation, type PropagationPlan } from "../../../lib/apply/propagate.ts";
import type { Operation } from "../../../lib/manifest/journal.ts";
import { makeManifest } from "../../support/archives.ts";
import { type Node, withTree } from "../../support/nodes.ts";

const UNPACK = "run/torcx/unpack";

/** Returns an image as the plan has it; only its name matters here. */
function makeImage(name: string): PlannedImage {
  return {
    image: { name, reference: "1", profile: "edge" },
    archive: { name, reference: "1", format: "tgz", path: "/x", store: "/" },
    archiveBytes: 1,
    archiveStat: { dev: 0n, ino: 1n, mtimeSec: 0, mtimeNsec: 0 },
  } as unknown as PlannedImage;
}

function describe(operation: Operation): string {
  switch (operation.kind) {
    case "make_dir":
      return `make ${operation.path}`;
    case "copy":
      return `copy ${operation.from.replace("/run/torcx/unpack/", "")} ${operation.path} ${
        operation.mode.toString(8)
      }`;
    case "link":
      return `link ${operation.path} ${operation.target}`;
    default:
      return operation.kind;
  }
}

interface PropagationCase {
  name: string;
  /** Files by image: manifest and tree. */
  images: Record<string, Record<string, Node>>;
  system?: Record<string, Node>;
  operations: string[];
  /** `IMAGE/PATH` of assets that are directories. */
  directories?: string[];
  conflicts?: string[];
  faults?: string[];
}

const TARGETS: Record<string, string> = {
  network: "/run/systemd/network",
  units: "/run/systemd/system",
  sysusers: "/run/sysusers.d",
  tmpfiles: "/run/tmpfiles.d",
  udev_rules: "/run/udev/rules.d",
};

const LINK = { ...makeManifest({ units: ["/u"] }), "u/a": { link: "../a.service" } };
const FILE = { ...makeManifest({ units: ["/a.service"] }), "a.service": "text" };
const BIN = { ...makeManifest({ bin: ["/bin"] }), "bin/a": "" };

const CASES: readonly PropagationCase[] = [
  {
    name: "bin: links from the bin dir to the absolute path below the unpack dir",
    images: { one: BIN },
    system: { "run/torcx/bin/.keep": "" },
    operations: ["link /run/torcx/bin/a /run/torcx/unpack/one/bin/a"],
  },
  ...Object.entries(TARGETS).map(([kind, directory]): PropagationCase => ({
    name: `${kind}: copies to ${directory}, which is made with all its parents but once`,
    images: { one: { ...makeManifest({ [kind]: ["/x/a", "/x/d"] }), "x/a": "", "x/d/b": "", "x/d/c": "" } },
    system: { "run/.keep": "" },
    operations: [
      ...directory.split("/").slice(2).map((_, at, names) => `make /run/${names.slice(0, at + 1).join("/")}`),
      `copy one/x/a ${directory}/a 644`,
      `make ${directory}/d`,
      `copy one/x/d/b ${directory}/d/b 644`,
      `copy one/x/d/c ${directory}/d/c 644`,
    ],
  })),
  {
    name: "recreates a symlink with the same target text",
    images: { one: LINK },
    system: { "run/systemd/system/u/.keep": "" },
    operations: ["link /run/systemd/system/u/a ../a.service"],
  },
  {
    name: "an existing identical symlink is no conflict",
    images: { one: LINK },
    system: { "run/systemd/system/u/a": { link: "../a.service" } },
    operations: [],
  },
  {
    name: "keeps an existing symlink with another target and reports a conflict",
    images: { one: LINK },
    system: { "run/systemd/system/u/a": { link: "../b.service" } },
    operations: [],
    conflicts: ["one: /run/systemd/system/u/a kept as the system"],
  },
  {
    name: "keeps an existing file of the same text and reports a conflict",
    images: { one: FILE },
    system: { "run/systemd/system/a.service": "text" },
    operations: [],
    conflicts: ["one: /run/systemd/system/a.service kept as the system"],
  },
  {
    name: "keeps an existing symlink to nothing in a file's place",
    images: { one: FILE },
    system: { "run/systemd/system/a.service": { link: "/dev/null" } },
    operations: [],
    conflicts: ["one: /run/systemd/system/a.service kept as the system"],
  },
  {
    name: "the first image wins among files",
    images: { one: FILE, two: FILE },
    system: { "run/systemd/system/.keep": "" },
    operations: ["copy one/a.service /run/systemd/system/a.service 644"],
    conflicts: ['two: /run/systemd/system/a.service kept as image "one"'],
  },
  {
    name: "the first image wins among programs",
    images: { two: BIN, one: BIN },
    system: { "run/torcx/bin/.keep": "" },
    operations: ["link /run/torcx/bin/a /run/torcx/unpack/two/bin/a"],
    conflicts: ['one: /run/torcx/bin/a kept as image "two"'],
  },
  {
    name: "identical symlinks of two images are no conflict",
    images: { one: LINK, two: LINK },
    system: { "run/systemd/system/u/.keep": "" },
    operations: ["link /run/systemd/system/u/a ../a.service"],
  },
  {
    name: "a symlink of a unit that would lead nowhere gets the text that works, of whichever image",
    images: {
      one: {
        ...makeManifest({ units: ["/u/b.service", "/u/c.service", "/u/d.service"] }),
        "u/a.service": "",
        "u/b.service": { link: "/u/a.service" },
        "u/c.service": "",
        "u/d.service": { link: "/u/c.service" },
      },
      two: { ...makeManifest({ units: ["/e.service"] }), "e.service": { link: "c.service" } },
    },
    system: { "run/systemd/system/.keep": "" },
    operations: [
      "link /run/systemd/system/b.service /run/torcx/unpack/one/u/a.service",
      "copy one/u/c.service /run/systemd/system/c.service 644",
      "link /run/systemd/system/d.service c.service",
      "link /run/systemd/system/e.service c.service",
    ],
  },
  {
    name: "an image without a manifest propagates nothing",
    images: { one: { "bin/a": "" } },
    operations: [],
  },
  {
    name: "makes an empty directory, and it is no conflict with another one or with files for it",
    images: {
      one: {
        ...makeManifest({ units: ["/a.wants", "/b.wants", "/c.wants"] }),
        "a.wants": { dir: true },
        "b.wants/x": "",
        "c.wants": { dir: true },
      },
      two: {
        ...makeManifest({ units: ["/a.wants", "/b.wants"] }),
        "a.wants/y": "",
        "b.wants": { dir: true },
      },
    },
    system: { "run/systemd/system/c.wants": { dir: true } },
    operations: [
      "make /run/systemd/system/a.wants",
      "make /run/systemd/system/b.wants",
      "copy one/b.wants/x /run/systemd/system/b.wants/x 644",
      "copy two/a.wants/y /run/systemd/system/a.wants/y 644",
    ],
    directories: ["one/a.wants"],
  },
  {
    name: "keeps what is in the place of an empty directory, and an empty directory in a file's",
    images: {
      one: {
        ...makeManifest({ units: ["/a.d", "/b.d", "/x/c.d"] }),
        "a.d": { dir: true },
        "b.d": { dir: true },
        "x/c.d": "",
      },
      two: { ...makeManifest({ units: ["/x/b.d", "/c.d"] }), "x/b.d": "", "c.d": { dir: true } },
    },
    system: { "run/systemd/system/a.d": { link: "/tmp" } },
    operations: ["make /run/systemd/system/b.d", "copy one/x/c.d /run/systemd/system/c.d 644"],
    directories: ["one/b.d"],
    conflicts: [
      "one: /run/systemd/system/a.d kept as the system",
      'two: /run/systemd/system/b.d kept as image "one"',
      'two: /run/systemd/system/c.d kept as image "one"',
    ],
  },
  {
    name: "an entry that is listed twice is one conflict, and none of the image with itself",
    images: {
      one: {
        ...makeManifest({ bin: ["/bin", "/bin/a", "/sbin/a"], units: ["/u/a", "/u/a", "/l/a", "/s"] }),
        "bin/a": "",
        sbin: { link: "bin" },
        l: { link: "u" },
        "u/a": "",
        s: "",
      },
      two: { ...makeManifest({ units: ["/s", "/s/"] }), s: "" },
    },
    system: { "run/systemd/system/.keep": "", "run/torcx/bin/.keep": "" },
    operations: [
      "link /run/torcx/bin/a /run/torcx/unpack/one/bin/a",
      "copy one/u/a /run/systemd/system/a 644",
      "copy one/s /run/systemd/system/s 644",
    ],
    conflicts: ['two: /run/systemd/system/s kept as image "one"'],
  },
  {
    name: "of two programs of one name in one image the first on the way wins",
    images: { one: { ...makeManifest({ bin: ["/bin"] }), "bin/prog": "", "bin/a/prog": "" } },
    system: { "run/torcx/bin/.keep": "" },
    operations: ["link /run/torcx/bin/prog /run/torcx/unpack/one/bin/a/prog"],
    conflicts: ['one: /run/torcx/bin/prog kept as image "one"'],
  },
  {
    name: "each image that cannot be used is a fault, the others are planned",
    images: {
      one: makeManifest({ units: ["/none"] }),
      two: makeManifest({ units: ["no/such"] }),
      three: BIN,
    },
    system: { "run/torcx/bin/.keep": "" },
    operations: ["link /run/torcx/bin/a /run/torcx/unpack/three/bin/a"],
    faults: ["one", "two"],
  },
];

for (
  const { name, images, system = {}, operations, directories = [], conflicts = [], faults = [] } of CASES
) {
  Deno.test(`planPropagation() ${name}`, async () => {
    const nodes: Record<string, Node> = { ...system };
    for (const [image, files] of Object.entries(images)) {
      for (const [path, node] of Object.entries(files)) nodes[`${UNPACK}/${image}/${path}`] = node;
    }
    await withTree(nodes, (tree) => {
      const plan: PropagationPlan = planPropagation(
        tree.readSystem(),
        Object.keys(images).map(makeImage),
      );
      // Directories are read in the file system's order; what is made first must still come first.
      const described = plan.operations.map(describe);
      assertEquals(described.toSorted(), operations.toSorted());
      for (const [at, line] of described.entries()) {
        const [, , to = ""] = line.startsWith("copy") ? line.split(" ") : ["", "", ""];
        const parent = described.indexOf(`make ${to.replace(/\/[^/]*$/, "")}`);
        assertEquals(parent < at, true, line);
      }
      assertEquals(plan.conflicts.map(({ image, to, kept }) => `${image}: ${to} kept as ${kept}`), conflicts);
      assertEquals(plan.faults.map(({ image }) => image.name as string), faults);
      const [made, files] = [true, false].map((is) =>
        plan.assets.filter((asset) => asset.is_directory === is)
      );
      assertEquals(made!.map(({ from }) => from.replace(`/${UNPACK}/`, "")), directories);
      assertEquals(files!.length, operations.filter((line) => !line.startsWith("make")).length);
    });
  });
}

Deno.test("planPropagation() tells what is odd about each image, as its tree and the units of all say it", () =>
  withTree({
    [`${UNPACK}/one/bin/a`]: "",
    [`${UNPACK}/two/.torcx/manifest.json`]: makeManifest({ units: ["/a.service", "/b.service"] })[
      ".torcx/manifest.json"
    ]!,
    [`${UNPACK}/two/a.service`]: "[Install]\nWantedBy=x.target\n",
    [`${UNPACK}/two/b.service`]: { link: "/none.service" },
  }, (tree) => {
    const { findings } = planPropagation(tree.readSystem(), ["one", "two"].map(makeImage));
    assertEquals(findings.map(({ image, code, path }) => `${image}: ${code} ${path}`), [
      "one: no-manifest null",
      "two: dangling-unit-link /b.service",
      "two: unit-not-enabled /a.service",
    ]);
  }));
