#!/bin/sh
# Builds the box's binary for each line of cross/targets into build/cross, or for
# the one that is named: build.sh VERSION BUILT [ARCH].
# Debian's compilers: gcc-aarch64-linux-gnu libc6-dev-arm64-cross
# gcc-arm-linux-gnueabi libc6-dev-armel-cross.
set -eu
version=$1 built=$2 only=${3:-}
cd "$(dirname "$0")/.."
mkdir -p build/cross
grep -v '^#' cross/targets | while read -r arch goarch goarm cc flags; do
	[ -z "$only" ] || [ "$only" = "$arch" ] || continue
	command -v "$cc" >/dev/null || { echo "$arch: compiler $cc is missing; its package is named in cross/build.sh"; exit 1; }
	[ "$goarm" = - ] && goarm=
	CGO_ENABLED=1 GOOS=linux GOARCH=$goarch GOARM=$goarm CC=$cc CGO_CFLAGS=$flags go build -trimpath \
		-tags sqlite_omit_load_extension,netgo,osusergo \
		-ldflags "-s -w -linkmode external -extldflags -static -X main.version=$version -X main.built=$built" \
		-o "build/cross/gated-$arch" ./cmd/gated
	ls -l "build/cross/gated-$arch"
done
