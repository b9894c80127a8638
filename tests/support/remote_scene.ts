/** Owns a signed remote on loopback and a system that names it, for the tests of the verbs on remotes. */

import { createHash } from "node:crypto";
import { type RunResult, runTorcx } from "./binary.ts";
import { withRoot } from "./e2e_system.ts";
import type { Node } from "./nodes.ts";
import { type Behaviour, RudeServer, serve } from "./rude_server.ts";
import { Gpg } from "./signers.ts";

/** Where contents are. */
export const CONTENTS = "/torcx_remote_contents.json.asc";
/** The user's store. */
export const STORE = "var/lib/torcx/store";

/** One version of an image in a remote's contents. */
export interface ContentsVersion {
  version: string;
  format: string;
  hash: string;
  location: string;
}

/** One image in a remote's contents. */
export interface ContentsImage {
  name: string;
  defaultVersion?: string;
  versions: ContentsVersion[];
}

/** A signed remote `r` and a system. */
export interface RemoteScene {
  root: string;
  server: RudeServer;
  /** Runs the program on the system. */
  run: (args: readonly string[], env?: Record<string, string>) => Promise<RunResult>;
  /** The archives and whatever else is in the user's store, below it too; locks are not. */
  list: () => string[];
}

/** What a scene starts from. */
export interface SceneOptions {
  images?: ContentsImage[];
  /** The text of the contents, in place of those of `images`. */
  contents?: string;
  behaviours?: Record<string, Behaviour>;
  /** The server's paths are below this one. */
  prefix?: string;
  /** Makes base_url of the server's URL. */
  baseUrl?: (url: string) => string;
  keys?: unknown[];
  /** Images of profile `edge`: `NAME:REFERENCE@REMOTE`. */
  profile?: string[];
  kind?: string;
  nodes?: Record<string, Node>;
}

let gpg: Gpg | undefined;

/** Returns a gpg that has the key `vendor` and the unknown key `stranger`; made once. */
export function getGpg(): Gpg {
  if (gpg !== undefined) return gpg;
  gpg = new Gpg();
  gpg.makeKey("vendor", "ed25519");
  gpg.makeKey("stranger", "ed25519");
  globalThis.addEventListener("unload", () => gpg?.[Symbol.dispose]());
  return gpg;
}

/** Returns the bytes of the archive `NAME:VERSION`, which is none: nobody unpacks it. */
export function getArchive(id: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`archive ${id}\n`);
}

/** Returns a digest as contents have it. */
export function getHash(data: Uint8Array, algorithm = "sha512", separator = "-"): string {
  return `${algorithm}${separator}${createHash(algorithm).update(data).digest("hex")}`;
}

/** Makes an entry of contents as they should be. */
export function makeVersion(id: string, changes: Partial<ContentsVersion> = {}): ContentsVersion {
  const version = id.slice(id.indexOf(":") + 1);
  const format = changes.format ?? "tgz";
  return { version, format, hash: getHash(getArchive(id)), location: `${id}.torcx.${format}`, ...changes };
}

/** The images that a remote has where nothing else is said. */
export const IMAGES: ContentsImage[] = [
  { name: "a", defaultVersion: "2", versions: [makeVersion("a:1"), makeVersion("a:2")] },
  { name: "b", versions: [makeVersion("b:1")] },
];

/** Returns the text of contents. */
export function makeContents(images: readonly ContentsImage[]): string {
  return `${JSON.stringify({ kind: "torcx-remote-contents-v1", value: { images } })}\n`;
}

/** Makes the scene, runs the test, and takes it away. */
export async function withRemoteScene(
  options: SceneOptions,
  use: (scene: RemoteScene) => Promise<void>,
): Promise<void> {
  const { images = IMAGES, prefix = "", baseUrl = (url) => url, profile = ["a:1@r"] } = options;
  const signed = getGpg().clearSign(options.contents ?? makeContents(images), ["vendor"]);
  const archives = images.flatMap(({ name, versions }) =>
    versions.map(({ version, format }): [string, Behaviour] => [
      `${prefix}/${name}:${version}.torcx.${format}`,
      serve(getArchive(`${name}:${version}`)),
    ])
  );
  await using server = new RudeServer({
    [`${prefix}${CONTENTS}`]: serve(new TextEncoder().encode(signed)),
    ...Object.fromEntries(archives),
    ...options.behaviours,
  });
  const remote = {
    kind: "remote-manifest-v0",
    value: { base_url: baseUrl(server.url), keys: options.keys ?? [{ armored_keyring: "vendor.asc" }] },
  };
  const nodes: Record<string, Node> = {
    "usr/lib/os-release": 'ID=test\nVERSION_ID="1.2.3"\nCOREOS_BOARD=amd64-usr\n',
    "usr/share/torcx/profiles/vendor.json": '{"kind":"profile-manifest-v0","value":{"images":[]}}',
    "etc/torcx/next-profile": "edge\n",
    "etc/torcx/profiles/edge.json": JSON.stringify({
      kind: options.kind ?? "profile-manifest-v1",
      value: { images: profile.map(parseImage) },
    }),
    "etc/torcx/remotes/r/remote.json": JSON.stringify(remote),
    "etc/torcx/remotes/r/vendor.asc": getGpg().export("vendor"),
    ...options.nodes,
  };
  await withRoot(nodes, (root) =>
    use({
      root,
      server,
      run: (args, env) =>
        runTorcx([...args, "--root", root], { cwd: root, ...env === undefined ? {} : { env } }),
      list: () => listBelow(`${root}/${STORE}`),
    }));
}

function parseImage(text: string): Record<string, string> {
  const [id = "", remote] = text.split("@");
  const colon = id.indexOf(":");
  return {
    name: id.slice(0, colon),
    reference: id.slice(colon + 1),
    ...remote === undefined ? {} : { remote },
  };
}

function listBelow(dir: string): string[] {
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(dir)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  return entries.flatMap(({ name, isDirectory }) =>
    isDirectory ? listBelow(`${dir}/${name}`).map((below) => `${name}/${below}`) : [name]
  ).filter((name) => !name.endsWith(".lock")).sort();
}
