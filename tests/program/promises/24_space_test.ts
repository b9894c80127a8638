/** Promise 24: what runs out is told by true figures, and the hint names the setting that changes it. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { makeManifest, packImage } from "../../support/archives.ts";
import { makeProfile, type Node, OS_RELEASE } from "../../support/nodes.ts";
import { runSteps, withRoot } from "../../support/e2e_system.ts";
import { testWith } from "../../support/needs.ts";

const ARCHIVE = "var/lib/torcx/store/big:1.torcx.tgz";

function makeConfig(value: Record<string, string>): string {
  return JSON.stringify({ kind: "torcx-config-v0", value });
}

function makeNodes(config: Record<string, string>): Record<string, Node> {
  return {
    ...OS_RELEASE,
    "etc/torcx/config.json": makeConfig(config),
    "etc/torcx/profiles/edge.json": makeProfile("big:1"),
    "etc/torcx/next-profile": "edge\n",
  };
}

/** Many small files and one of 300 000 bytes. */
const FILES: Record<string, Node> = {
  ...makeManifest({ bin: ["/bin"] }),
  ...Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`share/${at}`, "x"])),
  "share/link": { link: "0" },
  "bin/big": "x".repeat(300_000),
};

testWith(
  "promise 24: out of space tells what the image has taken at least, not the last member's size",
  { isRoot: true },
  () =>
    withRoot(makeNodes({ unpack_size: "128k" }), async (root) => {
      packImage(`${root}/${ARCHIVE}`, FILES);
      const [, first] = await runSteps(root, [
        // The last member is empty, its ISIZE 0.
        `gzip -c /dev/null >> ${ARCHIVE}`,
        "torcx apply",
      ]);
      assertEquals(first!.code, 1);
      const found =
        /Cannot unpack image "big:1" from "\/var\/lib\/torcx\/store\/big:1\.torcx\.tgz": the tmpfs of all images is limited to 131072 bytes, of which this image takes at least (\d+)$/m
          .exec(first!.output);
      assert(found !== null, first!.output);
      assert(Number(found[1]) <= 131072, first!.output);
      assertMatch(first!.output, /^Hint: Raise "unpack_size" in the config file/m);
    }),
);

testWith(
  "promise 24: out of inodes names unpack_inodes, which sets how many there are",
  { isRoot: true },
  () =>
    withRoot(makeNodes({ unpack_inodes: "20" }), async (root) => {
      packImage(`${root}/${ARCHIVE}`, FILES);
      const [plan, first, , retried, mounts] = await runSteps(root, [
        "torcx plan",
        "torcx apply",
        `echo '${makeConfig({ unpack_inodes: "1k" })}' > etc/torcx/config.json`,
        "torcx apply --retry",
        `grep -F " $PWD/run/torcx/unpack " /proc/self/mounts`,
      ]);
      assertEquals(plan!.code, 1, plan!.output);
      assertMatch(
        plan!.output,
        /^torcx: Cannot apply at the next boot: the images take 48 files, directories and links, the tmpfs can hold 20$/m,
      );
      assertEquals(first!.code, 1);
      const found =
        /Cannot unpack image "big:1" from "[^"]+": the tmpfs of all images can hold 20 files, directories and links, of which this image has at least (\d+)$/m
          .exec(first!.output);
      assert(found !== null, first!.output);
      assert(Number(found[1]) > 0 && Number(found[1]) <= 20, first!.output);
      assertMatch(first!.output, /^Hint: Raise "unpack_inodes" in the config file/m);
      assert(!first!.output.includes("unpack_size"), first!.output);
      assertEquals(retried!.code, 0, retried!.output);
      assertMatch(mounts!.output, /[ ,]nr_inodes=1k[ ,]|[ ,]nr_inodes=1024[ ,]/);
    }),
);

testWith(
  "promise 24: unpack_inodes is shown with its source, and refused if it is none",
  { isRoot: true },
  () =>
    withRoot(makeNodes({ unpack_inodes: "500k" }), async (root) => {
      const [shown, plan, , refused] = await runSteps(root, [
        "torcx config show --output text",
        "rm etc/torcx/next-profile; torcx apply --dry-run --output json",
        `echo '${makeConfig({ unpack_inodes: "50%" })}' > etc/torcx/config.json`,
        "torcx apply",
      ]);
      assertMatch(
        shown!.output,
        /^unpack_inodes +500k +config file "\/etc\/torcx\/config.json"$/m,
      );
      const { operations } = JSON.parse(plan!.output.slice(plan!.output.indexOf("{"))).value;
      assertEquals(
        operations.filter(({ kind }: { kind: string }) => kind === "mount_tmpfs"),
        [{ kind: "mount_tmpfs", path: "/run/torcx/unpack", inodes: "500k" }],
      );
      assertEquals(refused!.code, 1);
      assertMatch(
        refused!.output,
        /Cannot use "50%" as setting "unpack_inodes" from config file [^\n]*\n(?:[^]*)Hint: Give digits with k, m or g/,
      );
    }),
);

testWith(
  "promise 24: a full /run names the copy that did not fit, and is undone",
  { isRoot: true },
  () =>
    withRoot(makeNodes({}), async (root) => {
      packImage(`${root}/${ARCHIVE}`, {
        ...makeManifest({ units: ["/a.service", "/b.service"] }),
        "a.service": "[Service]\n",
        "b.service": "# long\n".repeat(20_000),
      });
      const [applied, left, retried] = await runSteps(root, [
        "mkdir -p run/systemd/system && mount -t tmpfs -o size=64k none run/systemd/system && torcx apply",
        "ls -A run/systemd/system",
        "mount -o remount,size=1m run/systemd/system && torcx apply --retry && ls run/systemd/system",
      ]);
      assertEquals(applied!.code, 1, applied!.output);
      assertMatch(
        applied!.output,
        /^torcx: Cannot apply profile "edge": it was not possible to copy [^\n]+, of image "big:1" from "[^"]+"\n {2}Cannot copy 140000 bytes: the file system of "\/run\/systemd\/system" is full\n/m,
      );
      assertMatch(applied!.output, /^Hint: Make room there, or enlarge it: /m);
      assertEquals(left!.output, "");
      assertEquals(retried!.code, 0, retried!.output);
      assertMatch(retried!.output, /\na\.service\nb\.service\n$/);
    }),
);
