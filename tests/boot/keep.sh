#!/bin/sh
# PID 1 of the outer namespaces of one system under test: lays the root file system out, then waits until its standard
# input is closed (the test has ended, in whatever way), kills what is left, and takes its own mounts with it.
# keep.sh WORK LOWER: mounts the system below WORK over LOWER, as overlayfs takes it, and prints its pid on the host.
set -eu
work=$1 lower=$2

mount -t tmpfs -o mode=0755,size=4G torcx-boot "$work"
mkdir "$work/upper" "$work/overlay" "$work/root" "$work/cgroup"
mount -t overlay -o "lowerdir=$lower,upperdir=$work/upper,workdir=$work/overlay" torcx-boot "$work/root"
mount -t cgroup2 cgroup2 "$work/cgroup"
# A cgroup of its own: inside, systemd takes the one it finds itself in for the whole tree.
cgroup=$work/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)/${work##*/}
mkdir "$cgroup"
ln -s "$cgroup" "$work/own-cgroup"
# /proc is still the host's, so this is the pid that the host knows.
read -r pid _ </proc/self/stat
echo "$pid"
exec >/dev/null 2>&1

read -r _ || :
kill -s KILL -- -1 2>/dev/null || :
# The cgroup is free once the last of them is gone.
until find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null; do :; done
