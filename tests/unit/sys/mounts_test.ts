/** Tests mounts and loop devices, in a mount namespace that goes with the test. */

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { encodePath } from "../../../lib/bytes.ts";
import { isErrno, SyscallError, TorcxError } from "../../../lib/errors.ts";
import { mountTmpfs, readSpace, remountReadOnly, unmount } from "../../../lib/sys/mounts.ts";
import { mountSquashfs, trySquashfs } from "../../../lib/sys/squashfs_mounts.ts";
import { enterPrivateMountNamespace } from "../../../lib/sys/namespace.ts";
import { Root } from "../../../lib/sys/root.ts";
import { CORPUS_DIR } from "../../support/corpus.ts";
import { testWith } from "../../support/needs.ts";
import { readMounts } from "../../support/mounts.ts";

const TARGET = encodePath("target");

/** Calls `use` with a root that has an empty directory `target`, in a namespace of its own. */
function withMountPoint(use: (root: Root, target: string) => void): void {
  const directory = Deno.makeTempDirSync({ prefix: "torcx-mounts-" });
  try {
    enterPrivateMountNamespace();
    Deno.mkdirSync(`${directory}/target`);
    using root = Root.open(directory);
    use(root, `${directory}/target`);
    unmount(root, TARGET);
    assertEquals(readMounts().filter(({ target }) => target.startsWith(directory)), []);
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

function find(path: string): { type: string; isReadOnly: boolean } | undefined {
  return readMounts().filter(({ target }) => target === path).map(({ type, isReadOnly }) => ({
    type,
    isReadOnly,
  }))[0];
}

testWith("mountTmpfs() mounts a tmpfs of a size, 0755 and nodev, and remountReadOnly() seals it", {
  isRoot: true,
}, () => {
  withMountPoint((root, target) => {
    mountTmpfs(root, TARGET, { size: "8m" });
    assertEquals(find(target), { type: "tmpfs", isReadOnly: false });
    assertEquals(root.stat(TARGET).mode, 0o755);
    assertEquals(readSpace(root, TARGET).totalBytes, 8 * 1024 * 1024);
    root.writeNewFile(encodePath("target/file"), new Uint8Array(1), { mode: 0o600 });
    new Deno.Command("mknod", { args: [`${target}/null`, "c", "1", "3"] }).outputSync();
    assertThrows(() => Deno.readFileSync(`${target}/null`), Error, "");
    remountReadOnly(root, TARGET);
    assertEquals(find(target), { type: "tmpfs", isReadOnly: true });
    const error = assertThrows(
      () => root.writeNewFile(encodePath("target/other"), new Uint8Array(1), { mode: 0o600 }),
      SyscallError,
    );
    assert(isErrno(error, "EROFS"));
    // What is not repeated is dropped: devices must stay dead.
    assertThrows(() => Deno.readFileSync(`${target}/null`), Error, "");
  });
});

testWith("mountTmpfs() fails where the size is none, and mounts nothing", { isRoot: true }, () => {
  withMountPoint((root, target) => {
    assertThrows(() => mountTmpfs(root, TARGET, { size: "many" }), SyscallError, "EINVAL");
    assertEquals(find(target), undefined);
    Deno.symlinkSync("target", target.replace(/target$/, "link"));
    // A symlink in the place of the target must not move the mount.
    assertThrows(() => mountTmpfs(root, encodePath("link"), { size: "8m" }), SyscallError, "ENOTDIR");
  });
});

testWith("unmount() takes what is mounted away though it is in use, and nothing is no error", {
  isRoot: true,
}, () => {
  withMountPoint((root, target) => {
    unmount(root, TARGET);
    mountTmpfs(root, TARGET);
    root.writeNewFile(encodePath("target/file"), new Uint8Array(1), { mode: 0o600 });
    using file = root.openFile(encodePath("target/file"));
    unmount(root, TARGET);
    assertEquals(find(target), undefined);
    assertEquals(file.read(new Uint8Array(4)), 1);
  });
});

/** Returns the files that loop devices are bound to. */
function listLoops(): string[] {
  return [...Deno.readDirSync("/sys/block")].filter(({ name }) => name.startsWith("loop")).flatMap(
    ({ name }) => {
      try {
        return [Deno.readTextFileSync(`/sys/block/${name}/loop/backing_file`).trim()];
      } catch {
        return [];
      }
    },
  );
}

/** Waits for a count of devices: udev, where it runs, looks at a device for a moment after each change. */
function awaitCount(count: () => number, expected: number): void {
  const end = Date.now() + 10_000;
  const cell = new Int32Array(new SharedArrayBuffer(4));
  while (count() !== expected && Date.now() < end) Atomics.wait(cell, 0, 0, 20);
  assertEquals(count(), expected);
}

testWith("mountSquashfs() mounts a file read-only over a loop device that goes with the mount", {
  isRoot: true,
  loopDevices: true,
  files: [CORPUS_DIR],
}, () => {
  withMountPoint((root, target) => {
    const image = target.replace(/target$/, "image.squashfs");
    Deno.copyFileSync(`${CORPUS_DIR}/torcx/addon_02.torcx.squashfs`, image);
    const awaitLoops = (expected: number): void =>
      awaitCount(() => listLoops().filter((file) => file === image).length, expected);
    for (let round = 0; round < 3; round++) {
      {
        using file = root.openFile(encodePath("image.squashfs"));
        assertEquals(trySquashfs(file)?.type, "directory");
        mountSquashfs(root, { file, target: TARGET });
      }
      assertEquals(find(target), { type: "squashfs", isReadOnly: true });
      awaitLoops(1);
      assert(root.readFile(encodePath("target/.torcx/manifest.json")).length > 0);
      unmount(root, TARGET);
      awaitLoops(0);
    }
    Deno.writeFileSync(image, new Uint8Array(8192));
    using broken = root.openFile(encodePath("image.squashfs"));
    for (
      const use of [() => mountSquashfs(root, { file: broken, target: TARGET }), () => trySquashfs(broken)]
    ) {
      const error = assertThrows(use, TorcxError);
      assert(error.cause instanceof SyscallError, error.message);
      // In its log, or through the context of the file system.
      assertMatch(error.message, /^Cannot mount squashfs: the kernel (says ".*superblock.*"$|refuses it)/i);
    }
    assertEquals(find(target), undefined);
    awaitLoops(0);
  });
});

Deno.test("readMounts() reads what the kernel lists, names unescaped", () => {
  const mounts = readMounts();
  assertEquals(mounts.find(({ target }) => target === "/proc")?.type, "proc");
  assert(mounts.every(({ target }) => target.startsWith("/")));
});
