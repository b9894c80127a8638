/** Tests the digest of a file. */

import { assertEquals, assertThrows } from "@std/assert";
import { digestFile } from "../../../lib/catalog/file_digest.ts";
import { encodePath } from "../../../lib/bytes.ts";
import { withTree } from "../../support/nodes.ts";

Deno.test("digestFile() hashes a file from its beginning to its end, and tells how far it is", () =>
  withTree({ f: "x".repeat(300_000), empty: "" }, async ({ root }) => {
    using file = root.openFile(encodePath("/f"));
    const bytes = new TextEncoder().encode("x".repeat(300_000));
    const wanted = new Uint8Array(await crypto.subtle.digest("SHA-512", bytes)).toHex();
    const told: number[] = [];
    const digest = digestFile(file, "sha512", { onProgress: (done) => void told.push(done) });
    assertEquals(JSON.stringify(digest).includes(wanted), true, JSON.stringify(digest));
    assertEquals(told.at(-1), 300_000);
    // Again: it does not go on where it was.
    assertEquals(digestFile(file, "sha512"), digest);
    using empty = root.openFile(encodePath("/empty"));
    assertEquals(JSON.stringify(digestFile(empty, "sha256")).includes("e3b0c44298fc1c14"), true);
    assertThrows(() =>
      digestFile(file, "sha256", {
        onProgress: () => {
          throw new RangeError("stop");
        },
      }), RangeError);
  }));
