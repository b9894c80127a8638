/** Tests, on generated trees, that what a program's link names is on the host the file that the image means. */

import { assertEquals } from "@std/assert";
import fc from "npm:fast-check@4.10.2";
import { decodePath, encodePath } from "../../../lib/bytes.ts";
import { listAssets } from "../../../lib/image/assets.ts";
import { createEmptyImageManifest } from "../../../lib/manifest/image.ts";
import { O_PATH } from "../../../lib/sys/flags.ts";
import type { Root } from "../../../lib/sys/root.ts";
import { isErrno } from "../../../lib/errors.ts";
import { type Node, withTree } from "../../support/nodes.ts";

const RUNS = 100;
const DIRECTORIES = ["bin", "lib", "lib/deep", "bin/sub"];
const NAMES = ["a", "b", "via", "one"];

const place = fc.tuple(fc.constantFrom("", ...DIRECTORIES), fc.constantFrom(...NAMES))
  .map((parts) => parts.filter((part) => part !== "").join("/"));
/** What a symlink's text goes through to the root of the image, and whether it is one up too many. */
const WAYS: Record<string, (up: string) => string> = {
  absolute: () => "/",
  relative: (up) => up,
  beyond: (up) => `../${up}`,
  through: (up) => `${up}lib/deep/../../`,
  "through a symlink": (up) => `${up}via/../`,
};
const image = fc.dictionary(
  place,
  fc.option(fc.record({ way: fc.constantFrom(...Object.keys(WAYS)), to: fc.nat() }), { freq: 3 }),
  { minKeys: 6, maxKeys: 16 },
).map((items): Record<string, Node> => {
  const targets = [...Object.keys(items), ...DIRECTORIES];
  return Object.fromEntries(
    Object.entries(items).map(([path, item]): [string, Node] => {
      if (item === null) return [path, "file"];
      const up = "../".repeat(path.split("/").length - 1);
      return [path, { link: `${WAYS[item.way]!(up)}${targets[item.to % targets.length]}` }];
    }),
  );
});

/** Returns where a path leads in the image, undefined if nowhere. */
function findInImage(root: Root, path: string): string | undefined {
  try {
    return root.withOpen(encodePath(path), O_PATH, (fd) => decodePath(root.readPathOf(fd)));
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return undefined;
    throw error;
  }
}

Deno.test("listAssets() names for every program the file that the image means, as the host follows it", async () => {
  let followed = 0;
  let replaced = 0;
  await fc.assert(
    fc.asyncProperty(image, (nodes) =>
      withTree(
        // What the host would find where a symlink leads out of the image.
        Object.fromEntries([
          ...["bin/a", "lib/b", "one", "a", "via/a"].map((path) => [path, "the host's"]),
          ...DIRECTORIES.map((path) => [`image/${path}`, { dir: true } as const]),
          ...Object.entries(nodes).map(([path, item]) => [`image/${path}`, item] as const),
        ]),
        ({ root, path }) => {
          using tree = root.openSub(encodePath("/image"));
          const manifest = createEmptyImageManifest();
          for (const entry of Object.keys(nodes)) {
            manifest.assets.bin = [`/${entry}`];
            const { assets } = listAssets(tree, manifest, { imageName: "one" });
            const meant = findInImage(tree, `/${entry}`);
            if (meant !== undefined && Deno.lstatSync(`${path}/image${meant}`).isDirectory) continue;
            assertEquals(assets.length, meant === undefined ? 0 : 1, entry);
            if (meant === undefined) continue;
            const source = decodePath(assets[0]!.source);
            assertEquals(Deno.realPathSync(`${path}/image${source}`), `${path}/image${meant}`, entry);
            if (typeof nodes[entry] === "string") continue;
            if (source === `/${entry}`) followed++;
            else replaced++;
          }
        },
      )),
    { numRuns: RUNS, seed: 1 },
  );
  assertEquals([followed > 50, replaced > 50], [true, true], `${followed} and ${replaced}`);
});
