/*
 * Builds the guests' root file systems with mmdebstrap, as a kernel and a zstd cpio archive, and caches them under
 * the hash of their recipe. Knows nothing of torcx: each test appends its own files (machine.ts).
 */

import { join } from "node:path";
import { runCommand, runPipeline, say } from "./command.ts";
import type { Release } from "./releases.ts";

export interface RootFileSystem {
  /** Path of the kernel image. */
  kernel: string;
  /** Path of the root file system, one zstd frame of a newc cpio archive. */
  initrd: string;
}

const PACKAGES = ["systemd", "systemd-sysv", "udev", "dbus", "kmod", "procps", "libgcc-s1"];
const HOOK = new URL("root/customize.sh", import.meta.url).pathname;
const OPTIONS = [
  "--variant=minbase",
  `--include=${PACKAGES.join(",")}`,
  // It would take the hook's machine id away.
  "--skip=cleanup/reproducible",
  "--dpkgopt=path-exclude=/usr/share/man/*",
  "--dpkgopt=path-exclude=/usr/share/doc/*",
  "--dpkgopt=path-exclude=/usr/share/info/*",
  "--dpkgopt=path-exclude=/usr/share/locale/*",
];

/** Returns the directory that the root file systems are kept in: TORCX_VM_CACHE, else below the user's cache. */
export function getCacheDirectory(): string {
  const own = Deno.env.get("TORCX_VM_CACHE");
  if (own) return own;
  return join(Deno.env.get("XDG_CACHE_HOME") || join(Deno.env.get("HOME") ?? "/root", ".cache"), "torcx-vm");
}

/**
 * Returns a release's root file system, from the cache or newly built.
 *
 * @throws {Error} if it has to be built and a program fails; nothing is left in the cache then
 */
export async function prepareRootFileSystem(release: Release): Promise<RootFileSystem> {
  const cache = getCacheDirectory();
  const directory = join(cache, `${release.name}-${await hashRecipe(release)}`);
  const result = { kernel: join(directory, "vmlinuz"), initrd: join(directory, "initrd.zst") };
  const started = performance.now();
  if (await isDirectory(directory)) {
    return result;
  }
  await Deno.mkdir(cache, { recursive: true });
  const work = await Deno.makeTempDir({ dir: cache, prefix: `${release.name}-build-` });
  try {
    const root = join(work, "root");
    const out = join(work, "out");
    await Deno.mkdir(out);
    await runCommand([
      "mmdebstrap",
      ...OPTIONS,
      `--customize-hook=${HOOK} "$1"`,
      release.name,
      root,
      await findMirror(),
    ]);
    await Deno.rename(join(root, "boot/vmlinuz"), join(out, "vmlinuz"));
    await runPipeline(
      'cd "$1"; find . | LC_ALL=C sort | cpio -o -H newc --quiet -R 0:0 | zstd -q -6 -T2 -o "$2"',
      [
        root,
        join(out, "initrd.zst"),
      ],
    );
    // Another run may have been quicker; its result is as good.
    await Deno.rename(out, directory).catch((error) => {
      if (!(error instanceof Deno.errors.AlreadyExists) && !isNotEmpty(error)) throw error;
    });
  } finally {
    await Deno.remove(work, { recursive: true });
  }
  say(`${release.name}: root file system built in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return result;
}

async function hashRecipe(release: Release): Promise<string> {
  const recipe = JSON.stringify([
    release.name,
    OPTIONS,
    await Deno.readTextFile(HOOK),
    "newc, one zstd frame",
  ]);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(recipe));
  return new Uint8Array(digest).toHex().slice(0, 16);
}

/** Finds the Debian mirror that this machine's own apt uses; asks it for its lists where apt has none. */
async function findMirror(): Promise<string> {
  const known = await readMirror([]);
  if (known !== undefined) return known;
  const lists = await Deno.makeTempDir({ prefix: "torcx-vm-apt-" });
  try {
    // apt drops root for what it fetches.
    await Deno.chmod(lists, 0o755);
    const options = ["-o", `Dir::State::lists=${lists}`];
    await runCommand(["apt-get", ...options, "update"]);
    const found = await readMirror(options);
    if (found !== undefined) return found;
  } finally {
    await Deno.remove(lists, { recursive: true });
  }
  throw new Error("Cannot find a Debian mirror: apt's sources name none");
}

async function readMirror(options: readonly string[]): Promise<string | undefined> {
  const format = ["--format", "$(LABEL) $(REPO_URI)", "Created-By: Packages"];
  const targets = await runCommand(["apt-get", ...options, "indextargets", ...format]);
  return targets.split("\n").map((line) => line.split(" ")).find(([label]) => label === "Debian")?.[1];
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function isNotEmpty(error: unknown): boolean {
  return error instanceof Error && error.message.includes("os error 39");
}
