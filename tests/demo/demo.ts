/**
 * Owns the demo (`deno task demo`): two addon images are made, applied and looked at, in a mount namespace of
 * its own whose /run is a fresh tmpfs, so that the host's /run and /etc stay as they are and nothing is left.
 * It ends with 1 if anything is not as it should be.
 */

import { parseArgs } from "@std/cli/parse-args";
import { exists } from "@std/fs";
import { fromFileUrl, join } from "@std/path";
import { STD_FLAGS } from "../support/std_flags.ts";
import { findProgram, runTorcx } from "../support/binary.ts";
import { describeImage, packSquashfs, packTgz } from "./images.ts";

// All below /run, which is ours.
const CONF_DIR = "/run/demo/etc/torcx";
const BASE_DIR = "/run/demo/var/lib/torcx";
const BIN_DIR = "/run/torcx/bin";
const ENVIRONMENT = { TORCX_CONFDIR: CONF_DIR, TORCX_BASEDIR: BASE_DIR };

interface Image {
  name: string;
  line: string;
  format: "tgz" | "squashfs";
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text.replace(/\n$/, "")}\n`));
}

function fail(what: string): never {
  throw new Error(what);
}

const times: [string, number][] = [];

/** Runs a step under a heading and keeps its time. */
async function step<T>(title: string, run: () => Promise<T>): Promise<T> {
  print(`\n# ${title}`);
  const started = performance.now();
  const result = await run();
  times.push([title, performance.now() - started]);
  return result;
}

/** Starts this file again in namespaces of its own; without root, as root of a user namespace. */
async function enterNamespaces(): Promise<number> {
  const flags = Deno.uid() === 0 ? ["--mount"] : ["--mount", "--user", "--map-root-user"];
  const isRoot = Deno.uid() === 0 ? [] : ["--as-user"];
  const self = [Deno.execPath(), "run", "-A", "--quiet", ...STD_FLAGS, fromFileUrl(import.meta.url)];
  try {
    return (await new Deno.Command("unshare", {
      args: [...flags, "--propagation", "private", ...self, "--inside", ...isRoot],
    }).spawn().status).code;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    fail('Cannot enter a mount namespace: "unshare" (util-linux) is not installed');
  }
}

/** Returns the two images; a squashfs only where it can be made and mounted. */
async function chooseImages(isUser: boolean): Promise<Image[]> {
  const reason = isUser
    ? "only root mounts it"
    : !await hasProgram("mksquashfs")
    ? "mksquashfs is not installed"
    : !await exists("/dev/loop-control")
    ? "there are no loop devices"
    : undefined;
  if (reason !== undefined) print(`no squashfs image: ${reason}; both images are tgz`);
  return [
    { name: "greet", line: "Hello from a tgz image", format: "tgz" },
    reason === undefined
      ? { name: "clock", line: "It is $(date +%H:%M), says a squashfs image", format: "squashfs" }
      : { name: "clock", line: "It is $(date +%H:%M), says another tgz image", format: "tgz" },
  ];
}

async function hasProgram(name: string): Promise<boolean> {
  const found = await Promise.all(
    (Deno.env.get("PATH") ?? "").split(":").map((dir) => exists(join(dir, name))),
  );
  return found.includes(true);
}

async function makeSystem(images: readonly Image[]): Promise<void> {
  for (const dir of [`${BASE_DIR}/store`, `${CONF_DIR}/profiles`]) await Deno.mkdir(dir, { recursive: true });
  for (const { name, line, format } of images) {
    const path = `${BASE_DIR}/store/${name}:1.0.torcx.${format}`;
    const files = describeImage(name, line);
    if (format === "tgz") await packTgz(files, path);
    else await packSquashfs(files, path, `/run/demo/work/${name}`);
    print(`${path}  ${(await Deno.stat(path)).size} bytes`);
  }
  const profile = {
    kind: "profile-manifest-v0",
    value: { images: images.map(({ name }) => ({ name, reference: "1.0" })) },
  };
  await Deno.writeTextFile(`${CONF_DIR}/profiles/demo.json`, JSON.stringify(profile, undefined, 2) + "\n");
  await Deno.writeTextFile(`${CONF_DIR}/next-profile`, "demo\n");
}

/** Shows a command line and what torcx says to it. */
async function showTorcx(args: readonly string[], isQuiet = false): Promise<void> {
  print(`$ torcx ${args.join(" ")}`);
  const { code, stdout, stderr } = await runTorcx(args, { env: ENVIRONMENT });
  print(isQuiet && code === 0 ? stdout : stderr + stdout);
  if (code !== 0) fail(`"torcx ${args.join(" ")}" ended with ${code}`);
}

async function showPrograms(images: readonly Image[]): Promise<void> {
  for (const { name } of images) {
    const path = `${BIN_DIR}/${name}`;
    const { success, stdout } = await new Deno.Command(path).output();
    print(`$ ${path}    (-> ${await Deno.readLink(path)})\n${new TextDecoder().decode(stdout)}`);
    if (!success) fail(`"${path}" does not run`);
  }
}

async function showUnits(images: readonly Image[]): Promise<void> {
  for (const { name } of images) {
    const path = `/run/systemd/system/${name}.service`;
    print(`${path}: ${(await Deno.readTextFile(path)).split("\n")[1]}`);
  }
}

async function showReadOnly(images: readonly Image[]): Promise<void> {
  for (const { name } of images) {
    const path = `/run/torcx/unpack/${name}/bin/evil`;
    try {
      await Deno.writeTextFile(path, "");
    } catch (error) {
      print(`$ touch ${path}\n${error instanceof Error ? error.message : error}`);
      continue;
    }
    fail(`"${path}" could be written`);
  }
}

async function runInside(isUser: boolean): Promise<void> {
  const { code } = await new Deno.Command("mount", {
    args: ["-t", "tmpfs", "-o", "mode=0755", "tmpfs", "/run"],
  }).spawn().status;
  if (code !== 0) fail("Cannot mount a private /run");
  await findProgram();
  const images = await chooseImages(isUser);
  await step("Two images in the store, one profile that names them", () => makeSystem(images));
  await step("The plan", () => showTorcx(["apply", "--dry-run", "--output", "text"]));
  await step("Apply it", () => showTorcx(["apply", "--output", "text"]));
  await step("The programs of the images, on this system", () => showPrograms(images));
  await step("Their units, where systemd looks", () => showUnits(images));
  await step("The seal", async () => print(await Deno.readTextFile("/run/metadata/torcx")));
  await step("Nobody writes there any more, root included", () => showReadOnly(images));
  await step("What torcx says of it all", () => showTorcx(["status", "--output", "text"], true));
  print("\n# Times");
  for (const [title, time] of times) print(`${time.toFixed(0).padStart(6)} ms  ${title}`);
  print("\nAll of it was in a namespace of its own and is gone now.");
}

try {
  const flags = parseArgs(Deno.args, {
    boolean: ["inside", "as-user"],
    unknown: (arg) => fail(`Cannot run the demo: unexpected "${arg}"`),
  });
  if (flags["inside"] === true) await runInside(flags["as-user"] === true);
  else Deno.exit(await enterNamespaces());
} catch (error) {
  print(`demo: ${error instanceof Error ? error.message : error}`);
  Deno.exit(1);
}
