/**
 * What cannot be read is not taken for absent: neither a profile, nor a store, nor the selector, nor what
 * the settings are read from. The errors are strace's, met by the program itself.
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { makeManifest, packImage } from "../../support/archives.ts";
import { makeProfile, type Node, OS_RELEASE, writeNodes } from "../../support/nodes.ts";
import { runSteps } from "../../support/e2e_system.ts";
import { runTorcx } from "../../support/binary.ts";
import { testWith } from "../../support/needs.ts";

const STORE = "/var/lib/torcx/store";
const SYSTEM: Record<string, Node> = {
  ...OS_RELEASE,
  "etc/torcx/config.json": JSON.stringify({ kind: "torcx-config-v0", value: { store_paths: ["/mnt/data"] } }),
  "etc/coreos/docker-1.12": "yes\n",
  "usr/share/torcx/profiles/vendor.json": makeProfile(),
  "usr/share/torcx/profiles/docker-1.12-yes.json": makeProfile("docker:1"),
  "usr/share/oem/torcx/profiles/oem.json": makeProfile("a:1"),
  "etc/torcx/profiles/edge.json": makeProfile("b:1", "link:1"),
  "etc/torcx/profiles/linked.json": { link: "edge.json" },
  "etc/torcx/next-profile": "edge\n",
  "usr/share/torcx/store": { dir: true },
  [`${STORE.slice(1)}/1.2.3`]: { dir: true },
  "mnt/data": { dir: true },
  "run/.keep": "",
};

function testTraced(name: string, run: () => Promise<void>): void {
  testWith(`promise 07: ${name}`, { programs: ["strace"] }, run);
}

function testTracedAsRoot(name: string, run: () => Promise<void>): void {
  testWith(`promise 07: ${name}`, { isRoot: true, programs: ["strace"] }, run);
}

async function withSystem(
  use: (root: string) => Promise<void>,
  changes: Record<string, Node> = {},
): Promise<void> {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "torcx-unreadable-" }));
  try {
    writeNodes(root, { ...SYSTEM, ...changes });
    for (const [path, name] of Object.entries(ARCHIVES)) {
      packImage(`${root}${path}`, { ...makeManifest({ bin: ["/bin"] }), [`bin/${name}`]: name });
    }
    await Deno.symlink("/mnt/data/b:1.torcx.tgz", `${root}${STORE}/link:1.torcx.tgz`);
    await use(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const ARCHIVES: Record<string, string> = {
  "/usr/share/torcx/store/docker:1.torcx.tgz": "docker",
  [`${STORE}/1.2.3/a:1.torcx.tgz`]: "a",
  "/mnt/data/b:1.torcx.tgz": "b",
};

/** strace's arguments that make calls on some paths, seen from inside the root, fail. */
function inject(root: string, paths: readonly string[], calls: string, fault: string): string[] {
  return [
    "strace",
    ...["-f", "--seccomp-bpf", "-qq", "-o", "/dev/null"],
    // A call names a path as the program gave it, a descriptor as the kernel has it.
    ...paths.flatMap((path) => ["-P", path, "-P", `${root}${path}`]),
    ...["-e", `trace=${calls}`, "-e", `inject=${calls}:${fault}`],
  ];
}

function quoteAll(words: readonly string[]): string {
  return words.map((word) => `'${word}'`).join(" ");
}

/** What is read, and by which calls. */
const PLACES: { path: string; calls: string[] }[] = [
  { path: "/usr/share/torcx/profiles", calls: ["openat2", "getdents64"] },
  { path: "/usr/share/oem/torcx/profiles", calls: ["openat2", "getdents64"] },
  { path: "/etc/torcx/profiles", calls: ["openat2", "getdents64"] },
  { path: "/etc/torcx/profiles/linked.json", calls: ["openat2"] },
  { path: "/etc/torcx/profiles/edge.json", calls: ["read"] },
  { path: "/usr/share/torcx/store", calls: ["openat2", "getdents64"] },
  { path: STORE, calls: ["openat2", "getdents64"] },
  { path: `${STORE}/1.2.3`, calls: ["openat2", "getdents64"] },
  { path: "/mnt/data", calls: ["openat2", "getdents64"] },
  { path: `${STORE}/link:1.torcx.tgz`, calls: ["openat2"] },
  { path: "/etc/torcx/next-profile", calls: ["openat2", "statx", "read"] },
  { path: "/etc/coreos/docker-1.12", calls: ["openat2", "read"] },
  { path: "/usr/lib/os-release", calls: ["openat2", "read"] },
  { path: "/etc/torcx/config.json", calls: ["openat2", "read"] },
];
const ERRNOS = ["EIO", "EMFILE", "EACCES", "ENOMEM", "ESTALE"];

for (const { path, calls } of PLACES) {
  testTraced(
    `the plan fails and names ${path} whatever errno it cannot be read with`,
    () =>
      withSystem(async (root) => {
        for (const call of calls) {
          for (const errno of call === "openat2" ? ERRNOS : ["EIO"]) {
            const { code, stdout, stderr } = await runTorcx(["plan", "--root", root], {
              cwd: "/",
              through: inject(root, [path], call, `error=${errno}`),
            });
            const what = `${call} ${errno}: ${stdout}${stderr}`;
            assertEquals(code, 1, what);
            assertStringIncludes(stderr, `"${path}"`, what);
            assertStringIncludes(stderr, errno, what);
            assertMatch(stderr, /^(?:\/usr.*resolved.*\n)?torcx: (?:warning: .*\ntorcx: )*Cannot /, what);
          }
        }
      }),
  );
}

for (
  const path of [
    "/etc/torcx/profiles",
    "/etc/torcx/next-profile",
    "/etc/coreos/docker-1.12",
    "/mnt/data",
    `${STORE}/1.2.3`,
    "/usr/lib/os-release",
    "/etc/torcx/config.json",
  ]
) {
  testTracedAsRoot(
    `an apply seals nothing if ${path} cannot be read, and all of it once it can`,
    () =>
      withSystem(async (root) => {
        // The first look at a store asks whether RUN lies in it, before RUN is made.
        const when = /store|mnt/.test(path) ? ":when=2+" : "";
        const strace = quoteAll(inject(root, [path], "openat2", `error=EIO${when}`));
        const [failed, report, seal, retried, programs] = await runSteps(root, [
          `cd /; ${strace} "\${program[@]}" apply`,
          `cd ${root}; cat run/torcx/report.json 2>/dev/null || echo none`,
          "test ! -e run/metadata/torcx",
          "torcx apply --retry",
          "ls run/torcx/bin",
        ]);
        assertEquals([failed!.code, seal!.code], [1, 0], failed!.output);
        assertStringIncludes(failed!.output, `"${path}"`);
        if (!/os-release|config/.test(path)) {
          assertStringIncludes(JSON.parse(report!.output).value.errors.join(), path);
        }
        assertEquals(retried!.code, 0, retried!.output);
        assertEquals(programs!.output, "a\nb\ndocker\n");
      }),
  );
}

Deno.test("promise 07: every wrapper of a call that can fail makes it again after EINTR", async () => {
  const read = (name: string): Promise<string> =>
    Deno.readTextFile(new URL(`../../../lib/sys/${name}.ts`, import.meta.url));
  const sources = await Promise.all(["calls", "attribute_calls", "mount_calls"].map(read));
  const wrappers = sources.join("\n").split(/^export function /m).slice(1).filter((text) =>
    /\blibc\.\w+\(/.test(text)
  );
  assert(wrappers.length > 30);
  const once = wrappers.filter((text) => !/restartOrFail\(|\bEINTR\b/.test(text));
  // close(2) must not be made again, the others cannot fail.
  assertEquals(once.map((text) => /^\w+/.exec(text)![0]).sort(), ["close", "getegid", "geteuid", "umask"]);
});

/** Calls that torcx makes through its own wrappers; a signal may interrupt each of them. */
const CALLS =
  "openat2,openat,getdents64,statx,read,pread64,write,readlinkat,mkdirat,unlinkat,renameat,renameat2,linkat,symlinkat,fchmod,fchmodat,fchownat,fchown,fsync,flock,fstatfs,utimensat,ftruncate";

testTracedAsRoot(
  "an apply goes on where a signal interrupts its calls (EINTR)",
  () =>
    withSystem(async (root) => {
      const paths = await listPaths(root);
      paths.push(
        "/run/torcx",
        "/run/torcx/bin",
        "/run/torcx/unpack",
        "/run/metadata",
        "/run/torcx/report.json",
      );
      for (const name of ["a", "b", "docker", "link"]) {
        paths.push(`/run/torcx/unpack/${name}`, `/run/torcx/unpack/${name}/bin`);
      }
      const every = quoteAll(inject(root, paths, CALLS, "error=EINTR:when=1+2"));
      const mounts = quoteAll(inject(root, [], "mount,umount2,ioctl", "error=EINTR:when=1+2"));
      const [applied, programs, , again] = await runSteps(root, [
        `cd /; ${every} "\${program[@]}" apply`,
        `cd ${root}; ls run/torcx/bin`,
        "umount run/torcx/unpack; rm -r run/torcx run/metadata",
        `${mounts} "\${program[@]}" apply`,
      ]);
      assertEquals([applied!.code, again!.code], [0, 0], applied!.output + again!.output);
      assertEquals(programs!.output, "a\nb\ndocker\n");
    }),
);

async function listPaths(root: string): Promise<string[]> {
  const { stdout } = await new Deno.Command("find", { args: [root, "-mindepth", "1", "-printf", "/%P\\n"] })
    .output();
  return new TextDecoder().decode(stdout).trim().split("\n");
}

testWith(
  "promise 07: all that was passed over is a warning in the report",
  { isRoot: true },
  () =>
    withSystem(async (root) => {
      const [applied, report] = await runSteps(root, [
        "TORCX_USR_MOUNTPOINT=usr TORCX_STOREPATH=/media/x torcx apply",
        "cat run/torcx/report.json",
      ]);
      assertEquals(applied!.code, 0, applied!.output);
      const warnings = JSON.parse(report!.output).value.warnings as string[];
      for (
        const warning of [
          'ignoring TORCX_USR_MOUNTPOINT="usr": it is not an absolute path; using "/usr"',
          'skipping "/etc/torcx/profiles/gone.json": it is a symlink that leads nowhere',
          'skipping profile "/etc/torcx/profiles/not legal.json": its name is not legal',
          'ignoring "/etc/coreos/docker-1.12": it holds neither "yes" nor "no"',
          `skipping "${STORE}/gone:1.torcx.tgz": it is a symlink that leads nowhere`,
          `skipping archive "${STORE}/-x:1.torcx.tgz": it holds no legal NAME:REFERENCE`,
          'store "/media/x" (TORCX_STOREPATH) is absent: is it mounted?',
          'skipping directory "/usr/share/oem/torcx/store": it is a symlink that leads to no directory',
        ]
      ) {
        assert(warnings.includes(warning), `${warning} is not in ${JSON.stringify(warnings, null, 1)}`);
        assertStringIncludes(applied!.output, "warning");
      }
    }, {
      "etc/torcx/profiles/gone.json": { link: "nowhere" },
      "etc/torcx/profiles/not legal.json": makeProfile(),
      "etc/coreos/docker-1.12": "maybe\n",
      [`${STORE.slice(1)}/gone:1.torcx.tgz`]: { link: "nowhere" },
      [`${STORE.slice(1)}/-x:1.torcx.tgz`]: "x",
      "usr/share/oem/torcx/store": { link: "/nowhere" },
    }),
);

testWith(
  "promise 07: a config file that the kernel command line names and that is absent is an error",
  { isRoot: true },
  () =>
    withSystem(async (root) => {
      const cover = 'echo "quiet torcx_config=$0/gone.json" > "$0/cmdline" && ' +
        'mount --bind "$0/cmdline" /proc/cmdline && exec "$@"';
      for (const args of [["plan"], ["apply", "--dry-run"], ["profile", "list"]]) {
        const { code, stderr } = await runTorcx(args, {
          through: ["unshare", "-m", "bash", "-c", cover, root],
          env: { TORCX_RUNDIR: `${root}/run/torcx` },
        });
        assertEquals(
          [code, stderr.split("\n")[0]],
          [
            1,
            `torcx: Cannot read settings: config file "${root}/gone.json", which torcx_config= on the kernel command line names, does not exist`,
          ],
        );
      }
    }),
);

testTracedAsRoot(
  "the generator hands off where the settings cannot be read, and tells of it",
  () =>
    withSystem(async (root) => {
      const strace = inject("", [`${root}/usr/lib/os-release`], "openat2", "error=EIO");
      const cover = 'mkdir "$0/normal" && mount -t tmpfs none /run && ' +
        ': > "$0/log" && mount --bind "$0/log" /dev/kmsg && "$@" && ls -A /run';
      const { code, stdout, stderr } = await runTorcx(
        ["normal", "early", "late"].map((name) => `${root}/${name}`),
        {
          argv0: "torcx-generator",
          through: ["unshare", "-m", "-p", "-f", "--mount-proc", "bash", "-c", cover, root, ...strace],
          env: { TORCX_USR_MOUNTPOINT: `${root}/usr` },
        },
      );
      assertEquals([code, stdout.replace("mount\n", "")], [0, ""], stderr);
      await Deno.stat(`${root}/normal/torcx.service`);
      const log = await Deno.readTextFile(`${root}/log`);
      assertStringIncludes(log, `os-release file "${root}/usr/lib/os-release" is there but unreadable`);
      assertStringIncludes(log, "EIO");
    }),
);

testWith(
  "promise 07: the generator hands off where the config file that was asked for is not there yet",
  { isRoot: true },
  async () => {
    for (const flags of [["-m"], ["-m", "-p", "-f", "--mount-proc"]]) {
      await withSystem(async (root) => {
        const cover = 'echo "torcx_config=$0/later/torcx.json" > "$0/cmdline" && mkdir "$0/normal" && ' +
          'mount --bind "$0/cmdline" /proc/cmdline && mount -t tmpfs none /run && ' +
          ': > "$0/log" && mount --bind "$0/log" /dev/kmsg && "$@" && ls -A /run';
        const { code, stdout, stderr } = await runTorcx(
          ["normal", "early", "late"].map((name) => `${root}/${name}`),
          {
            argv0: "torcx-generator",
            through: ["unshare", ...flags, "bash", "-c", cover, root],
          },
        );
        // util-linux makes /run/mount as it mounts.
        assertEquals([code, stdout.replace("mount\n", "")], [0, ""], stderr);
        const unit = await Deno.readTextFile(`${root}/normal/torcx.service`);
        assertMatch(unit, new RegExp(`^RequiresMountsFor=.*${root}/later/torcx\\.json`, "m"));
        assertStringIncludes(await Deno.readTextFile(`${root}/log`), "no config file");
      });
    }
  },
);
