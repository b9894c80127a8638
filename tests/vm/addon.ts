/*
 * Addon images for the guests, packed by the tools that vendors use (tar, mksquashfs). Each carries one of every
 * kind of asset, and its service works only if they came up in the right order: it runs as the user of its
 * sysusers file, in the directory of its tmpfiles file. Called by guest.ts.
 */

import { join } from "node:path";
import { runCommand } from "./command.ts";
import { program, type Tree, writeTree } from "./tree.ts";

export interface Addon {
  name: string;
  /** Port of its socket on the loopback interface. */
  port: number;
  format: "tgz" | "squashfs";
  /** User that its service runs as: its own, from its sysusers file, or root, and it has no such file. */
  user: string;
  /** Size of a file that does not compress, in bytes. */
  payload: number;
}

export const ALPHA: Addon = { name: "alpha", port: 2001, format: "tgz", user: "alpha", payload: 4 << 20 };
export const BETA: Addon = { name: "beta", port: 2002, format: "squashfs", user: "beta", payload: 1 << 20 };
/** For systems that cannot add users. */
export const GAMMA: Addon = { name: "gamma", port: 2003, format: "tgz", user: "root", payload: 1 << 10 };

/** Packs an addon as `STORE/NAME:REFERENCE.torcx.FORMAT` and returns that file name. */
export async function packAddon(addon: Addon, reference: string, store: string): Promise<string> {
  const file = `${addon.name}:${reference}.torcx.${addon.format}`;
  const tree = await Deno.makeTempDir({ prefix: "torcx-vm-addon-" });
  try {
    await Deno.chmod(tree, 0o755);
    await writeTree(tree, describeAddon(addon));
    const payload = join(tree, "usr/share", addon.name, "payload");
    await runCommand([
      "dd",
      "if=/dev/urandom",
      `of=${payload}`,
      `bs=${addon.payload}`,
      "count=1",
      "iflag=fullblock",
    ]);
    const path = join(store, file);
    await runCommand(
      addon.format === "tgz"
        ? [
          "tar",
          "--create",
          "--gzip",
          "--force-local",
          "--owner=0",
          "--group=0",
          `--file=${path}`,
          "--directory",
          tree,
          ".",
        ]
        : ["mksquashfs", tree, path, "-all-root", "-noappend", "-no-progress", "-quiet"],
    );
  } finally {
    await Deno.remove(tree, { recursive: true });
  }
  return file;
}

function describeAddon({ name, port, user }: Addon): Tree {
  const units = "usr/lib/systemd/system";
  const assets = {
    bin: ["/usr/bin"],
    network: [`/usr/lib/systemd/network/50-${name}.netdev`],
    units: [
      ...[`${name}.service`, `${name}.socket`, `${name}@.service`, `${name}.timer`, `${name}-tick.service`],
      ...["multi-user.target.wants", "sockets.target.wants", "timers.target.wants", "greeter.service.d"],
    ].map((unit) => `/${units}/${unit}`),
    sysusers: user === "root" ? [] : [`/usr/lib/sysusers.d/${name}.conf`],
    tmpfiles: [`/usr/lib/tmpfiles.d/${name}.conf`],
    ["udev_rules"]: [`/usr/lib/udev/rules.d/80-${name}.rules`],
  };
  return {
    ".torcx/manifest.json": JSON.stringify({ kind: "image-manifest-v0", value: assets }),
    [`usr/share/${name}/payload`]: "",
    [`usr/bin/${name}-program`]: program(
      `#!/bin/sh\n[ "$1" = start ] && exec >/var/lib/${name}/started\necho "${name} of $(readlink -f "$0") as $(id -un)"\n`,
    ),
    [`usr/lib/systemd/network/50-${name}.netdev`]: `[NetDev]\nName=${name}0\nKind=dummy\n`,
    [`usr/lib/sysusers.d/${name}.conf`]: `u ${name} - "Addon ${name}" /var/lib/${name}\n`,
    [`usr/lib/tmpfiles.d/${name}.conf`]:
      `d /var/lib/${name} 0750 ${user} ${user}\nd /run/${name} 0755 ${user} ${user}\n`,
    [`usr/lib/udev/rules.d/80-${name}.rules`]:
      `ACTION!="remove", SUBSYSTEM=="mem", KERNEL=="zero", ENV{ADDON_${name.toUpperCase()}}="yes"\n`,
    [`${units}/${name}.service`]: `[Unit]
Description=Service of addon ${name}
Requires=torcx.target
After=torcx.target
[Service]
Type=oneshot
RemainAfterExit=yes
User=${user}
EnvironmentFile=/run/metadata/torcx
ExecStart=/usr/bin/env PATH=\${TORCX_BINDIR}:\${PATH} ${name}-program start
[Install]
WantedBy=multi-user.target
`,
    [`${units}/${name}.socket`]: `[Unit]
Description=Socket of addon ${name}
[Socket]
ListenStream=127.0.0.1:${port}
Accept=yes
[Install]
WantedBy=sockets.target
`,
    [`${units}/${name}@.service`]: `[Unit]
Description=Connection to addon ${name}
[Service]
User=${user}
ExecStart=/run/torcx/bin/${name}-program
StandardInput=socket
`,
    [`${units}/${name}.timer`]: `[Unit]
Description=Timer of addon ${name}
[Timer]
OnActiveSec=1
AccuracySec=1ms
Unit=${name}-tick.service
[Install]
WantedBy=timers.target
`,
    [`${units}/${name}-tick.service`]: `[Unit]
Description=Tick of addon ${name}
[Service]
Type=oneshot
User=${user}
ExecStart=/usr/bin/touch /run/${name}/tick
`,
    [`${units}/multi-user.target.wants/${name}.service`]: { link: `../${name}.service` },
    [`${units}/sockets.target.wants/${name}.socket`]: { link: `../${name}.socket` },
    [`${units}/timers.target.wants/${name}.timer`]: { link: `../${name}.timer` },
    [`${units}/greeter.service.d/10-${name}.conf`]:
      `[Service]\nEnvironment=GREETER_${name.toUpperCase()}=yes\n`,
  };
}
