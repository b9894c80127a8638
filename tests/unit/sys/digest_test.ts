/** Tests the digest of a copied file. */

import { assertEquals, assertThrows } from "@std/assert";
import { encodePath } from "../../../lib/bytes.ts";
import { TorcxError } from "../../../lib/errors.ts";
import { computeDigest } from "../../../lib/sys/digest.ts";
import { withTree } from "../../support/nodes.ts";

Deno.test("computeDigest() reads files of any size, and nothing that is none", () =>
  withTree({ empty: "", text: "text", large: "x".repeat(600_000), d: { dir: true } }, async ({ root }) => {
    for (const [name, text] of Object.entries({ empty: "", text: "text", large: "x".repeat(600_000) })) {
      const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
      assertEquals(computeDigest(root, encodePath(`/${name}`)), `sha256-${bytes.toHex()}`);
      const wide = new Uint8Array(await crypto.subtle.digest("SHA-512", new TextEncoder().encode(text)));
      // Twice: it does not go on where it was.
      for (let time = 0; time < 2; time++) {
        const digest = computeDigest(root, encodePath(`/${name}`), { algorithm: "sha512" });
        assertEquals(digest, `sha512-${wide.toHex()}`);
      }
    }
    assertThrows(() => computeDigest(root, encodePath("/d")), TorcxError);
    assertThrows(() => computeDigest(root, encodePath("/none")), TorcxError);
  }));
