/**
 * Owns how the verbs of remotes reach them: the roots of trust that this machine has, and local files. It
 * refuses to ask.
 */

import { encodePath } from "../../../bytes.ts";
import { isErrno, quote, TorcxError } from "../../../errors.ts";
import { LocalFiles } from "../../../remote/local_files.ts";
import { type Source, Transport } from "../../../remote/transport.ts";
import type { System } from "../../../config/system.ts";
import type { Root } from "../../../sys/root.ts";
import type { Context } from "../../context.ts";
import { locate } from "../../system.ts";

/** Where distributions keep the PEM bundle of trusted roots; the first that is there counts. */
const SYSTEM_BUNDLES = [
  "/etc/ssl/certs/ca-certificates.crt", // Debian, Arch, Gentoo, Flatcar
  "/etc/pki/tls/certs/ca-bundle.crt", // Fedora, RHEL
  "/etc/ssl/ca-bundle.pem", // openSUSE
  "/etc/ssl/cert.pem", // Alpine
] as const;
/** What Deno's client takes a proxy from. */
const PROXY_VARIABLES = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy"];
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
/** Bundles have some 200 kB. */
const BUNDLE_BYTES_MAX = 16 * 1024 * 1024;

/** A source that is let go of at the end. */
export interface OpenedSource extends Source, Disposable {}

/**
 * Opens what answers for URLs.
 *
 * @throws {TorcxError} if the file of `--ca` cannot be read, or has no certificate.
 */
export function openSource(
  { root, log }: System,
  { context, options }: { context: Context; options: { root: string; ca: string | undefined } },
): OpenedSource {
  const caCerts = [...readSystemBundle(root, log.debug)];
  if (options.ca !== undefined) caCerts.push(...readBundle(root, locate(options.ca, context, options)));
  const { environment } = context.process;
  const isProxied = PROXY_VARIABLES.some((name) => (environment[name] ?? "") !== "");
  const transport = new Transport({ caCerts, isProxied });
  const files = new LocalFiles(root, transport);
  return {
    get: (url, request) => files.get(url, request),
    [Symbol.dispose]: () => transport[Symbol.dispose](),
  };
}

function readSystemBundle(root: Root, debug: (message: string) => void): string[] {
  for (const path of SYSTEM_BUNDLES) {
    try {
      return splitBundle(root.readFile(encodePath(path), BUNDLE_BYTES_MAX));
    } catch (error) {
      if (!(error instanceof TorcxError)) throw error;
      // Deno's own roots are there in any case.
      if (!isErrno(error, "ENOENT", "ENOTDIR")) {
        debug(`certificates of ${quote(path)} are not used: ${error.message}`);
      }
    }
  }
  return [];
}

function readBundle(root: Root, path: string): string[] {
  let data: Uint8Array<ArrayBuffer>;
  try {
    data = root.readFile(encodePath(path), BUNDLE_BYTES_MAX);
  } catch (cause) {
    throw new TorcxError("failed", `Cannot use ${quote(path)} as roots of trust: it cannot be read`, {
      cause,
    });
  }
  const certificates = splitBundle(data);
  if (certificates.length > 0) return certificates;
  throw new TorcxError("invalid", `Cannot use ${quote(path)} as roots of trust: it has no PEM certificate`);
}

function splitBundle(data: Uint8Array<ArrayBuffer>): string[] {
  return new TextDecoder().decode(data).match(CERTIFICATE) ?? [];
}
