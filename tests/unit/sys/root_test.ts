/** Tests the `Root` handle: nothing outside is reached, files are whole or not there, trees go whole. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { type ByteString, encodePath, fromBytes } from "../../../lib/bytes.ts";
import { isErrno, SyscallError, TorcxError } from "../../../lib/errors.ts";
import { Root } from "../../../lib/sys/root.ts";
import { fingerprint } from "../../support/tree.ts";
import { testWith } from "../../support/needs.ts";

const text = (value: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(value);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Calls `use` with a root and its host path, for each resolver; what lies beside it must not change. */
function withRoot(use: (root: Root, path: string) => void): void {
  for (const resolver of ["openat2", "walk"] as const) {
    const directory = Deno.makeTempDirSync({ prefix: "torcx-root-" });
    try {
      const path = `${directory}/root`;
      Deno.mkdirSync(path);
      Deno.mkdirSync(`${directory}/beside`);
      Deno.writeTextFileSync(`${directory}/beside/file`, "outside");
      const before = fingerprint(`${directory}/beside`);
      Deno.symlinkSync("../beside", `${path}/out`);
      Deno.symlinkSync(`${directory}/beside`, `${path}/absolute`);
      using root = Root.open(path, { resolver });
      use(root, path);
      assertEquals(fingerprint(`${directory}/beside`), before, resolver);
    } finally {
      Deno.removeSync(directory, { recursive: true });
    }
  }
}

Deno.test("Root does nothing outside, whatever the operation", () => {
  withRoot((root) => {
    for (const link of ["out", "absolute", "../beside", "/../../beside"]) {
      const path = encodePath(`${link}/file`);
      const operations: (() => unknown)[] = [
        (): unknown => root.readFile(path),
        (): unknown => root.stat(path),
        (): unknown => root.readDir(encodePath(link)),
        (): unknown => root.writeNewFile(path, text("x"), { mode: 0o600 }),
        (): unknown => root.writeFileAtomic(path, text("x"), { mode: 0o600 }),
        (): unknown => root.makeDir(path, 0o755),
        (): unknown => root.symlink(encodePath("x"), path),
        (): unknown => root.unlink(path),
        (): unknown => root.removeDir(path),
        (): unknown => root.link(path, encodePath("stolen")),
        (): unknown => root.openSub(encodePath(link)),
      ];
      for (const operation of operations) {
        const error = assertThrows(operation, SyscallError);
        assert(isErrno(error, "ENOENT"), `${link}: ${error.message}`);
      }
      assertEquals(root.findStat(path), undefined);
      assertEquals(root.findLstat(path), undefined);
      root.removeTree(path);
    }
  });
});

Deno.test("Root.openFile() refuses what is no regular file, without waiting for it", () => {
  withRoot((root, path) => {
    new Deno.Command("mkfifo", { args: [`${path}/fifo`] }).outputSync();
    Deno.mkdirSync(`${path}/dir`);
    for (const [name, type] of [["fifo", "fifo"], ["dir", "directory"]] as const) {
      const error = assertThrows(() => root.openFile(encodePath(name)), TorcxError, `it is a ${type}`);
      assertEquals(error.code, "invalid");
    }
  });
});

Deno.test("Root.findFile(), findStat() and findLstat() are undefined of nothing, and throw of what cannot be had", () => {
  withRoot((root, path) => {
    Deno.writeTextFileSync(`${path}/file`, "here");
    Deno.symlinkSync("loop", `${path}/loop`);
    Deno.mkdirSync(`${path}/dir`);
    assertEquals(decode(root.findFile(encodePath("file"))!), "here");
    assertEquals(root.findStat(encodePath("file"))?.size, 4);
    assertEquals(root.findLstat(encodePath("loop"))?.type, "symlink");
    for (const name of ["none", "none/below", "file/below", "out/file", "absolute/file"]) {
      const path = encodePath(name);
      assertEquals([root.findFile(path), root.findStat(path), root.findLstat(path)], [
        undefined,
        undefined,
        undefined,
      ]);
    }
    const open = [...Deno.readDirSync("/proc/self/fd")].length;
    for (
      const find of [
        (): unknown => root.findFile(encodePath("loop")),
        (): unknown => root.findStat(encodePath("loop")),
      ]
    ) {
      assert(isErrno(assertThrows(find, SyscallError), "ELOOP"));
    }
    assertEquals(assertThrows(() => root.findFile(encodePath("dir")), TorcxError).code, "invalid");
    assertEquals(assertThrows(() => root.findFile(encodePath("file"), 3), TorcxError).code, "invalid");
    assertEquals([...Deno.readDirSync("/proc/self/fd")].length, open);
  });
});

Deno.test("Root.readFile() reads files of every size up to its limit", () => {
  withRoot((root, path) => {
    for (const size of [0, 1, 4095, 4096, 100_000]) {
      Deno.writeFileSync(`${path}/file`, new Uint8Array(size).fill(7));
      const data = root.readFile(encodePath("file"));
      assert(data.length === size && data.every((byte) => byte === 7), `${size}`);
    }
    assertEquals(root.readFile(encodePath("file"), 100_000).length, 100_000);
    const error = assertThrows(
      () => root.readFile(encodePath("file"), 99_999),
      TorcxError,
      "larger than 99999",
    );
    assertEquals(error.code, "invalid");
  });
});

Deno.test("Root.readFile() reads files whose size is not known before", () => {
  using host = Root.open("/");
  assert(decode(host.readFile(encodePath("/proc/self/status"))).includes("VmRSS"));
});

Deno.test("Root.writeFileAtomic() replaces a file whole, or leaves it and nothing else", () => {
  withRoot((root, path) => {
    const umask = Deno.umask(0o077);
    try {
      root.writeFileAtomic(encodePath("file"), text("one"), { mode: 0o644 });
      root.writeFileAtomic(encodePath("file"), text("two"), { mode: 0o444 });
    } finally {
      Deno.umask(umask);
    }
    assertEquals(Deno.readTextFileSync(`${path}/file`), "two");
    assertEquals(Deno.statSync(`${path}/file`).mode! & 0o7777, 0o444);
    Deno.mkdirSync(`${path}/dir`);
    const names = (): string[] => [...Deno.readDirSync(path)].map(({ name }) => name).sort();
    const before = names();
    assertThrows(
      () => root.writeFileAtomic(encodePath("dir"), text("x"), { mode: 0o644 }),
      SyscallError,
      "EISDIR",
    );
    assertEquals(names(), before);
  });
});

Deno.test("Root.writeNewFile() never writes into what is there", () => {
  withRoot((root, path) => {
    Deno.writeTextFileSync(`${path}/file`, "kept");
    Deno.symlinkSync("new", `${path}/link`);
    for (const name of ["file", "link"]) {
      assertThrows(
        () => root.writeNewFile(encodePath(name), text("x"), { mode: 0o600 }),
        SyscallError,
        "EEXIST",
      );
    }
    assertEquals(Deno.readTextFileSync(`${path}/file`), "kept");
  });
});

Deno.test("Root.makeDirs() makes what is missing, says so, and goes through symlinks inside", () => {
  withRoot((root, path) => {
    Deno.mkdirSync(`${path}/run`);
    Deno.symlinkSync("/run", `${path}/link`);
    assertEquals(root.makeDirs(encodePath("/link/a/b"), 0o750) as string[], ["/link/a", "/link/a/b"]);
    assertEquals(Deno.statSync(`${path}/run/a/b`).mode! & 0o7777, 0o750);
    assertEquals(root.makeDirs(encodePath("/link/a/b"), 0o750), []);
    Deno.writeTextFileSync(`${path}/file`, "");
    assertThrows(() => root.makeDirs(encodePath("/file/x"), 0o755), SyscallError);
  });
});

Deno.test("Root.readDir() lists names bytewise sorted, whatever their bytes", () => {
  withRoot((root) => {
    const names = ["\xff", "\xc3\xbc", "a\nb", "A", "z", " ", "-"];
    root.makeDir(encodePath("dir"), 0o755);
    for (const name of names) root.writeNewFile(`dir/${name}` as ByteString, text(""), { mode: 0o600 });
    const found = root.readDir(encodePath("dir"));
    assertEquals(found.map(({ name }) => name as string), names.toSorted());
    assert(found.every(({ type }) => type === "file"));
    for (let index = 0; index < 2000; index++) {
      root.writeNewFile(encodePath(`dir/${"n".repeat(100)}${index}`), text(""), { mode: 0o600 });
    }
    assertEquals(root.readDir(encodePath("dir")).length, names.length + 2000);
  });
});

Deno.test("Root.removeTree() removes wide and deep trees, links themselves, and nothing behind them", () => {
  withRoot((root, path) => {
    for (let index = 0; index < 300; index++) {
      root.makeDirs(encodePath(`tree/d${index}/sub`), 0o755);
      root.writeNewFile(encodePath(`tree/d${index}/sub/file`), text("x"), { mode: 0o400 });
    }
    root.makeDirs(encodePath(`tree/${"d/".repeat(500)}`), 0o755);
    Deno.symlinkSync("../../beside", `${path}/tree/out`);
    Deno.symlinkSync("/", `${path}/tree/d0/root`);
    root.removeTree(encodePath("tree"));
    assertEquals(root.findLstat(encodePath("tree")), undefined);
    root.removeTree(encodePath("out"));
    assertEquals(root.findLstat(encodePath("out")), undefined);
    root.removeTree(encodePath("missing"));
  });
});

Deno.test("Root gives times, owners and sizes as the kernel has them", () => {
  withRoot((root, path) => {
    Deno.writeTextFileSync(`${path}/file`, "12345");
    Deno.chmodSync(`${path}/file`, 0o4751);
    new Deno.Command("touch", { args: ["-d", "1969-12-31T23:59:58.25Z", `${path}/file`] }).outputSync();
    const { type, mode, size, nlink, mtimeSec, mtimeNsec } = root.stat(encodePath("file"));
    assertEquals({ type, mode, size, nlink, mtimeSec, mtimeNsec }, {
      type: "file",
      mode: 0o4751,
      size: 5,
      nlink: 1,
      mtimeSec: -2,
      mtimeNsec: 250_000_000,
    });
    assertEquals(root.lstat(encodePath("out")).type, "symlink");
    assertEquals(root.readLink(encodePath("out")) as string, "../beside");
  });
});

Deno.test("Root closes every descriptor that it opened", () => {
  const count = (): number => [...Deno.readDirSync("/proc/self/fd")].length;
  const before = count();
  withRoot((root) => {
    root.makeDirs(encodePath("a/b/c"), 0o755);
    root.writeFileAtomic(encodePath("a/b/c/file"), text("x"), { mode: 0o600 });
    for (const path of ["a/b/c/file", "a/b/c/none", "a/b/c/file/x", "out/x", "none/x"]) {
      root.findStat(encodePath(path));
      try {
        root.readFile(encodePath(path));
        root.makeDir(encodePath(path), 0o755);
      } catch (error) {
        if (!(error instanceof SyscallError)) throw error;
      }
    }
    root.removeTree(encodePath("a"));
  });
  assertEquals(count(), before);
});

Deno.test("Root takes names that are no UTF-8 from the kernel and gives them back", () => {
  withRoot((root) => {
    const name = fromBytes(Uint8Array.of(0x66, 0xff, 0xfe, 0x0a));
    root.writeNewFile(name, text("x"), { mode: 0o600 });
    assertEquals(decode(root.readFile(name)), "x");
    const error = assertThrows(() => root.makeDir(name, 0o755), SyscallError);
    assert(error.message.includes("f\\xff\\xfe") || error.message.includes("f\\\\xff\\\\xfe"), error.message);
  });
});

testWith("Root.openFile() refuses a device", { isRoot: true }, () => {
  using host = Root.open("/");
  assertThrows(() => host.openFile(encodePath("/dev/null")), TorcxError, "it is a char");
});
