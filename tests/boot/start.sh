#!/bin/sh
# Becomes the systemd of one boot, as PID 1 of namespaces that are new but for the mounts of keep.sh. Prints its pid on
# the host. start.sh WORK BOOT_ID KMSG_SEQUENCE [ARGUMENT...]: the kernel's command line is WORK/cmdline; arguments
# are systemd's own, which reads them in a container in place of the kernel's.
set -eu
work=$1 boot_id=$2 kmsg_sequence=$3
shift 3
root=$work/root
read -r pid _ </proc/self/stat

make_node() {
  path=$root/dev/$1
  shift
  # Its own nodes, so that no udev in here changes the host's.
  mknod -m 666 "$path" "$@" 2>/dev/null || { : >"$path"; mount --bind "/dev/${path##*/}" "$path"; }
}

hostname guest
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
# Of what is the whole machine's, nothing is for a guest to set.
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
[ ! -e "$root/proc/sysrq-trigger" ] || mount --bind /dev/null "$root/proc/sysrq-trigger"
echo "$boot_id" >"$work/boot_id"
mount --bind "$work/boot_id" "$root/proc/sys/kernel/random/boot_id"
mount --bind "$work/cmdline" "$root/proc/cmdline"
mount -t sysfs -o nosuid,nodev,noexec sysfs "$root/sys"
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o nosuid,nodev,mode=0755 tmpfs "$root/run"
mount -t tmpfs -o nosuid,mode=0755 tmpfs "$root/dev"
make_node null c 1 3
make_node zero c 1 5
make_node full c 1 7
make_node random c 1 8
make_node urandom c 1 9
make_node kmsg c 1 11
make_node tty c 5 0
make_node loop-control c 10 237
for number in $(seq 0 31); do
  mknod -m 660 "$root/dev/loop$number" b 7 "$number" 2>/dev/null || [ ! -e "/dev/loop$number" ] || {
    : >"$root/dev/loop$number"
    mount --bind "/dev/loop$number" "$root/dev/loop$number"
  }
done
mkdir "$root/dev/pts" "$root/dev/shm" "$root/dev/mqueue"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
mount -t tmpfs -o nosuid,nodev,mode=1777 tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s /proc/self/fd/0 "$root/dev/stdin"
ln -s /proc/self/fd/1 "$root/dev/stdout"
ln -s /proc/self/fd/2 "$root/dev/stderr"
# journald leaves out what the kernel's log held before this boot (its own record, a 64 bit number).
mkdir -p "$root/run/systemd/journal"
for byte in 0 8 16 24 32 40 48 56; do
  printf "\\$(printf %o $((kmsg_sequence >> byte & 255)))"
done >"$root/run/systemd/journal/kernel-seqnum"

cd "$root"
pivot_root . .
umount -l .
cd /
echo "$pid"
exec env -i container=lxc PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd "$@" </dev/null >/dev/null 2>&1
