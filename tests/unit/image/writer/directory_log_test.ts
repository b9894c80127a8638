/** Tests the records of directories: what goes in comes out, from memory and from a file without a name. */

import { assert, assertEquals } from "@std/assert";
import { type ByteString, encodePath } from "../../../../lib/bytes.ts";
import { DirectoryLog, type DirectoryRecord } from "../../../../lib/image/writer/directory_log.ts";
import { Root } from "../../../../lib/sys/root.ts";

function makeRecord(index: number): DirectoryRecord {
  return {
    path: encodePath(`d/${"x".repeat(index % 250)}é${index}`),
    isModeSet: index % 2 === 0,
    uid: index % 3 === 0 ? 4294967294 : index,
    gid: index,
    mode: [0o7777, 0, 0o755][index % 3]!,
    mtimeSec: [-1, 2 ** 53 - 1, 1_500_000_000, 1 - 2 ** 53][index % 4]!,
    mtimeNsec: index % 5 === 0 ? 999_999_999 : index,
  };
}

function withLog(memoryBytes: number | undefined, use: (log: DirectoryLog, dir: string) => void): void {
  const dir = Deno.makeTempDirSync({ prefix: "torcx-log-" });
  try {
    using root = Root.open(dir);
    using log = new DirectoryLog(root.fd, memoryBytes);
    use(log, dir);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}

for (const [where, memoryBytes, count] of [["memory", undefined, 3000], ["a file", 16_384, 3000]] as const) {
  Deno.test(`DirectoryLog gives records back in order from ${where}, and leaves no file`, () => {
    withLog(memoryBytes, (log, dir) => {
      const records = Array.from({ length: count }, (_, index) => makeRecord(index));
      for (const record of records) log.add(record.path, record, record.isModeSet);
      assertEquals([...Deno.readDirSync(dir)], []);
      assertEquals([...log.read()], records);
    });
  });
}

Deno.test("DirectoryLog takes a path that is longer than any of the kernel", () => {
  withLog(16_384, (log) => {
    const path = "x/".repeat(4000) as ByteString;
    const record = { ...makeRecord(1), path };
    for (let count = 0; count < 5; count++) log.add(path, record, record.isModeSet);
    assertEquals([...log.read()], Array.from({ length: 5 }, () => record));
  });
});

Deno.test("DirectoryLog has nothing if nothing was added", () => {
  withLog(undefined, (log) => assertEquals([...log.read()], []));
});

Deno.test("DirectoryLog keeps the file open until it is disposed", () => {
  const countOpen = (): number => [...Deno.readDirSync("/proc/self/fd")].length;
  withLog(16_384, (log) => {
    const before = countOpen();
    for (let index = 0; index < 3000; index++) log.add(makeRecord(index).path, makeRecord(index), true);
    assertEquals(countOpen(), before + 1);
    log[Symbol.dispose]();
    assertEquals(countOpen(), before);
    assert([...log.read()].length === 0);
  });
});
