/** Tests the limits of 03-archives.md that no archive of a few blocks reaches: entries, and room in the tmpfs. */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { EntrySink } from "../../lib/archive/entry.ts";
import { TarReader } from "../../lib/archive/tar_reader.ts";
import { encodePath } from "../../lib/bytes.ts";
import { ArchiveError, listMessages, TorcxError } from "../../lib/errors.ts";
import { mountTmpfs, type TmpfsLimits, unmount } from "../../lib/sys/mounts.ts";
import { enterPrivateMountNamespace } from "../../lib/sys/namespace.ts";
import { Root } from "../../lib/sys/root.ts";
import { Arena } from "../support/arena.ts";
import { testWith } from "../support/needs.ts";
import { concat, END, file } from "../support/tar_builder.ts";

const ENTRIES = 4_000_000;

Deno.test("four million entries are read, and one more is refused", () => {
  let ended = 0;
  const sink: EntrySink = {
    onEntry: () => {},
    onData: () => {},
    onEntryEnd: () => void ended++,
    onWarning: () => {},
    onDebug: () => {},
  };
  const one = file("f");
  const many = concat(...Array<Uint8Array>(1000).fill(one));
  const reader = new TarReader(sink);
  for (let count = 0; count < ENTRIES; count += 1000) reader.push(many);
  assertEquals(ended, ENTRIES);
  assertThrows(() => reader.push(one), ArchiveError, "more than 4000000 entries");
});

/** Archives that fit on a tmpfs, and archives that do not. */
const ROOM: Record<string, { limits: TmpfsLimits; fits: Uint8Array[]; full: Uint8Array[] }> = {
  bytes: {
    limits: { size: "64k" },
    fits: [file("a", "a"), file("last", "x".repeat(30_000))],
    full: [file("a", "a"), file("last", "x".repeat(100_000))],
  },
  inodes: {
    limits: { size: "1m", inodes: "5" },
    fits: [file("d/1"), file("last")],
    full: [file("d/1"), file("d/2"), file("d/3"), file("last")],
  },
};

for (const [what, { limits, fits, full }] of Object.entries(ROOM)) {
  for (const resolver of ["openat2", "walk"] as const) {
    testWith(`a tmpfs limits the ${what} of what is unpacked (${resolver})`, { isRoot: true }, async () => {
      enterPrivateMountNamespace();
      for (const blocks of [fits, full]) {
        using arena = new Arena();
        using outside = Root.open(arena.directory);
        mountTmpfs(outside, encodePath("root"), limits);
        try {
          const extract = () => arena.extract(concat(...blocks, END), { name: "archive.tar", resolver });
          if (blocks === fits) await extract();
          else {
            const error = await assertRejects(extract, TorcxError);
            assertEquals(error.code, "no_space");
            assert(listMessages(error).join(": ").includes('entry "last"'), listMessages(error).join(": "));
            assertEquals([...Deno.readDirSync(arena.root)], []);
          }
        } finally {
          unmount(outside, encodePath("root"));
        }
        assert(arena.isSentinelSame);
      }
    });
  }
}
