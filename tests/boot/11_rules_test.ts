/** Tests that udev rules and tmpfiles of an image have the effect of those of the base system, applied in place or later. */

import { join } from "node:path";
import { assertEquals } from "@std/assert";
import { runCommand } from "../vm/command.ts";
import { writeTree } from "../vm/tree.ts";
import { encodeProfile } from "./addons.ts";
import { testBoot } from "./register.ts";
import { assertState } from "./states.ts";
import { withSystem } from "./system.ts";

const RULES = `
# Only what comes with the boot's own event.
ACTION=="add", SUBSYSTEM=="mem", KERNEL=="full", ENV{FROM}="add"
ACTION=="change", SUBSYSTEM=="mem", KERNEL=="zero", ENV{FROM}="change"
ACTION=="remove", GOTO="end"
# No subsystem: any device.
KERNEL=="null", TAG+="any-device"
# No device: buses have events of their own.
SUBSYSTEM=="subsystem", ACTION=="add", KERNEL=="cpu", TAG+="of-a-bus"
# A node that no device is behind; the group is the image's own.
KERNEL=="no-such-device", GROUP="rules", MODE="0664", TAG+="no-device", OPTIONS+="static_node=odd/no-device"
# The base system has the last word on this one.
KERNEL=="no-such-device", MODE="0666", OPTIONS+="static_node=based"
LABEL="end"
`;

const IMAGE = {
  ".torcx/manifest.json": JSON.stringify({
    kind: "image-manifest-v0",
    value: {
      sysusers: ["/rules.conf"],
      tmpfiles: ["/tmp.d/rules.conf"],
      ["udev_rules"]: ["/60-rules.rules"],
    },
  }),
  "rules.conf": "g rules 977\n",
  "tmp.d/rules.conf": "c /dev/made-by-image 0640 root rules - 1:3\nd /run/made-by-image 0750 root rules\n",
  "60-rules.rules": RULES,
};

/** What the boot has made of it. */
const LOOK = `
udevadm settle --timeout=60
for device in full zero; do
  udevadm info -q property /sys/class/mem/$device | grep FROM= || echo $device has nothing
done
for tag in any-device of-a-bus; do
  ls /run/udev/tags/$tag
done
stat -c '%n %a %U %G' /dev/odd/no-device /dev/based /dev/made-by-image /run/made-by-image
readlink /run/udev/static_node-tags/no-device/*`;

testBoot(
  "promise 11: rules, static nodes and device nodes of an image have the effect that the base system's have",
  async (release) => {
    const files = {
      // As kmod-static-nodes and the kernel have them there before udevd.
      "usr/lib/tmpfiles.d/nodes.conf":
        "d /dev/odd\nc /dev/odd/no-device 0600 root root - 1:3\nc /dev/based - - - - 1:3\n",
      "usr/lib/udev/rules.d/90-based.rules":
        'KERNEL=="no-such-device", MODE="0604", OPTIONS+="static_node=based"\n',
      "etc/torcx/profiles/edge.json": encodeProfile("rules:1"),
      "etc/torcx/next-profile": "edge\n",
    };
    // The measure: a system that has all this of its own.
    const base = {
      "usr/lib/sysusers.d/rules.conf": IMAGE["rules.conf"],
      "usr/lib/tmpfiles.d/rules.conf": IMAGE["tmp.d/rules.conf"],
      "usr/lib/udev/rules.d/60-rules.rules": RULES,
      // Of the release's own, as after an update.
      "etc/systemd/system/systemd-sysusers.service.d/50-test.conf": "[Unit]\nConditionNeedsUpdate=\n",
    };
    let expected = "";
    await withSystem(release, { files: { ...files, ...base }, isWithoutTorcx: true }, async (system) => {
      expected = await system.read(LOOK);
    });
    await withSystem(release, { files, prepare: packRules }, async (system) => {
      await assertState(system, 0);
      assertEquals(await system.read(LOOK), expected);
      assertEquals(await system.listFailedUnits(), []);
    });
    assertEquals(expected.split("\n"), [
      "FROM=add",
      "zero has nothing",
      "c1:3",
      "+bus:cpu",
      "/dev/odd/no-device 664 root rules",
      "/dev/based 604 root root",
      "/dev/made-by-image 640 root rules",
      "/run/made-by-image 750 root rules",
      "/dev/odd/no-device",
    ]);
  },
);

async function packRules(root: string): Promise<void> {
  const tree = await Deno.makeTempDir({ prefix: "torcx-boot-rules-" });
  try {
    await Deno.chmod(tree, 0o755);
    await writeTree(tree, IMAGE);
    const path = join(root, "var/lib/torcx/store/rules:1.torcx.tgz");
    await runCommand(["tar", "-czf", path, "--force-local", "--owner=0", "--group=0", "-C", tree, "."]);
  } finally {
    await Deno.remove(tree, { recursive: true });
  }
}
