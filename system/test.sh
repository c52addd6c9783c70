#!/bin/sh
# The packages in a real system: Debian with systemd as PID 1 in systemd-nspawn, from a base that is made once and kept
# under build/. Needs root. What happens in the system is in inside.sh; each step is said by name, and the first that
# fails ends it: test.sh VERSION BUILT.
set -eu
version=$1 built=$2
cd "$(dirname "$0")/.."
if [ "$(id -u)" != 0 ]; then
	echo "make system-test boots a system and needs root: run it with sudo"
	exit 1
fi
sh .ci/tools deb
base=build/system/root-2.tar
if [ ! -e "$base" ]; then
	echo "making the base system, once"
	mkdir -p build/system
	mmdebstrap --quiet --variant=minbase --include=systemd,systemd-sysv,udev,dbus,init-system-helpers,adduser,socat,procps,mosquitto \
		bookworm "${base%.tar}.new.tar"
	mv "${base%.tar}.new.tar" "$base"
fi
# The package of today and one that is newer, of the same binaries.
sh cross/build.sh build/cross "$version" "$built" amd64
rm -rf build/system/deb
sh deb/build.sh build/cross build/system/deb v1.0.0 "$built" amd64
sh deb/build.sh build/cross build/system/deb v1.0.1 "$built" amd64

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
trap 'exit 1' INT TERM
tar -xf "$base" -C "$root" --exclude='./dev/*'
cp build/system/deb/gated_1.0.*.deb system/inside.sh system/letter.sh docs/install.md "$root/root/"
mkdir "$root/root/page"
cp build/system/deb/*_1.0.0_*.deb "$root/root/page/"
cat >"$root/etc/systemd/system/trial.service" <<'UNIT'
[Unit]
Description=The trial
[Service]
Type=oneshot
StandardOutput=append:/root/trial.log
StandardError=append:/root/trial.log
ExecStart=/bin/sh /root/inside.sh
ExecStopPost=/bin/systemctl poweroff --no-block
[Install]
WantedBy=multi-user.target
UNIT
ln -s ../trial.service "$root/etc/systemd/system/multi-user.target.wants/trial.service"
log=$root/root/trial.log
: >"$log"
tail -n +1 -f "$log" &
tail=$!
trap 'kill $tail; rm -rf "$root"' EXIT
timeout 600 systemd-nspawn -q -D "$root" --register=no --keep-unit -b systemd.show_status=no </dev/null >build/system/console 2>&1 || true
grep -q '^[0-9]* passed, 0 failed' "$log" || { echo "FAIL the system did not come to the end; its console is in build/system/console"; exit 1; }
