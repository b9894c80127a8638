/**
 * Tests which files the compiled binary opens (strace): with an empty environment, no home and no /tmp it works,
 * and it touches libc's files, its own file, /proc, /sys, /dev and torcx's own paths alone.
 */

import { assert, assertEquals } from "@std/assert";
import { dirname, join, normalize } from "@std/path";
import { describeImage, packTgz } from "../demo/images.ts";
import { findProgram } from "../support/binary.ts";
import { testWith } from "../support/needs.ts";

const BINARY = "/opt/torcx/torcx";
/** What may be opened, and why. */
const ALLOWED: readonly RegExp[] = [
  // libc, its loader, its time zone
  /^\/(?:etc\/localtime|usr\/share\/zoneinfo)$/,
  /^\/etc\/ld\.so\.(?:cache|preload)$/,
  /^(?:\/usr)?\/lib(?:64|\/[\w-]+-linux-gnu)(?:\/[\w-]+)*\/lib[\w.+-]+\.so[.\d]*$/,
  // the program itself
  /^\/opt\/torcx(?:\/torcx)?$/,
  /^\/(?:proc|sys|dev)(?:\/|$)/,
  // torcx's own paths, the root directory as the handle that they are below, and what leads to them
  /^\/(?:run|etc|var|var\/lib|usr|usr\/lib|usr\/share)?$/,
  /^\/run\/(?:torcx|metadata|systemd|\.torcx-[\w-]+\.tmp)(?:\/|$)/,
  /^\/run\/\.torcx-[\w-]+\.tmp$/,
  /^\/(?:etc|var\/lib|usr\/share|usr\/share\/oem)\/torcx(?:\/|$)/,
  /^\/(?:etc\/coreos|usr\/share\/oem|usr\/lib\/os-release)(?:\/|$)/,
  // where interpreters of an image's scripts are looked for, and what tells the machine's kind of programs
  /^\/(?:usr\/)?bin(?:\/sh)?$/,
  /^\/usr\/(?:lib\/systemd\/systemd|sbin\/init)$/,
  // whether systemd serves this system, and whether it is told to start torcx
  /^\/etc\/initrd-release$/,
  /^(?:\/etc|\/usr\/lib|\/usr\/local\/lib)\/systemd\/(?:system-generators\/torcx-generator|system\/torcx\.(?:service|target))$/,
];

/** Returns text that gzip makes not much smaller, so that the archive is inflated on a thread of its own. */
function makeNoise(): string {
  const chunks = Array.from({ length: 400 }, () => crypto.getRandomValues(new Uint8Array(65535)).toBase64());
  return chunks.join("");
}

/** A system with little more than libc in it, in a directory to chroot into. */
async function makeSystem(system: string, isLarge: boolean): Promise<void> {
  const { command: [binary] } = await findProgram();
  for (const dir of ["proc", "sys", "dev", "run", "usr/lib", "usr/share", "etc/torcx/profiles"]) {
    await Deno.mkdir(join(system, dir), { recursive: true });
  }
  await copyInto(system, BINARY, binary);
  await Deno.symlink("torcx", join(system, `${BINARY}-generator`));
  for (const library of await listLibraries(binary)) await copyInto(system, library, library);
  // With a cache, as every system has one, the loader does not search.
  await new Deno.Command("ldconfig", { args: ["-r", system] }).output();
  await Deno.mkdir(join(system, "var/lib/torcx/store"), { recursive: true });
  const files = { ...describeImage("greet", "Hello"), ...isLarge ? { noise: makeNoise() } : {} };
  await packTgz(files, join(system, "var/lib/torcx/store/greet:1.torcx.tgz"));
  await Deno.writeTextFile(join(system, "usr/lib/os-release"), 'VERSION_ID="1.2"\n');
  await Deno.writeTextFile(join(system, "etc/torcx/next-profile"), "edge\n");
  const profile = { kind: "profile-manifest-v0", value: { images: [{ name: "greet", reference: "1" }] } };
  await Deno.writeTextFile(join(system, "etc/torcx/profiles/edge.json"), JSON.stringify(profile));
}

async function copyInto(system: string, path: string, from: string): Promise<void> {
  await Deno.mkdir(dirname(join(system, path)), { recursive: true });
  await Deno.copyFile(from, join(system, path));
}

async function listLibraries(binary: string): Promise<string[]> {
  const { stdout } = await new Deno.Command("ldd", { args: [binary] }).output();
  return [...new TextDecoder().decode(stdout).matchAll(/(\/\S+) \(0x/g)].map(([, path = ""]) => path);
}

/** Runs the binary in the system under strace; returns its exit status and what it opened or asked about. */
async function trace(system: string, args: readonly string[]): Promise<{ code: number; paths: string[] }> {
  const log = `${system}.strace`;
  const script = [
    'mount -t proc proc "$1/proc"',
    'mount --rbind /sys "$1/sys"',
    'mount --rbind /dev "$1/dev"',
    'mount -t tmpfs tmpfs "$1/run"',
    'mkdir -p "$1/run/systemd/generator"',
    'system=$1 log=$2; shift 2; exec strace -f -y -s 4096 -e trace=%file -o "$log" env -i "$(command -v chroot)" "$system" "$@"',
  ].join(" && ");
  const { code } = await new Deno.Command("unshare", {
    args: ["--mount", "--propagation", "private", "bash", "-c", script, "bash", system, log, ...args],
    stderr: "inherit",
    stdout: "null",
  }).output();
  const lines = (await Deno.readTextFile(log)).split("\n");
  // strace, env and chroot come before.
  const start = lines.findIndex((line) => line.includes(`execve("${args[0]}"`));
  assert(start >= 0, "the binary did not start");
  return { code, paths: listPaths(lines.slice(start + 1), system) };
}

/** Returns the paths that calls name, absolute and as the chroot sees them, sorted, each once. */
function listPaths(lines: readonly string[], system: string): string[] {
  const paths = lines.flatMap((line) => {
    const call = /^\d+ +(\w+)\((?:(?:AT_FDCWD|\d+)<([^>]*)>, )?"((?:[^"\\]|\\.)*)"/.exec(line);
    const [, name = "", base = "", path = ""] = call ?? [];
    // Their first text is a source or a link's text, and is not looked up.
    if (call === null || name === "mount" || name.startsWith("symlink")) return [];
    const dir = base === system ? "/" : base.startsWith(`${system}/`) ? base.slice(system.length) : base;
    // openat2 is called for paths inside of a directory only.
    const isAbsolute = path.startsWith("/") && name !== "openat2";
    return [normalize(isAbsolute ? path : join(dir, path)).replace(/(.)\/$/, "$1")];
  });
  return [...new Set(paths)].sort();
}

const CASES: { name: string; args: string[]; exit: number; isLarge?: true }[] = [
  { name: "torcx apply", args: [BINARY, "apply"], exit: 0 },
  { name: "torcx apply of a large archive", args: [BINARY, "apply"], exit: 0, isLarge: true },
  { name: "torcx status", args: [BINARY, "status"], exit: 3 },
  {
    name: "torcx-generator",
    exit: 0,
    args: [`${BINARY}-generator`, ...["", ".early", ".late"].map((end) => `/run/systemd/generator${end}`)],
  },
];
const NEEDS = { isCompiled: true, isRoot: true, programs: ["strace", "unshare", "ldd", "ldconfig"] };

for (const { name, args, exit, isLarge } of CASES) {
  testWith(
    `${name} opens nothing but its own if there is no environment, no home and no /tmp`,
    NEEDS,
    async () => {
      const work = await Deno.makeTempDir({ prefix: "torcx-strace-" });
      try {
        const system = join(work, "system");
        await makeSystem(system, isLarge ?? false);
        const { code, paths } = await trace(system, args);
        assertEquals(code, exit);
        assert(paths.includes("/proc/self/exe"), "strace must have seen the opens");
        assertEquals(paths.filter((path) => !ALLOWED.some((allowed) => allowed.test(path))), []);
      } finally {
        await Deno.remove(work, { recursive: true });
      }
    },
  );
}

Deno.test("listPaths() tells what was opened, below which directory", () => {
  const lines = [
    '12 openat(AT_FDCWD</tmp/s>, "/etc/ld.so.cache", O_RDONLY|O_CLOEXEC) = 3</tmp/s/etc/ld.so.cache>',
    '12 openat2(9</tmp/s/run>, "torcx/bin", {flags=O_PATH, mode=0}, 24) = -1 ENOENT (No such file)',
    '12 openat2(9</tmp/s/run/torcx>, "/etc/x", {flags=O_PATH, mode=0}, 24) = -1 ENOENT (No such file)',
    '12 symlinkat("/nowhere", 9</tmp/s/run>, "link") = 0',
    '12 readlink("/proc/self/exe", "/opt/torcx/torcx", 4096) = 16',
    '12 newfstatat(3</tmp/s/etc>, "", {st_mode=S_IFREG}, AT_EMPTY_PATH) = 0',
    "12 +++ exited with 0 +++",
  ];
  assertEquals(listPaths(lines, "/tmp/s"), [
    "/etc",
    "/etc/ld.so.cache",
    "/proc/self/exe",
    "/run/torcx/bin",
    "/run/torcx/etc/x",
  ]);
});
