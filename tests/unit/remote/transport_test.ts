/** Holds how URLs are asked for against a server on loopback that misbehaves on demand. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { NetworkError } from "../../../lib/remote/network_error.ts";
import { Transport, type TransportOptions } from "../../../lib/remote/transport.ts";
import { testWith } from "../../support/needs.ts";
import { type Behaviour, cut, RudeServer, serve, stall, status } from "../../support/rude_server.ts";

const DATA = new TextEncoder().encode("what was asked for");
const SHORT: TransportOptions = { connectTimeout: 2000, stallTimeout: 300 };

async function getText(transport: Transport, url: string, offset = 0): Promise<string> {
  const answer = await transport.get(new URL(url), { offset });
  const text: string[] = [];
  for await (const data of answer.body) text.push(new TextDecoder().decode(data));
  return text.join("");
}

const redirect = (location: string, code = 302): Behaviour => status(code, { location });

interface Case {
  behaviours: Record<string, Behaviour>;
  /** What the refusal says. */
  says?: RegExp;
  isTransient?: boolean;
  retryAfter?: number;
}

const CASES: Record<string, Case> = {
  "a good server": { behaviours: { "/a": serve(DATA) } },
  "five redirects": {
    behaviours: {
      "/a": redirect("b", 301),
      "/b": redirect("/c", 302),
      "/c": redirect("./d", 303),
      "/d": redirect("?e", 307),
      "/d?e": redirect("/f", 308),
      "/f": serve(DATA),
    },
  },
  "a redirect to itself": { behaviours: { "/a": redirect("/a") }, says: /more than 5 redirects/ },
  "a redirect to nowhere": { behaviours: { "/a": status(302) }, says: /redirects to "", which is no URL/ },
  "a redirect to a file": {
    behaviours: { "/a": redirect("file:///etc/passwd") },
    says: /redirects to "file:\/\/\/etc\/passwd", which is neither https nor http/,
  },
  "404": { behaviours: {}, says: /the server answered 404/, isTransient: false },
  "403": { behaviours: { "/a": status(403) }, says: /answered 403/, isTransient: false },
  "204": { behaviours: { "/a": status(204) }, says: /answered 204/, isTransient: false },
  "500": { behaviours: { "/a": status(500) }, says: /answered 500/, isTransient: true },
  "429": {
    behaviours: { "/a": status(429, { "retry-after": 7 }) },
    says: /answered 429/,
    isTransient: true,
    retryAfter: 7000,
  },
  "a cut body": {
    behaviours: { "/a": cut(DATA, 5) },
    says: /body|connection|incomplete|end/i,
    isTransient: true,
  },
  "no answer": { behaviours: { "/a": stall }, says: /nothing came for 0.3 s/, isTransient: true },
  "a stalled body": {
    behaviours: {
      "/a": async (request, connection) => {
        await connection.sendHead(200, { "content-length": DATA.length });
        await connection.send(DATA.subarray(0, 5));
        await stall(request, connection);
      },
    },
    says: /nothing came for 0.3 s/,
    isTransient: true,
  },
  "another range than was asked for": {
    behaviours: {
      "/a": async (_request, connection) => {
        await connection.sendHead(206, { "content-range": "bytes 3-17/18", "content-length": 15 });
      },
    },
    says: /another range/,
    isTransient: false,
  },
  "what is no HTTP": {
    behaviours: { "/a": (_request, connection) => connection.send("SSH-2.0-server\r\n") },
    says: /invalid HTTP|parse/i,
    isTransient: true,
  },
};

for (const [name, { behaviours, says, isTransient, retryAfter }] of Object.entries(CASES)) {
  Deno.test(`get() ${says === undefined ? "reads" : "refuses"} ${name}`, async () => {
    await using server = new RudeServer(behaviours);
    using transport = new Transport(SHORT);
    const get = (): Promise<string> => getText(transport, `${server.url}a`);
    if (says === undefined) return assertEquals(await get(), "what was asked for");
    const error = await assertRejects(get, NetworkError);
    assert(error.message.startsWith('Cannot get "http://127.0.0.1:'), error.message);
    assert(says.test(error.message), error.message);
    if (isTransient !== undefined) assertEquals(error.isTransient, isTransient);
    if (retryAfter !== undefined) assertEquals(error.retryAfter, retryAfter);
  });
}

Deno.test("get() asks for the rest of a file, and for bytes as they are", async () => {
  await using server = new RudeServer({ "/a": serve(DATA) });
  using transport = new Transport(SHORT);
  assertEquals(await getText(transport, `${server.url}a`, 9), "asked for");
  assertEquals(server.requests[0]!.headers.get("accept-encoding"), "identity");
  const error = await assertRejects(() => getText(transport, `${server.url}a`, 90), NetworkError);
  assertEquals(error.status, 416);
});

Deno.test("get() tells that nobody listens", async () => {
  const { url } = await (async () => {
    await using server = new RudeServer({});
    return server;
  })();
  using transport = new Transport(SHORT);
  const error = await assertRejects(() => getText(transport, url), NetworkError);
  assert(/refused/.test(error.message), error.message);
  assertEquals(error.isTransient, true);
});

Deno.test("get() ends at once when its caller has had enough", async () => {
  await using server = new RudeServer({ "/a": stall });
  using transport = new Transport({ stallTimeout: 20_000 });
  const abort = new AbortController();
  const reason = new Error("enough");
  setTimeout(() => abort.abort(reason), 50);
  const started = performance.now();
  const error = await assertRejects(
    () => transport.get(new URL(`${server.url}a`), { signal: abort.signal }),
    Error,
  );
  assertEquals(error, reason);
  assert(performance.now() - started < 5000);
});

testWith("get() trusts a server by the root that it is given, and goes by no redirect from https to http", {
  programs: ["openssl"],
}, async () => {
  const dir = await Deno.makeTempDir();
  try {
    const { success } = await new Deno.Command("openssl", {
      args: [
        ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2".split(" "),
        ..."-subj /CN=localhost -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE"
          .split(" "),
        ..."-keyout key.pem -out cert.pem".split(" "),
      ],
      cwd: dir,
      stderr: "null",
    }).output();
    assert(success);
    const [cert, key] = [
      await Deno.readTextFile(join(dir, "cert.pem")),
      await Deno.readTextFile(join(dir, "key.pem")),
    ];
    await using server = new RudeServer({
      "/a": serve(DATA),
      "/down": redirect("http://127.0.0.1:1/a"),
    }, { cert, key });
    using stranger = new Transport(SHORT);
    const unknown = await assertRejects(() => getText(stranger, `${server.url}a`), NetworkError);
    assertEquals([unknown.isTransient, unknown.hint], [
      false,
      "Name the server's root certificate by --ca FILE",
    ]);
    using transport = new Transport({ ...SHORT, caCerts: [cert] });
    assertEquals(await getText(transport, `${server.url}a`), "what was asked for");
    const error = await assertRejects(() => getText(transport, `${server.url}down`), NetworkError);
    assert(/away from https/.test(error.message), error.message);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
