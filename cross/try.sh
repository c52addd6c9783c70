#!/bin/sh
# Tries each binary on the weakest processor that it must serve: try.sh FOLDER VERSION [ARCH…]. Its ELF header names
# the right machine and no library; under qemu-user it prints its version, makes its key, opens a database, takes in
# signed documents and judges a pass; a forged one is refused.
set -eu
out=$(realpath "$1") version=$2
shift 2
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
passed=0
ok() { passed=$((passed + 1)); echo "ok   $arch: $1"; }
fail() { echo "FAIL $arch: $1"; exit 1; }

central() { "$out/gate-central-amd64" "$@" -d "$work/central" 2>>"$work/words"; }
central init >/dev/null
central issuer add --id 1 --name Platform
central key add --issuer 1 --kid 257 >/dev/null
central site set --site 1001 --name Garden
code=$(central issue --kid 257 --site 1001 --rider 42)

grep -v '^#' cross/targets | { while read -r arch _ _ _ machine emulator flags; do
	case " $* " in "  " | *" $arch "*) ;; *) continue ;; esac
	bin=$out/gated-$arch box=$work/$arch
	readelf -h "$bin" | grep -q "Machine: .*$machine" || fail "the ELF header does not name $machine"
	readelf -d "$bin" | grep -q NEEDED && fail "needs a library: $(readelf -d "$bin" | grep NEEDED)"
	case $flags in *armv6*) readelf -A "$bin" | grep -q 'Tag_CPU_arch: v6' || fail "is not ARMv6 code" ;; esac
	ok "ELF header, static, $(stat -c %s "$bin") bytes"

	mkdir "$box"
	run() { "${emulator%%:*}" -cpu "${emulator##*:}" "$bin" "$@"; }
	[ "$(run version)" = "gated $version" ] || fail "its version is not $version: $(run version)"
	ok "its version, on ${emulator##*:}"
	cat >"$box/gated.toml" <<-TOML
		[gate]
		id = "$arch"
		site = 1001
		state_dir = "$box/state"
		socket = "$box/socket"
		[trust]
		$(central roots)
		[[lane]]
		name = "in"
		direction = "in"
		scanner = { device = "$box/scanner" }
		door = { kind = "sim" }
		[clock]
		trust = "always"
	TOML
	gated() { run "$@" -c "$box/gated.toml"; }
	central gate add "$arch" --site 1001 --key "$(gated key show)" >/dev/null
	central export --gate "$arch" --out "$box/documents" >/dev/null
	gated import "$box"/documents/* >"$box/said" || fail "takes in no documents: $(cat "$box/said")"
	ok "makes its key, opens a database, takes in documents"
	gated explain "$code" | grep -q '^open: ok' || fail "does not open for a good pass: $(gated explain "$code")"
	forged=$(echo "$code" | sed 's/.$//')$(echo "$code" | grep -q 'A$' && echo Q || echo A)
	if gated explain "$forged" >"$box/said"; then fail "opens for a forged pass"; fi
	grep -q '^refused: ' "$box/said" || fail "does not judge a forged pass: $(cat "$box/said")"
	gated journal verify >"$box/said" || fail "its journal does not verify: $(cat "$box/said")"
	ok "opens for a good pass, refuses a forged one, its journal verifies"
done; echo "$passed passed, 0 failed"; }
