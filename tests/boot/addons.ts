/*
 * The profiles and stores that most boots start with, of the VMs' addons: one tgz in the vendor's store, one squashfs
 * in the user's.
 */

import { join } from "node:path";
import { ALPHA, BETA, packAddon } from "../vm/addon.ts";
import type { Tree } from "../vm/tree.ts";

/** Writes a profile of `NAME:REFERENCE` images; an empty reference removes one. */
export function encodeProfile(...images: string[]): string {
  const list = images.map((image) => {
    const [name, reference] = image.split(":");
    return { name, reference };
  });
  return `${JSON.stringify({ kind: "profile-manifest-v0", value: { images: list } })}\n`;
}

/** The vendor's profile has the first addon; "edge", which is selected, the second one. */
export const PROFILES: Tree = {
  "usr/share/torcx/profiles/vendor.json": encodeProfile("alpha:1"),
  "etc/torcx/profiles/edge.json": encodeProfile("beta:1"),
  "etc/torcx/next-profile": "edge\n",
};

/** Packs both addons below a root. */
export async function packAddons(root: string): Promise<void> {
  await packAddon({ ...ALPHA, payload: 1 << 10 }, "1", join(root, "usr/share/torcx/store"));
  await packAddon({ ...BETA, payload: 1 << 10 }, "1", join(root, "var/lib/torcx/store"));
}
