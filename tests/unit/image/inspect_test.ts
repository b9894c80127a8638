/** Tests the look into archives: what is found, what faults are whose, and that nothing is left. */

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { Archive } from "../../../lib/catalog/stores.ts";
import { decodePath } from "../../../lib/bytes.ts";
import { listMessages, TorcxError } from "../../../lib/errors.ts";
import { formatFinding } from "../../../lib/image/findings/finding.ts";
import { getProgramHost } from "../../../lib/image/findings/program_host.ts";
import { inspectImages, type Inspection, type InspectOptions } from "../../../lib/image/inspect.ts";
import { toImageName, toImageReference } from "../../../lib/manifest/names.ts";
import { makeManifest, packImage } from "../../support/archives.ts";
import { testWith } from "../../support/needs.ts";
import { type Node, type Tree, withTree, writeNodes } from "../../support/nodes.ts";
import {
  concat,
  END,
  entry,
  file,
  gnuSparse,
  gzip,
  hardlink,
  longName,
  symlink,
} from "../../support/tar_builder.ts";

const UNIT = { "a.service": "[Service]\n" };
const MANIFEST = makeManifest({ bin: ["/bin"], units: ["/a.service"] });
const MANIFEST_TEXT = MANIFEST[".torcx/manifest.json"] as string;

function makeArchive(name: string, format: "tgz" | "squashfs" = "tgz"): Archive {
  return {
    name: toImageName(name)!,
    reference: toImageReference("1")!,
    format,
    path: `/${name}:1.torcx.${format}`,
    store: "/",
  };
}

interface Found {
  inspections: (Inspection | TorcxError)[];
  said: string[];
  totalInodes: number | undefined;
}

/** Looks into the archives of these names, and sees to it that nothing is left. */
async function inspect(
  { root, path, readSystem }: Tree,
  archives: readonly Archive[],
  { onProgress = () => {}, bootInodes }: Partial<Pick<InspectOptions, "onProgress" | "bootInodes">> = {},
): Promise<Found> {
  Deno.mkdirSync(`${path}/tmp`, { recursive: true });
  const said: string[] = [];
  const { inspections, totalInodes } = await inspectImages(root, archives, {
    temporaryDir: `${path}/tmp`,
    bootInodes,
    signal: new AbortController().signal,
    onProgress,
    host: getProgramHost(readSystem()),
    onFinding: (finding) => void said.push(formatFinding(finding)),
    onDebug: (message) => void said.push(message),
  });
  assertEquals([...Deno.readDirSync(`${path}/tmp`)], []);
  return { inspections: archives.map((archive) => inspections.get(archive)!), said, totalInodes };
}

function listTargets(inspection: Inspection | TorcxError | undefined): string[] {
  if (inspection === undefined || inspection instanceof TorcxError) throw inspection;
  if (inspection.assetFault !== undefined) throw inspection.assetFault;
  return inspection.content!.assets.map(({ kind, target }) => `${kind} ${decodePath(target)}`);
}

Deno.test("inspectImages() tells assets, memory and whose fault it is, of each archive", () =>
  withTree({ "cut:1.torcx.tgz": "" }, async (tree) => {
    packImage(`${tree.path}/good:1.torcx.tgz`, { ...MANIFEST, ...UNIT, "bin/a": "x".repeat(5000) });
    packImage(`${tree.path}/odd:1.torcx.tgz`, MANIFEST);
    const names = ["good", "odd", "cut", "gone"];
    const progress: (string | undefined)[] = [];
    const { inspections, totalInodes } = await inspect(
      tree,
      names.map((name) => makeArchive(name)),
      { onProgress: (archive) => void progress.push(archive?.name) },
    );
    const [good, odd, cut, gone] = inspections;
    assertEquals(listTargets(good), ["bin a", "units a.service"]);
    const isRoot = Deno.uid() === 0;
    const { memoryBytes, inodes, damage } = good as Inspection;
    // The directories bin and .torcx, three files, and the one that it all lies in.
    assertEquals([memoryBytes, inodes, damage], [4 * 4096, isRoot ? 6 : undefined, undefined]);
    assertEquals(typeof totalInodes, isRoot ? "number" : "undefined");
    assertEquals((odd as Inspection).assetFault?.code, "not_found");
    assertEquals((cut as TorcxError).message, 'Cannot use image "cut:1" from "/cut:1.torcx.tgz"');
    assertStringIncludes(listMessages(gone as TorcxError).join(": "), "ENOENT");
    assertEquals([...new Set(progress)], ["good", undefined, "odd"]);
  }));

/** Trees whose manifest or unit is under another name than one would keep, and the memory of their data. */
const NAMED: Record<string, { blocks: Uint8Array[]; pages: number }> = {
  "a symlink": { blocks: [symlink(".torcx/manifest.json", "../m"), file("m", MANIFEST_TEXT)], pages: 2 },
  "a hard link": { blocks: [file("m", MANIFEST_TEXT), hardlink(".torcx/manifest.json", "m")], pages: 2 },
  "a hard link of a symlink": {
    blocks: [file("m", MANIFEST_TEXT), symlink("l", "/m"), hardlink(".torcx/manifest.json", "l")],
    pages: 2,
  },
  "in a symlinked directory": {
    blocks: [symlink(".torcx", "/d"), file("d/m", MANIFEST_TEXT), symlink("d/manifest.json", "m")],
    pages: 2,
  },
  "replaced, and keeps what it had": {
    blocks: [file("m", MANIFEST_TEXT), hardlink(".torcx/manifest.json", "m"), file("m", "none")],
    pages: 3,
  },
  "behind 16 MiB of others that are kept": {
    blocks: [
      ...Array.from({ length: 17 }, (_, at) => file(`${at}.json`, "\0".repeat(2 ** 20))),
      file(".torcx/manifest.json", MANIFEST_TEXT),
    ],
    pages: 17 * 256 + 2,
  },
  "sparse": {
    blocks: [
      gnuSparse(
        ".torcx/manifest.json",
        MANIFEST_TEXT.length,
        [[0, 5], [5, MANIFEST_TEXT.length - 5]],
        MANIFEST_TEXT,
      ),
    ],
    pages: 2,
  },
};

for (const [what, { blocks, pages }] of Object.entries(NAMED)) {
  Deno.test(`inspectImages() finds a manifest that is ${what}`, () =>
    withTree({}, async (tree) => {
      const archive = await gzip(concat(file("a.service", "x"), ...blocks, END));
      Deno.writeFileSync(`${tree.path}/a:1.torcx.tgz`, archive);
      const { inspections } = await inspect(tree, [makeArchive("a")]);
      assertEquals(listTargets(inspections[0]), ["units a.service"]);
      assertEquals((inspections[0] as Inspection).memoryBytes, pages * 4096);
    }));
}

Deno.test("inspectImages() counts pages that have data, not holes, and long texts of symlinks", () =>
  withTree({}, async (tree) => {
    const blocks = [
      gnuSparse("s", 2 ** 30, [[0, 1], [4095, 2], [2 ** 20, 4096], [2 ** 30, 0]], "x".repeat(4099)),
      concat(longName("x".repeat(127), "K"), symlink("short", "x")),
      concat(longName("x/".repeat(64), "K"), symlink("long", "x")),
    ];
    Deno.writeFileSync(`${tree.path}/a:1.torcx.tgz`, await gzip(concat(...blocks, END)));
    const { inspections } = await inspect(tree, [makeArchive("a")]);
    assertEquals((inspections[0] as Inspection).memoryBytes, 4 * 4096);
  }));

Deno.test("inspectImages() ends with what the signal was aborted by", () =>
  withTree({}, async (tree) => {
    packImage(`${tree.path}/a:1.torcx.tgz`, { "bin/a": "x" });
    const controller = new AbortController();
    controller.abort(new TorcxError("failed", "stopped"));
    const error = await assertRejects(() =>
      inspectImages(tree.root, [makeArchive("a")], {
        temporaryDir: "/tmp",
        bootInodes: undefined,
        signal: controller.signal,
        onProgress: () => {},
        host: getProgramHost(tree.readSystem()),
        onFinding: () => {},
        onDebug: () => {},
      }), TorcxError);
    assertEquals(error.message, "stopped");
  }));

/** Packs nodes as a squashfs. */
function packSquashfs(archive: string, nodes: Record<string, Node>): void {
  const source = Deno.makeTempDirSync();
  try {
    writeNodes(source, nodes);
    const args = [source, archive, "-quiet", "-no-progress", "-no-fragments", "-root-mode", "0755"];
    assertEquals(new Deno.Command("mksquashfs", { args }).outputSync().success, true);
  } finally {
    Deno.removeSync(source, { recursive: true });
  }
}

testWith("inspectImages() finds in a squashfs what is mounted, and what of it is damaged", {
  isRoot: true,
  loopDevices: true,
  programs: ["mksquashfs"],
}, () =>
  withTree({}, async (tree) => {
    const noise = Array.from({ length: 20_000 }, () => Math.random().toString(36)).join("\n");
    for (const name of ["good", "damaged"]) {
      packSquashfs(`${tree.path}/${name}:1.torcx.squashfs`, {
        ...MANIFEST,
        ...UNIT,
        "0": noise,
        "bin/a": "x",
      });
    }
    using image = Deno.openSync(`${tree.path}/damaged:1.torcx.squashfs`, { write: true });
    image.seekSync(20_000, Deno.SeekMode.Start);
    image.writeSync(new Uint8Array(16).fill(0xff));
    const archives = ["good", "damaged"].map((name) => makeArchive(name, "squashfs"));
    const { inspections, said } = await inspect(tree, archives);
    for (const inspection of inspections as Inspection[]) {
      assertEquals(listTargets(inspection), ["bin a", "units a.service"]);
      assertEquals([inspection.memoryBytes, inspection.inodes], [0, 1]);
    }
    assertEquals(inspections.map((item) => (item as Inspection).damage?.message), [
      undefined,
      "Cannot read 1 of its files, it is damaged",
    ]);
    assertEquals(said, []);
  }));

testWith("inspectImages() counts more files than the boot has room for, and has room for as many", {
  isRoot: true,
}, () =>
  withTree({}, async (tree) => {
    const names = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`d/${at}`, "x"]));
    packImage(`${tree.path}/a:1.torcx.tgz`, names);
    const find = async (bootInodes?: string): Promise<[number | undefined, number | undefined]> => {
      const { inspections, totalInodes } = await inspect(tree, [makeArchive("a")], { bootInodes });
      return [(inspections[0] as Inspection).inodes, totalInodes];
    };
    const [, byDefault] = await find();
    assertEquals(await find("20"), [22, byDefault]);
    assertEquals(await find(`${byDefault! + 1000}`), [22, byDefault! + 1000]);
  }));

Deno.test("inspectImages() gives the first hundred warnings of an archive", () =>
  withTree({}, async (tree) => {
    const devices = Array.from({ length: 150 }, (_, at) => entry({ name: `null${at}`, type: "3" }));
    Deno.writeFileSync(`${tree.path}/a:1.torcx.tgz`, await gzip(concat(...devices, END)));
    const { said } = await inspect(tree, [makeArchive("a")]);
    assertEquals([said.length, said.at(-1)], [
      101,
      'image "a:1": further warnings are left out [more-left-out]',
    ]);
  }));
