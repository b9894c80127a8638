import { assert, assertEquals, assertRejects } from "@std/assert";
import { TorcxError } from "../../../lib/errors.ts";
import { LocalFiles } from "../../../lib/remote/local_files.ts";
import { NetworkError } from "../../../lib/remote/network_error.ts";
import type { Answer, Source } from "../../../lib/remote/transport.ts";
import { withTree } from "../../support/nodes.ts";

const NOBODY: Source = { get: () => Promise.reject(new Error("asked the network")) };

async function readAll({ body }: Answer): Promise<string> {
  const texts: string[] = [];
  for await (const data of body) texts.push(new TextDecoder().decode(data));
  return texts.join("");
}

Deno.test("LocalFiles answers for files as a server does", () =>
  withTree(
    { "srv/a b": "what was asked for", "srv/dir": { dir: true }, "srv/out": { link: "/srv/a b" } },
    async (tree) => {
      const files = new LocalFiles(tree.root, NOBODY);
      const get = (path: string, offset = 0): Promise<Answer> =>
        files.get(new URL(`file://${path}`), { offset });
      for (const path of ["/srv/a%20b", "/srv/out", "/srv/dir/../a%20b"]) {
        assertEquals(await readAll(await get(path)), "what was asked for");
      }
      const rest = await get("/srv/a%20b", 9);
      assertEquals([rest.offset, rest.length, await readAll(rest)], [9, 9, "asked for"]);
      const shorter = await get("/srv/a%20b", 99);
      assertEquals([shorter.offset, shorter.length], [0, 18]);
      shorter.cancel();
      const missing = await assertRejects(() => get("/srv/none"), NetworkError);
      assertEquals([missing.status, missing.isTransient], [404, false]);
      const directory = await assertRejects(() => get("/srv/dir"), TorcxError);
      assert(/cannot be read/.test(directory.message), directory.message);
      const other = await assertRejects(() => files.get(new URL("https://x/")), Error);
      assertEquals(other.message, "asked the network");
    },
  ));
