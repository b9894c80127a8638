/*
 * The systems that the boot tests start, as data: one before systemd made the generators' mount namespace private
 * (253), one after, and the newest that Debian has.
 */

export interface Release {
  /** Debian's code name, as mmdebstrap takes it. */
  name: "bookworm" | "trixie" | "sid";
  /** Major version of its systemd, which each boot proves; undefined where it is whatever is newest. */
  systemd: number | undefined;
  /** How a complete plan is applied there: by the generator itself, or handed off to torcx.service. */
  mode: "in-place" | "hand-off";
  /** What every report there warns of, before the colon. */
  warnings: readonly string[];
  /** Whose kernel a VM boots. Sid's has no /boot/vmlinuz. */
  kernel: "bookworm" | "trixie";
}

export const BOOKWORM: Release = {
  name: "bookworm",
  systemd: 252,
  mode: "in-place",
  warnings: [],
  kernel: "bookworm",
};
export const TRIXIE: Release = {
  name: "trixie",
  systemd: 257,
  mode: "hand-off",
  warnings: [],
  kernel: "trixie",
};
export const SID: Release = {
  name: "sid",
  systemd: undefined,
  mode: "hand-off",
  // It is no version yet.
  warnings: ['no VERSION_ID in "/usr/lib/os-release"'],
  kernel: "trixie",
};
export const RELEASES: readonly Release[] = [BOOKWORM, TRIXIE, SID];

/** Names a release in what people read. */
export function nameRelease({ name, systemd }: Release): string {
  return systemd === undefined ? `${name}'s systemd` : `systemd ${systemd}`;
}
