/** Tests what entries of an image's manifest become, from the plan to what is taken back, packed by GNU tar and mksquashfs. */

import { assert, assertEquals } from "@std/assert";
import { makeManifest, packImage, STORE } from "../support/archives.ts";
import { runSteps, withRoot } from "../support/e2e_system.ts";
import { testWith } from "../support/needs.ts";
import { makeProfile, type Node, OS_RELEASE, writeNodes } from "../support/nodes.ts";

const IMAGE: Record<string, Node> = {
  ...makeManifest({
    bin: ["/bin", "/bin/prog", "sbin/lone", ""],
    units: [
      "/u/a.service",
      "/u/a.service",
      "u/b.service",
      "",
      "/u/empty.wants",
      "/u/link.d/",
      "/u/loop.service",
      "/u/deep.d",
    ],
  }),
  // The first in a lexical walk wins.
  "bin/prog": "second\n",
  "bin/a/prog": "first\n",
  // By text this is bin/sub/real2/tool; the kernel goes through real/sub.
  "bin/tool": { link: "via/tool" },
  "bin/via": { link: "../sub/../real2" },
  sub: { link: "real/sub" },
  "real/sub/x": "",
  "real/real2/tool": "the kernel's\n",
  "real2/tool": "by text\n",
  "sbin/lone": "lone\n",
  "u/a.service": "[Service]\n",
  "u/b.service": "[Service]\n",
  "u/empty.wants": { dir: true },
  "u/link.d": { link: "real.d" },
  "u/real.d/10.conf": "[Service]\n",
  "u/loop.service": { link: "loop.service" },
  "u/deep.d/sub/x.conf": "",
};

const SYSTEM: Record<string, Node> = {
  ...OS_RELEASE,
  [`${STORE}/.keep`]: "",
  "run/systemd/.keep": "",
  // Directories of one name are read one after the other: none takes effect instead.
  "etc/systemd/system/empty.wants/x.service": "",
  "usr/share/torcx/profiles/vendor.json": makeProfile("one:1"),
};

const TREE = "/run/torcx/unpack/one";
const UNITS = "/run/systemd/system";

/** `KIND FROM TO`, and what a link's text is. */
const ASSETS = [
  `bin ${TREE}/bin/a/prog /run/torcx/bin/prog ${TREE}/bin/a/prog`,
  `bin ${TREE}/bin/tool /run/torcx/bin/tool ${TREE}/bin/tool`,
  `bin ${TREE}/bin/via /run/torcx/bin/via ${TREE}/bin/via`,
  `bin ${TREE}/sbin/lone /run/torcx/bin/lone ${TREE}/sbin/lone`,
  `units ${TREE}/u/a.service ${UNITS}/a.service`,
  `units ${TREE}/u/b.service ${UNITS}/b.service`,
  `units ${TREE}/u/empty.wants ${UNITS}/empty.wants directory`,
  // As it stands it would lead nowhere.
  `units ${TREE}/u/link.d ${UNITS}/link.d ${TREE}/u/real.d`,
  `units ${TREE}/u/loop.service ${UNITS}/loop.service loop.service`,
  `units ${TREE}/u/deep.d ${UNITS}/deep.d directory`,
];
const CONFLICTS = [`${TREE}/bin/prog is kept as image "one"`];
const WARNINGS = [
  'units directory "/u/deep.d/sub" is not followed',
  'value.bin[2], "sbin/lone", counts as "/sbin/lone"',
  "value.bin[3] is empty: it is passed over",
  'value.units[2], "u/b.service", counts as "/u/b.service"',
  "value.units[3] is empty: it is passed over",
];

interface Told {
  assets: { kind: string; from: string; to: string; link_text: string | null; is_directory: boolean }[];
  conflicts: { from: string; kept: string }[];
  findings: { message: string }[];
}

/** What plan and report both tell. */
function describe(text: string): { assets: string[]; conflicts: string[]; warnings: string[] } {
  const { assets, conflicts, findings }: Told = JSON.parse(text).value;
  return {
    assets: assets.map(({ kind, from, to, link_text, is_directory }) =>
      [kind, from, to, ...(is_directory ? ["directory"] : link_text === null ? [] : [link_text])].join(" ")
    ),
    conflicts: conflicts.map(({ from, kept }) => `${from} is kept as ${kept}`),
    // Which file it is of comes first.
    warnings: findings.map(({ message }) => message.replace(/^"[^"]*\.json": /, "")).sort(),
  };
}

function pack(root: string, format: string): void {
  const archive = `${root}/${STORE}/one:1.torcx.${format}`;
  if (format === "tgz") return packImage(archive, IMAGE);
  writeNodes(`${root}/image`, IMAGE);
  const args = [`${root}/image`, archive, "-quiet", "-no-progress", "-all-root", "-root-mode", "0755"];
  const { success, stderr } = new Deno.Command("mksquashfs", { args }).outputSync();
  assert(success, new TextDecoder().decode(stderr));
  Deno.removeSync(`${root}/image`, { recursive: true });
}

const KILLED = 'strace -f -qq -o /dev/null -P "$PWD/run/metadata" -e trace=renameat ' +
  '-e inject=renameat:signal=KILL "${program[@]}" apply > /dev/null 2>&1';

for (const format of ["tgz", "squashfs"]) {
  testWith(
    `entries of a manifest become what the first torcx made of them, in plan, apply, why, status and undo (${format})`,
    { isRoot: true, programs: ["unshare", "strace", "mksquashfs"] },
    () =>
      withRoot(SYSTEM, async (root) => {
        pack(root, format);
        const results = await runSteps(root, [
          "torcx plan --output json 2>/dev/null",
          "torcx apply --output json 2>/dev/null",
          `find .${UNITS} run/torcx/bin -mindepth 1 -printf '%y %P %l\\n' | LC_ALL=C sort`,
          "cat run/torcx/unpack/one/bin/tool run/torcx/unpack/one/bin/via/tool",
          "torcx why empty.wants --output json",
          "torcx status > /dev/null",
          `rmdir .${UNITS}/empty.wants; torcx status --output json`,
          "torcx apply --retry --output json 2>/dev/null",
          `chmod 0700 .${UNITS}/empty.wants; torcx status --output json`,
          `rm -r run/torcx/unpack/x .${UNITS}/empty.wants; umount run/torcx/unpack/one run/torcx/unpack; rm -r run/torcx run/metadata/torcx .${UNITS}`,
          `${KILLED}; ls .${UNITS}`,
          `echo '${makeProfile()}' > usr/share/torcx/profiles/vendor.json; torcx apply --retry`,
          "ls -A run/systemd run/torcx/bin",
        ]);
        const [plan, apply, list, tools, why, status, gone, retry, changed, , killed, empty, left] = results;
        assertEquals(JSON.parse(plan!.output).value.overrides, []);
        for (const item of [plan!, apply!, retry!]) {
          assertEquals(item.code, 0, item.output);
          const { assets, conflicts, warnings } = describe(item.output);
          assertEquals({ assets, conflicts }, { assets: ASSETS, conflicts: CONFLICTS });
          assertEquals(warnings.filter((text) => WARNINGS.includes(text)), WARNINGS.toSorted());
        }
        assertEquals(list!.output.split("\n").slice(0, -1), [
          "d deep.d ",
          "d empty.wants ",
          "f a.service ",
          "f b.service ",
          `l link.d ${TREE}/u/real.d`,
          `l lone ${TREE}/sbin/lone`,
          "l loop.service loop.service",
          `l prog ${TREE}/bin/a/prog`,
          `l tool ${TREE}/bin/tool`,
          `l via ${TREE}/bin/via`,
        ]);
        assertEquals(tools!.output, "the kernel's\nthe kernel's\n");
        const [origin] = JSON.parse(why!.output).value.origins;
        assertEquals([origin.kind, origin.path, origin.name, origin.is_present, origin.overridden_by], [
          "units",
          `${UNITS}/empty.wants`,
          "one",
          true,
          null,
        ]);
        assertEquals(status!.code, 0);
        assertEquals([
          gone!.code,
          gone!.output.includes(`\\"${UNITS}/empty.wants\\" of image \\"one\\" is gone`),
        ], [
          4,
          true,
        ]);
        assertEquals([
          changed!.code,
          changed!.output.includes(
            `\\"${UNITS}/empty.wants\\" of image \\"one\\" has mode 0700 now, not 0755`,
          ),
        ], [4, true]);
        assert(killed!.output.includes("empty.wants"), killed!.output);
        assertEquals(
          [empty!.code, left!.output],
          [0, "run/systemd:\n.keep\n\nrun/torcx/bin:\n"],
          empty!.output,
        );
      }),
  );
}
