/** Tests path resolution inside a root, with openat2 and with the walk: both must agree. */

import { assertEquals, assertThrows } from "@std/assert";
import { encodePath } from "../../../lib/bytes.ts";
import { isErrno, SyscallError } from "../../../lib/errors.ts";
import { extractArchive } from "../../../lib/image/extract.ts";
import { close, readlinkat, statx } from "../../../lib/sys/calls.ts";
import {
  AT_FDCWD,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  O_WRONLY,
} from "../../../lib/sys/flags.ts";
import { openInRoot, type Resolver } from "../../../lib/sys/resolve.ts";
import { toFileStat } from "../../../lib/sys/file_stat.ts";
import { Root } from "../../../lib/sys/root.ts";
import { CORPUS_DIR } from "../../support/corpus.ts";
import { PROJECT_DIR, STD_FLAGS } from "../../support/std_flags.ts";
import { testWith } from "../../support/needs.ts";

const RESOLVERS: readonly Resolver[] = ["openat2", "walk"];
const KINDS: Record<string, string> = { directory: "DIR", file: "REG", symlink: "LNK", fifo: "IFO" };

/** Opens a path and says where that led to, or the errno's name. */
function resolve(
  root: Root,
  resolver: Resolver,
  path: string,
  flags: number,
  isSymlinkRefused = false,
): string {
  try {
    const fd = openInRoot(resolver, root.fd, encodePath(path), flags, { mode: 0o600, isSymlinkRefused });
    try {
      const { type } = toFileStat(statx(fd, encodePath("")));
      const real = readlinkat(AT_FDCWD, encodePath(`/proc/self/fd/${fd}`));
      return `OK ${real.slice(root.path.length) || "/"} ${KINDS[type]}`;
    } finally {
      close(fd);
    }
  } catch (error) {
    if (error instanceof SyscallError) return error.errno;
    throw error;
  }
}

function isSysctlOn(name: string): boolean {
  return Deno.readTextFileSync(`/proc/sys/${name}`).trim() === "1";
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

testWith("openInRoot() resolves each case of libpathrs as stated, both ways", {
  isRoot: true,
  files: [CORPUS_DIR],
}, async () => {
  const directory = Deno.makeTempDirSync({ prefix: "torcx-resolve-" });
  try {
    using host = Root.open("/");
    await extractArchive(host, `${CORPUS_DIR}/libpathrs/basic-tree.tar`, { directory });
    using root = Root.open(directory);
    const faults: string[] = [];
    const counts = { compared: 0, skipped: 0 };
    for (const line of Deno.readTextFileSync(`${CORPUS_DIR}/libpathrs/resolve-cases.tsv`).split("\n")) {
      if (line === "" || line.startsWith("#")) continue;
      const [name = "", path = "", isNofollow, isNoSymlinks, expected = ""] = line.split("\t");
      if (expected === "EACCES" && !isSysctlOn("fs/protected_symlinks")) {
        counts.skipped++;
        continue;
      }
      counts.compared++;
      for (const resolver of RESOLVERS) {
        const flags = O_PATH | (isNofollow === "1" ? O_NOFOLLOW : 0);
        const actual = resolve(root, resolver, path, flags, isNoSymlinks === "1");
        if (actual !== expected) faults.push(`${name} (${resolver}): ${path}: ${actual}, not ${expected}`);
      }
    }
    print(
      `resolve cases: ${counts.compared} compared with both resolvers, ` +
        `${counts.skipped} need fs.protected_symlinks=1`,
    );
    assertEquals(faults, []);
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
});

/** A small tree with links of every kind, and a sentinel beside it. */
function withLinks(use: (root: Root, directory: string) => void): void {
  const directory = Deno.makeTempDirSync({ prefix: "torcx-resolve-" });
  try {
    const at = (path: string): string => `${directory}/root/${path}`;
    Deno.mkdirSync(at("a/b"), { recursive: true });
    Deno.writeTextFileSync(at("a/file"), "inside");
    Deno.writeTextFileSync(`${directory}/file`, "outside");
    Deno.symlinkSync("../../file", at("up"));
    Deno.symlinkSync("/file", at("absolute"));
    Deno.symlinkSync("/a", at("directory"));
    Deno.symlinkSync("a/new", at("dangling"));
    Deno.symlinkSync("a/", at("slash"));
    using root = Root.open(`${directory}/root`);
    use(root, directory);
    assertEquals(Deno.readTextFileSync(`${directory}/file`), "outside");
    assertEquals([...Deno.readDirSync(directory)].length, 2);
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

Deno.test("openInRoot() treats open flags alike with both resolvers", () => {
  const cases: [path: string, flags: number, expected: string][] = [
    ["", O_PATH, "OK / DIR"],
    ["a/file", O_RDONLY, "OK /a/file REG"],
    ["a/file/", O_RDONLY, "ENOTDIR"],
    ["a/file", O_RDONLY | O_DIRECTORY, "ENOTDIR"],
    ["a/file", O_PATH | O_DIRECTORY, "ENOTDIR"],
    ["a", O_WRONLY, "EISDIR"],
    ["up", O_RDONLY, "ENOENT"],
    ["absolute", O_RDONLY, "ENOENT"],
    ["directory/b", O_RDONLY | O_DIRECTORY, "OK /a/b DIR"],
    ["directory", O_RDONLY | O_NOFOLLOW, "ELOOP"],
    ["directory", O_RDONLY | O_DIRECTORY | O_NOFOLLOW, "ENOTDIR"],
    ["directory", O_PATH | O_DIRECTORY | O_NOFOLLOW, "ENOTDIR"],
    ["directory", O_PATH | O_NOFOLLOW, "OK /directory LNK"],
    ["slash/file", O_RDONLY, "OK /a/file REG"],
    ["../../a/../../a/file", O_RDONLY, "OK /a/file REG"],
    ["a/b/../../../..", O_RDONLY, "OK / DIR"],
    ["dangling", O_RDONLY, "ENOENT"],
    ["dangling", O_WRONLY | O_CREAT | O_EXCL, "EEXIST"],
    ["dangling", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, "EEXIST"],
    ["a/file", O_WRONLY | O_CREAT | O_EXCL, "EEXIST"],
    ["a/x", O_WRONLY | O_CREAT | O_EXCL, "OK /a/x REG"],
    ["directory/y", O_WRONLY | O_CREAT, "OK /a/y REG"],
    ["dangling", O_WRONLY | O_CREAT, "OK /a/new REG"],
    ["none/x", O_WRONLY | O_CREAT, "ENOENT"],
    ["a/".repeat(2048), O_PATH, "ENAMETOOLONG"],
    ["n".repeat(256), O_PATH, "ENAMETOOLONG"],
  ];
  for (const resolver of RESOLVERS) {
    withLinks((root) => {
      for (const [path, flags, expected] of cases) {
        const what = `${path.slice(0, 40)} 0o${flags.toString(8)} with ${resolver}`;
        assertEquals(resolve(root, resolver, path, flags), expected, what);
      }
    });
  }
});

Deno.test("openInRoot() with isSymlinkRefused refuses every symlink on the way", () => {
  for (const resolver of RESOLVERS) {
    withLinks((root) => {
      assertEquals(resolve(root, resolver, "directory/b", O_PATH, true), "ELOOP", resolver);
      assertEquals(resolve(root, resolver, "directory", O_PATH, true), "ELOOP", resolver);
      assertEquals(resolve(root, resolver, "a/b", O_PATH, true), "OK /a/b DIR", resolver);
    });
  }
});

Deno.test("openInRoot() walks up far below and comes back where it was", () => {
  const directory = Deno.makeTempDirSync({ prefix: "torcx-resolve-" });
  try {
    using root = Root.open(directory);
    // More levels than stay open, left and entered again.
    const deep = "d/".repeat(200);
    root.makeDirs(encodePath(deep), 0o755);
    for (const up of [1, 31, 32, 33, 64, 199]) {
      const path = deep + "../".repeat(up) + "d/".repeat(up);
      const expected = `OK /${deep.replace(/\/$/, "")} DIR`;
      for (const resolver of RESOLVERS) assertEquals(resolve(root, resolver, path, O_PATH), expected);
    }
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
});

Deno.test("openInRoot() fails with a SyscallError that names the path", () => {
  withLinks((root) => {
    for (const resolver of RESOLVERS) {
      const error = assertThrows(
        () => openInRoot(resolver, root.fd, encodePath("a/none\n"), O_PATH),
        SyscallError,
        '"none\\n"'.slice(1),
      );
      assertEquals(isErrno(error, "ENOENT"), true);
    }
  });
});

Deno.test("Root works 1024 levels deep with 128 descriptors, both ways", async () => {
  const script = `
    import { encodePath } from "${PROJECT_DIR}/lib/bytes.ts";
    import { Root } from "${PROJECT_DIR}/lib/sys/root.ts";
    const directory = Deno.makeTempDirSync();
    for (const resolver of ["openat2", "walk"]) {
      using root = Root.open(directory, { resolver });
      const path = encodePath("d/".repeat(1024) + "file");
      root.makeDirs(encodePath("d/".repeat(1024)), 0o755);
      root.writeNewFile(path, new Uint8Array(3), { mode: 0o600 });
      if (root.readFile(path).length !== 3) throw new Error("not read");
      root.removeTree(encodePath("d"));
      if (root.readDir(encodePath("/")).length !== 0) throw new Error("not removed");
    }
    Deno.removeSync(directory);
  `;
  const file = Deno.makeTempFileSync({ suffix: ".ts" });
  try {
    Deno.writeTextFileSync(file, script);
    const flags = STD_FLAGS.join(" ");
    const { code, stderr } = await new Deno.Command("sh", {
      args: ["-c", `ulimit -n 128 && exec "$0" run -A ${flags} "$1"`, Deno.execPath(), file],
      cwd: PROJECT_DIR,
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
  } finally {
    Deno.removeSync(file);
  }
});
