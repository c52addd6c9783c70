#!/bin/sh
# Debian's cross compilers and emulators for cross/targets: installed if we are root, else named.
set -eu
need=
for pair in aarch64-linux-gnu-gcc:gcc-aarch64-linux-gnu aarch64-linux-gnu-gcc:libc6-dev-arm64-cross \
	arm-linux-gnueabi-gcc:gcc-arm-linux-gnueabi arm-linux-gnueabi-gcc:libc6-dev-armel-cross \
	qemu-arm-static:qemu-user-static readelf:binutils; do
	command -v "${pair%%:*}" >/dev/null || need="$need ${pair#*:}"
done
[ -n "$need" ] || exit 0
if [ "$(id -u)" != 0 ]; then
	echo "cross building needs these packages:$need"
	exit 1
fi
echo "installing$need"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # a list of words
apt-get install -qq -y --no-install-recommends $need >/dev/null
