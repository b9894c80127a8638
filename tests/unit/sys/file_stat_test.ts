/** Tests what is known of a file: its type and its mode apart. */

import { assertEquals } from "@std/assert";
import { readDescriptorStat, toFileStat } from "../../../lib/sys/file_stat.ts";
import { withTree } from "../../support/nodes.ts";

Deno.test("toFileStat() splits the type off the mode", () => {
  const types = {
    0o104755: "file 4755",
    0o041777: "directory 1777",
    0o120777: "symlink 777",
    0o010640: "fifo 640",
    0o020666: "char 666",
    0o060660: "block 660",
    0o140700: "socket 700",
  };
  for (const [mode, wanted] of Object.entries(types)) {
    const stat = toFileStat({ mode: Number(mode) } as never);
    assertEquals(`${stat.type} ${stat.mode.toString(8)}`, wanted);
  }
});

Deno.test("readDescriptorStat() tells of an open descriptor", () =>
  withTree({}, ({ root, path }) => {
    const stat = readDescriptorStat(root.fd);
    assertEquals([stat.type, Number(stat.ino)], ["directory", Deno.statSync(path).ino!]);
  }));
