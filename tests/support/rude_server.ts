/**
 * Owns an HTTP server on loopback that misbehaves on demand. It writes its answers byte by byte, as no library
 * would.
 */

/** What a request was. */
export interface Request {
  method: string;
  path: string;
  headers: Map<string, string>;
  /** How many of the same path came before. */
  count: number;
}

/** Writes an answer; the connection is closed when it returns. */
export type Behaviour = (request: Request, connection: Connection) => Promise<void> | void;

/** The connection of one request. */
export class Connection {
  /** Resolves when the server ends. */
  readonly ended: Promise<void>;
  readonly #conn: Deno.Conn;

  constructor(conn: Deno.Conn, ended: Promise<void>) {
    this.#conn = conn;
    this.ended = ended;
  }

  /** Sends text or bytes. */
  async send(data: string | Uint8Array): Promise<void> {
    let rest = typeof data === "string" ? new TextEncoder().encode(data) : data;
    while (rest.length > 0) rest = rest.subarray(await this.#conn.write(rest));
  }

  /** Sends a status line and headers. */
  async sendHead(status: number, headers: Record<string, string | number> = {}): Promise<void> {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    await this.send(`HTTP/1.1 ${status} Status\r\nconnection: close\r\n${lines.join("")}\r\n`);
  }
}

/** A server whose paths behave as they are told. */
export class RudeServer implements AsyncDisposable {
  readonly requests: Request[] = [];
  /** Ends with a slash. */
  readonly url: string;
  readonly #behaviours: Record<string, Behaviour>;
  readonly #listener: Deno.Listener;
  readonly #running: Promise<void>;
  readonly #connections = new Set<Deno.Conn>();
  readonly #end = Promise.withResolvers<void>();

  constructor(behaviours: Record<string, Behaviour>, tls?: { cert: string; key: string }) {
    this.#behaviours = behaviours;
    const address = { hostname: "127.0.0.1", port: 0 };
    this.#listener = tls === undefined ? Deno.listen(address) : Deno.listenTls({ ...address, ...tls });
    const { port } = this.#listener.addr as Deno.NetAddr;
    this.url = tls === undefined ? `http://127.0.0.1:${port}/` : `https://localhost:${port}/`;
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    const answers: Promise<void>[] = [];
    for await (const conn of this.#listener) answers.push(this.#answer(conn));
    await Promise.all(answers);
  }

  async #answer(conn: Deno.Conn): Promise<void> {
    this.#connections.add(conn);
    try {
      const request = await this.#read(conn);
      if (request === undefined) return;
      const connection = new Connection(conn, this.#end.promise);
      const behave = this.#behaviours[request.path];
      if (behave === undefined) await connection.sendHead(404, { "content-length": 0 });
      else await behave(request, connection);
    } catch {
      // The other side has had enough, or the server ends.
    } finally {
      this.#connections.delete(conn);
      try {
        conn.close();
      } catch {
        // Closed by close().
      }
    }
  }

  async #read(conn: Deno.Conn): Promise<Request | undefined> {
    let text = "";
    const buffer = new Uint8Array(4096);
    while (!text.includes("\r\n\r\n")) {
      const count = await conn.read(buffer);
      if (count === null) return undefined;
      text += new TextDecoder().decode(buffer.subarray(0, count));
    }
    const [first = "", ...lines] = text.split("\r\n\r\n")[0]!.split("\r\n");
    const [method = "", path = ""] = first.split(" ");
    const headers = new Map(lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }));
    const count = this.requests.filter((request) => request.path === path).length;
    const request = { method, path, headers, count };
    this.requests.push(request);
    return request;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.#end.resolve();
    for (const conn of this.#connections) {
      try {
        conn.close();
      } catch {
        // It ended by itself.
      }
    }
    await this.#running;
  }
}

/** Says nothing more until the server ends. */
export function stall(_request: Request, connection: Connection): Promise<void> {
  return connection.ended;
}

/** Serves bytes as a good server does, ranges included. */
export function serve(data: Uint8Array): Behaviour {
  return async ({ headers }, connection) => {
    const start = Number(/^bytes=(\d+)-$/.exec(headers.get("range") ?? "")?.[1] ?? 0);
    if (start >= data.length && start > 0) return await connection.sendHead(416, { "content-length": 0 });
    const range = start === 0 ? {} : { "content-range": `bytes ${start}-${data.length - 1}/${data.length}` };
    await connection.sendHead(start === 0 ? 200 : 206, { "content-length": data.length - start, ...range });
    await connection.send(data.subarray(start));
  };
}

/** Sends a length, and then only so much of it. */
export function cut(data: Uint8Array, after: number): Behaviour {
  return async (_request, connection) => {
    await connection.sendHead(200, { "content-length": data.length });
    await connection.send(data.subarray(0, after));
  };
}

/** Answers a status without a body. */
export function status(code: number, headers: Record<string, string | number> = {}): Behaviour {
  return (_request, connection) => connection.sendHead(code, { "content-length": 0, ...headers });
}

/** Behaves one way after another; the last one stays. */
export function inTurn(...behaviours: Behaviour[]): Behaviour {
  return (request, connection) =>
    behaviours[Math.min(request.count, behaviours.length - 1)]!(request, connection);
}
