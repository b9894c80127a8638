/** Tests the preview of the next boot: what would come, what would fail, and that nothing is changed. */

import { assertEquals } from "@std/assert";
import { previewBoot, PROCESS_BYTES } from "../../../lib/apply/preview.ts";
import { makeManifest, packImage } from "../../support/archives.ts";
import { makeProfile, OS_RELEASE, withTree } from "../../support/nodes.ts";
import { fingerprint } from "../../support/tree.ts";

const STORE = "var/lib/torcx/store";

Deno.test("previewBoot() tells images, assets, overrides and memory of the next boot, and changes nothing", () =>
  withTree({
    ...OS_RELEASE,
    "usr/share/torcx/profiles/vendor.json": makeProfile("hello:1", "gone:1"),
    "etc/systemd/system/a.service": "mine",
    "tmp/.keep": "",
    [STORE]: { dir: true },
  }, async ({ path, readSystem }) => {
    packImage(`${path}/${STORE}/hello:1.torcx.tgz`, {
      ...makeManifest({ bin: ["/bin"], units: ["/a.service"] }),
      "bin/hi": "#!/bin/sh\n",
      "a.service": "[Service]\n",
    });
    // Who is not root has no mounts of his own, and unpacks below the directory for temporary files.
    const look = (): string[] => ["etc", "usr", "var"].map((name) => fingerprint(`${path}/${name}`));
    const before = look();
    const read: (string | undefined)[] = [];
    const preview = await previewBoot(readSystem({}, "torcx=0"), {
      profile: undefined,
      osVersion: undefined,
      machineMemoryBytes: 1000,
      temporaryDir: `${path}/tmp`,
      signal: new AbortController().signal,
      onProgress: (archive) => read.push(archive?.path),
    });
    assertEquals(look(), before);
    assertEquals([...Deno.readDirSync(path)].map(({ name }) => name).sort(), ["etc", "tmp", "usr", "var"]);
    assertEquals([...Deno.readDirSync(`${path}/tmp`)].map(({ name }) => name), [".keep"]);
    assertEquals([...new Set(read)], [`/${STORE}/hello:1.torcx.tgz`, undefined]);
    assertEquals(preview.images.map(({ image, fault }) => [image.name, fault?.error.code]), [
      ["hello", undefined],
      ["gone", "not_found"],
    ] as unknown);
    assertEquals(preview.assets.map(({ kind, to }) => [kind, to]), [
      ["bin", "/run/torcx/bin/hi"],
      ["units", "/run/systemd/system/a.service"],
    ]);
    assertEquals(preview.overrides.map(({ path }) => path), ["/etc/systemd/system/a.service"]);
    assertEquals([preview.memoryLimit, preview.conflicts, preview.upper], [500, [], undefined]);
    assertEquals(preview.switchedOffBy?.endsWith("torcx=0"), true);
    // Pages of the manifest, the program and the unit.
    const warning = `the machine has 1000 bytes of memory, the boot takes ${3 * 4096 + PROCESS_BYTES}: ` +
      `${3 * 4096} for the images and up to ${PROCESS_BYTES} to apply them`;
    assertEquals(preview.warnings.filter((text) => text.includes("memory")), [warning]);
  }));
