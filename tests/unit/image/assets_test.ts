/** Tests what an image's manifest means: which files of the image, under which names. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { decodePath } from "../../../lib/bytes.ts";
import { TorcxError } from "../../../lib/errors.ts";
import { listAssets, readImageManifest } from "../../../lib/image/assets.ts";
import { ASSET_KINDS, type AssetKind } from "../../../lib/manifest/asset_kinds.ts";
import { createEmptyImageManifest } from "../../../lib/manifest/image.ts";
import { encodePath } from "../../../lib/bytes.ts";
import { catchError, type Node, withTree } from "../../support/nodes.ts";

interface AssetCase {
  name: string;
  /** Files of the image. */
  nodes: Record<string, Node>;
  kind: AssetKind;
  paths: string[];
  /** `SOURCE as TARGET`, and ` -> TEXT` of a symlink that is recreated. */
  assets?: string[];
  warnings?: string[];
  error?: RegExp;
}

const CASES: readonly AssetCase[] = [
  {
    name: "takes a program",
    nodes: { "usr/bin/a": "" },
    kind: "bin",
    paths: ["/usr/bin/a"],
    assets: ["/usr/bin/a as a"],
  },
  {
    name: "flattens a directory of programs",
    nodes: { "bin/a": "", "bin/sub/b": "", "bin/sub/deep/c": "" },
    kind: "bin",
    paths: ["/bin"],
    assets: ["/bin/a as a", "/bin/sub/b as b", "/bin/sub/deep/c as c"],
  },
  {
    name: "keeps a program that is a relative symlink",
    nodes: { "bin/a": { link: "../lib/a" }, "lib/a": "" },
    kind: "bin",
    paths: ["/bin/a"],
    assets: ["/bin/a as a"],
  },
  {
    name: "resolves an absolute symlink of a program inside the image",
    nodes: { "bin/sh": { link: "/lib/sh" }, "lib/sh": "" },
    kind: "bin",
    paths: ["/bin/sh"],
    assets: ["/lib/sh as sh"],
  },
  {
    name: "resolves a program's symlinks inside the image if one behind the first is absolute",
    nodes: { "bin/a": { link: "b" }, "bin/b": { link: "/lib/c" }, "lib/c": "" },
    kind: "bin",
    paths: ["/bin/a"],
    assets: ["/lib/c as a"],
  },
  {
    name: "stays inside the image with a program's symlink that climbs out",
    nodes: { "bin/a": { link: "../../../../lib/a" }, "lib/a": "" },
    kind: "bin",
    paths: ["/bin/a"],
    assets: ["/lib/a as a"],
  },
  {
    name: "warns of a program that is a symlink to nothing in the image",
    nodes: { "bin/a": { link: "/etc/passwd" } },
    kind: "bin",
    paths: ["/bin"],
    warnings: ['bin asset "/bin/a" is a symlink to nothing in the image'],
  },
  {
    name: "warns of a missing bin entry",
    nodes: { x: "" },
    kind: "bin",
    paths: ["/bin/none", "/x/y"],
    warnings: ['bin asset "/bin/none" is missing in the image', 'bin asset "/x/y" is missing in the image'],
  },
  {
    name: "follows symlinked parents",
    nodes: { lib: { link: "/usr/lib" }, "usr/lib/units/a.service": "" },
    kind: "units",
    paths: ["/lib/units/a.service"],
    assets: ["/usr/lib/units/a.service as a.service"],
  },
  {
    name: "stays inside the image with parents that lead outside",
    nodes: { lib: { link: "../../../usr" }, "usr/a.service": "" },
    kind: "units",
    paths: ["/lib/a.service", "/../../usr/a.service"],
    assets: ["/usr/a.service as a.service", "/usr/a.service as a.service"],
  },
  {
    name: "takes the direct children of a directory of units",
    nodes: { "u/a.service.d/10.conf": "", "u/a.service.d/20.conf": "" },
    kind: "units",
    paths: ["/u/a.service.d"],
    assets: [
      "/u/a.service.d/10.conf as a.service.d/10.conf",
      "/u/a.service.d/20.conf as a.service.d/20.conf",
    ],
  },
  {
    name: "does not follow deeper directories of units",
    nodes: { "u/a.service.d/deep/10.conf": "" },
    kind: "units",
    paths: ["/u/a.service.d"],
    warnings: ['units directory "/u/a.service.d/deep" is not followed'],
  },
  {
    name: "recreates a symlink among units with its text",
    nodes: {
      "u/m.target.wants/a.service": { link: "/none/../a.service" },
      "u/b.service": { link: "a.service" },
    },
    kind: "units",
    paths: ["/u/m.target.wants", "/u/b.service"],
    assets: [
      "/u/m.target.wants/a.service as m.target.wants/a.service -> /none/../a.service",
      "/u/b.service as b.service -> a.service",
    ],
  },
  { name: "takes no asset of an empty directory", nodes: { u: { dir: true } }, kind: "units", paths: ["/u"] },
  ...ASSET_KINDS.filter((kind) => kind !== "bin").map((kind): AssetCase => ({
    name: `throws if an entry of ${kind} is missing`,
    nodes: { x: "" },
    kind,
    paths: ["/x", "/none"],
    error: new RegExp(`^Cannot propagate ${kind} asset "/none": the image has no such file$`),
  })),
];

for (const { name, nodes, kind, paths, assets = [], warnings = [], error } of CASES) {
  Deno.test(`listAssets() ${name}`, () =>
    withTree(nodes, ({ root }) => {
      const manifest = createEmptyImageManifest();
      manifest.assets[kind] = paths;
      if (error !== undefined) {
        const thrown = catchError(() => listAssets(root, manifest));
        assert(thrown instanceof TorcxError);
        assertMatch(thrown.message, error);
        return;
      }
      const list = listAssets(root, manifest);
      const shown = list.assets.map(({ source, target, linkText }) =>
        `${decodePath(source)} as ${decodePath(target)}${linkText === undefined ? "" : ` -> ${linkText}`}`
      );
      assertEquals({ assets: shown.sort(), warnings: list.warnings }, {
        assets: assets.toSorted(),
        warnings,
      });
    }));
}

Deno.test("listAssets() skips a FIFO with a warning", () =>
  withTree({ "u/a.service": "" }, ({ root, path }) => {
    new Deno.Command("mkfifo", { args: [`${path}/u/pipe`] }).outputSync();
    const manifest = createEmptyImageManifest();
    manifest.assets.units = ["/u/pipe"];
    assertEquals(listAssets(root, manifest), {
      assets: [],
      warnings: ['units asset "/u/pipe" is skipped: it is a fifo, not a regular file or symlink'],
    });
  }));

Deno.test("readImageManifest() returns an empty one if there is none, and refuses a symlink to outside of the image", () =>
  withTree({ "image/x": "", "outside/manifest.json": "{}" }, ({ root, path }) => {
    using image = root.openSub(encodePath("/image"));
    assertEquals(readImageManifest(image, "a:1"), createEmptyImageManifest());
    for (const text of ["../outside", `${path}/outside`]) {
      Deno.symlinkSync(text, `${path}/image/.torcx`);
      const error = catchError(() => readImageManifest(image, "a:1")) as TorcxError;
      assertEquals(error.code, "invalid");
      assertEquals(
        error.message,
        `Cannot read "a:1:/.torcx/manifest.json": "/.torcx" is a symlink to "${text}", which is not in the image`,
      );
      Deno.removeSync(`${path}/image/.torcx`);
    }
  }));
