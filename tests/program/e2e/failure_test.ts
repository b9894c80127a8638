/** Tests that an apply which fails, in whatever step, leaves nothing but its report, and can be retried. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { makeManifest, packImage } from "../../support/archives.ts";
import { makeProfile, type Node } from "../../support/nodes.ts";
import { LIST_MOUNTS, runSteps, withRoot } from "../../support/e2e_system.ts";
import { testWith } from "../../support/needs.ts";

const STORE = "var/lib/torcx/store";
const BAD = `${STORE}/bad:1.torcx.tgz`;
const LOOP = `${STORE}/loop:1.torcx.squashfs`;

/** An image that is sound, unless a case changes it. */
const SOUND: Record<string, Node> = {
  ...makeManifest({
    bin: ["/bin"],
    units: ["/units/bad.service", "/units/bad.service.d", "/units/multi-user.target.wants"],
    network: ["/bad.network"],
    sysusers: ["/bad.conf"],
    tmpfiles: ["/bad.conf"],
    udev_rules: ["/bad.rules"],
  }),
  "bin/bad": "x".repeat(300_000),
  "units/bad.service": "[Service]\n",
  "units/bad.service.d/10.conf": "[Service]\n",
  "units/multi-user.target.wants/bad.service": { link: "../bad.service" },
  "bad.network": "[Match]\n",
  "bad.conf": "# none\n",
  "bad.rules": "# none\n",
};

interface Failure {
  /** Completes "torcx apply … if". */
  if: string;
  /** Changes of the image's nodes. */
  image?: Record<string, Node>;
  /** Changes of the system. */
  system?: Record<string, Node>;
  /** Shell commands that bring the fault about, once all is in place. */
  break?: string;
  /** Shell commands that take it away again; by default the sound archive comes back. */
  mend?: string;
  /** What the report must say. */
  cause: RegExp;
}

/** Repacks the image, changed in place by a command. */
const repack = (command: string): string =>
  `mkdir t && tar -xzf whole -C t && (cd t && ${command}) && tar --force-local -czf "${BAD}" -C t . && rm -r t`;

const FAILURES: readonly Failure[] = [
  {
    if: "an archive is missing",
    break: `rm ${BAD}`,
    cause: /Cannot find image "bad:1": not found in 1 store: /,
  },
  { if: "a gzip is cut off", break: `truncate -s -30 ${BAD}`, cause: /"bad:1" \(unpack\)[^]*cut off/ },
  { if: "a gzip is empty", break: `: > ${BAD}`, cause: /"bad:1" \(archive\)[^]*the file is empty/ },
  {
    if: "the checksum of a gzip is wrong",
    break:
      `size=$(stat -c %s ${BAD}); printf '\\1\\2\\3\\4' | dd of=${BAD} bs=1 seek=$((size - 8)) conv=notrunc status=none`,
    cause: /"bad:1" \(unpack\)[^]*(CRC|checksum)/i,
  },
  {
    if: "a squashfs file is cut off",
    break: `cp ${LOOP} loop && truncate -s 200 ${LOOP}`,
    mend: `cp loop ${LOOP}`,
    cause: /"loop:1" \((archive|unpack)\)/,
  },
  {
    if: "a squashfs file is none",
    break: `cp ${LOOP} loop && cp whole ${LOOP}`,
    mend: `cp loop ${LOOP}`,
    cause: /"loop:1" \(archive\)[^]*squashfs/,
  },
  {
    if: "the metadata of a squashfs file is damaged",
    // The superblock's own fields stay as they are.
    break: `cp ${LOOP} loop && dd if=/dev/zero of=${LOOP} bs=1 seek=96 count=2000 conv=notrunc status=none`,
    mend: `cp loop ${LOOP}`,
    cause: /"loop:1" \((archive|unpack|assets)\)/,
  },
  {
    if: "a manifest has another kind",
    image: { ".torcx/manifest.json": '{"kind":"image-manifest-v9","value":{}}' },
    cause: /"bad:1" \(assets\)[^]*image-manifest-v9/,
  },
  {
    if: "a manifest is no JSON",
    image: { ".torcx/manifest.json": "{" },
    cause: /"bad:1" \(assets\)[^]*manifest.json/,
  },
  {
    if: "a manifest is a FIFO",
    break: repack("rm .torcx/manifest.json && mkfifo .torcx/manifest.json"),
    cause: /"bad:1" \(assets\)[^]*manifest.json[^]*(fifo|regular)/i,
  },
  {
    if: "a manifest is a directory",
    break: repack("rm .torcx/manifest.json && mkdir .torcx/manifest.json"),
    cause: /"bad:1" \(assets\)[^]*manifest.json/,
  },
  ...(["units", "network", "sysusers", "tmpfiles", "udev_rules"] as const).map((kind): Failure => ({
    if: `an asset of ${kind} is missing in the image`,
    image: makeManifest({ bin: ["/bin"], units: ["/units/bad.service"], [kind]: ["/none"] }),
    cause: new RegExp(`"bad:1" \\(assets\\)[^]*Cannot propagate ${kind} asset "/none"`),
  })),
  {
    if: "the directory of the units is read-only",
    break: "mkdir -p run/systemd && mount -t tmpfs -o ro none run/systemd",
    mend: "umount run/systemd",
    cause: /\/run\/systemd[^]*EROFS/,
  },
  {
    if: "a directory that comes later, of rules, is read-only",
    break: "mkdir -p run/udev && mount -t tmpfs -o ro none run/udev",
    mend: "umount run/udev",
    cause: /\/run\/udev[^]*EROFS/,
  },
  {
    if: "a directory of units is a file",
    break: "mkdir -p run/systemd && : > run/systemd/system",
    mend: "rm run/systemd/system",
    cause: /"\/run\/systemd\/system" is a file, not a directory/,
  },
  {
    if: "the tmpfs is too small",
    system: { "etc/torcx/config.json": '{"kind":"torcx-config-v0","value":{"unpack_size":"64k"}}' },
    mend: "rm etc/torcx/config.json",
    cause:
      /Cannot unpack image "bad:1" from "\/var[^"]*": the tmpfs of all images is limited to 65536 bytes, of which this image takes at least \d+\n/,
  },
  {
    if: "the seal's directory is read-only",
    break: "mkdir -p run/metadata && mount -t tmpfs -o ro none run/metadata",
    mend: "umount run/metadata",
    cause: /\/run\/metadata[^]*EROFS/,
  },
];

/** What the system has and must keep. */
const LIST_FILES =
  `find run -mindepth 1 \\( -path run/torcx -prune -o -printf '%y %m %p %l\\n' \\) | LC_ALL=C sort`;

async function checkFailure(failure: Failure): Promise<void> {
  const nodes: Record<string, Node> = {
    "usr/lib/os-release": "VERSION_ID=1\n",
    "usr/share/torcx/profiles/vendor.json": makeProfile("good:1", "loop:1"),
    "etc/torcx/profiles/edge.json": makeProfile("bad:1"),
    "etc/torcx/next-profile": "edge\n",
    "run/systemd/network/bad.network": "the system's\n",
    ...failure.system,
  };
  await withRoot(nodes, async (root) => {
    packImage(`${root}/${STORE}/good:1.torcx.tgz`, {
      ...makeManifest({ bin: ["/bin"], units: ["/good.service"] }),
      "bin/good": "good",
      "good.service": "[Service]\n",
    });
    packImage(`${root}/whole`, SOUND);
    packImage(`${root}/${BAD}`, { ...SOUND, ...failure.image });
    const results = await runSteps(root, [
      `mkdir t && echo x > t/x && mksquashfs t ${LOOP} -quiet -no-progress >/dev/null && rm -r t`,
      failure.break ?? "true",
      `{ ${LIST_FILES}; ${LIST_MOUNTS}; } > before`,
      "torcx apply --output json",
      `{ ${LIST_FILES}; ${LIST_MOUNTS}; } > after; diff before after`,
      "find run/torcx -mindepth 1 -printf '%p %m\\n'",
      "cat run/torcx/report.json",
      "test -e run/metadata/torcx",
      "torcx apply --output json",
      "torcx status --output json",
      failure.mend ?? `cp whole ${BAD}`,
      "torcx apply --retry --output json",
      "cat run/metadata/torcx run/torcx/unpack/bad/bin/bad | wc -c; cat run/torcx/unpack/loop/x; ls run/torcx",
      "torcx status --output json",
    ]);
    const [packed, broken, , first, left, run, text, seal, second, status, mended, retried, tree, last] =
      results;
    assertEquals([packed!.code, broken!.code], [0, 0], packed!.output + broken!.output);
    assertEquals(first!.code, 1, first!.output);
    assertMatch(first!.output, /^torcx: Cannot /m);
    assertEquals(left, { code: 0, output: "" }, "files, mounts and loop devices are as before");
    assertEquals(run!.output, "run/torcx/lock 600\nrun/torcx/report.json 444\n");
    const { kind, value: report } = JSON.parse(text!.output);
    assertEquals([kind, report.outcome], ["torcx-apply-report-v0", "failed"]);
    assertMatch(report.errors.join("\n"), failure.cause);
    assertEquals(seal!.code, 1, "no seal");
    assertEquals(second!.code, 1);
    assertMatch(second!.output, /^torcx: Cannot apply: it has run in this boot and failed\n/);
    assertMatch(second!.output, failure.cause);
    assertEquals([status!.code, JSON.parse(status!.output).value.state], [1, "failed"]);
    assertEquals(mended!.code, 0, mended!.output);
    assertEquals(retried!.code, 0, retried!.output);
    assertMatch(tree!.output, /^30\d{4}\nx\nbin\nlock\nprofile.json\nreport.json\nunpack\n$/);
    assertEquals([last!.code, JSON.parse(last!.output).value.state], [0, "sealed"]);
    assert(JSON.parse(last!.output).value.images.length === 3);
  });
}

for (const failure of FAILURES) {
  testWith(
    `torcx apply undoes all and can be retried if ${failure.if}`,
    { isRoot: true },
    () => checkFailure(failure),
  );
}
