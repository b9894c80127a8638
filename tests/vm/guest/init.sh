#!/bin/sh
# The guest's /init: /run as initramfs-tools leaves it, without exec, so that nothing works by an accident of ours.
# With guest.readonly on the kernel command line the root is read-only, as on systems with an immutable base.
mount -t proc -o nosuid,noexec,nodev proc /proc
mount -t tmpfs -o mode=0755,nosuid,nodev,noexec tmpfs /run
grep -q guest.readonly /proc/cmdline && mount -o remount,ro /
exec /usr/lib/systemd/systemd
