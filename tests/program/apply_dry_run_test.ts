/** Tests that the operations that `torcx apply --dry-run` prints are those that the apply after it carries out. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { makeManifest, packImage, STORE } from "../support/archives.ts";
import { runSteps, withRoot } from "../support/e2e_system.ts";
import { testWith } from "../support/needs.ts";
import { makeProfile, type Node, OS_RELEASE, writeNodes } from "../support/nodes.ts";

const NEEDS = { isRoot: true, programs: ["unshare", "strace", "mksquashfs"] };

/** Every kind of asset, with what leads elsewhere, is shared, or is in the way. */
const FIRST: Record<string, Node> = {
  ...makeManifest({
    bin: ["/bin", "/sbin/lone"],
    network: ["/x.network"],
    units: [
      "/units/a.service",
      "/units/a.service.d",
      "/units/multi-user.target.wants",
      "/lib/u/",
      "/real",
      "/empty.d",
    ],
    udev_rules: ["/x.rules"],
  }),
  "bin/tool": "x".repeat(5000),
  "bin/sub/deep": "",
  "bin/alias": { link: "tool" },
  "bin/nowhere": { link: "none" },
  "sbin/lone": "",
  "x.network": "[Match]\n",
  "x.rules": "# none\n",
  "units/a.service": "[Service]\n",
  "units/a.service.d/10.conf": "[Service]\n",
  "units/a.service.d/sub/x": "",
  "units/multi-user.target.wants/a.service": { link: "../a.service" },
  "lib/u": { link: "../real" },
  "real/b.service": "[Service]\n",
  "empty.d": { dir: true },
};
const SECOND: Record<string, Node> = {
  ...makeManifest({
    bin: ["/bin"],
    units: ["/a.service", "/taken.service", "/same.wants"],
    sysusers: ["/x.conf"],
    tmpfiles: ["/x.conf"],
  }),
  "bin/tool": "another\n",
  "bin/own": "own\n",
  "a.service": "another\n",
  "taken.service": "another\n",
  "same.wants/s": { link: "../s" },
  "x.conf": "# none\n",
};
const SYSTEM: Record<string, Node> = {
  ...OS_RELEASE,
  [`${STORE}/.keep`]: "",
  "usr/share/torcx/profiles/vendor.json": makeProfile("first:1"),
  "etc/torcx/profiles/edge.json": makeProfile("second:2"),
  "etc/torcx/next-profile": "edge\n",
  "run/systemd/system/taken.service": "the system's\n",
  "run/systemd/system/same.wants/s": { link: "../s" },
};

function pack(root: string, image: string, format: string, nodes: Record<string, Node>): void {
  const archive = `${root}/${STORE}/${image}.torcx.${format}`;
  if (format === "tgz") return packImage(archive, nodes);
  writeNodes(`${root}/image`, nodes);
  const args = [`${root}/image`, archive, "-quiet", "-no-progress", "-all-root"];
  const { success, stderr } = new Deno.Command("mksquashfs", { args }).outputSync();
  assert(success, new TextDecoder().decode(stderr));
  Deno.removeSync(`${root}/image`, { recursive: true });
}

interface PrintedOperation {
  kind: string;
  path: string;
  archive?: string;
  archive_path?: string;
  isOptional?: boolean;
  is_optional?: boolean;
  digest?: string;
}

/** Returns an operation of the journal by the names of the output, the digest of what was read left out. */
function rename({ archive, isOptional, digest: _, ...others }: PrintedOperation): PrintedOperation {
  return {
    ...others,
    ...(archive === undefined ? {} : { archive_path: archive }),
    ...(isOptional === undefined ? {} : { is_optional: isOptional }),
  };
}

/** The apply is killed as it is about to rename the seal into place: its journal tells all that it did. */
const KILLED = 'strace -f -qq -o /dev/null -P "$PWD/run/metadata" -e trace=renameat ' +
  '-e inject=renameat:signal=KILL "${program[@]}" apply > /dev/null 2>&1';

for (const [first, second] of [["tgz", "tgz"], ["squashfs", "tgz"], ["tgz", "squashfs"]] as const) {
  testWith(
    `torcx apply --dry-run prints what the apply after it carries out, from ${first} and ${second}`,
    NEEDS,
    () =>
      withRoot(SYSTEM, async (root) => {
        pack(root, "first:1", first, FIRST);
        pack(root, "second:2", second, SECOND);
        const [before, dry, text, after, , journal, retry, again] = await runSteps(root, [
          "find . -printf '%p %i %T@\\n' | sort",
          "torcx apply --dry-run --output json 2>/dev/null",
          "torcx apply --dry-run --output text 2>/dev/null",
          "find . -printf '%p %i %T@\\n' | sort",
          KILLED,
          "cat run/torcx/journal.json",
          "torcx apply --retry --output json 2>/dev/null",
          "torcx apply --dry-run --output json 2>/dev/null",
        ]);
        assertEquals([dry!.code, text!.code, after!.output], [0, 0, before!.output]);
        const printed: PrintedOperation[] = JSON.parse(dry!.output).value.operations;
        const done: PrintedOperation[] = JSON.parse(journal!.output).value.operations.map(rename);
        // RUN is made with its lock, before there can be a journal in it.
        assertEquals(printed[0], { kind: "make_dir", path: "/run/torcx", is_optional: false });
        assertEquals(printed.slice(1), done);
        const kinds = new Set(printed.map(({ kind }) => kind));
        for (const kind of ["link", "copy", "make_dir", "write_seal"]) assert(kinds.has(kind), kind);
        assertEquals(printed.filter(({ kind }) => kind === "copy").map(({ path }) => path), [
          "/run/systemd/network/x.network",
          "/run/systemd/system/a.service",
          "/run/systemd/system/a.service.d/10.conf",
          "/run/systemd/system/real/b.service",
          "/run/udev/rules.d/x.rules",
          "/run/sysusers.d/x.conf",
          "/run/tmpfiles.d/x.conf",
        ]);
        assertEquals(text!.output.split("\n").length - 1, printed.length);
        assertMatch(
          text!.output,
          /^make directory "\/run\/torcx"\n[^]*\nlink "\/run\/torcx\/bin\/tool" to "\/run\/torcx\/unpack\/first\/bin\/tool"\n[^]*\nwrite run profile /,
        );
        // What this boot's apply made is gone before it is made anew.
        assertEquals([retry!.code, again!.code], [0, 0]);
        const propagates = ({ kind }: PrintedOperation): boolean => kind === "link" || kind === "copy";
        const anew: PrintedOperation[] = JSON.parse(again!.output).value.operations;
        assertEquals(anew.filter(propagates), printed.filter(propagates));
      }),
  );
}

// In a user namespace without a mapping root is somebody else, who may not mount.
testWith(
  "torcx apply --dry-run says what it cannot list for other users, and is quiet about the rest",
  { isRoot: true, programs: ["unshare", "mksquashfs"] },
  () =>
    withRoot(SYSTEM, async (root) => {
      pack(root, "first:1", "squashfs", FIRST);
      pack(root, "second:2", "tgz", SECOND);
      const [dry] = await runSteps(root, [
        'unshare --user "${program[@]}" apply --dry-run --output json 2>err',
      ]);
      assertEquals(
        Deno.readTextFileSync(`${root}/err`),
        'torcx: warning: image "first:1": its links and copies are not listed, only root can mount a squashfs\n',
      );
      assertEquals(dry!.code, 0);
      const operations: PrintedOperation[] = JSON.parse(dry!.output).value.operations;
      assertEquals(operations.filter(({ kind }) => kind === "link").map(({ path }) => path), [
        "/run/torcx/bin/own",
        "/run/torcx/bin/tool",
      ]);
    }),
);

testWith(
  "torcx apply --dry-run fails if an archive is damaged or an asset is not in its image",
  { isRoot: true },
  () =>
    withRoot(SYSTEM, async (root) => {
      packImage(`${root}/${STORE}/first:1.torcx.tgz`, makeManifest({ units: ["/none.service"] }));
      packImage(`${root}/${STORE}/second:2.torcx.tgz`, SECOND);
      await Deno.truncate(`${root}/${STORE}/second:2.torcx.tgz`, 100);
      const [dry] = await runSteps(root, ["torcx apply --dry-run --output json 2>err", "cat err"]);
      assertEquals(dry!.code, 1);
      const { images } = JSON.parse(dry!.output).value;
      assertMatch(
        images[0].errors.join(": "),
        /Cannot propagate assets of image "first:1" from .*"\/none\.service"/,
      );
      assertMatch(images[1].errors.join(": "), /Cannot use image "second:2" from .*the file is cut off/);
      assertMatch(
        await Deno.readTextFile(`${root}/err`),
        /^torcx: Cannot apply: 2 of 2 images would fail\n {2}Cannot use image "second:2" [^\n]+\n {2}Cannot propagate assets of image "first:1" /m,
      );
    }),
);
