/** Promise 17: a signal that asks for an end undoes what was done and gives 128+N; a file limit is an error. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { makeProfile, type Node } from "../../support/nodes.ts";
import { LIST_MOUNTS, runSteps, withRoot } from "../../support/e2e_system.ts";
import { runTorcx } from "../../support/binary.ts";
import { writeHugeArchive } from "../../support/huge_archive.ts";
import { testWith } from "../../support/needs.ts";

const SIGNALS = { HUP: 1, INT: 2, QUIT: 3, TERM: 15 } as const;
/** Shells without job control have their background commands ignore INT and QUIT. */
const ENV = "env --default-signal=HUP,INT,QUIT,TERM";
const ARCHIVE = "var/lib/torcx/store/zeros:1.torcx.tgz";
const NEEDS = { isRoot: true, programs: ["unshare"] };
/** In 1/64 GiB: some seconds of work. */
const LONG = 4 * 64;
const SHORT = 16;

const SYSTEM: Record<string, Node> = {
  "usr/lib/os-release": "VERSION_ID=1\n",
  "etc/torcx/profiles/edge.json": makeProfile("zeros:1"),
  "etc/torcx/next-profile": "edge\n",
  "run/systemd/.keep": "",
  [ARCHIVE]: "",
};

/** A step that starts a verb, waits for a file that it makes, sends a signal, and gives the exit status. */
function interrupt(verb: string, file: string, signal: string, env = ENV): string {
  return `${env} "\${program[@]}" ${verb} > out.txt 2>&1 & pid=$!; ` +
    `until [ -e ${file} ] || ! kill -0 $pid 2>/dev/null; do :; done; kill -${signal} $pid; wait $pid`;
}

for (const [signal, number] of Object.entries(SIGNALS)) {
  testWith(
    `promise 17: torcx apply undoes all and exits with ${128 + number} at ${signal}`,
    NEEDS,
    () =>
      withRoot(SYSTEM, async (root) => {
        await writeHugeArchive(`${root}/${ARCHIVE}`, LONG);
        const [ended, after, left, status] = await runSteps(root, [
          interrupt("apply", "run/torcx/unpack/zeros/zeros", signal),
          `find run/systemd -mindepth 1; ${LIST_MOUNTS}`,
          "find run/torcx/unpack run/metadata -mindepth 1",
          "torcx status --output json",
        ]);
        const output = await Deno.readTextFile(`${root}/out.txt`);
        assertEquals(ended!.code, 128 + number, output);
        assertMatch(output, /^torcx: Cannot apply profile "edge": /m);
        assertStringIncludes(output, `SIG${signal} was received`);
        assertEquals(after!.output, "run/systemd/.keep\n");
        assertMatch(left!.output, /^(find: .*\n)*$/);
        assertEquals([status!.code, JSON.parse(status!.output).value.state], [1, "failed"]);
      }),
  );

  testWith(
    `promise 17: torcx image extract leaves nothing and exits with ${128 + number} at ${signal}`,
    NEEDS,
    () =>
      withRoot(SYSTEM, async (root) => {
        await writeHugeArchive(`${root}/${ARCHIVE}`, LONG);
        const [ended, left] = await runSteps(root, [
          interrupt(`image extract ${ARCHIVE} tree`, "tree/zeros", signal),
          "ls -d tree",
        ]);
        const output = await Deno.readTextFile(`${root}/out.txt`);
        assertEquals(ended!.code, 128 + number, output);
        assertMatch(
          output,
          new RegExp(`^torcx: Cannot extract .*\n  Cannot go on: SIG${signal} was received\n$`),
        );
        assertMatch(left!.output, /No such file/);
      }),
  );
}

testWith(
  "promise 17: verbs that read archives to their end exit with 143 at TERM",
  NEEDS,
  () =>
    withRoot(SYSTEM, async (root) => {
      await writeHugeArchive(`${root}/${ARCHIVE}`, LONG);
      for (const verb of ["profile check --deep", "plan"]) {
        const [ended] = await runSteps(root, [
          interrupt(verb, '"$(readlink /proc/$pid/fd/* | grep zeros:1)"', "TERM"),
        ]);
        assertEquals(ended!.code, 143, await Deno.readTextFile(`${root}/out.txt`));
      }
    }),
);

testWith(
  "promise 17: torcx apply goes on at a HUP that it was started to ignore",
  NEEDS,
  () =>
    withRoot(SYSTEM, async (root) => {
      await writeHugeArchive(`${root}/${ARCHIVE}`, SHORT);
      const [ended, seal] = await runSteps(root, [
        interrupt("apply", "run/torcx/unpack/zeros/zeros", "HUP", "env --ignore-signal=HUP"),
        "test -e run/metadata/torcx",
      ]);
      assertEquals([ended!.code, seal!.code], [0, 0], await Deno.readTextFile(`${root}/out.txt`));
    }),
);

for (const [signal, number] of Object.entries(SIGNALS)) {
  testWith(
    `promise 17: torcx-generator undoes all and exits with ${128 + number} at ${signal}`,
    NEEDS,
    () =>
      withRoot(SYSTEM, async (root) => {
        await writeHugeArchive(`${root}/${ARCHIVE}`, LONG);
        await Deno.mkdir(`${root}/normal`);
        const { code, stdout, stderr } = await runTorcx([], {
          cwd: root,
          argv0: "torcx-generator",
          env: {
            TORCX_BASEDIR: `${root}/var/lib/torcx`,
            TORCX_CONFDIR: `${root}/etc/torcx`,
            TORCX_USR_MOUNTPOINT: `${root}/usr`,
          },
          through: [
            // PID 1's own mount namespace: the shell is PID 1 of its own.
            ...["unshare", "-m", "-p", "-f", "--mount-proc", "bash", "-c"],
            'program=("$@"); mount -t tmpfs none /run && : > log && mount --bind log /dev/kmsg || exit 9; ' +
            interrupt("$PWD/normal $PWD/early $PWD/late", "/run/torcx/unpack/zeros/zeros", signal) +
            "; code=$?; find normal /run /proc/self/mounts -path '/run/mount*' -o -mindepth 1 -print; " +
            "grep /run/torcx /proc/self/mounts; cat log; exit $code",
            "bash",
          ],
        });
        assertEquals(code, 128 + number, stdout + stderr);
        assertMatch(stdout, /^\/run\/torcx\/report.json$/m);
        assertMatch(stdout, new RegExp(`<3>torcx-generator: .*SIG${signal} was received`));
        // What it writes for systemd tells that it failed; nothing wants the service.
        assertEquals(stdout.match(/^(?:normal\/sysinit.target.wants|\/run\/metadata|tmpfs ).*/gm), null);
      }),
  );
}

testWith(
  "promise 17: a write beyond the limit of files is an ordinary error, and undone",
  NEEDS,
  () =>
    withRoot(SYSTEM, async (root) => {
      await writeHugeArchive(`${root}/${ARCHIVE}`, SHORT);
      const [extract, tree, apply, mounts, status] = await runSteps(root, [
        `(ulimit -f 1024; torcx image extract ${ARCHIVE} tree)`,
        "ls -d tree",
        "(ulimit -f 1024; torcx apply)",
        LIST_MOUNTS,
        "torcx status",
      ]);
      assertEquals([extract!.code, apply!.code, status!.code], [1, 1, 1], extract!.output + apply!.output);
      assertMatch(extract!.output, /^torcx: Cannot extract .*\n(.*\n)*.*EFBIG \(File too large\)/);
      assertMatch(tree!.output, /No such file/);
      assertMatch(
        apply!.output,
        /^torcx: Cannot apply profile "edge": .*\n(.*\n)*.*EFBIG \(File too large\)/m,
      );
      assertEquals(mounts!.output, "");
    }),
);
