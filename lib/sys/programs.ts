/** Owns the list of the system's programs that may be run. It refuses to run them. */

/**
 * The programs that may be run and where they can be, the first that exists is taken. Absolute: PATH is
 * not trusted, and often not set this early. Systems without a merged /usr have the later ones.
 */
export const PROGRAMS = {
  modprobe: ["/usr/sbin/modprobe", "/usr/bin/modprobe", "/sbin/modprobe"],
  networkctl: ["/usr/bin/networkctl", "/bin/networkctl"],
  systemctl: ["/usr/bin/systemctl", "/bin/systemctl"],
  "systemd-sysusers": ["/usr/bin/systemd-sysusers", "/bin/systemd-sysusers"],
  "systemd-tmpfiles": ["/usr/bin/systemd-tmpfiles", "/bin/systemd-tmpfiles"],
  udevadm: ["/usr/bin/udevadm", "/bin/udevadm", "/sbin/udevadm"],
} as const satisfies Record<string, readonly string[]>;

/** The name of one of {@linkcode PROGRAMS}. */
export type ProgramName = keyof typeof PROGRAMS;
