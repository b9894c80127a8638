/** Tests the installed layout: what lies where, with which modes and times, and that it never leaves --destdir. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { exists, walk } from "@std/fs";
import { join, relative } from "@std/path";
import { SCHEMA_KINDS } from "../support/schemas.ts";
import { PROJECT_DIR } from "../support/std_flags.ts";

/** What an installation came to. */
interface Installation {
  code: number;
  stderr: string;
}

const LINKS: Record<string, string> = {
  "bin/torcx": "../lib/torcx/torcx",
  "lib/systemd/system-generators/torcx-generator": "../../torcx/torcx",
};
const FILES: Record<string, number> = {
  "lib/systemd/system/torcx.target": 0o644,
  "lib/torcx/torcx": 0o755,
  "share/bash-completion/completions/torcx": 0o644,
  "share/fish/vendor_completions.d/torcx.fish": 0o644,
  "share/man/man8/torcx-generator.8": 0o644,
  "share/man/man8/torcx.8": 0o644,
  "share/zsh/site-functions/_torcx": 0o644,
  ...Object.fromEntries(
    ["Apache-2.0.txt", "GPL-3.0.txt", "LGPL-3.0.txt", "openpgp.txt"].map((
      name,
    ) => [`share/licenses/torcx/${name}`, 0o644]),
  ),
  ...Object.fromEntries(SCHEMA_KINDS.map((kind) => [`share/torcx/schemas/${kind}.schema.json`, 0o644])),
};

async function install(args: readonly string[], env: Record<string, string> = {}): Promise<Installation> {
  const { code, stderr } = await new Deno.Command("bash", {
    // A hostile umask must not show in the modes.
    args: ["-c", 'umask 0077; exec "$0" "$@"', Deno.execPath(), "task", "--quiet", "install", ...args],
    cwd: PROJECT_DIR,
    env,
  }).output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}

/** Runs a test in a work directory with a file that stands for the binary. */
function withWork(name: string, run: (work: string, binary: string) => Promise<void>): void {
  Deno.test(name, async () => {
    const work = await Deno.makeTempDir({ prefix: "torcx-install-" });
    try {
      const binary = join(work, "binary");
      await Deno.writeTextFile(binary, "the binary\n", { mode: 0o600 });
      await run(work, binary);
    } finally {
      await Deno.remove(work, { recursive: true });
    }
  });
}

/** Describes a tree: per path what it is, its mode, owner, time in s, and what is in it. */
async function describeTree(dir: string): Promise<Record<string, string>> {
  const tree: Record<string, string> = {};
  for await (const { path } of walk(dir)) {
    const stat = await Deno.lstat(path);
    const mode = ((stat.mode ?? 0) & 0o7777).toString(8);
    const head = `${mode} ${stat.uid}:${stat.gid} @${(stat.mtime?.getTime() ?? 0) / 1000}`;
    if (path === dir) continue;
    tree[relative(dir, path)] = stat.isSymlink
      ? `-> ${await Deno.readLink(path)} @${(stat.mtime?.getTime() ?? 0) / 1000}`
      : stat.isDirectory
      ? `dir ${head}`
      : `file ${head} ${await Deno.readTextFile(path)}`;
  }
  return tree;
}

for (const prefix of ["/usr", "/opt/addons"]) {
  withWork(`install lays out all files below ${prefix}`, async (work, binary) => {
    const destdir = join(work, "root");
    const args = [
      "--destdir",
      destdir,
      "--binary",
      binary,
      ...(prefix === "/usr" ? [] : [`--prefix=${prefix}`]),
    ];
    const { code, stderr } = await install(args);
    assertEquals(code, 0, stderr);
    const tree = await describeTree(destdir);
    const owner = `${Deno.uid()}:${Deno.gid()}`;
    const below = (path: string): string => join(prefix, path).slice(1);
    const leaves = Object.keys(tree).filter((path) => !tree[path]?.startsWith("dir "));
    assertEquals(leaves.sort(), [...Object.keys(LINKS), ...Object.keys(FILES)].map(below).sort());
    for (const [path, target] of Object.entries(LINKS)) assertEquals(tree[below(path)], `-> ${target} @0`);
    for (const [path, mode] of Object.entries(FILES)) {
      assert(tree[below(path)]?.startsWith(`file ${mode.toString(8)} ${owner} @0 `), tree[below(path)]);
    }
    for (const path of Object.keys(tree).filter((path) => !leaves.includes(path))) {
      assertEquals(tree[path], `dir 755 ${owner} @0`, path);
    }
    assertEquals(Object.values(tree).filter((text) => text.includes(work)), []);
    assertStringIncludes(
      tree[below("lib/systemd/system/torcx.target")]!,
      "AssertPathExists=/run/metadata/torcx\n",
    );
  });
}

withWork("install makes the same tree again, and into another directory", async (work, binary) => {
  const roots = [join(work, "a"), join(work, "a"), join(work, "another")];
  const trees = [];
  for (const destdir of roots) {
    const { code, stderr } = await install(["--destdir", destdir, "--binary", binary], {
      SOURCE_DATE_EPOCH: "1500000000",
    });
    assertEquals(code, 0, stderr);
    trees.push(await describeTree(destdir));
  }
  assertEquals(trees[1], trees[0]);
  assertEquals(trees[2], trees[0]);
  assertStringIncludes(trees[0]!["usr/bin/torcx"]!, "@1500000000");
});

withWork("install takes a relative --destdir from where the user is", async (work, binary) => {
  const { code, stderr } = await install(["--destdir", "here", "--binary", binary], { INIT_CWD: work });
  assertEquals(code, 0, stderr);
  assert(await exists(join(work, "here/usr/bin/torcx")));
});

withWork("install refuses a symlink in place of a directory", async (work, binary) => {
  await Deno.mkdir(join(work, "outside"));
  await Deno.mkdir(join(work, "root"));
  await Deno.symlink(join(work, "outside"), join(work, "root/usr"));
  const { code, stderr } = await install(["--destdir", join(work, "root"), "--binary", binary]);
  assertEquals(code, 1);
  assertStringIncludes(stderr, `"${join(work, "root/usr")}": it is a symlink`);
  assertEquals(await describeTree(join(work, "outside")), {});
});

const WRONG_USES: [string, (work: string) => string[], string][] = [
  ["no --destdir", () => [], "expected --destdir DIR"],
  ["a --prefix that is not absolute", (work) => ["--destdir", work, "--prefix", "usr"], "is not absolute"],
  ["an unknown flag", (work) => ["--destdir", work, "--force"], 'unexpected "--force"'],
  ["a flag without its value", () => ["--destdir"], 'unexpected "--destdir"'],
  ["a flag given twice", (work) => ["--destdir", work, "--destdir=/"], 'unexpected "--destdir"'],
  ["a binary that is not there", (work) => ["--destdir", work, "--binary", `${work}/no`], "it is not built"],
];

for (const [what, getArgs, message] of WRONG_USES) {
  withWork(`install fails on ${what} and writes nothing`, async (work) => {
    const { code, stderr } = await install(getArgs(join(work, "root")));
    assertEquals(code, 1);
    assertStringIncludes(stderr, message);
    assert(!await exists(join(work, "root")));
  });
}
