#!/bin/sh
# Makes the packages from binaries that are built: build.sh BINARIES OUT VERSION BUILT [ARCH…]. gated for each line of
# cross/targets, gate-central for amd64. The same binaries give the same packages to the byte.
set -eu
bin=$(realpath "$1") version=$3 built=$4
mkdir -p "$2"
out=$(realpath "$2")
shift 4
cd "$(dirname "$0")/.."
export SOURCE_DATE_EPOCH="$built"
umask 022

# Debian compares versions: a tag v1.2.3, then commits after it, in the order of time.
case $version in
v[0-9]*) debversion=$(echo "${version#v}" | sed 's/-\([0-9]*\)-g/+\1.g/; s/-dirty/+dirty/') ;;
*) debversion=0.0.0+$built.$(echo "$version" | sed 's/-dirty/+dirty/') ;;
esac
maintainer=$(cat deb/maintainer)

# stage PACKAGE ARCH: the files of a package, in $root.
stage() {
	p=$1 root=$work/$1_$2
	mkdir -p "$root/DEBIAN" "$root/usr/share/doc/$p" "$root/usr/share/man/man1" "$root/usr/share/bash-completion/completions"
	install -D -m 755 "$bin/$p-$2" "$root/usr/bin/$p"
	install -D -m 644 "systemd/$p.service" "$root/usr/lib/systemd/system/$p.service"
	install -D -m 644 "systemd/$p.sysusers" "$root/usr/lib/sysusers.d/$p.conf"
	install -D -m 644 "systemd/$p.tmpfiles" "$root/usr/lib/tmpfiles.d/$p.conf"
	"$bin/$p-amd64" manual man | gzip -9n >"$root/usr/share/man/man1/$p.1.gz"
	"$bin/$p-amd64" manual bash >"$root/usr/share/bash-completion/completions/$p"
	go run ./deb -binary "$bin/$p-$2" -out "$root/usr/share/doc/$p"
	gzip -9n <CHANGELOG.md >"$root/usr/share/doc/$p/changelog.gz"
	printf '%s (%s) stable; urgency=medium\n\n  * See changelog.gz.\n\n -- %s  %s\n' "$p" "$debversion" "$maintainer" \
		"$(LC_ALL=C date -u -R -d "@$built")" | gzip -9n >"$root/usr/share/doc/$p/changelog.Debian.gz"
	[ ! -e "deb/$p/lintian-overrides" ] || install -D -m 644 "deb/$p/lintian-overrides" "$root/usr/share/lintian/overrides/$p"
}

# own_gated puts in what only the box's package has.
own_gated() {
	install -D -m 644 -t "$root/usr/lib/systemd/system" systemd/gated-clock.service systemd/gated-enrol.service
	install -D -m 644 systemd/60-gated.rules "$root/usr/lib/udev/rules.d/60-gated.rules"
	mkdir "$root/usr/share/doc/gated/examples"
	sed -n '/^```toml$/,/^```$/p' docs/configuration.md | sed '/^```/d' >"$root/usr/share/doc/gated/examples/gated.toml"
}

# pack PACKAGE ARCH closes it.
pack() {
	size=$(du -sk --apparent-size "$root" | cut -f1)
	for f in "deb/$1"/*; do
		name=$(basename "$f")
		case $name in control | preinst | postinst | prerm | postrm) ;; *) continue ;; esac
		sed -e "s/@VERSION@/$debversion/; s/@ARCH@/$2/; s/@SIZE@/$size/; s/@MAINTAINER@/$maintainer/" "$f" >"$root/DEBIAN/$name"
		[ "$name" = control ] || chmod 755 "$root/DEBIAN/$name"
	done
	(cd "$root" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum >DEBIAN/md5sums)
	find "$root" -exec touch -h -d "@$built" {} +
	dpkg-deb --build --root-owner-group -Zxz "$root" "$out/${1}_${debversion}_$2.deb" >/dev/null
	echo "packed ${1}_${debversion}_$2.deb: $(stat -c %s "$out/${1}_${debversion}_$2.deb") bytes"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
grep -v '^#' cross/targets | while read -r arch _; do
	case " $* " in "  " | *" $arch "*) ;; *) continue ;; esac
	stage gated "$arch"
	own_gated
	pack gated "$arch"
	[ "$arch" = amd64 ] || continue
	stage gate-central "$arch"
	pack gate-central "$arch"
done
