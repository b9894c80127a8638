/** Tests that nothing in RUN goes but what torcx made there, whatever has RUN's name. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Node } from "../../support/nodes.ts";
import { LIST_RUN, runSteps } from "../../support/e2e_system.ts";
import { ARCHIVE, HAS_SEAL, withRunSystem } from "../../support/run_system.ts";
import { testWith } from "../../support/needs.ts";

const SNAPSHOT = "find run srv -printf '%y %m %p %l %s\\n' 2>/dev/null | LC_ALL=C sort";

interface ForeignCase {
  if: string;
  nodes?: Record<string, Node>;
  /** Shell commands that make it. */
  make?: string;
  /** What the error must name. */
  names: RegExp;
}

/** A RUN that has none of torcx's marks. */
const FOREIGN: readonly ForeignCase[] = [
  {
    if: "RUN holds somebody's files",
    nodes: { "run/torcx/notes": "mine\n", "run/torcx/deep/file": "mine\n" },
    names: /"\/run\/torcx" is not torcx's own: torcx did not make what is in it \("deep", "notes"\)/,
  },
  {
    if: "RUN holds somebody's files beside names that torcx gives too",
    nodes: { "run/torcx/bin/tool": "mine\n", "run/torcx/report.json": "{}\n", "run/torcx/x": "" },
    names: /\("x"\)/,
  },
  {
    if: "a report there is somebody else's",
    nodes: { "run/torcx/report.json": "null\n", "run/torcx/journal.json": "[]\n", "run/torcx/x": "" },
    names: /\("x"\)/,
  },
  { if: "RUN is a file", nodes: { "run/torcx": "mine\n" }, names: /it is a file/ },
  {
    if: "RUN is a symlink that leads nowhere",
    nodes: { "run/torcx": { link: "/srv/none" } },
    names: /leads/,
  },
  {
    if: "RUN leads to somebody's directory",
    nodes: { "run/torcx": { link: "/srv/data" }, "srv/data/photo": "mine\n" },
    names: /\("photo"\)/,
  },
  {
    if: "RUN belongs to somebody else",
    make: "mkdir run/torcx && chown 65534 run/torcx",
    names: /it belongs to user 65534/,
  },
  {
    if: "others may write to RUN",
    make: "mkdir -m 0777 run/torcx",
    names: /others may write it \(mode 0777\)/,
  },
];

for (const { if: condition, nodes, make, names } of FOREIGN) {
  testWith(
    `promise 01: apply and its retry touch nothing and say what is there if ${condition}`,
    { isRoot: true },
    () =>
      withRunSystem(nodes ?? {}, async (root) => {
        const [, before, plain, retry, after, status] = await runSteps(root, [
          make ?? "true",
          SNAPSHOT,
          "torcx apply",
          "torcx apply --retry",
          SNAPSHOT,
          "torcx status --output json",
        ]);
        for (const { code, output } of [plain!, retry!]) {
          assertEquals(code, 1, output);
          assertMatch(output, /^torcx: Cannot apply: run directory "\/run\/torcx" /);
          assertMatch(output, names);
          assertMatch(output, /\nHint: Nothing in it was touched/);
        }
        assertEquals(after, before);
        assertEquals([status!.code, JSON.parse(status!.output).value.state], [1, "foreign"]);
      }),
  );
}

interface LeftCase {
  if: string;
  /** Shell commands that put something into a RUN that is torcx's. */
  put: string;
  /** Shell commands that take it away again. */
  take: string;
  name: string;
}

/** What somebody else put into torcx's own RUN. */
const LEFT: readonly LeftCase[] = [
  { if: "a file", put: "echo mine > run/torcx/notes", take: "rm run/torcx/notes", name: '"notes"' },
  { if: "a tree", put: "mkdir -p run/torcx/a/b", take: "rm -r run/torcx/a", name: '"a"' },
  {
    if: "a program in BIN",
    put: "mkdir -p run/torcx/bin && echo mine > run/torcx/bin/tool",
    take: "rm run/torcx/bin/tool",
    name: '"bin/tool"',
  },
  {
    if: "a link in BIN that leads elsewhere",
    put: "mkdir -p run/torcx/bin && ln -s /usr/bin/true run/torcx/bin/tool",
    take: "rm run/torcx/bin/tool",
    name: '"bin/tool"',
  },
  {
    if: "a file below the unpack dir, where nothing is mounted",
    put: "mkdir -p run/torcx/unpack && echo mine > run/torcx/unpack/file",
    take: "rm run/torcx/unpack/file",
    name: '"unpack/file"',
  },
  {
    if: "a mount",
    put: "mkdir -p run/torcx/x && mount --bind srv run/torcx/x",
    take: "umount run/torcx/x && rmdir run/torcx/x",
    name: '"x"',
  },
  {
    if: "a mount on BIN",
    put: "mkdir -p run/torcx/bin && mount -t tmpfs none run/torcx/bin && echo mine > run/torcx/bin/tool",
    take: "umount run/torcx/bin",
    name: '"bin, which is a mount"',
  },
];

for (const { if: condition, put, take, name } of LEFT) {
  testWith(
    `promise 01: a retry after a failure leaves and names ${condition} in RUN`,
    { isRoot: true },
    () =>
      withRunSystem({ "srv/photo": "mine\n" }, async (root) => {
        const steps = await runSteps(root, [
          `rm ${ARCHIVE}`,
          "torcx apply",
          `{ ${put}; } && cp whole ${ARCHIVE}`,
          SNAPSHOT,
          "torcx apply --retry",
          SNAPSHOT,
          take,
          "torcx apply --retry --output json",
          "torcx status",
        ]);
        const [, failed, made, before, retry, after, taken, last, status] = steps;
        assertEquals([failed!.code, made!.code, taken!.code], [1, 0, 0], made!.output);
        assertEquals(retry!.code, 1);
        assertMatch(retry!.output, /^torcx: Cannot take back the earlier run: run directory "\/run\/torcx" /);
        assertStringIncludes(retry!.output, name);
        assertEquals(after, before, "nothing was touched");
        assertEquals([last!.code, status!.code], [0, 0], last!.output);
      }),
  );
}

testWith(
  "promise 01: a RUN that is empty, or holds names of torcx's alone, is torcx's own",
  { isRoot: true },
  async () => {
    const own: Record<string, Node>[] = [
      { "run/torcx": { dir: true } },
      {
        "run/torcx/bin/hello": { link: "/run/torcx/unpack/hello/bin/hello" },
        "run/torcx/unpack": { dir: true },
        "run/torcx/profile.json": "half",
        "run/torcx/report.json": "",
        "run/torcx/lock": "",
        "run/torcx/.torcx-7-1-abc.tmp": "half",
      },
    ];
    for (const nodes of own) {
      await withRunSystem(nodes, async (root) => {
        const [plain, status, retry, list] = await runSteps(root, [
          "torcx apply",
          "torcx status --output json",
          "torcx apply --retry --output json",
          "ls -A run/torcx",
        ]);
        assertMatch(plain!.output, /^torcx: Cannot apply: an earlier run in this boot was cut off\n/);
        assertEquals([plain!.code, status!.code, JSON.parse(status!.output).value.state], [1, 1, "killed"]);
        assertEquals(retry!.code, 0, retry!.output);
        assertEquals(list!.output, "bin\nlock\nprofile.json\nreport.json\nunpack\n");
      });
    }
  },
);

testWith(
  "promise 01: a run removes what a kill left beside RUN, and nothing else",
  { isRoot: true },
  () =>
    withRunSystem({
      "run/.torcx-7-1-abc.tmp/lock": "",
      "run/.torcx-7-2-abc.tmp": { dir: true },
      "run/.torcx-7-3-abc.tmp/photo": "mine\n",
      "run/.torcx-7-4-abc.tmp/lock": "",
      "run/.torcx-7.tmp/lock": "",
    }, async (root) => {
      const [applied, held, list] = await runSteps(root, [
        "exec 8< run/.torcx-7-4-abc.tmp/lock; flock 8; torcx apply --output json",
        "find run -path run/torcx -prune -o -path '*/.torcx*' -print | LC_ALL=C sort",
        "exec 8<&-; umount run/torcx/unpack; rm -r run/torcx; torcx apply --output json > /dev/null 2>&1; find run -path run/torcx -prune -o -path '*/.torcx*' -print | LC_ALL=C sort",
      ]);
      assertEquals(applied!.code, 0, applied!.output);
      const kept = "run/.torcx-7-3-abc.tmp\nrun/.torcx-7-3-abc.tmp/photo\n";
      const other = "run/.torcx-7.tmp\nrun/.torcx-7.tmp/lock\n";
      // Another process, which is about to make RUN, holds that lock.
      assertEquals(held!.output, `${kept}run/.torcx-7-4-abc.tmp\nrun/.torcx-7-4-abc.tmp/lock\n${other}`);
      assertEquals(list!.output, kept + other);
    }),
);

testWith(
  "promise 01: a retry takes back a sealed run by its record, and leaves what was changed",
  { isRoot: true },
  () =>
    withRunSystem({}, async (root) => {
      const [, whole, , retry, list, changed, report] = await runSteps(root, [
        "torcx apply --output json",
        LIST_RUN,
        // Degraded: the tree is another one now.
        "mount -t tmpfs none run/torcx/unpack/hello; echo '# mine' >> run/systemd/system/hello.service",
        "torcx apply --retry --output json",
        LIST_RUN,
        "cat run/systemd/system/hello.service",
        "cat run/torcx/report.json",
      ]);
      assertEquals(retry!.code, 0, retry!.output);
      assertEquals(list, whole, "every other file is made anew");
      assertEquals(changed!.output, "[Service]\n# mine\n");
      const { warnings, conflicts } = JSON.parse(report!.output).value;
      assertMatch(
        warnings.join("\n"),
        /"\/run\/systemd\/system\/hello.service" is left: it is not what torcx made/,
      );
      assertEquals(conflicts.map(({ to }: { to: string }) => to), ["/run/systemd/system/hello.service"]);
      assertEquals((await runSteps(root, [HAS_SEAL]))[0]!.code, 0);
    }),
);
