/** Tests reading directories, whatever the names and however many. */

import { assertEquals } from "@std/assert";
import { encodePath } from "../../../lib/bytes.ts";
import { close, openat } from "../../../lib/sys/calls.ts";
import { readDirEntries, streamDirEntries } from "../../../lib/sys/dirents.ts";
import { O_DIRECTORY, O_RDONLY } from "../../../lib/sys/flags.ts";
import { withTree } from "../../support/nodes.ts";

Deno.test("readDirEntries() lists all entries with their types, sorted by bytes, without . and ..", () =>
  withTree({ "d/é": "", "d/l": { link: "x" }, "d/sub/f": "", "d/.hidden": "" }, ({ root }) => {
    const fd = openat(root.fd, encodePath("d"), O_RDONLY | O_DIRECTORY);
    try {
      assertEquals(readDirEntries(fd).map(({ name, type }) => `${name} ${type}`), [
        ".hidden file",
        "l symlink",
        "sub directory",
        "\xc3\xa9 file",
      ]);
      assertEquals(readDirEntries(fd), [], "it is at its end");
    } finally {
      close(fd);
    }
  }));

Deno.test("readDirEntries() reads more than its buffer holds", () =>
  withTree({ "d/.keep": "" }, ({ root, path }) => {
    for (let at = 0; at < 500; at++) Deno.writeTextFileSync(`${path}/d/${"n".repeat(200)}${at}`, "");
    const fd = openat(root.fd, encodePath("d"), O_RDONLY | O_DIRECTORY);
    try {
      assertEquals(new Set(readDirEntries(fd).map(({ name }) => name)).size, 501);
    } finally {
      close(fd);
    }
  }));

Deno.test("streamDirEntries() gives each entry once though all are removed meanwhile", () =>
  withTree({ "d/.keep": "" }, ({ root, path }) => {
    for (let at = 0; at < 5000; at++) Deno.writeTextFileSync(`${path}/d/entry-${at}`, "");
    const fd = openat(root.fd, encodePath("d"), O_RDONLY | O_DIRECTORY);
    try {
      const names: string[] = [];
      for (const { name } of streamDirEntries(fd)) {
        names.push(name);
        Deno.removeSync(`${path}/d/${name}`);
      }
      assertEquals([names.length, new Set(names).size], [5001, 5001]);
    } finally {
      close(fd);
    }
  }));
