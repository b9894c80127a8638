#!/bin/bash
# Collects facts about the booted guest and prints them between two markers on the console, one JSON line each
# (output in base64, so that no byte of it needs escaping), then powers off. It asserts nothing and changes nothing
# but by the one daemon-reload in the middle; the test on the host judges. $1: names of the addons.
export LC_ALL=C SYSTEMD_COLORS=0 SYSTEMD_PAGER=cat
export addons=$1
facts=$(mktemp -p /dev/shm)

fact() {
  local name=$1 output code
  shift
  output=$(timeout 120 "$@" 2>&1 </dev/null)
  code=$?
  printf '{"name":"%s","exit":%d,"output":"%s"}\n' "$name" "$code" "$(printf %s "$output" | base64 -w 0)" >>"$facts"
}

# All that torcx may make or leave, without times; torcx.service's own re-made unit is among it, but not the link that
# starts it at boot: where a run has failed, no later reload is to start it again.
snapshot() {
  find /run/torcx /run/metadata /run/systemd/system /run/systemd/network /run/sysusers.d /run/tmpfiles.d \
    /run/udev/rules.d /run/systemd/generator /run/systemd/generator.early /run/systemd/generator.late \
    \( -type d -printf '%p %m %u\n' -o -printf '%p %y %m %u %s %l\n' \) 2>/dev/null |
    grep -v -e '^/run/torcx/unpack/[^/]*/' -e /sysinit.target.wants | sort
  grep torcx /proc/self/mountinfo | cut -d ' ' -f 4- | sort
  losetup --list --noheadings --output BACK-FILE
  for addon in $addons; do
    systemctl show -p ActiveState,InvocationID "$addon.service" "$addon.socket" "$addon.timer"
  done
  systemctl show -p ActiveState,InvocationID torcx.service torcx.target
}

export -f snapshot

timeout 300 systemctl is-system-running --wait >/dev/null
fact state systemctl is-system-running
fact target-multi-user systemctl show -p ActiveState multi-user.target
fact failed systemctl list-units --failed --no-legend --plain
fact jobs systemctl list-jobs --no-legend
fact systemd systemctl --version
fact analyze systemd-analyze time
fact blame systemd-analyze blame
fact seal cat /run/metadata/torcx
fact seal-mode stat -c '%a %U %F' /run/metadata/torcx
fact report cat /run/torcx/report.json
fact report-mode stat -c %a /run/torcx/report.json
fact profile cat /run/torcx/profile.json
fact tree find /run/torcx -maxdepth 2 -printf '%p %y\n'
fact mounts grep -E ' /run/torcx/unpack| /var | /run | / / ' /proc/self/mountinfo
fact loops losetup --list --noheadings --output NAME,BACK-FILE
fact propagated sh -c 'find /run/systemd/system /run/systemd/network /run/sysusers.d /run/tmpfiles.d \
  /run/udev/rules.d -mindepth 1 ! -type d 2>/dev/null; :'
fact generated sh -c 'find /run/systemd/generator* -name "*torcx*"'
fact version torcx --version
fact target systemctl show -p ActiveState,AssertResult torcx.target
fact service systemctl show -p LoadState,ActiveState,Result torcx.service
fact consumer cat /run/needs-torcx.env
fact greeter cat /run/greeter.env
fact cycles journalctl -b --no-pager -o cat -g 'ordering cycle'

for addon in $addons; do
  # As a user's wrapper does: by the seal's variables alone.
  fact "$addon-program" sh -c '. /run/metadata/torcx; exec "$TORCX_BINDIR/$0-program"' "$addon"
  fact "$addon-service" systemctl show -p ActiveState,Result,User "$addon.service"
  fact "$addon-socket" systemctl is-active "$addon.socket"
  # The timer fires a second after its start, which may be later than all else.
  systemctl -q is-active "$addon.timer" && timeout 30 sh -c 'until test -e "/run/$0/tick"; do sleep 1; done' "$addon"
  fact "$addon-timer" systemctl is-active "$addon.timer"
  fact "$addon-tick" test -f "/run/$addon/tick"
  fact "$addon-talk" bash -c '. "/usr/lib/guest/$0.port" && exec 3<>"/dev/tcp/127.0.0.1/$port" && cat <&3' "$addon"
  fact "$addon-user" getent passwd "$addon"
  fact "$addon-directory" stat -c '%a %U:%G' "/var/lib/$addon"
  fact "$addon-written" cat "/var/lib/$addon/started"
  fact "$addon-device" udevadm info --query=property --property="ADDON_${addon^^}" --value /dev/zero
  fact "$addon-interface" test -d "/sys/class/net/${addon}0"
  fact "$addon-refuses-file" touch "/run/torcx/unpack/$addon/new"
  fact "$addon-refuses-write" sh -c 'echo more >>"$0"' "/run/torcx/unpack/$addon/.torcx/manifest.json"
  fact "$addon-refuses-removal" rm -f "/run/torcx/unpack/$addon/.torcx/manifest.json"
done
fact unpack-refuses-directory mkdir /run/torcx/unpack/new

fact status torcx status
fact status-json torcx status --output=json
fact before-reload bash -c snapshot
fact reload systemctl daemon-reload
fact settled timeout 60 systemctl is-system-running --wait
fact after-reload bash -c snapshot
fact journal sh -c "journalctl -b --no-pager -o short-monotonic | grep torcx"
fact journal-tail journalctl -b --no-pager -o short-monotonic -n 60

# Neither the kernel nor systemd may write between the lines.
echo 1 >/proc/sys/kernel/printk
kill -s RTMIN+21 1
sleep 1
{
  echo
  echo '=== guest facts begin ==='
  cat "$facts"
  echo '=== guest facts end ==='
} >/dev/console
systemctl poweroff --no-block
