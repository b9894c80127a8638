#!/bin/sh
# Hook of mmdebstrap: adds Debian's cloud kernel with the few modules the tests need to the new root
# file system. $1 is the root. Its text is part of the cache's key.
set -eu
root=$1
modules='loop squashfs overlay ext4 virtio_pci virtio_blk dummy autofs4'

work=$root/tmp/kernel
mkdir "$work"
cd "$work"
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9][^ ]*\).*/\1/p' | head -n 1)
apt-get download "$package"
dpkg -x "$package"_*.deb .
# Older packages have /lib/modules, newer ones /usr/lib/modules.
[ -d usr/lib/modules ] || { mkdir -p usr/lib; mv lib/modules usr/lib/; }
version=$(ls usr/lib/modules)
# modprobe and depmod look below lib/modules of their base directory.
depmod -b usr "$version" 2>/dev/null || depmod -b "$work" "$version"

to=$root/usr/lib/modules/$version
mkdir -p "$to"
for module in $modules; do
  modprobe -d "$work/usr" -S "$version" --show-depends "$module" | sed -n 's/^insmod \([^ ]*\).*/\1/p'
done | sort -u | while read -r file; do
  path=${file#*"/modules/$version/"}
  mkdir -p "$to/${path%/*}"
  cp "$file" "$to/$path"
done
cp "usr/lib/modules/$version"/modules.builtin* "usr/lib/modules/$version/modules.order" "$to/"
depmod -b "$root" "$version"
cp boot/vmlinuz-* "$root/boot/vmlinuz"
cd /
rm -r "$work"
