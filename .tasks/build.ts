/**
 * Owns the build: `deno task build [--target TARGET]` bundles main.ts and compiles it into dist/ (another architecture's
 * binary into dist/ARCHITECTURE/), with the link that makes it the generator beside it.
 */

import { fromFileUrl, join } from "./std/path.ts";
import { bundleProgram } from "./bundle.ts";
import { chooseStd } from "./std/choose.ts";
import { findDenort, listTargets, type Target } from "./denort.ts";
import { COMPILE_FLAGS } from "./permissions.ts";

const PROJECT = fromFileUrl(new URL("..", import.meta.url));

function print(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** Returns the target that the arguments name, by default this machine's. */
function parseTarget(args: readonly string[]): Target {
  const [flag, value, ...rest] = args.flatMap((arg) => arg.split("="));
  const wanted = flag === undefined ? Deno.build.target : value;
  const target = listTargets().find((known) => known === wanted);
  if (target === undefined || (flag ?? "--target") !== "--target" || rest.length > 0) {
    throw new Error(`Cannot build "${args.join(" ")}": expected [--target ${listTargets().join("|")}]`);
  }
  return target;
}

async function build(target: Target): Promise<void> {
  const wanted = (await Deno.readTextFile(new URL("deno_version", import.meta.url))).trim();
  if (Deno.version.deno !== wanted) {
    throw new Error(`Cannot build with Deno ${Deno.version.deno}: this project is built with ${wanted}`);
  }
  const denort = await findDenort(target);
  print(`base runtime: ${denort.note}`);
  const std = await chooseStd();
  print(std.note);
  const isNative = target === Deno.build.target;
  const dir = join(PROJECT, "dist", isNative ? "" : target.split("-")[0]!);
  await Deno.mkdir(dir, { recursive: true });
  const bundle = await bundleProgram(join(dir, "bundle"), { project: PROJECT, deno: Deno.execPath(), std });
  const args = ["compile", "--quiet", "--no-lock", "--target", target, "--output", join(dir, "torcx")];
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: [...args, ...bundle.flags, ...COMPILE_FLAGS, bundle.entry],
    cwd: bundle.dir,
    env: denort.path === undefined ? {} : { DENORT_BIN: denort.path },
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`Cannot build for ${target}: deno compile failed`);
  const link = join(dir, "torcx-generator");
  await Deno.remove(link).catch(() => {});
  await Deno.symlink("torcx", link);
  const { size } = await Deno.stat(join(dir, "torcx"));
  print(`built: ${join(dir, "torcx")} (${(size / 1e6).toFixed(1)} MB)`);
}

try {
  await build(parseTarget(Deno.args));
} catch (error) {
  print(`build: ${error instanceof Error ? error.message : error}`);
  Deno.exit(1);
}
