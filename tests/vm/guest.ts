/*
 * A guest with torcx: its files (torcx as installed, profiles, stores, the base system's own units, the check),
 * its disk, its boot. What differs between the cases comes in as options. Called by cases.ts.
 */

import { join } from "node:path";
import { type Addon, ALPHA, BETA, GAMMA, packAddon } from "./addon.ts";
import { runCommand, say } from "./command.ts";
import type { Findings } from "./findings.ts";
import { bootGuest } from "./machine.ts";
import { nameRelease, type Release } from "./releases.ts";
import { prepareRootFileSystem } from "./root_file_system.ts";
import { program, type Tree, writeTree } from "./tree.ts";

export interface GuestOptions {
  /** Names the boot in what is printed. */
  name: string;
  /** Files beside the usual ones, or in their place. */
  files?: Tree;
  kernelArguments?: readonly string[];
  /** Whether /var, with the user store in it, is an ext4 file system on a disk of its own. */
  isVarOnDisk?: boolean;
  /** Whether the user profile names a broken archive of the first addon, behind the second addon. */
  isBroken?: boolean;
  /**
   * Whether the root file system is read-only, nobody has made torcx's directories in /etc and /var, and the vendor
   * has one addon for such systems.
   */
  isReadOnly?: boolean;
}

const REPOSITORY = new URL("../../", import.meta.url).pathname;
const GUEST = new URL("guest/", import.meta.url).pathname;
const UNITS = "etc/systemd/system";

/**
 * Boots a guest once, prints how long it took and has its findings judged. The console log is removed if all went
 * well; else it is kept and named, with what torcx and systemd said about it.
 *
 * @throws {Error} if the guest does not come up and down again, or `judge` throws
 */
export async function runGuest(
  release: Release,
  options: GuestOptions,
  judge: (findings: Findings) => void,
): Promise<void> {
  const rootFileSystem = await prepareRootFileSystem(release);
  const work = await Deno.makeTempDir({ prefix: `torcx-vm-${release.name}-` });
  const name = `${release.name} (${nameRelease(release)}), ${options.name}`;
  const overlay = join(work, "overlay");
  await Deno.mkdir(overlay, { mode: 0o755 });
  await installTorcx(overlay);
  await writeTree(overlay, { ...await describeGuest(options), ...options.files });
  await packStores(overlay, options);
  const disk = options.isVarOnDisk ? join(work, "var.ext4") : undefined;
  if (disk !== undefined) await moveToDisk(join(overlay, "var"), disk);
  const boot = await bootGuest({
    rootFileSystem,
    overlay,
    work,
    kernelArguments: options.kernelArguments ?? [],
    ...(disk === undefined ? {} : { disk }),
  }).finally(async () => {
    for (const path of disk === undefined ? [overlay] : [overlay, disk]) {
      await Deno.remove(path, { recursive: true });
    }
  });
  say(`${name}: ${boot.seconds.toFixed(1)} s`);
  try {
    judge(boot.findings);
  } catch (error) {
    for (const fact of ["status", "failed", "journal"]) say(`${fact}:\n${boot.findings.get(fact).output}`);
    say(`${name}: console log kept in ${boot.consoleLog}`);
    throw error;
  }
  await Deno.remove(work, { recursive: true });
}

let installed: Promise<string> | undefined;

/**
 * Lays torcx over a directory: the tree that TORCX_VM_INSTALL names (made by `deno task install --destdir`), else
 * what that task makes now, once per test process.
 */
async function installTorcx(directory: string): Promise<void> {
  installed ??= Deno.env.get("TORCX_VM_INSTALL")
    ? Promise.resolve(Deno.env.get("TORCX_VM_INSTALL")!)
    : makeInstallation();
  await runCommand(["cp", "-a", `${await installed}/.`, directory]);
}

async function makeInstallation(): Promise<string> {
  const directory = await Deno.makeTempDir({ prefix: "torcx-vm-install-" });
  globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
  await Deno.chmod(directory, 0o755);
  await runCommand([Deno.execPath(), "task", "install", "--destdir", directory], { cwd: REPOSITORY });
  return directory;
}

async function describeGuest(options: GuestOptions): Promise<Tree> {
  const read = (name: string) => Deno.readTextFile(join(GUEST, name));
  const enable = (unit: string) => ({ [`${UNITS}/multi-user.target.wants/${unit}`]: { link: `../${unit}` } });
  const addons: Addon[] = options.isReadOnly ? [GAMMA] : [ALPHA, BETA];
  return {
    "init": program(await read("init.sh")),
    "usr/lib/guest/check.sh": program(await read("check.sh")),
    ...Object.fromEntries(
      addons.map((addon) => [`usr/lib/guest/${addon.name}.port`, `port=${addon.port}\n`]),
    ),
    [`${UNITS}/guest-check.service`]: (await read("guest-check.service"))
      .replace("@ADDONS@", addons.map((addon) => addon.name).join(" ")),
    [`${UNITS}/greeter.service`]: await read("greeter.service"),
    [`${UNITS}/needs-torcx.service`]: await read("needs-torcx.service"),
    ...(options.isVarOnDisk
      ? {
        [`${UNITS}/var.mount`]: await read("var.mount"),
        [`${UNITS}/local-fs.target.wants/var.mount`]: { link: "../var.mount" },
      }
      : {}),
    ...enable("guest-check.service"),
    ...enable("greeter.service"),
    ...enable("needs-torcx.service"),
    [`${UNITS}/multi-user.target.wants/systemd-networkd.service`]: {
      link: "/usr/lib/systemd/system/systemd-networkd.service",
    },
    ...describeProfiles(options),
  };
}

/** The user's profile brings the second addon to the vendor's first. */
function describeProfiles(options: GuestOptions): Tree {
  if (options.isReadOnly) {
    return { "usr/share/torcx/profiles/vendor.json": encodeProfile([[GAMMA.name, "1"]]) };
  }
  const broken = options.isBroken ? [[ALPHA.name, "broken"]] : [];
  return {
    "usr/share/torcx/profiles/vendor.json": encodeProfile([[ALPHA.name, "1"]]),
    "etc/torcx/profiles/edge.json": encodeProfile([[BETA.name, "1"], ...broken]),
    "etc/torcx/profiles/rescue.json": encodeProfile([[ALPHA.name, ""], [BETA.name, "1"]]),
    "etc/torcx/next-profile": "edge\n",
  };
}

function encodeProfile(images: string[][]): string {
  const list = images.map(([name, reference]) => ({ name, reference }));
  return JSON.stringify({ kind: "profile-manifest-v0", value: { images: list } }) + "\n";
}

/** The first addon lies in the vendor's store, the second in the user's; the one of read-only systems alone. */
async function packStores(overlay: string, options: GuestOptions): Promise<void> {
  const vendorStore = join(overlay, "usr/share/torcx/store");
  const userStore = join(overlay, "var/lib/torcx/store");
  await Deno.mkdir(vendorStore, { recursive: true });
  if (options.isReadOnly) {
    await Deno.mkdir(join(overlay, "var"));
    await packAddon(GAMMA, "1", vendorStore);
    return;
  }
  await Deno.mkdir(userStore, { recursive: true });
  await packAddon(ALPHA, "1", vendorStore);
  await packAddon(BETA, "1", userStore);
  if (options.isBroken) {
    const path = join(userStore, await packAddon(ALPHA, "broken", userStore));
    // Cut in the middle: half of it unpacks before the defect shows.
    await Deno.truncate(path, Math.floor((await Deno.stat(path)).size / 2));
  }
}

/** Makes a file system image of a directory and leaves that directory empty. */
async function moveToDisk(directory: string, disk: string): Promise<void> {
  await runCommand(["mkfs.ext4", "-q", "-d", directory, "-L", "var", disk, "128M"]);
  await Deno.remove(directory, { recursive: true });
  await Deno.mkdir(directory);
}
