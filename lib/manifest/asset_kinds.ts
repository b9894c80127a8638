/**
 * Owns the one table of asset kinds: the keys of an image's manifest, in the order of propagation, with
 * where each goes and what it is called. It is data; what systemd is told of a kind is lib/boot's.
 */

/** What is known of a kind of asset. */
export interface AssetKindRow {
  /** What one of it is called, for people. */
  readonly noun: string;
  /** Where it is propagated to; undefined for programs, whose directory is a setting. */
  readonly targetDir: string | undefined;
  /** The system's directories that come before the one in /run, and take effect instead, the first first. */
  readonly before: readonly string[];
  /** Those that come after it. */
  readonly after: readonly string[];
}

/** Directories of the name in /etc, /run and /usr, as most kinds have them. */
function makeRow(noun: string, name: string, before: readonly string[] = [`/etc/${name}`]): AssetKindRow {
  return { noun, targetDir: `/run/${name}`, before, after: [`/usr/local/lib/${name}`, `/usr/lib/${name}`] };
}

/** The table. Sources: systemd.unit(5), systemd.network(5), sysusers.d(5), tmpfiles.d(5), udev(7). */
export const ASSET_KIND_TABLE = {
  bin: { noun: "program", targetDir: undefined, before: [], after: [] },
  network: makeRow("network configuration", "systemd/network"),
  units: makeRow("unit", "systemd/system", [
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/etc/systemd/system",
  ]),
  sysusers: makeRow("user configuration", "sysusers.d"),
  tmpfiles: makeRow("tmpfiles configuration", "tmpfiles.d"),
  udev_rules: makeRow("udev rules", "udev/rules.d"),
} as const satisfies Record<string, AssetKindRow>;

/** A key of {@linkcode ASSET_KIND_TABLE}. */
export type AssetKind = keyof typeof ASSET_KIND_TABLE;

/** The kinds of assets, in the order in which they are propagated. */
export const ASSET_KINDS: readonly AssetKind[] = Object.keys(ASSET_KIND_TABLE) as AssetKind[];

/** The fixed target directories, in that order. */
export const TARGET_DIRS: readonly string[] = ASSET_KINDS.flatMap((kind) =>
  ASSET_KIND_TABLE[kind].targetDir ?? []
);

/** Returns the directory that a kind is propagated to. */
export function getTargetDir(kind: AssetKind, { binDir }: { binDir: string }): string {
  return ASSET_KIND_TABLE[kind].targetDir ?? binDir;
}
