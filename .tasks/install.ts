/**
 * Owns the installed layout: `deno task install --destdir DIR [--prefix /usr] [--target TARGET | --binary FILE]` lays
 * what `deno task build` made below DIR, for image builders and packagers. The result is the same whatever DIR is
 * and whenever it runs: modes are exact, times are SOURCE_DATE_EPOCH or 0, root is the owner if root runs it.
 */

import { lutimesSync } from "node:fs";
import {
  basename,
  dirname,
  fromFileUrl,
  isAbsolute,
  join,
  normalize,
  relative,
  resolve,
} from "./std/path.ts";
import { chooseStd } from "./std/choose.ts";
import { parseArgs } from "./std/parse_args.ts";
import { PERMISSION_FLAGS } from "./permissions.ts";

const PROJECT = fromFileUrl(new URL("..", import.meta.url));
/** Directories whose files are laid down as they are, by where they go below the prefix. */
const DIRECTORIES: readonly [string, URL][] = [
  ["share/torcx/schemas", new URL("../lib/manifest/schemas/", import.meta.url)],
  // What the binary contains of others' work, and the terms of that.
  ["share/licenses/torcx", new URL("licenses/", import.meta.url)],
];
const OPTIONS = ["destdir", "prefix", "target", "binary"];
const USAGE = "expected --destdir DIR [--prefix /usr] [--target TARGET | --binary FILE]";

/** One thing to lay down, by its path in the installed system. */
type Item = { path: string } & ({ text: string } | { copyOf: string } | { link: string });

interface InstallOptions {
  destdir: string;
  prefix: string;
  binary: string;
}

function print(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}

function parseInstallOptions(args: readonly string[]): InstallOptions {
  const unexpected: string[] = [];
  const parsed = parseArgs(args, {
    string: [...OPTIONS, "_"],
    collect: OPTIONS,
    unknown: (arg) => {
      unexpected.push(arg);
      return false;
    },
  });
  const values = new Map<string, string>();
  for (const name of OPTIONS) {
    const [value, ...more] = (parsed[name] ?? []) as string[];
    // Given twice, or without a value.
    if (value === "" || more.length > 0) unexpected.push(`--${name}`);
    if (value !== undefined) values.set(name, value);
  }
  const [wrong = parsed._[0]] = unexpected;
  if (wrong !== undefined) throw new Error(`Cannot install: unexpected "${wrong}", ${USAGE}`);
  const destdir = values.get("destdir");
  const prefix = normalize(values.get("prefix") ?? "/usr");
  if (destdir === undefined) throw new Error(`Cannot install: ${USAGE}`);
  if (!isAbsolute(prefix)) throw new Error(`Cannot install: prefix "${prefix}" is not absolute`);
  const target = values.get("target");
  const binary = values.get("binary");
  if (binary !== undefined && target !== undefined) throw new Error(`Cannot install: ${USAGE}`);
  // A task runs in the project's directory; the user's is in INIT_CWD.
  const cwd = Deno.env.get("INIT_CWD") ?? ".";
  const machine = target === undefined || target === Deno.build.target ? "" : target.split("-")[0]!;
  return {
    destdir: resolve(cwd, destdir),
    prefix,
    binary: binary === undefined ? join(PROJECT, "dist", machine, "torcx") : resolve(cwd, binary),
  };
}

/** Lists what is installed; links are relative, so that the tree may be moved. */
async function listItems({ prefix, binary }: InstallOptions): Promise<Item[]> {
  const program = join(prefix, "lib/torcx/torcx");
  const link = (path: string): Item => ({ path, link: relative(dirname(path), program) });
  const items: Item[] = [
    { path: program, copyOf: binary },
    link(join(prefix, "bin/torcx")),
    link(join(prefix, "lib/systemd/system-generators/torcx-generator")),
    {
      path: join(prefix, "lib/systemd/system/torcx.target"),
      text: await Deno.readTextFile(new URL("torcx.target", import.meta.url)),
    },
    {
      path: join(prefix, "share/licenses/torcx/Apache-2.0.txt"),
      text: await Deno.readTextFile(new URL("../LICENSE", import.meta.url)),
    },
  ];
  for (const [path, directory] of DIRECTORIES) {
    for (const name of [...Deno.readDirSync(directory)].map(({ name }) => name).sort()) {
      const text = await Deno.readTextFile(new URL(name, directory));
      items.push({ path: join(prefix, path, name), text });
    }
  }
  const printed: [string, string[]][] = [
    ["share/bash-completion/completions/torcx", ["completion", "bash"]],
    ["share/zsh/site-functions/_torcx", ["completion", "zsh"]],
    ["share/fish/vendor_completions.d/torcx.fish", ["completion", "fish"]],
    ["share/man/man8/torcx.8", ["man", "torcx"]],
    ["share/man/man8/torcx-generator.8", ["man", "torcx-generator"]],
  ];
  const { flags } = await chooseStd();
  for (const [path, args] of printed) {
    items.push({ path: join(prefix, path), text: await readOutput(flags, args) });
  }
  return items;
}

/** Returns what the program prints. It runs from its sources: the binary may be another machine's. */
async function readOutput(stdFlags: readonly string[], args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", ...stdFlags, ...PERMISSION_FLAGS, "main.ts", ...args],
    cwd: PROJECT,
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`Cannot print "${args.join(" ")}": ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}

/**
 * Writes items below a directory.
 *
 * @throws {Error} if a symlink in it stands where a directory must be: it may lead outside.
 */
async function writeItems(items: readonly Item[], destdir: string): Promise<void> {
  // https://reproducible-builds.org/specs/source-date-epoch/
  const seconds = Number(Deno.env.get("SOURCE_DATE_EPOCH") ?? "0");
  const times = new Map<string, number>();
  await Deno.mkdir(destdir, { recursive: true });
  for (const item of items) {
    for (const [dir, time] of await makeDirs(destdir, dirname(item.path))) {
      if (!times.has(dir)) times.set(dir, time ?? seconds);
    }
    const path = join(destdir, item.path);
    await Deno.remove(path).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    if ("link" in item) await Deno.symlink(item.link, path);
    else if ("text" in item) await Deno.writeTextFile(path, item.text, { createNew: true });
    else await Deno.copyFile(item.copyOf, path);
    if (!("link" in item)) await setOwnerAndMode(path, "text" in item ? 0o644 : 0o755);
    lutimesSync(path, seconds, seconds);
    print(`${path}${"link" in item ? ` -> ${item.link}` : ""}`);
  }
  // Last: each entry that is made changes its directory's time.
  for (const [dir, time] of times) lutimesSync(dir, time, time);
}

/** Makes the directories of a path below a directory; returns each with its time, if it was there, in seconds. */
async function makeDirs(destdir: string, path: string): Promise<[string, number | undefined][]> {
  const dirs: [string, number | undefined][] = [];
  let dir = destdir;
  for (const name of path.split("/").filter((part) => part !== "")) {
    dir = join(dir, name);
    const stat = await Deno.lstat(dir).catch(() => undefined);
    if (stat?.isSymlink && destdir !== "/") throw new Error(`Cannot install into "${dir}": it is a symlink`);
    dirs.push([dir, stat === undefined ? undefined : (stat.mtime?.getTime() ?? 0) / 1000]);
    if (stat !== undefined) continue;
    await Deno.mkdir(dir);
    await setOwnerAndMode(dir, 0o755);
  }
  return dirs;
}

async function setOwnerAndMode(path: string, mode: number): Promise<void> {
  if (Deno.uid() === 0) await Deno.chown(path, 0, 0);
  await Deno.chmod(path, mode);
}

try {
  const options = parseInstallOptions(Deno.args);
  if (!(await Deno.stat(options.binary).catch(() => undefined))?.isFile) {
    throw new Error(
      `Cannot install "${basename(options.binary)}": it is not built, run "deno task build" first`,
    );
  }
  await writeItems(await listItems(options), options.destdir);
} catch (error) {
  print(`install: ${error instanceof Error ? error.message : error}`);
  Deno.exit(1);
}
