/** Holds what a population fetches, keeps and says, from a signed remote on loopback. */

import { createHash } from "node:crypto";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { TorcxError } from "../../../lib/errors.ts";
import { parseProfile } from "../../../lib/manifest/profile.ts";
import { LocalFiles } from "../../../lib/remote/local_files.ts";
import { populate, type PopulateOptions } from "../../../lib/remote/populate.ts";
import { planPopulation, type PopulatedImage } from "../../../lib/remote/population.ts";
import { lockStore } from "../../../lib/remote/store_lock.ts";
import { Transport } from "../../../lib/remote/transport.ts";
import { findMissing, testWith } from "../../support/needs.ts";
import { type Node, OS_RELEASE, type Tree, withTree } from "../../support/nodes.ts";
import { type Behaviour, RudeServer, serve, status } from "../../support/rude_server.ts";
import { Gpg } from "../../support/signers.ts";

const NEEDS = { programs: ["gpg", "gpgconf"] };
const STORE = "var/lib/torcx/store";

const gpg = findMissing(NEEDS) === undefined ? new Gpg() : undefined;
gpg?.makeKey("vendor", "ed25519");
globalThis.addEventListener("unload", () => gpg?.[Symbol.dispose]());

const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

function hash(text: string, algorithm = "sha512"): string {
  return `${algorithm}-${createHash(algorithm).update(text).digest("hex")}`;
}

/** The images of the server: `NAME:VERSION` and the archive's text, whose format is tgz. */
const IMAGES: Record<string, string> = { "a:1": "archive a:1", "a:2": "archive a:2", "b:1": "archive b:1" };

function makeContents(changes: Record<string, unknown> = {}): string {
  const images = [...Map.groupBy(Object.keys(IMAGES), (id) => id.split(":")[0]!)].map(([name, ids]) => ({
    name,
    ...name === "a" ? { defaultVersion: "2" } : {},
    versions: ids.map((id) => ({
      version: id.split(":")[1],
      format: "tgz",
      hash: hash(IMAGES[id]!),
      location: `${id}.torcx.tgz`,
      ...changes,
    })),
  }));
  return JSON.stringify({ kind: "torcx-remote-contents-v1", value: { images } });
}

interface Scene {
  tree: Tree;
  server: RudeServer;
  run: (images: string[], options?: Partial<PopulateOptions>) => Promise<PopulatedImage[]>;
  /** What is in a store. */
  list: (store?: string) => string[];
}

async function withScene(
  { behaviours = {}, nodes = {}, contents = makeContents() }: {
    behaviours?: Record<string, Behaviour>;
    nodes?: Record<string, Node>;
    contents?: string;
  },
  use: (scene: Scene) => Promise<void>,
): Promise<void> {
  const archives = Object.entries(IMAGES).map(([id, text]) =>
    [`/${id}.torcx.tgz`, serve(encode(text))] as const
  );
  await using server = new RudeServer({
    "/torcx_remote_contents.json.asc": serve(encode(gpg!.clearSign(contents, ["vendor"]))),
    ...Object.fromEntries(archives),
    ...behaviours,
  });
  using transport = new Transport({ stallTimeout: 2000 });
  const keys = [{ armored_keyring: "vendor.asc" }];
  const makeRemote = (url: string): string =>
    JSON.stringify({ kind: "remote-manifest-v0", value: { base_url: url, keys } });
  await withTree({
    ...OS_RELEASE,
    "etc/torcx/remotes/r/remote.json": makeRemote(server.url),
    "etc/torcx/remotes/r/vendor.asc": gpg!.export("vendor"),
    "usr/share/torcx/remotes/usr/remote.json": makeRemote("file:///usr/share/addons"),
    "etc/torcx/remotes/broken/remote.json": makeRemote("https://${UNKNOWN}/"),
    ...nodes,
  }, async (tree) => {
    const system = tree.readSystem();
    const run = (images: string[], options: Partial<PopulateOptions> = {}): Promise<PopulatedImage[]> => {
      const profile = parseProfile(
        JSON.stringify({
          kind: "profile-manifest-v1",
          value: {
            images: images.map((image) => {
              const [id = "", remote] = image.split("@");
              const [name, reference] = id.split(":");
              return { name, reference, ...remote === undefined ? {} : { remote } };
            }),
          },
        }),
        "profile",
      );
      return populate(system, planPopulation(system, profile, options), {
        source: new LocalFiles(tree.root, transport),
        firstWait: 1,
        tries: 2,
        ...options,
      });
    };
    const list = (store = STORE): string[] =>
      [...Deno.readDirSync(`${tree.path}/${store}`)].map(({ name }) => name)
        .filter((name) => name !== ".torcx-populate.lock").sort();
    await use({ tree, server, run, list });
  });
}

const states = (results: PopulatedImage[]): string[] =>
  results.map(({ image, state }) => `${image.name}:${image.reference} ${state}`);

testWith(
  "populate() fetches what is missing, and nothing else",
  NEEDS,
  () =>
    withScene({ nodes: { [`${STORE}/b:1.torcx.tgz`]: "mine" } }, async ({ run, list, server, tree }) => {
      const results = await run(["a:1@r", "b:1@r", "c:1", "d:@r"]);
      assertEquals(states(results), ["a:1 fetched", "b:1 present"]);
      assertEquals(list(), ["a:1.torcx.tgz", "b:1.torcx.tgz"]);
      assertEquals(await Deno.readTextFile(`${tree.path}/${STORE}/a:1.torcx.tgz`), "archive a:1");
      assertEquals(server.requests.map(({ path }) => path), [
        "/torcx_remote_contents.json.asc",
        "/a:1.torcx.tgz",
      ]);
      assertEquals(states(await run(["a:1@r", "b:1@r"])), ["a:1 present", "b:1 present"]);
      assertEquals(server.requests.length, 2, "nothing missing: no request");
      assert((await Deno.readTextFile(`${tree.path}/var/lib/torcx/remotes/state.json`)).includes(server.url));
    }),
);

testWith(
  "populate() writes into the store of another version, and the check of it passes",
  NEEDS,
  () =>
    withScene({}, async ({ run, list }) => {
      assertEquals(states(await run(["a:1@r"], { osVersion: "9" })), ["a:1 fetched"]);
      assertEquals(list(`${STORE}/9`), ["a:1.torcx.tgz"]);
      assertEquals(states(await run(["a:1@r"], { osVersion: "9" })), ["a:1 present"]);
    }),
);

testWith(
  "populate() links the default reference to the version that it fetched",
  NEEDS,
  () =>
    withScene({}, async ({ run, list, tree }) => {
      assertEquals(states(await run(["a:com.coreos.cl@r"])), ["a:com.coreos.cl fetched"]);
      assertEquals(list(), ["a:2.torcx.tgz", "a:com.coreos.cl.torcx.tgz"]);
      assertEquals(Deno.readLinkSync(`${tree.path}/${STORE}/a:com.coreos.cl.torcx.tgz`), "a:2.torcx.tgz");
      assertEquals(states(await run(["a:com.coreos.cl@r"])), ["a:com.coreos.cl present"]);
    }),
);

testWith("populate() holds what is there against the remote where that is asked for", NEEDS, () =>
  withScene({
    nodes: {
      [`${STORE}/a:1.torcx.tgz`]: "archive a:1",
      [`${STORE}/b:1.torcx.tgz`]: "altered",
      "usr/share/torcx/store/a:2.torcx.tgz": "the vendor's",
    },
  }, async ({ run, list, tree }) => {
    assertEquals(states(await run(["a:1@r", "b:1@r"], { isVerify: true })), ["a:1 verified", "b:1 fetched"]);
    assertEquals(await Deno.readTextFile(`${tree.path}/${STORE}/b:1.torcx.tgz`), "archive b:1");
    assertEquals(states(await run(["a:2@r"], { isVerify: true })), ["a:2 differs"]);
    assertEquals(list(), ["a:1.torcx.tgz", "b:1.torcx.tgz"]);
  }));

testWith(
  "populate() changes nothing on a dry run",
  NEEDS,
  () =>
    withScene({}, async ({ run, tree, server }) => {
      assertEquals(states(await run(["a:1@r"], { isDryRun: true })), ["a:1 missing"]);
      assertEquals(server.requests.length, 1);
      assertEquals([...Deno.readDirSync(tree.path)].map(({ name }) => name).includes("var"), false);
    }),
);

testWith("populate() keeps the good ones when others fail, each for its own reason", NEEDS, () =>
  withScene({
    behaviours: { "/b:1.torcx.tgz": serve(encode("forged")) },
    nodes: { "usr/share/addons/g:1.torcx.tgz": "in place" },
  }, async ({ run, list }) => {
    const results = await run(["a:1@r", "b:1@r", "c:1@r", "d:1@gone", "e:1@broken", "f:1@usr"]);
    assertEquals(states(results), [
      "a:1 fetched",
      "b:1 failed",
      "c:1 failed",
      "d:1 failed",
      "e:1 failed",
      "f:1 failed",
    ]);
    const codes = results.map(({ error }) => error?.code);
    assertEquals(codes, [undefined, "untrusted", "not_found", "not_found", "invalid", "not_found"]);
    assertEquals(list(), ["a:1.torcx.tgz"]);
  }));

testWith(
  "populate() takes no entry without a hash, unless that is asked for",
  NEEDS,
  () =>
    withScene({ contents: makeContents({ hash: "" }) }, async ({ run, list }) => {
      assertEquals(states(await run(["a:1@r"])), ["a:1 failed"]);
      assertEquals(states(await run(["a:1@r"], { isInsecure: true })), ["a:1 fetched"]);
      assertEquals(list(), ["a:1.torcx.tgz"]);
    }),
);

testWith("populate() gives up what takes too long, and goes on with it later", NEEDS, () =>
  withScene({
    behaviours: {
      "/a:1.torcx.tgz": async (request, connection) => {
        if (request.count > 0) return await serve(encode("archive a:1"))(request, connection);
        await connection.sendHead(200, { "content-length": 11 });
        await connection.send("archive");
        await connection.ended;
      },
    },
  }, async ({ run, server }) => {
    const [slow] = await run(["a:1@r"], { timeout: 300 });
    assertEquals(slow!.state, "failed");
    assert(/more than 0.3 s/.test(slow!.error!.message), slow!.error!.message);
    assertEquals(states(await run(["a:1@r"])), ["a:1 fetched"]);
    assertEquals(server.requests.at(-1)!.headers.get("range"), "bytes=7-");
  }));

testWith("populate() fetches at most four at once", NEEDS, async () => {
  let [now, most] = [0, 0];
  const slow = (text: string): Behaviour => async (request, connection) => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setTimeout(resolve, 50));
    now--;
    await serve(encode(text))(request, connection);
  };
  const names = Array.from({ length: 9 }, (_item, index) => `m${index}`);
  const images = names.map((name) => ({
    name,
    versions: [{ version: "1", format: "tgz", hash: hash(name), location: `${name}:1.torcx.tgz` }],
  }));
  await withScene({
    contents: JSON.stringify({ kind: "torcx-remote-contents-v1", value: { images } }),
    behaviours: Object.fromEntries(names.map((name) => [`/${name}:1.torcx.tgz`, slow(name)])),
  }, async ({ run, list }) => {
    await run(names.map((name) => `${name}:1@r`));
    assertEquals([list().length, most], [9, 4]);
  });
});

testWith(
  "populate() waits for another one, or fails where that is asked for",
  NEEDS,
  () =>
    withScene({ nodes: { [STORE]: { dir: true } } }, async ({ run, tree }) => {
      const lock = await lockStore(tree.readSystem(), `/${STORE}`);
      const error = await assertRejects(() => run(["a:1@r"], { isWaitRefused: true }), TorcxError);
      assertEquals(error.code, "busy");
      setTimeout(() => lock[Symbol.dispose](), 300);
      assertEquals(states(await run(["a:1@r"])), ["a:1 fetched"]);
      assert(tree.log.lines.some((line) => line.includes("waiting for it to end")), String(tree.log.lines));
    }),
);

testWith("populate() takes away what killed runs left, but what it goes on with", NEEDS, () =>
  withScene({
    nodes: {
      [`${STORE}/.torcx-${hash("archive a:1")}.part`]: "archi",
      [`${STORE}/.torcx-${hash("other")}.part`]: "oth",
      [`${STORE}/.torcx-5-1-abc.tmp`]: "",
      [`${STORE}/.mine`]: "",
    },
  }, async ({ run, list, server }) => {
    await run(["a:1@r"]);
    assertEquals(list(), [".mine", "a:1.torcx.tgz"]);
    assertEquals(server.requests.at(-1)!.headers.get("range"), "bytes=5-");
  }));

testWith(
  "populate() ends by its caller's signal, and leaves no file under a final name",
  NEEDS,
  () =>
    withScene({ behaviours: { "/a:1.torcx.tgz": (_request, { ended }) => ended } }, async ({ run, list }) => {
      const abort = new AbortController();
      setTimeout(() => abort.abort(new Error("enough")), 100);
      const error = await assertRejects(() => run(["a:1@r"], { signal: abort.signal }), Error);
      assertEquals(error.message, "enough");
      assertEquals(list().filter((name) => !name.startsWith(".")), []);
    }),
);

testWith("populate() warns of a base_url that -n does not change", NEEDS, () =>
  withScene({
    nodes: {
      "etc/torcx/remotes/v/remote.json": JSON.stringify({
        kind: "remote-manifest-v0",
        value: {
          base_url: "http://127.0.0.1:1/${VERSION_ID}/",
          keys: [{ armored_keyring: "../r/vendor.asc" }],
        },
      }),
    },
    behaviours: { "/x": status(404) },
  }, async ({ run, tree }) => {
    await run(["a:1@v"], { osVersion: "9" });
    assert(tree.log.lines.some((line) => line.includes("TORCX_USR_MOUNTPOINT")), String(tree.log.lines));
  }));
