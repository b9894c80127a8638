/** Holds that a store gets whole and verified archives or nothing, whatever the server does. */

import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { encodePath } from "../../../lib/bytes.ts";
import { TorcxError } from "../../../lib/errors.ts";
import { type Digest, toDigest } from "../../../lib/manifest/digest.ts";
import {
  type Download,
  downloadArchive,
  type DownloadOptions,
  type DownloadOrder,
  isStagedName,
  makeStagedName,
} from "../../../lib/remote/download.ts";
import { Transport } from "../../../lib/remote/transport.ts";
import { Root } from "../../../lib/sys/root.ts";
import { type Behaviour, cut, inTurn, RudeServer, serve, stall, status } from "../../support/rude_server.ts";

const DATA = new Uint8Array(1_000_000).map((_byte, index) => index % 251);
DATA.set([0x1f, 0x8b]);
const OTHER = DATA.toReversed();
const NAME = "a:1.torcx.tgz";

function digestOf(data: Uint8Array, algorithm: "sha256" | "sha384" | "sha512" = "sha512"): Digest {
  return toDigest(algorithm, createHash(algorithm).update(data).digest("hex"));
}

function want(...digests: Digest[]): Pick<DownloadOrder, "wanted" | "name"> {
  return { wanted: digests.map((digest) => ({ digest, by: "the remote's index" })), name: encodePath(NAME) };
}

/** A store and a server. */
interface Scene {
  dir: string;
  server: RudeServer;
  fetch: (options?: DownloadOptions, ...digests: Digest[]) => Promise<Download>;
  /** What is in the store. */
  list: () => string[];
}

async function withScene(behaviour: Behaviour, use: (scene: Scene) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "torcx-download-" });
  try {
    await using server = new RudeServer({ "/a": behaviour });
    using transport = new Transport({ stallTimeout: 300 });
    using root = Root.open("/");
    const fetch = (options: DownloadOptions = {}, ...digests: Digest[]): Promise<Download> =>
      downloadArchive(root, {
        source: transport,
        order: {
          url: new URL(`${server.url}a`),
          ...want(...digests.length === 0 ? [digestOf(DATA)] : digests),
          directory: encodePath(dir),
        },
        options: { firstWait: 1, ...options },
      });
    const list = (): string[] => [...Deno.readDirSync(dir)].map(({ name }) => name).sort();
    await use({ dir, server, fetch, list });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Compares what lies under the final name, and that nothing else is there. */
function assertGood({ dir, list }: Scene): void {
  assertEquals(list(), [NAME]);
  assert(
    createHash("sha256").update(Deno.readFileSync(`${dir}/${NAME}`)).digest("hex") ===
      digestOf(DATA, "sha256").hex,
  );
  assertEquals(Deno.statSync(`${dir}/${NAME}`).mode! & 0o7777, 0o644);
}

const GOOD: Record<string, Behaviour> = {
  "a good server": serve(DATA),
  "500, then a good answer": inTurn(status(500), status(503), serve(DATA)),
  "429, then a good answer": inTurn(status(429, { "retry-after": 0 }), serve(DATA)),
  "a cut body, then the rest": inTurn(cut(DATA, 300_000), serve(DATA)),
  "a body that is cut again and again": inTurn(cut(DATA, 1000), status(500), serve(DATA)),
  "a cut body, and no ranges": inTurn(cut(DATA, 300_000), async (_request, connection) => {
    await connection.sendHead(200, { "content-length": DATA.length });
    await connection.send(DATA);
  }),
  "wrong bytes once": inTurn(serve(OTHER), serve(DATA)),
  "no length": async (_request, connection) => {
    await connection.sendHead(200);
    await connection.send(DATA);
  },
  "a stall, then a good answer": inTurn(stall, serve(DATA)),
};

for (const [name, behaviour] of Object.entries(GOOD)) {
  Deno.test(`downloadArchive() gets the archive from ${name}`, () =>
    withScene(behaviour, async (scene) => {
      assertEquals((await scene.fetch()).bytes, DATA.length);
      assertGood(scene);
    }));
}

for (const algorithm of ["sha256", "sha384", "sha512"] as const) {
  Deno.test(`downloadArchive() verifies ${algorithm}`, () =>
    withScene(serve(DATA), async (scene) => {
      await scene.fetch({}, digestOf(DATA, algorithm));
      assertGood(scene);
    }));
}

interface Bad {
  behaviour: Behaviour;
  says: RegExp;
  hint?: RegExp;
  options?: DownloadOptions;
  /** How many requests there were. */
  requests?: number;
}

const endless: Behaviour = async (_request, connection) => {
  await connection.sendHead(200);
  for (;;) await connection.send(DATA);
};

const BAD: Record<string, Bad> = {
  "404": { behaviour: status(404), says: /answered 404/, requests: 1 },
  "403": { behaviour: status(403), says: /answered 403/, requests: 1 },
  "500 to the end": { behaviour: status(500), says: /answered 500/, requests: 3, options: { tries: 3 } },
  "429 for an hour": { behaviour: status(429, { "retry-after": 3600 }), says: /answered 429/, requests: 1 },
  "wrong bytes": { behaviour: serve(OTHER), says: /it has the digest "sha512-/, requests: 2 },
  "too few bytes": { behaviour: serve(DATA.subarray(0, 10)), says: /it has the digest/, requests: 2 },
  "too many bytes by its own word": {
    behaviour: serve(DATA),
    says: /more than 1000 bytes/,
    hint: /--max-size/,
    options: { maxSize: 1000 },
    requests: 1,
  },
  "an endless body": {
    behaviour: endless,
    says: /more than 5000000 bytes/,
    options: { maxSize: 5_000_000 },
    requests: 1,
  },
  "an answer that was unpacked on the way": {
    behaviour: async (_request, connection) => {
      const packed = gzipSync(OTHER);
      await connection.sendHead(200, { "content-encoding": "gzip", "content-length": packed.length });
      await connection.send(packed);
    },
    says: /it has the digest/,
    // Newer versions of Deno leave packed what they did not ask to be packed.
    hint: /Content-Encoding|was replaced/,
    requests: 2,
  },
};

for (const [name, { behaviour, says, hint, options, requests }] of Object.entries(BAD)) {
  Deno.test(`downloadArchive() leaves nothing of ${name}`, () =>
    withScene(behaviour, async ({ fetch, list, server }) => {
      const error = await assertRejects(() => fetch(options), TorcxError);
      assert(says.test(error.message), error.message);
      if (hint !== undefined) assert(hint.test(error.hint ?? ""), error.hint);
      if (requests !== undefined) assertEquals(server.requests.length, requests);
      // What was cut may go on; what was refused is gone.
      assertEquals(list(), []);
    }));
}

Deno.test("downloadArchive() goes on with what a run before left, and fetches the rest alone", () =>
  withScene(serve(DATA), async (scene) => {
    const staged = `${scene.dir}/${makeStagedName(want(digestOf(DATA)))}`;
    await Deno.writeFile(staged, DATA.subarray(0, 900_000));
    assertEquals(await scene.fetch(), { bytes: DATA.length, fetchedBytes: 100_000 });
    assertEquals(scene.server.requests[0]!.headers.get("range"), "bytes=900000-");
    assertGood(scene);
  }));

Deno.test("downloadArchive() asks nobody where the whole is there", () =>
  withScene(status(500), async (scene) => {
    await Deno.writeFile(`${scene.dir}/${makeStagedName(want(digestOf(DATA)))}`, DATA);
    assertEquals(await scene.fetch(), { bytes: DATA.length, fetchedBytes: 0 });
    assertGood(scene);
  }));

for (const size of [900_000, 1_000_000, 1_200_000]) {
  Deno.test(`downloadArchive() begins anew where ${size} wrong bytes were left`, () =>
    withScene(serve(DATA), async (scene) => {
      await Deno.writeFile(`${scene.dir}/${makeStagedName(want(digestOf(DATA)))}`, new Uint8Array(size));
      assertEquals((await scene.fetch()).bytes, DATA.length);
      assertGood(scene);
    }));
}

Deno.test("downloadArchive() leaves the hidden file of what was cut, for the next run", () =>
  withScene(inTurn(cut(DATA, 600_000), status(500), status(500), serve(DATA)), async (scene) => {
    await assertRejects(() => scene.fetch({ tries: 2 }), TorcxError);
    const [left = ""] = scene.list();
    assert(isStagedName(encodePath(left)), left);
    assertEquals(Deno.statSync(`${scene.dir}/${left}`).mode! & 0o7777, 0o600);
    const { fetchedBytes } = await scene.fetch();
    assert(fetchedBytes <= 400_000, String(fetchedBytes));
    assertGood(scene);
  }));

Deno.test("downloadArchive() writes into no link and no foreign thing of the hidden name", () =>
  withScene(serve(DATA), async ({ dir, fetch }) => {
    const staged = `${dir}/${makeStagedName(want(digestOf(DATA)))}`;
    await Deno.writeTextFile(`${dir}/victim`, "untouched");
    for (
      const make of [
        () => Deno.symlinkSync("victim", staged),
        () => Deno.linkSync(`${dir}/victim`, staged),
        () => Deno.mkdirSync(staged),
      ]
    ) {
      make();
      await assertRejects(() => fetch(), TorcxError);
      assertEquals(await Deno.readTextFile(`${dir}/victim`), "untouched");
      await Deno.remove(staged);
    }
  }));

Deno.test("downloadArchive() wants every digest that it is given", () =>
  withScene(serve(DATA), async (scene) => {
    const good = [digestOf(DATA), digestOf(DATA, "sha256")];
    const error = await assertRejects(() => scene.fetch({}, good[0]!, digestOf(OTHER, "sha256")), TorcxError);
    assert(/the remote's index says "sha256-/.test(error.message), error.message);
    assertEquals(scene.list(), []);
    await scene.fetch({}, ...good);
    assertGood(scene);
  }));

Deno.test("downloadArchive() goes on with nothing that nobody can verify", () =>
  withScene(inTurn(cut(DATA, 600_000), status(500), serve(DATA)), async ({ dir, server, list }) => {
    using transport = new Transport();
    using root = Root.open("/");
    const order = {
      url: new URL(`${server.url}a`),
      wanted: [],
      directory: encodePath(dir),
      name: encodePath(NAME),
    };
    const run = (): Promise<Download> =>
      downloadArchive(root, { source: transport, order, options: { tries: 2, firstWait: 1 } });
    await assertRejects(run, TorcxError);
    const [left = ""] = list();
    assert(isStagedName(encodePath(left)), left);
    await Deno.writeFile(`${dir}/${left}`, new Uint8Array(10));
    assertEquals(await run(), { bytes: DATA.length, fetchedBytes: DATA.length });
    assertEquals(list(), [NAME]);
  }));
