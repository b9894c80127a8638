/*
 * The systems that the VM tests boot, as data: one before systemd made the generators' mount namespace private
 * (253), one after. Read by root_file_system.ts and the cases.
 */

export interface Release {
  /** Debian's code name, as mmdebstrap takes it. */
  name: "bookworm" | "trixie";
  /** Major version of its systemd; each guest proves that it runs this one. */
  systemd: number;
  /** How a complete plan is applied there: by the generator itself, or handed off to torcx.service. */
  mode: "in-place" | "hand-off";
}

export const BOOKWORM: Release = { name: "bookworm", systemd: 252, mode: "in-place" };
export const TRIXIE: Release = { name: "trixie", systemd: 257, mode: "hand-off" };
