#!/bin/sh
# What checks and tries the packages: installed if we are root, else named.
set -eu
need=
for pair in lintian:lintian systemd-nspawn:systemd-container mmdebstrap:mmdebstrap; do
	command -v "${pair%%:*}" >/dev/null || need="$need ${pair#*:}"
done
[ -n "$need" ] || exit 0
if [ "$(id -u)" != 0 ]; then
	echo "packages are checked with:$need"
	exit 1
fi
echo "installing$need"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # a list of words
apt-get install -qq -y --no-install-recommends $need >/dev/null
