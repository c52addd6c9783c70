#!/bin/sh
# Builds the programs of one target, or of all, into a folder: build.sh FOLDER VERSION BUILT [ARCH…].
# The box's binary for each, and gate-central for amd64. The same source gives the same bytes, wherever it lies and
# whoever builds it: no paths, no build time but the commit's, one compiler a target.
set -eu
out=$1 version=$2 built=$3
shift 3
cd "$(dirname "$0")/.."
mkdir -p "$out"
grep -v '^#' cross/targets | while read -r arch goarch goarm cc _ _ flags; do
	case " $* " in "  " | *" $arch "*) ;; *) continue ;; esac
	command -v "$cc" >/dev/null || { echo "$arch: the compiler $cc is missing; run: sh .ci/tools cross"; exit 1; }
	[ "$goarm" = - ] && goarm=
	programs=gated
	[ "$arch" != amd64 ] || programs="gated gate-central"
	for p in $programs; do
		CGO_ENABLED=1 GOOS=linux GOARCH=$goarch GOARM=$goarm CC=$cc CGO_CFLAGS=$flags go build -trimpath -buildvcs=false \
			-tags sqlite_omit_load_extension,netgo,osusergo \
			-ldflags "-s -w -buildid= -linkmode external -extldflags '-static -Wl,--build-id=none' -X main.version=$version -X main.built=$built" \
			-o "$out/$p-$arch" "./cmd/$p"
		echo "built $p-$arch: $(stat -c %s "$out/$p-$arch") bytes, sha256 $(sha256sum "$out/$p-$arch" | cut -c1-16)…"
	done
done
