/** A system with archives of two small images, packed by GNU tar, for the tests of whole commands. */

import { assert } from "@std/assert";
import { withRoot } from "./e2e_system.ts";
import { makeProfile, type Node, writeNodes } from "./nodes.ts";
import { type RunResult, runTorcx } from "./binary.ts";

/** Returns an image's manifest as its file. */
export function makeManifest(assets: Record<string, string[]>): Record<string, Node> {
  return { ".torcx/manifest.json": JSON.stringify({ kind: "image-manifest-v0", value: assets }) };
}

/** Packs nodes as a tgz. */
export function packImage(archive: string, nodes: Record<string, Node>): void {
  const source = Deno.makeTempDirSync();
  try {
    writeNodes(source, nodes);
    Deno.mkdirSync(archive.replace(/\/[^/]*$/, ""), { recursive: true });
    const { success, stderr } = new Deno.Command("tar", {
      args: ["--force-local", "-czf", archive, "-C", source, "."],
    }).outputSync();
    assert(success, new TextDecoder().decode(stderr));
  } finally {
    Deno.removeSync(source, { recursive: true });
  }
}

/** Where the archives are. */
export const STORE = "var/lib/torcx/store";
/** Where units go. */
export const UNITS = "/run/systemd/system";

/** Two images that share a unit's name; the system has files of the other names. */
const HELLO: Record<string, Node> = {
  ...makeManifest({ bin: ["/bin"], units: ["/units/hello.service", "/units/shared.service"] }),
  "bin/hello": "x".repeat(5000),
  "units/hello.service": "[Service]\n",
  "units/shared.service": "[Service]\n",
};
const WORLD: Record<string, Node> = {
  ...makeManifest({ units: ["/units/shared.service", "/units/taken.service"] }),
  "units/shared.service": "[Service]\n",
  "units/taken.service": "[Service]\n",
};

const BASE: Record<string, Node> = {
  "usr/lib/os-release": "VERSION_ID=1\n",
  "usr/share/torcx/profiles/vendor.json": makeProfile("hello:1"),
  "etc/torcx/profiles/edge.json": makeProfile("world:1"),
  "etc/torcx/next-profile": "edge\n",
  "etc/systemd/system/hello.service": "the system's\n",
  "usr/lib/systemd/system/shared.service": "the system's\n",
  "run/systemd/system/taken.service": "the system's\n",
};

/** Makes a system with both archives, runs the test, and sees to it that nothing was changed. */
export async function withSystem(
  changes: Record<string, Node>,
  use: (run: (...args: string[]) => Promise<RunResult>, root: string) => Promise<void>,
): Promise<void> {
  await withRoot({ ...BASE, ...changes }, async (root) => {
    packImage(`${root}/${STORE}/hello:1.torcx.tgz`, HELLO);
    packImage(`${root}/${STORE}/1/world:1.torcx.tgz`, WORLD);
    await use((...args) => runTorcx([...args, "--root", root], { cwd: root }), root);
  });
}
