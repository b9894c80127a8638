/** Tests how a report tells one file from another. */

import { assertEquals } from "@std/assert";
import { formatDevice, formatMtime, isSameFile } from "../../../lib/state/identity.ts";

const STAT = { dev: (8n << 32n) | 17n, ino: 9_007_199_254_740_993n };

Deno.test("formatDevice() and formatMtime() write numbers that no double holds", () => {
  assertEquals(formatDevice(STAT), "8:17");
  assertEquals(formatMtime({ mtimeSec: -2n, mtimeNsec: 5 } as never), "-2.000000005");
});

Deno.test("isSameFile() compares device and inode, and knows nothing where the report says nothing", () => {
  assertEquals(isSameFile(STAT, "8:17", "9007199254740993"), true);
  assertEquals(isSameFile(STAT, "8:17", "9007199254740992"), false);
  assertEquals(isSameFile(STAT, "8:18", "9007199254740993"), false);
  assertEquals(isSameFile(STAT, null, "1"), undefined);
  assertEquals(isSameFile(STAT, "8:17", null), undefined);
});
