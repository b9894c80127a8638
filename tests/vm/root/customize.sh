#!/bin/sh
# Hook of mmdebstrap: gives the new root file system a name, and takes away what no guest reads. $1 is the root. Its
# text is part of the cache's key.
set -eu
root=$1

# A known machine id: an empty one makes every boot a first boot, which presets all units.
echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
echo guest >"$root/etc/hostname"
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/* "$root"/var/log/*.log "$root"/usr/share/zoneinfo "$root"/usr/lib/udev/hwdb.*
