/** Tests that RUN, journal and report are believed only where nobody else could have written them. */

import { assertEquals, assertMatch } from "@std/assert";
import { runSteps } from "../../support/e2e_system.ts";
import { ARCHIVE, withRunSystem } from "../../support/run_system.ts";
import { testWith } from "../../support/needs.ts";

/** Makes a RUN as a kill leaves it, with this journal. */
function writeJournal(operations: readonly unknown[]): string {
  const text = JSON.stringify({ kind: "torcx-journal-v0", value: { mode: "manual", operations } });
  return `mkdir run/torcx && cat > run/torcx/journal.json << 'END'\n${text}\nEND\n`;
}

const VICTIM = { path: "/srv/photo", text: "" };

const JOURNALS: { if: string; make: string; says: RegExp }[] = [
  ...[
    { kind: "write_seal", ...VICTIM },
    { kind: "write_run_profile", ...VICTIM },
    { kind: "remove_seal", ...VICTIM },
    { kind: "copy", image: "a", from: "/srv/photo", path: "/srv/photo", mode: 420 },
    {
      kind: "copy",
      image: "a",
      from: "/srv/photo",
      path: "/run/systemd/system/../../../srv/photo",
      mode: 420,
    },
    { kind: "copy", image: "a", from: "/srv/photo", path: "/run/systemd/system/a/b/photo", mode: 420 },
    { kind: "link", image: "a", target: "photo", path: "/srv/link" },
    { kind: "make_dir", path: "/srv/empty", isOptional: true },
    { kind: "mount_tmpfs", path: "/srv", size: null, inodes: null },
    { kind: "mount_squashfs", image: "a", archive: "/a", path: "/srv/empty" },
  ].map((operation) => ({
    if: `its operation "${operation.kind}" is at "${operation.path}"`,
    make: writeJournal([operation]),
    says: /operations\[0\]\.path is [^\n]*, expected (a place where torcx writes|an absolute path)/,
  })),
  { if: "an operation is of no kind", make: writeJournal([{ kind: "toString" }]), says: /expected a kind/ },
  { if: "an operation has no path", make: writeJournal([{ kind: "write_report" }]), says: /path is missing/ },
  ...["null", "[]", "", "{", '{"kind":"torcx-journal-v9","value":{}}', '{"mode":"manual","operations":[]}']
    .map((
      text,
    ) => ({
      if: `it is ${text === "" ? "empty" : text}`,
      make: `mkdir run/torcx && printf %s '${text}' > run/torcx/journal.json`,
      says: /Cannot parse "\/run\/torcx\/journal.json": /,
    })),
  {
    if: "it belongs to somebody else",
    make: `${writeJournal([])}chown 65534 run/torcx/journal.json`,
    says: /Cannot trust "\/run\/torcx\/journal.json": it belongs to user 65534/,
  },
  {
    if: "others may write it",
    make: `${writeJournal([])}chmod 0666 run/torcx/journal.json`,
    says: /others may write it \(mode 0666\)/,
  },
  {
    if: "it is a symlink",
    make: "mkdir run/torcx && ln -s /srv/photo run/torcx/journal.json",
    says: /it is a symlink/,
  },
];

for (const { if: condition, make, says } of JOURNALS) {
  testWith(
    `promise 13: a journal is not believed if ${condition}`,
    { isRoot: true },
    () =>
      withRunSystem(
        { "srv/photo": "mine\n", "srv/empty": { dir: true }, "srv/link": { link: "photo" } },
        async (root) => {
          const list = "find srv run -printf '%y %m %p %l %s\\n' | LC_ALL=C sort";
          const [, before, status, retry, after] = await runSteps(root, [
            make,
            list,
            "torcx status --output json",
            "torcx apply --retry",
            `rm -f run/torcx/lock; ${list}`,
          ]);
          assertEquals([status!.code, JSON.parse(status!.output).value.state], [1, "killed"]);
          assertEquals(retry!.code, 1, retry!.output);
          assertMatch(
            retry!.output,
            /^torcx: Cannot take back the earlier run: its journal "\/run\/torcx\/journal.json" cannot be used\n/,
          );
          assertMatch(retry!.output, says);
          assertEquals(retry!.output.match(/^Hint: .*/gm), [
            "Hint: Restart the system: all that torcx makes is gone then",
          ]);
          assertEquals(after, before, "nothing was touched");
        },
      ),
  );
}

const REPORTS = [
  { if: "it belongs to somebody else", make: "chown 65534 run/torcx/report.json" },
  { if: "others may write it", make: "chmod 0666 run/torcx/report.json" },
  { if: "it is null", make: "echo null > run/torcx/report.json" },
  {
    if: "it is a symlink",
    make: "mv run/torcx/report.json srv/ && ln -s /srv/report.json run/torcx/report.json",
  },
];

for (const { if: condition, make } of REPORTS) {
  testWith(
    `promise 13: a report is not believed if ${condition}`,
    { isRoot: true },
    () =>
      withRunSystem({ "srv/photo": "mine\n" }, async (root) => {
        const [, , status, retry, last] = await runSteps(root, [
          "torcx apply --output json",
          make,
          "torcx status --output json",
          "torcx apply --retry --output json",
          "torcx status --output json",
        ]);
        const { state, report } = JSON.parse(status!.output).value;
        assertEquals([status!.code, state, report], [4, "degraded", null]);
        assertEquals([retry!.code, last!.code], [0, 0], retry!.output);
      }),
  );
}

testWith(
  "promise 13: a report takes back nothing where torcx does not write",
  { isRoot: true },
  () =>
    withRunSystem({ "srv/photo": "mine\n" }, async (root) => {
      const forge =
        's|"to": "/run/systemd/system/hello.service"|"to": "/srv/photo"|; s|"digest": "sha256-[^"]*"|"digest": "sha256-\'$(sha256sum < srv/photo | cut -c-64)\'"|';
      const [, , , retry, photo] = await runSteps(root, [
        "torcx apply --output json",
        `sed -i '${forge}' run/torcx/report.json`,
        "umount run/torcx/unpack",
        "torcx apply --retry",
        "cat srv/photo",
      ]);
      assertEquals(retry!.code, 0, retry!.output);
      assertMatch(
        retry!.output,
        /"\/srv\/photo" is left: the report says that it was made, but torcx does not/,
      );
      assertEquals(photo!.output, "mine\n");
    }),
);

testWith(
  "promise 13: a journal that is torcx's own takes back what it says",
  { isRoot: true },
  () =>
    withRunSystem({}, async (root) => {
      const copy = {
        kind: "copy",
        image: "hello",
        from: "/gone",
        path: "/run/systemd/system/old.service",
        mode: 420,
      };
      // printf old | sha256sum
      const digest = "sha256-2f62c2d7a6e2b1a5a0a3f3d4a8ac5e0c5f0e6e0a";
      const [, retry, left] = await runSteps(root, [
        `mkdir -p run/systemd/system && printf old > run/systemd/system/old.service && digest=$(printf old | sha256sum | cut -c-64) && ${
          writeJournal([{ ...copy, digest }, { kind: "make_dir", path: "/run/torcx/bin", isOptional: false }])
        }sed -i "s/${digest}/sha256-$digest/" run/torcx/journal.json`,
        "torcx apply --retry --output json",
        "ls run/systemd/system",
      ]);
      assertEquals(retry!.code, 0, retry!.output);
      assertEquals(left!.output, "hello.service\nhello.service.d\nmulti-user.target.wants\n");
      assertEquals(await Deno.stat(`${root}/${ARCHIVE}`).then(({ isFile }) => isFile), true);
    }),
);
