/**
 * Owns how this kernel was built, where it can be told: by itself in /proc/config.gz, or by a file that
 * distributions install beside it. Where there is none nothing is known.
 */

import { gunzipSync } from "node:zlib";
import { encodePath } from "../bytes.ts";
import { TorcxError } from "../errors.ts";
import { Root } from "./root.ts";

/** The text is some 300 KB. */
const CONFIG_BYTES_MAX = 4 * 1024 * 1024;

/** Options of the kernel's configuration. */
export interface KernelConfig {
  /** The file that tells. */
  path: string;
  /** Returns whether an option is set, e.g. `SQUASHFS_XZ`, built in or as a module. */
  has(option: string): boolean;
}

let known: KernelConfig | undefined | null = null;

/** Returns the running kernel's configuration; undefined where it is not told. */
export function findKernelConfig(): KernelConfig | undefined {
  return known === null ? known = readKernelConfig() : known;
}

function readKernelConfig(): KernelConfig | undefined {
  using host = Root.open("/");
  const release = findText(host, "/proc/sys/kernel/osrelease")?.trim();
  const paths = ["/proc/config.gz"];
  if (release !== undefined && /^[^/]+$/.test(release)) {
    paths.push(
      `/boot/config-${release}`,
      `/usr/lib/modules/${release}/config`,
      `/lib/modules/${release}/config`,
    );
  }
  for (const path of paths) {
    const text = findText(host, path);
    // A file that does not know the file system at all says nothing about it.
    if (text === undefined || !/^(?:# )?CONFIG_SQUASHFS[= ]/m.test(text)) continue;
    return { path, has: (option) => new RegExp(`^CONFIG_${option}=[ym]$`, "m").test(text) };
  }
  return undefined;
}

/** It explains a refusal ahead of the kernel's own: what cannot be read, for whatever reason, tells nothing. */
function findText(host: Root, path: string): string | undefined {
  try {
    const bytes = host.readFile(encodePath(path), CONFIG_BYTES_MAX);
    return new TextDecoder().decode(path.endsWith(".gz") ? gunzipSync(bytes) : bytes);
  } catch (error) {
    if (error instanceof TorcxError || (error instanceof Error && "code" in error)) return undefined;
    throw error;
  }
}
