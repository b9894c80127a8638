/** Tests what an image's manifest means: which files of the image, under which names. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { decodePath, encodePath } from "../../../lib/bytes.ts";
import { TorcxError } from "../../../lib/errors.ts";
import { listAssets, readImageManifest } from "../../../lib/image/assets.ts";
import { ASSET_KINDS, type AssetKind } from "../../../lib/manifest/asset_kinds.ts";
import { createEmptyImageManifest } from "../../../lib/manifest/image.ts";
import { catchError, type Node, withTree } from "../../support/nodes.ts";

interface AssetCase {
  name: string;
  /** Files of the image. */
  nodes: Record<string, Node>;
  kind: AssetKind;
  paths: string[];
  /** `SOURCE as TARGET` in order, a slash behind a directory, and ` -> TEXT` of a symlink that is recreated. */
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
    assets: ["/usr/a.service as a.service"],
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
    assets: ["/u/a.service.d as a.service.d/"],
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
  {
    name: "takes an empty directory for itself, once, and none of programs",
    nodes: { "u/a.wants": { dir: true } },
    kind: "units",
    paths: ["/u/a.wants", "/u/a.wants/", "//u//a.wants/."],
    assets: ["/u/a.wants as a.wants/"],
  },
  {
    name: "takes nothing of an empty directory of programs",
    nodes: { u: { dir: true } },
    kind: "bin",
    paths: ["/u"],
  },
  {
    name: "walks a directory of programs as its names are sorted, subdirectories where they come",
    nodes: {
      "bin/prog": "",
      "bin/b": "",
      "bin/a/prog": "",
      "bin/a/z/x": "",
      "bin/a/y": "",
      "bin/prog2/b": "",
    },
    kind: "bin",
    paths: ["/bin"],
    assets: [
      "/bin/a/prog as prog",
      "/bin/a/y as y",
      "/bin/a/z/x as x",
      "/bin/b as b",
      "/bin/prog as prog",
      "/bin/prog2/b as b",
    ],
  },
  {
    name: "sorts names by their bytes, as Go does",
    nodes: { "bin/\uffee": "", "bin/\u{1f600}": "", "bin/z": "", "bin/Z": "" },
    kind: "bin",
    paths: ["/bin"],
    assets: ["/bin/Z as Z", "/bin/z as z", "/bin/\uffee as \uffee", "/bin/\u{1f600} as \u{1f600}"],
  },
  {
    name: "recreates a symlink to a directory, with a slash behind it or without",
    nodes: { "u/l.d": { link: "real.d" }, "u/real.d/10.conf": "", "u/m.d": { link: "real.d" } },
    kind: "units",
    paths: ["/u/l.d/", "/u/l.d", "/u/m.d/./"],
    assets: ["/u/l.d as l.d -> real.d", "/u/m.d as m.d -> real.d"],
  },
  {
    name: "recreates symlinks that loop or lead nowhere as any other",
    nodes: {
      "u/a.service": { link: "b.service" },
      "u/b.service": { link: "a.service" },
      "u/c": { link: "/x" },
    },
    kind: "units",
    paths: ["/u/a.service", "/u/a.service/", "/u/c"],
    assets: ["/u/a.service as a.service -> b.service", "/u/c as c -> /x"],
  },
  {
    name: "cleans entries by their text, as the first torcx did",
    nodes: { "u/a.service": "", "u/b.service": "", "other/c.service": "", "u/l": { link: "../other/deep" } },
    kind: "units",
    paths: [
      "/u/none/../a.service",
      "/./u//b.service/",
      "/u/l/../../../u/./a.service",
      "/other/x/y/../../c.service",
    ],
    assets: ["/u/a.service as a.service", "/u/b.service as b.service", "/other/c.service as c.service"],
  },
  {
    name: "throws if a parent of an entry is a loop",
    nodes: { "u/a": { link: "a" } },
    kind: "units",
    paths: ["/u/a/x.service"],
    error: /^Cannot propagate units asset "\/u\/a\/x.service": the image has no such file$/,
  },
  {
    name: "takes the image's root as a directory of the image's name",
    nodes: { "a.service": "", "sub/b.service": "" },
    kind: "units",
    paths: ["/"],
    assets: ["/a.service as one/a.service"],
    warnings: ['units directory "/sub" is not followed'],
  },
  {
    name: "follows a program's symlink through symlinked directories as the kernel does",
    nodes: {
      // By text bin/../lib/prog; the kernel goes from real/deep to real/lib/prog.
      "bin/a": { link: "via/../lib/prog" },
      "bin/via": { link: "../real/deep" },
      "real/deep/x": "",
      "real/lib/prog": "",
      "bin/lib/prog": "",
      // The host would go to its own /real.
      "bin/b": { link: "away/lib/prog" },
      "bin/away": { link: "/real" },
      // Out of the image and into it again: for the host another directory.
      "bin/c": { link: "out/real/lib/prog" },
      "bin/out": { link: "../.." },
    },
    kind: "bin",
    paths: ["/bin/a", "/bin/b", "/bin/c"],
    assets: ["/bin/a as a", "/real/lib/prog as b", "/real/lib/prog as c"],
  },
  {
    name: "follows a chain of a program's symlinks through directories that are symlinks",
    nodes: {
      "sub/via": { link: "../real2" },
      "bin/via": { link: "sub/../via2" },
      "bin/sub": { link: "../sub" },
      "via2": { link: "real2" },
      "bin/a": { link: "via/prog" },
      "real2/prog": { link: "../real2/p" },
      "real2/p": "",
    },
    kind: "bin",
    paths: ["/bin/a"],
    assets: ["/bin/a as a"],
  },
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
        const thrown = catchError(() => listAssets(root, manifest, { imageName: "one" }));
        assert(thrown instanceof TorcxError);
        assertMatch(thrown.message, error);
        return;
      }
      const list = listAssets(root, manifest, { imageName: "one" });
      const shown = list.assets.map(({ source, target, linkText, isDirectory }) =>
        `${decodePath(source)} as ${decodePath(target)}${isDirectory ? "/" : ""}${
          linkText === undefined ? "" : ` -> ${linkText}`
        }`
      );
      assertEquals({ assets: shown, warnings: list.oddities.map(({ message }) => message) }, {
        assets,
        warnings,
      });
    }));
}

Deno.test("listAssets() skips a FIFO with a warning", () =>
  withTree({ "u/a.service": "" }, ({ root, path }) => {
    new Deno.Command("mkfifo", { args: [`${path}/u/pipe`] }).outputSync();
    const manifest = createEmptyImageManifest();
    manifest.assets.units = ["/u/pipe"];
    assertEquals(listAssets(root, manifest, { imageName: "one" }), {
      assets: [],
      oddities: [{
        code: "not-a-file",
        path: encodePath("/u/pipe"),
        message: 'units asset "/u/pipe" is skipped: it is a fifo, not a regular file or symlink',
      }],
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
