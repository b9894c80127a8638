/** Promise 08: what only tells decides nothing: logs, output, and what comes after a rename. */

import { assertEquals, assertMatch } from "@std/assert";
import { makeManifest, packImage } from "../../support/archives.ts";
import { makeProfile, type Node, OS_RELEASE, withTree } from "../../support/nodes.ts";
import { LIST_MOUNTS, runSteps, withRoot } from "../../support/e2e_system.ts";
import { runTorcx } from "../../support/binary.ts";
import { testWith } from "../../support/needs.ts";

const PROFILES = "etc/torcx/profiles";
const SYSTEM: Record<string, Node> = {
  ...OS_RELEASE,
  [`${PROFILES}/edge.json`]: makeProfile("greet:1"),
  "etc/torcx/next-profile": "edge\n",
  "run/systemd/.keep": "",
};
const NEEDS = { isRoot: true, programs: ["unshare"] };
const AFTER = "umount -R run/torcx/unpack; rm -r run/torcx run/metadata";

async function withSystem(use: (root: string) => Promise<void>): Promise<void> {
  await withRoot(SYSTEM, async (root) => {
    packImage(`${root}/var/lib/torcx/store/greet:1.torcx.tgz`, {
      ...makeManifest({ bin: ["/bin"] }),
      "bin/greet": "",
    });
    await use(root);
  });
}

testWith(
  "promise 08: torcx apply seals if its log cannot be written",
  NEEDS,
  () =>
    withSystem(async (root) => {
      for (
        const log of [
          "2> /dev/full",
          "2>&-",
          // The reader has ended before the program starts.
          "2> >(:)",
        ]
      ) {
        const [run, seal, status] = await runSteps(root, [
          `torcx apply -v=debug --output json ${log} > out.json`,
          "test -e run/metadata/torcx",
          "torcx status > out.json",
          AFTER,
        ]);
        assertEquals([run!.code, seal!.code, status!.code], [0, 0, 0], `${log}: ${run!.output}`);
      }
    }),
);

testWith(
  "promise 08: torcx apply seals whatever error the writes of its log have",
  { isRoot: true, programs: ["unshare", "strace"] },
  () =>
    withSystem(async (root) => {
      for (const errno of ["EIO", "ENOSPC", "EAGAIN", "EINTR", "EPERM"]) {
        const strace = `strace -f -qq -o trace -P "$PWD/log" -e trace=write -e inject=write:error=${errno}`;
        const [, run, seal, status] = await runSteps(root, [
          ": > log",
          `${strace} "\${program[@]}" apply -v=info --output json 2> log > out.json`,
          "test -e run/metadata/torcx",
          "torcx status > out.json",
          AFTER,
        ]);
        assertEquals([run!.code, seal!.code, status!.code], [0, 0, 0], errno);
        assertMatch(await Deno.readTextFile(`${root}/trace`), new RegExp(`= -1 ${errno} .*INJECTED`));
      }
    }),
);

testWith(
  "promise 08: torcx apply whose result cannot be written exits with 1 in one line, and seals",
  NEEDS,
  () =>
    withSystem(async (root) => {
      for (
        const [stdout, reason] of [
          ["> /dev/full", "No space left on device"],
          ["> >(:)", "Broken pipe"],
        ] as const
      ) {
        for (const format of ["json", "text"]) {
          const [run, , status] = await runSteps(root, [
            // Not before the reader has ended.
            `{ until ! kill -0 $! 2>/dev/null; do :; done; torcx apply --output ${format}; } ${stdout}`,
            "test -e run/metadata/torcx",
            "torcx status > out.json",
            AFTER,
          ]);
          assertEquals([run!.code, status!.code], [1, 0], run!.output);
          assertMatch(
            run!.output,
            new RegExp(
              `^torcx: Cannot write to standard output: ${reason} .*; the command itself has run to its end\n$`,
            ),
          );
        }
      }
    }),
);

testWith(
  "promise 08: torcx apply that fails says so first, whatever becomes of its output",
  NEEDS,
  () =>
    withSystem(async (root) => {
      await Deno.remove(`${root}/var/lib/torcx/store/greet:1.torcx.tgz`);
      const [run, mounts] = await runSteps(root, ["torcx apply > /dev/full", LIST_MOUNTS]);
      assertEquals([run!.code, mounts!.output], [1, ""]);
      assertMatch(run!.output, /^torcx: Cannot apply profile "edge"/);
    }),
);

Deno.test("promise 08: a verb that only shows exits with 1 in one line if its result cannot be written", () =>
  withTree(SYSTEM, async ({ path }) => {
    for (const verb of ["status", "profile list", "config show", "help", "version", "man torcx"]) {
      const { code, stdout, stderr } = await runTorcx([], {
        through: ["bash", "-c", `"$@" ${verb} --root "${path}" > /dev/full`, "bash"],
      });
      assertEquals([code, stdout], [1, ""], verb);
      assertMatch(stderr, /^torcx: Cannot write to standard output: No space left on device .*\n$/, verb);
    }
  }));

testWith(
  "promise 08: torcx-generator applies whatever error the writes of /dev/kmsg have, and tells standard error",
  { isRoot: true, programs: ["unshare", "strace"] },
  () =>
    withRoot({}, async (root) => {
      await Deno.writeTextFile(`${root}/next-profile`, "");
      await Deno.mkdir(`${root}/normal`);
      for (const errno of ["EIO", "EAGAIN", "EINVAL", "ENOSPC", "EPERM"]) {
        const strace =
          `strace -f -qq -o /dev/null -P /dev/kmsg -e trace=write -e inject=write:error=${errno}`;
        const { code, stderr } = await runTorcx([], {
          cwd: root,
          argv0: "torcx-generator",
          env: { TORCX_BASEDIR: `${root}/base`, TORCX_CONFDIR: root, TORCX_USR_MOUNTPOINT: `${root}/usr` },
          through: [
            // PID 1's own mount namespace: the shell is PID 1 of its own.
            ...["unshare", "-m", "-p", "-f", "--mount-proc", "bash", "-c"],
            "mount -t tmpfs none /run && : > log && mount --bind log /dev/kmsg || exit 9; " +
            `${strace} "$@" $PWD/normal $PWD/early $PWD/late; code=$?; ` +
            "[ ! -s log ] && test -e /run/metadata/torcx || exit 8; exit $code",
            "bash",
          ],
        });
        assertEquals(code, 0, `${errno}: ${stderr}`);
        assertMatch(stderr, /^<6>torcx-generator: sealed: /m);
      }
    }),
);

testWith(
  "promise 08: torcx apply seals, with a warning, if the seal's directory cannot be synced after the rename",
  { isRoot: true, programs: ["unshare", "strace"] },
  () =>
    withSystem(async (root) => {
      const strace = 'strace -f -qq -o trace -P "$PWD/run/metadata" -e trace=fsync -e inject=fsync:error=EIO';
      const [run, status] = await runSteps(root, [
        `mkdir run/metadata; ${strace} "\${program[@]}" apply --output json > out.json`,
        "torcx status > out.json",
      ]);
      assertEquals([run!.code, status!.code], [0, 0], run!.output);
      assertEquals(
        run!.output,
        'torcx: warning: "/run/metadata/torcx" is written, but its directory cannot be synced: a power failure ' +
          `may lose it: fsync("${root}/run/metadata"): EIO (Input/output error)\n`,
      );
    }),
);

testWith(
  "promise 08: a profile is written if its directory cannot be synced after the rename",
  { programs: ["strace"] },
  () =>
    withTree({ ...OS_RELEASE, [`${PROFILES}/edge.json`]: makeProfile() }, async ({ path }) => {
      const args = ["profile", "use-image", "--name", "edge", "--allow=missing", "a:1", "--root", path];
      // The first fsync is the file's, the second the directory's.
      const through = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=fsync:error=EIO:when=2"];
      const { code, stdout, stderr } = await runTorcx(args, { through });
      assertEquals([code, JSON.parse(stdout).value.changed], [0, true]);
      assertMatch(stderr, /^torcx: warning: .*edge.json" is written, but its directory cannot be synced/m);
      const { images } = JSON.parse(Deno.readTextFileSync(`${path}/${PROFILES}/edge.json`)).value;
      assertEquals(images, [{ name: "a", reference: "1" }]);
    }),
);
