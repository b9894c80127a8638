/*
 * Builds Debian root file systems with mmdebstrap and caches them under the hash of their recipe: as a tree for
 * namespaces, and, when a VM first asks, as a kernel and a zstd cpio archive. Knows nothing of torcx.
 */

import { join } from "node:path";
import { runCommand, runPipeline, say } from "./command.ts";
import { type Release, RELEASES } from "./releases.ts";

/** What a VM boots. */
export interface RootFileSystem {
  /** Path of the kernel image. */
  kernel: string;
  /** Path of the root file system, one zstd frame of a newc cpio archive. */
  initrd: string;
}

const PACKAGES = ["systemd", "systemd-sysv", "udev", "dbus", "kmod", "procps", "libgcc-s1"];
const CUSTOMIZE = new URL("root/customize.sh", import.meta.url).pathname;
const ADD_KERNEL = new URL("root/add_kernel.sh", import.meta.url).pathname;
const OPTIONS = [
  "--variant=minbase",
  `--include=${PACKAGES.join(",")}`,
  // It would take the hook's machine id away.
  "--skip=cleanup/reproducible",
  "--dpkgopt=path-exclude=/usr/share/man/*",
  "--dpkgopt=path-exclude=/usr/share/doc/*",
  "--dpkgopt=path-exclude=/usr/share/info/*",
  "--dpkgopt=path-exclude=/usr/share/locale/*",
  // A mirror of sid may stand still for longer than its Release file is good for.
  '--aptopt=Acquire::Check-Valid-Until "false"',
];

/** Returns the directory that the root file systems are kept in: TORCX_VM_CACHE, else below the user's cache. */
export function getCacheDirectory(): string {
  const own = Deno.env.get("TORCX_VM_CACHE");
  if (own) return own;
  return join(Deno.env.get("XDG_CACHE_HOME") || join(Deno.env.get("HOME") ?? "/root", ".cache"), "torcx-vm");
}

/**
 * Returns the path of a release's root file system, from the cache or newly built. Nobody may change it.
 *
 * @throws {Error} if it has to be built and a program fails; nothing is left in the cache then
 */
export async function prepareTree(release: Release): Promise<string> {
  return join(await prepareDirectory(release), "root");
}

/**
 * Returns what a VM boots of a release, from the cache or newly built.
 *
 * @throws {Error} if it has to be built and a program fails; nothing is left in the cache then
 */
export async function prepareRootFileSystem(release: Release): Promise<RootFileSystem> {
  const directory = await prepareDirectory(release);
  const initrd = join(directory, "initrd.zst");
  const kernelDirectory = release.kernel === release.name
    ? directory
    : await prepareDirectory(RELEASES.find(({ name }) => name === release.kernel)!);
  if (!await exists(initrd)) {
    const part = await Deno.makeTempFile({ dir: directory, prefix: "initrd-" });
    // The kernel reads one archive after the other; modules of another release come in a second one.
    await runPipeline(
      `pack() { (cd "$1"; find "$2" | LC_ALL=C sort | cpio -o -H newc --quiet -R 0:0); }
       { pack "$1/root" .; if [ "$1" != "$2" ]; then pack "$2/root" usr/lib/modules; fi; } | zstd -q -6 -T2 -f -o "$3"`,
      [directory, kernelDirectory, part],
    );
    await Deno.rename(part, initrd);
  }
  return { kernel: join(kernelDirectory, "vmlinuz"), initrd };
}

async function prepareDirectory(release: Release): Promise<string> {
  const cache = getCacheDirectory();
  const directory = join(cache, `${release.name}-${await hashRecipe(release)}`);
  if (await exists(directory)) return directory;
  const started = performance.now();
  await Deno.mkdir(cache, { recursive: true });
  const work = await Deno.makeTempDir({ dir: cache, prefix: `${release.name}-build-` });
  try {
    const out = join(work, "out");
    const root = join(out, "root");
    await Deno.mkdir(out);
    await runCommand([
      "mmdebstrap",
      ...OPTIONS,
      ...listHooks(release).map((hook) => `--customize-hook=${hook} "$1"`),
      release.name,
      root,
      await findMirror(),
    ]);
    if (release.kernel === release.name) {
      await Deno.rename(join(root, "boot/vmlinuz"), join(out, "vmlinuz"));
    }
    // Another run may have been quicker; its result is as good.
    await Deno.rename(out, directory).catch((error) => {
      if (!(error instanceof Deno.errors.AlreadyExists) && !isNotEmpty(error)) throw error;
    });
  } finally {
    await Deno.remove(work, { recursive: true });
  }
  say(`${release.name}: root file system built in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return directory;
}

function listHooks(release: Release): string[] {
  return release.kernel === release.name ? [ADD_KERNEL, CUSTOMIZE] : [CUSTOMIZE];
}

async function hashRecipe(release: Release): Promise<string> {
  const hooks = listHooks(release).map((hook) => Deno.readTextFile(hook));
  const recipe = JSON.stringify([release.name, OPTIONS, await Promise.all(hooks), "tree, newc, zstd frame"]);
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

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function isNotEmpty(error: unknown): boolean {
  return error instanceof Error && error.message.includes("os error 39");
}
