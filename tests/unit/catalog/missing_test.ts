/** Tests why an image is in no store, for people. */

import { assertEquals } from "@std/assert";
import { explainMissing } from "../../../lib/catalog/missing.ts";
import { indexStores } from "../../../lib/catalog/stores.ts";
import { type Node, withTree } from "../../support/nodes.ts";

/** Explains why an image is missing in a system. */
async function explain(
  nodes: Record<string, Node>,
  image: { name: string; reference: string },
): Promise<{ state: string; hint: string | undefined }> {
  let explanation: { state: string; hint: string | undefined } | undefined;
  await withTree(nodes, ({ readSystem }) => {
    explanation = explainMissing(indexStores(readSystem()), [image]);
  });
  return explanation!;
}

const STORE = "var/lib/torcx/store";

Deno.test("explainMissing() names the stores that were looked into", async () => {
  assertEquals(await explain({}, { name: "a", reference: "1" }), {
    state: "no store exists",
    hint: undefined,
  });
  assertEquals(
    await explain({ [`${STORE}/.keep`]: "", "usr/share/torcx/store/.keep": "" }, {
      name: "a",
      reference: "1",
    }),
    { state: `not found in 2 stores: "/usr/share/torcx/store", "/${STORE}"`, hint: undefined },
  );
});

Deno.test("explainMissing() names files that look like the archive, and how to name them", async () => {
  for (const file of ["a_1.torcx.tgz", "A:1.tgz", "a%3A1.torcx.tgz", "a:1.torcx.tgz.part", "a-1.tar.gz"]) {
    const { state, hint } = await explain({ [`${STORE}/${file}`]: "" }, { name: "a", reference: "1" });
    assertEquals(state.endsWith(`"/${STORE}/${file}" is not named as an archive of "a:1"`), true, state);
    assertEquals(hint, 'Rename it: the archive of an image is named "a:1.torcx.tgz" or "a:1.torcx.squashfs"');
  }
  for (const file of ["a:2.torcx.tgz", "b:1.torcx.tgz", "a:1.txt"]) {
    const { hint } = await explain({ [`${STORE}/${file}`]: "" }, { name: "a", reference: "1" });
    assertEquals(hint, undefined, file);
  }
});

Deno.test("explainMissing() names stores that are configured and absent", async () => {
  const config = JSON.stringify({ kind: "torcx-config-v0", value: { store_paths: ["/mnt/store"] } });
  const { state } = await explain({ "etc/torcx/config.json": config, [`${STORE}/.keep`]: "" }, {
    name: "a",
    reference: "1",
  });
  assertEquals(state.endsWith('; absent: "/mnt/store" (config.json): is it mounted?'), true, state);
});
