/**
 * Owns the build: `deno task build [--target TARGET]` bundles main.ts and compiles it into dist/ (another architecture's
 * binary into dist/ARCHITECTURE/), with the link that makes it the generator beside it. TORCX_DENO_VERSION names a Deno
 * other than the one that runs.
 */

import { parseArgs } from "./std/parse_args.ts";
import { fromFileUrl, join } from "./std/path.ts";
import { bundleProgram } from "./bundle.ts";
import { chooseStd } from "./std/choose.ts";
import { chooseBuildDeno } from "./deno.ts";
import { listTargets, type Target } from "./denort.ts";
import { COMPILE_FLAGS } from "./permissions.ts";

const PROJECT = fromFileUrl(new URL("..", import.meta.url));

function print(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** Returns the target that the arguments name, by default this machine's. */
function parseTarget(args: readonly string[]): Target {
  const targets = listTargets();
  const unexpected: string[] = [];
  const { target = Deno.build.target, _: [extra] } = parseArgs(args, {
    string: ["target", "_"],
    unknown: (arg) => {
      unexpected.push(arg);
      return false;
    },
  });
  const known = targets.find((name) => name === target);
  if (known === undefined || unexpected.length > 0 || extra !== undefined) {
    throw new Error(`Cannot build "${args.join(" ")}": expected [--target ${targets.join("|")}]`);
  }
  return known;
}

async function build(target: Target): Promise<void> {
  const deno = await chooseBuildDeno(target, Deno.env.get("TORCX_DENO_VERSION") || undefined);
  for (const note of deno.notes) print(note);
  const std = await chooseStd();
  print(std.note);
  const isNative = target === Deno.build.target;
  const dir = join(PROJECT, "dist", isNative ? "" : target.split("-")[0]!);
  await Deno.mkdir(dir, { recursive: true });
  const bundle = await bundleProgram(join(dir, "bundle"), { project: PROJECT, deno: deno.path, std });
  const args = ["compile", "--quiet", "--no-lock", "--target", target, "--output", join(dir, "torcx")];
  const { success } = await new Deno.Command(deno.path, {
    args: [...args, ...bundle.flags, ...COMPILE_FLAGS, bundle.entry],
    cwd: bundle.dir,
    env: deno.denort.path === undefined ? {} : { DENORT_BIN: deno.denort.path },
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`Cannot build for ${target}: deno compile failed`);
  const link = join(dir, "torcx-generator");
  await Deno.remove(link).catch(() => {});
  await Deno.symlink("torcx", link);
  if (isNative) await checkDeno(join(dir, "torcx"), deno.version);
  const { size } = await Deno.stat(join(dir, "torcx"));
  print(`built: ${join(dir, "torcx")} (${(size / 1e6).toFixed(1)} MB, Deno ${deno.version})`);
}

/** A base runtime of another version makes a binary that may start, and fail at anything. */
async function checkDeno(binary: string, version: string): Promise<void> {
  const { success, stdout } = await new Deno.Command(binary, { args: ["--version", "--output=text"] })
    .output();
  const found = /\bdeno (\S+?),/.exec(new TextDecoder().decode(stdout))?.[1];
  if (success && found === version) return;
  await Deno.remove(binary);
  throw new Error(
    `Cannot build with Deno ${version}: the base runtime is of ${found ?? "no Deno that starts"}`,
  );
}

try {
  await build(parseTarget(Deno.args));
} catch (error) {
  print(`build: ${error instanceof Error ? error.message : error}`);
  Deno.exit(1);
}
