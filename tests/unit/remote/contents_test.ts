/** Holds which contents of a remote are taken: real signatures, a real server, and what was accepted before. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { TorcxError } from "../../../lib/errors.ts";
import { evaluateBaseUrl } from "../../../lib/catalog/base_url.ts";
import {
  fetchContents,
  type FetchContentsOptions,
  type VerifiedContents,
} from "../../../lib/remote/contents.ts";
import { rememberAccepted } from "../../../lib/remote/freshness.ts";
import { readRemote } from "../../../lib/catalog/remotes.ts";
import { Transport } from "../../../lib/remote/transport.ts";
import { findMissing, testWith } from "../../support/needs.ts";
import { type Node, OS_RELEASE, type Tree, withTree } from "../../support/nodes.ts";
import { type Behaviour, inTurn, RudeServer, serve, status } from "../../support/rude_server.ts";
import { Gpg, Minisign } from "../../support/signers.ts";

const NEEDS = { programs: ["gpg", "gpgconf", "minisign"] };
const TEXT = JSON.stringify({
  kind: "torcx-remote-contents-v1",
  value: { images: [{ name: "a", versions: [] }] },
});
const [ASC, JSON_PATH] = ["/torcx_remote_contents.json.asc", "/torcx_remote_contents.json"];

const hasTools = findMissing(NEEDS) === undefined;
const gpg = hasTools ? new Gpg() : undefined;
const minisign = hasTools ? new Minisign() : undefined;
gpg?.makeKey("vendor", "ed25519");
globalThis.addEventListener("unload", () => {
  gpg?.[Symbol.dispose]();
  minisign?.[Symbol.dispose]();
});

function serveText(text: string): Behaviour {
  return serve(new TextEncoder().encode(text));
}

interface Scene {
  tree: Tree;
  server: RudeServer;
  fetch: (options?: Partial<FetchContentsOptions>) => Promise<VerifiedContents>;
}

/** Makes a remote `r` with these keys on a server that behaves so. */
async function withRemote(
  { keys, behaviours, nodes = {} }: {
    keys: unknown[];
    behaviours: Record<string, Behaviour>;
    nodes?: Record<string, Node>;
  },
  use: (scene: Scene) => Promise<void>,
): Promise<void> {
  await using server = new RudeServer(behaviours);
  using transport = new Transport({ stallTimeout: 2000 });
  const remote = { kind: "remote-manifest-v0", value: { base_url: server.url, keys } };
  await withTree({
    ...OS_RELEASE,
    "etc/torcx/remotes/r/remote.json": JSON.stringify(remote),
    "etc/torcx/remotes/r/vendor.asc": gpg!.export("vendor"),
    ...nodes,
  }, async (tree) => {
    const system = tree.readSystem();
    const found = readRemote(system, "r");
    const base = evaluateBaseUrl(found.baseUrl, { usrDir: "/usr", osRelease: new Map() });
    await use({
      tree,
      server,
      fetch: (options = {}) =>
        fetchContents(system, { remote: found, base }, { source: transport, firstWait: 1, ...options }),
    });
  });
}

const GPG_KEYS = [{ armored_keyring: "vendor.asc" }];

testWith(
  "fetchContents() takes what a key of the remote has clear-signed",
  NEEDS,
  () =>
    withRemote(
      { keys: GPG_KEYS, behaviours: { [ASC]: serveText(gpg!.clearSign(TEXT, ["vendor"])) } },
      async ({ fetch, server }) => {
        const { contents, signature } = await fetch();
        assertEquals(contents.images.map(({ name }) => name as string), ["a"]);
        assert(signature!.by.startsWith("vendor <"), signature!.by);
        assertEquals(server.requests.map(({ path }) => path), [ASC]);
      },
    ),
);

testWith(
  "fetchContents() takes what a minisign key of the remote has signed, .minisig or .sig",
  NEEDS,
  async () => {
    for (const suffix of [".minisig", ".sig"]) {
      const behaviours = {
        [JSON_PATH]: serveText(TEXT),
        [JSON_PATH + suffix]: serveText(minisign!.sign(TEXT)),
      };
      await withRemote({ keys: [{ minisign: minisign!.publicKey }], behaviours }, async ({ fetch }) => {
        assert((await fetch()).signature!.by.startsWith("minisign key "));
      });
    }
  },
);

testWith(
  "fetchContents() asks for the clear-signed file where a remote has both keys and no minisign signature",
  NEEDS,
  () =>
    withRemote({
      keys: [...GPG_KEYS, { minisign: minisign!.publicKey }],
      behaviours: { [ASC]: serveText(gpg!.clearSign(TEXT, ["vendor"])) },
    }, async ({ fetch }) => {
      assert((await fetch()).signature!.by.startsWith("vendor <"));
    }),
);

testWith("fetchContents() tries again what may pass", NEEDS, () =>
  withRemote({
    keys: GPG_KEYS,
    behaviours: { [ASC]: inTurn(status(503), serveText(gpg!.clearSign(TEXT, ["vendor"]))) },
  }, async ({ fetch, server }) => {
    await fetch();
    assertEquals(server.requests.length, 2);
  }));

interface Refused {
  keys: () => unknown[];
  behaviours: () => Record<string, Behaviour>;
  says: RegExp;
  code: string;
}

const REFUSED: Record<string, Refused> = {
  "a remote without keys": {
    keys: () => [],
    behaviours: () => ({}),
    says: /it has no keys/,
    code: "untrusted",
  },
  "a manifest that is not there": {
    keys: () => GPG_KEYS,
    behaviours: () => ({}),
    says: /answered 404/,
    code: "network",
  },
  "an unsigned manifest": {
    keys: () => GPG_KEYS,
    behaviours: () => ({ [ASC]: serveText(TEXT) }),
    says: /it is no clear-signed message/,
    code: "untrusted",
  },
  "a minisign remote without a signature": {
    keys: () => [{ minisign: minisign!.publicKey }],
    behaviours: () => ({ [JSON_PATH]: serveText(TEXT) }),
    says: /it has no "torcx_remote_contents.json.minisig" or/,
    code: "untrusted",
  },
  "a bad minisign signature, though a good clear-signed one is there": {
    keys: () => [...GPG_KEYS, { minisign: minisign!.publicKey }],
    behaviours: () => ({
      [ASC]: serveText(gpg!.clearSign(TEXT, ["vendor"])),
      [JSON_PATH]: serveText(`${TEXT} `),
      [`${JSON_PATH}.minisig`]: serveText(minisign!.sign(TEXT)),
    }),
    says: /it is not what minisign key .* signed/,
    code: "untrusted",
  },
  "a signed manifest of another kind": {
    keys: () => GPG_KEYS,
    behaviours: () => ({ [ASC]: serveText(gpg!.clearSign('{"kind":"x","value":{}}', ["vendor"])) }),
    says: /kind/,
    code: "invalid",
  },
  "a manifest over 4 MiB": {
    keys: () => GPG_KEYS,
    behaviours: () => ({ [ASC]: serve(new Uint8Array(4 * 1024 * 1024 + 1)) }),
    says: /more than 4194304 bytes/,
    code: "network",
  },
  "an endless manifest": {
    keys: () => GPG_KEYS,
    behaviours: () => ({
      [ASC]: async (_request, connection) => {
        await connection.sendHead(200);
        for (;;) await connection.send(new Uint8Array(65536));
      },
    }),
    says: /more than 4194304 bytes/,
    code: "network",
  },
};

for (const [name, { keys, behaviours, says, code }] of Object.entries(REFUSED)) {
  testWith(
    `fetchContents() refuses ${name}`,
    NEEDS,
    () =>
      withRemote({ keys: keys(), behaviours: behaviours() }, async ({ fetch }) => {
        const error = await assertRejects(() => fetch(), TorcxError);
        assert(says.test(error.message), error.message);
        assertEquals(error.code as string, code);
      }),
  );
}

testWith("fetchContents() takes what nobody signed where that is asked for", NEEDS, async () => {
  for (
    const behaviours of [
      { [ASC]: serveText(TEXT) },
      { [JSON_PATH]: serveText(TEXT) },
      { [ASC]: serveText(gpg!.clearSign(TEXT, ["vendor"]).replace('"a"', '"b"')) },
    ]
  ) {
    await withRemote({ keys: [], behaviours }, async ({ fetch, tree }) => {
      const { contents, signature } = await fetch({ isInsecure: true });
      assertEquals([contents.images.length, signature], [1, undefined]);
      assert(JSON.stringify(tree.log).includes("--insecure"));
    });
  }
});

testWith(
  "fetchContents() refuses contents older than those that were accepted before, unless asked to",
  NEEDS,
  () =>
    withRemote({
      keys: GPG_KEYS,
      behaviours: { [ASC]: serveText(gpg!.clearSign(TEXT, ["vendor"])) },
    }, async ({ tree, fetch, server }) => {
      const { signature } = await fetch();
      const system = tree.readSystem();
      const url = new URL(server.url);
      const remember = (seconds: number): void =>
        rememberAccepted(system, {
          url,
          signature: { ...signature!, at: new Date(signature!.at!.getTime() + seconds * 1000) },
        });
      remember(-5);
      remember(0);
      await fetch();
      remember(5);
      remember(-5);
      const error = await assertRejects(() => fetch(), TorcxError);
      assert(/newer ones, signed on .*, were accepted before/.test(error.message), error.message);
      assert(/--allow-older/.test(error.hint ?? ""));
      await fetch({ isOlderAllowed: true });
      const path = `${tree.path}/var/lib/torcx/remotes/state.json`;
      assertEquals(Deno.statSync(path).mode! & 0o7777, 0o600);
      await Deno.writeTextFile(path, "{");
      const damaged = await assertRejects(() => fetch(), TorcxError);
      assert(/the state cannot be used/.test(damaged.message), damaged.message);
    }),
);
