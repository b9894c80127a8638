/** Promise 23: every error says what was attempted, on which image, from which archive; no system call comes first. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { makeManifest, packImage } from "../../support/archives.ts";
import { makeProfile, type Node, OS_RELEASE } from "../../support/nodes.ts";
import { runSteps, withRoot } from "../../support/e2e_system.ts";
import { testWith } from "../../support/needs.ts";

const STORE = "/var/lib/torcx/store";
const DOCKER = `${STORE}/docker:17.06.torcx.tgz`;
const LOOP = `${STORE}/loop:1.torcx.squashfs`;
const NEEDS = { programs: ["strace", "mksquashfs"], isRoot: true };

const NODES: Record<string, Node> = {
  ...OS_RELEASE,
  "usr/share/torcx/profiles/vendor.json": makeProfile("docker:17.06"),
  "etc/torcx/profiles/edge.json": makeProfile("loop:1"),
  "etc/torcx/next-profile": "edge\n",
};

/** Makes a system with a tgz and a squashfs, and runs steps in it. */
async function runIn(
  steps: readonly string[],
  check: (outputs: { output: string; code: number }[]) => void,
): Promise<void> {
  await withRoot(NODES, async (root) => {
    packImage(root + DOCKER, {
      ...makeManifest({ bin: ["/bin"], units: ["/docker.service", "/docker.service.d"] }),
      "bin/docker": "x",
      "docker.service": "[Service]\n",
      "docker.service.d/10.conf": "[Service]\n",
    });
    const pack =
      `mkdir t && chmod 755 t && echo x > t/x && mksquashfs t .${LOOP} -quiet -no-progress >/dev/null && rm -r t`;
    const [packed, ...results] = await runSteps(root, [pack, ...steps]);
    assertEquals(packed!.code, 0, packed!.output);
    check(results);
  });
}

/** A step that runs the program while a system call fails. */
function inject(call: string, errno: string, when: number, command: string): string {
  const strace = `strace -f -qq -o /dev/null -e inject=${call}:error=${errno}:when=${when}`;
  return `(program=(${strace} "\${program[@]}"); ${command})`;
}

interface Failure {
  what: string;
  /** The steps; the last one fails. */
  steps: readonly string[];
  /** The first line and those below it. */
  error: RegExp;
}

const APPLY = 'torcx: Cannot apply profile "edge"';
const quoted = (path: string): string => `"${path.replaceAll(".", "\\.")}"`;

const FAILURES: readonly Failure[] = [
  {
    what: "an archive that is missing",
    steps: [`rm .${DOCKER}`, "torcx apply"],
    error: new RegExp(
      `^${APPLY}: 1 of 2 images failed: "docker:17\\.06" \\(not found\\)\n {2}Cannot find image "docker:17\\.06": not found in 1 store: "${STORE}"`,
      "m",
    ),
  },
  {
    what: "an archive that is none",
    steps: [`echo none > .${DOCKER}`, "torcx apply"],
    error: new RegExp(
      `^${APPLY}: 1 of 2 images failed: "docker:17\\.06" \\(archive\\)\n {2}Cannot use image "docker:17\\.06" from ${
        quoted(DOCKER)
      }\n {2}Cannot read gzip: `,
      "m",
    ),
  },
  {
    what: "an archive that is cut off",
    steps: [`truncate -s -9 .${DOCKER}`, "torcx apply"],
    error: new RegExp(
      `^${APPLY}: 1 of 2 images failed: "docker:17\\.06" \\(unpack\\)\n {2}Cannot unpack image "docker:17\\.06" from ${
        quoted(DOCKER)
      }\n[^]*^Hint: Replace the archive by a sound copy, or take the image out of profile "vendor"`,
      "m",
    ),
  },
  {
    what: "a squashfs that cannot be mounted",
    // The tmpfs is the first mount, the image the second.
    steps: [inject("mount", "EACCES", 2, "torcx apply")],
    error: new RegExp(
      `^${APPLY}: 1 of 2 images failed: "loop:1" \\(unpack\\)\n {2}Cannot mount image "loop:1" from ${
        quoted(LOOP)
      }\n {2}Cannot mount squashfs \\(compressor gzip\\): the kernel [^\n]+\n {2}mount\\([^\n]*EACCES`,
      "m",
    ),
  },
  {
    what: "two images at once",
    steps: [`truncate -s 100 .${LOOP}; echo none > .${DOCKER}`, "torcx apply"],
    error: new RegExp(
      `^${APPLY}: 2 of 2 images failed: "docker:17\\.06" \\(archive\\), "loop:1" \\(archive\\)\n {2}Cannot use image "docker:17\\.06" from [^\n]+: Cannot read gzip: [^\n]+\n {2}Cannot use image "loop:1" from [^\n]+: Cannot read squashfs: [^\n]+\nHint: [^\n]+"vendor"\n(?:Hint: [^\n]+\n)*Hint: [^\n]+"edge"`,
      "m",
    ),
  },
  {
    what: "a unit that cannot be copied",
    steps: [inject("fchown", "EIO", 1, "torcx apply")],
    error: new RegExp(
      `^${APPLY}: it was not possible to copy "/run/torcx/unpack/docker/docker\\.service" to "/run/systemd/system/docker\\.service", of image "docker:17\\.06" from ${
        quoted(DOCKER)
      }\n {2}fchown\\("/[^"\n]+/run/systemd/system/[^"/\n]+", 0, 0\\): EIO`,
      "m",
    ),
  },
  {
    what: "a directory that cannot be made",
    steps: ["mkdir -p run/systemd && mount -t tmpfs -o ro none run/systemd", "torcx apply"],
    error: new RegExp(
      `^${APPLY}: it was not possible to make directory "/run/systemd/system"\n {2}mkdirat\\("/[^"\n]+/run/systemd", "system", 0o700\\): EROFS`,
      "m",
    ),
  },
  {
    what: "an archive that --deep finds damaged",
    steps: [`truncate -s -9 .${DOCKER}`, "torcx profile check --deep --name vendor"],
    error: new RegExp(
      `^torcx: Cannot use profile "vendor": 1 of 1 archives are not sound: "docker:17\\.06"\n {2}Cannot use image "docker:17\\.06" from ${
        quoted(DOCKER)
      }\n`,
      "m",
    ),
  },
];

for (const { what, steps, error } of FAILURES) {
  testWith(
    `promise 23: ${what} is told with image, archive and place`,
    NEEDS,
    () =>
      runIn(steps, (results) => {
        const { code, output } = results.at(-1)!;
        assertEquals(code, 1, output);
        assertMatch(output, error);
      }),
  );
}

testWith(
  "promise 23: whichever look-up of an apply or of a check fails, no system call comes first",
  NEEDS,
  () => {
    const commands = ["torcx apply", "torcx plan", "torcx profile check --deep"];
    // Prime to the number of look-ups per file, so that all kinds of them are met.
    const numbers = Array.from({ length: 12 }, (_, at) => 2 + at * 17);
    const steps = numbers.flatMap((number, at) => {
      const command = commands[at % commands.length]!;
      return [
        inject("openat2", "EIO", number, command),
        "umount run/torcx/unpack/loop run/torcx/unpack; rm -rf run",
      ];
    });
    return runIn(steps, (results) => {
      const failed = results.filter(({ code }, at) => at % 2 === 0 && code !== 0);
      assert(failed.length >= 6, `${failed.length} failed`);
      for (const { code, output } of failed) {
        assertEquals(code, 1, output);
        const [first] = output.split("\n").filter((line) => /^torcx: (?!warning: )/.test(line));
        assertMatch(first ?? output, /^torcx: Cannot [a-z]/);
        assert(!/^\s+at /m.test(output), output);
      }
    });
  },
);
