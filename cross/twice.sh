#!/bin/sh
# Builds everything once more, from a copy in another folder and with an empty cache, and compares the bytes:
# twice.sh FOLDER VERSION BUILT [ARCH…].
set -eu
out=$(realpath "$1") version=$2 built=$3
shift 3
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
mkdir "$work/elsewhere" "$work/cache"
git ls-files -z | xargs -0 cp --parents -t "$work/elsewhere"
(cd "$work/elsewhere" && GOCACHE=$work/cache sh cross/build.sh "$work/again" "$version" "$built" "$@")
for b in "$work"/again/*; do
	cmp "$b" "$out/$(basename "$b")" || { echo "FAIL $(basename "$b"): two builds of the same source differ"; exit 1; }
	echo "ok   $(basename "$b"): the same bytes from another folder"
done
