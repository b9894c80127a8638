/** Tests a walk down and up with few descriptors. */

import { assertEquals, assertThrows } from "@std/assert";
import { encodePath } from "../../../lib/bytes.ts";
import { SyscallError } from "../../../lib/errors.ts";
import { openat, statx } from "../../../lib/sys/calls.ts";
import { DirectoryStack } from "../../../lib/sys/directory_stack.ts";
import { O_DIRECTORY, O_NOFOLLOW, O_PATH } from "../../../lib/sys/flags.ts";
import { withTree } from "../../support/nodes.ts";

const DEPTH = 200;

/** Goes down as deep as there are names. */
function descend(stack: DirectoryStack, names: readonly string[]): void {
  for (const name of names) {
    stack.push(encodePath(name), openat(stack.top, encodePath(name), O_PATH | O_DIRECTORY | O_NOFOLLOW));
  }
}

Deno.test("DirectoryStack comes back to each level, and keeps few descriptors open", () =>
  withTree({ [Array(DEPTH).fill("d").join("/")]: { dir: true } }, ({ root }) => {
    const count = (): number => [...Deno.readDirSync("/proc/self/fd")].length;
    const inode = (fd: number): bigint => statx(fd, encodePath("")).ino;
    const before = count();
    {
      using stack = new DirectoryStack(root.fd);
      const inodes = [inode(stack.top)];
      for (let level = 0; level < DEPTH; level++) {
        descend(stack, ["d"]);
        inodes.push(inode(stack.top));
      }
      assertEquals(count() - before < DEPTH, true, `${count() - before} descriptors`);
      for (let level = DEPTH; level >= 0; level--) {
        assertEquals(inode(stack.top), inodes[level], `level ${level}`);
        assertEquals(stack.pop() as string | undefined, level === 0 ? undefined : "d");
      }
    }
    assertEquals(count(), before);
  }));

Deno.test("DirectoryStack goes down again over no symlink that has come meanwhile", () =>
  withTree({ [Array(DEPTH).fill("d").join("/")]: { dir: true } }, ({ root, path }) => {
    using stack = new DirectoryStack(root.fd);
    descend(stack, Array(DEPTH).fill("d"));
    Deno.renameSync(`${path}/d/d`, `${path}/moved`);
    Deno.symlinkSync("../moved", `${path}/d/d`);
    assertThrows(() => {
      for (let level = DEPTH; level > 1; level--) {
        stack.pop();
        stack.top;
      }
    }, SyscallError);
  }));
