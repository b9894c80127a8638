/**
 * Owns the way of a remote's contents from its server to a decoded value: the right files are asked for,
 * verified, held against what was accepted before. Nobody can have contents that were not.
 */

import { quote, TorcxError } from "../errors.ts";
import { parseRemoteContents, type RemoteContents } from "../manifest/contents.ts";
import type { System } from "../config/system.ts";
import type { BaseUrl } from "../catalog/base_url.ts";
import { parseClearSigned } from "./clear_signed.ts";
import { checkFreshness } from "./freshness.ts";
import { readKeyrings } from "./keyring.ts";
import { verifyMinisign } from "./minisign.ts";
import { NetworkError } from "./network_error.ts";
import { verifyClearSigned } from "./openpgp.ts";
import type { Remote } from "../catalog/remotes.ts";
import { retry, type RetryOptions } from "./retry.ts";
import type { Signature, SignedText } from "./signed_text.ts";
import type { Source } from "./transport.ts";

/** A remote's contents, and who vouches for them. */
export interface VerifiedContents {
  contents: RemoteContents;
  /** Undefined only where unsigned contents are allowed. */
  signature: Signature | undefined;
  /** Where they came from. */
  url: URL;
}

/** Options of {@linkcode fetchContents}. */
export interface FetchContentsOptions extends RetryOptions {
  source: Source;
  /** Accepts contents that nobody known signed. Default false. */
  isInsecure?: boolean;
  /** Accepts contents older than those of before. Default false. */
  isOlderAllowed?: boolean;
  /** What counts as now; the clock's time by default. */
  now?: Date;
}

/** The largest contents that are read: some ten thousand images. */
const CONTENTS_BYTES_MAX = 4 * 1024 * 1024;
const CLEAR_SIGNED = "torcx_remote_contents.json.asc";
const PLAIN = "torcx_remote_contents.json";
/** minisign(1) and signify(1), in the order in which they are asked for. */
const SIGNATURE_SUFFIXES = [".minisig", ".sig"];

/**
 * Fetches and verifies a remote's contents.
 *
 * @throws {NetworkError} if they cannot be had.
 * @throws {TorcxError} `untrusted` if nobody known signed them, or they are older than those of before;
 *   `invalid` if they have a wrong shape.
 */
export async function fetchContents(
  system: System,
  { remote, base }: { remote: Remote; base: BaseUrl },
  options: FetchContentsOptions,
): Promise<VerifiedContents> {
  const { isInsecure = false, isOlderAllowed = false } = options;
  const request = { system, remote, base, options };
  if (remote.keyrings.length === 0 && remote.minisignKeys.length === 0 && !isInsecure) {
    throw new TorcxError("untrusted", `Cannot trust remote ${quote(remote.name)}: it has no keys`, {
      hint: `Name its keys in ${quote(remote.path)}, or accept whatever comes by --insecure`,
    });
  }
  const { url, text, signature } = isInsecure ? await fetchUnverified(request) : await fetchVerified(request);
  if (signature !== undefined && !isOlderAllowed) checkFreshness(system, { url: base.url, signature });
  return { contents: parseRemoteContents(text, url.href, system.log.warning), signature, url };
}

interface ContentsRequest {
  system: System;
  remote: Remote;
  base: BaseUrl;
  options: FetchContentsOptions;
}

interface FetchedText {
  url: URL;
  text: Uint8Array<ArrayBuffer>;
  signature: Signature | undefined;
}

async function fetchVerified(request: ContentsRequest): Promise<FetchedText> {
  const { remote, base, options, system } = request;
  if (remote.minisignKeys.length > 0) {
    const signed = await findMinisigned(request);
    if (signed !== undefined) return { url: new URL(PLAIN, base.url), ...signed };
    if (remote.keyrings.length === 0) {
      throw new TorcxError(
        "untrusted",
        `Cannot trust remote ${quote(remote.name)}: it has no ${
          SIGNATURE_SUFFIXES.map((end) => quote(PLAIN + end)).join(" or ")
        }`,
      );
    }
  }
  const url = new URL(CLEAR_SIGNED, base.url);
  const data = await fetchSmall(url, options);
  const signed = await verifyClearSigned(data, url.href, {
    keyrings: readKeyrings(system.root, remote),
    onWarning: system.log.warning,
    ...options.now === undefined ? {} : { now: options.now },
  });
  return { url, ...signed };
}

/** Fetches the contents and their minisign signature; undefined if there is no such signature. */
async function findMinisigned({ remote, base, options }: ContentsRequest): Promise<SignedText | undefined> {
  for (const suffix of SIGNATURE_SUFFIXES) {
    const signature = await findSmall(new URL(PLAIN + suffix, base.url), options);
    if (signature === undefined) continue;
    const url = new URL(PLAIN, base.url);
    const text = await fetchSmall(url, options);
    return await verifyMinisign(text, signature, {
      source: url.href,
      keys: remote.minisignKeys,
      ...options.now === undefined ? {} : { now: options.now },
    });
  }
  return undefined;
}

/** Takes what is there, signed or not: somebody asked for that. */
async function fetchUnverified({ system, remote, base, options }: ContentsRequest): Promise<FetchedText> {
  system.log.warning(`remote ${quote(remote.name)}: nobody checks who made its contents (--insecure)`);
  const url = new URL(CLEAR_SIGNED, base.url);
  const data = await findSmall(url, options);
  if (data === undefined) {
    const plain = new URL(PLAIN, base.url);
    return { url: plain, text: await fetchSmall(plain, options), signature: undefined };
  }
  try {
    const { text } = parseClearSigned(data, url.href);
    return { url, text: new TextEncoder().encode(text), signature: undefined };
  } catch (error) {
    if (!(error instanceof TorcxError)) throw error;
    return { url, text: data, signature: undefined };
  }
}

async function findSmall(
  url: URL,
  options: FetchContentsOptions,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await fetchSmall(url, options);
  } catch (error) {
    if (error instanceof NetworkError && error.status === 404) return undefined;
    throw error;
  }
}

/** Fetches a file of limited size whole. */
function fetchSmall(url: URL, options: FetchContentsOptions): Promise<Uint8Array<ArrayBuffer>> {
  const { source, signal } = options;
  return retry(async () => {
    const answer = await source.get(url, { signal });
    const refuse = (): never => {
      answer.cancel();
      throw new NetworkError(`Cannot get ${quote(url.href)}: it has more than ${CONTENTS_BYTES_MAX} bytes`);
    };
    if (answer.length !== undefined && answer.length > CONTENTS_BYTES_MAX) return refuse();
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    let size = 0;
    for await (const piece of answer.body) {
      size += piece.length;
      if (size > CONTENTS_BYTES_MAX) return refuse();
      pieces.push(piece.slice());
    }
    const data = new Uint8Array(size);
    let at = 0;
    for (const piece of pieces) {
      data.set(piece, at);
      at += piece.length;
    }
    return data;
  }, options);
}
