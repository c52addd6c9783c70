#!/bin/sh
# Puts together what the emulated boards boot, in build/pi: Debian's arm64 kernel
# and busybox, a device tree and an initramfs for each board, and gated in them.
# No root, no mount, no other architecture in this machine's dpkg. What is
# downloaded is kept.
set -eu
PATH=$PATH:/usr/sbin:/sbin
cd "$(dirname "$0")/.."
gated=$1 # the arm64 binary
kit=build/pi
mkdir -p $kit

# debs PACKAGE...: arm64 packages, through this machine's apt sources and a state
# of apt's own. A package whose name is versioned stands behind its metapackage.
debs() {
	apt=$PWD/$kit/apt
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
	: >"$apt/status"
	options="-o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State::lists=$apt/lists
		-o Dir::Cache=$apt/cache -o Dir::State::status=$apt/status -o Acquire::Languages=none -o APT::Sandbox::User="
	# shellcheck disable=SC2086 # a list of words
	apt-get $options -qq update
	for p; do
		case $p in
		*-arm64) p=$(apt-cache $options depends "$p" | awk '/Depends: linux-image-[0-9]/ { print $2; exit }') ;;
		esac
		(cd "$apt" && apt-get $options -qq download "$p" && dpkg-deb -x "$p"_*.deb ../root.new)
	done
	rm -rf "$apt"
}

if [ ! -d $kit/root ]; then
	echo "downloading Debian's arm64 kernel and busybox (60 MB, once)"
	rm -rf $kit/root.new
	debs linux-image-arm64 busybox-static
	depmod -b $kit/root.new "$(ls $kit/root.new/lib/modules)"
	mv $kit/root.new $kit/root
fi
version=$(ls $kit/root/lib/modules)

# modules BOARD NAME...: an initramfs of busybox, our init and these modules with
# what they need, in the order of loading.
modules() {
	board=$1
	shift
	tree=$kit/tree
	rm -rf $tree
	mkdir -p $tree/bin $tree/dev $tree/proc $tree/sys $tree/tmp $tree/modules $tree/data
	cp "$(find $kit/root -name busybox -type f -perm -1)" $tree/bin/busybox
	cp pi/init $tree/init
	chmod 755 $tree/init
	for m; do modprobe -d $kit/root -S "$version" --show-depends "$m"; done |
		awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r file; do
		name=$(basename "${file%.xz}")
		case $file in *.xz) xz -dc "$file" >"$tree/modules/$name" ;; *) cp "$file" "$tree/modules/$name" ;; esac
		echo "$name" >>$tree/modules/order
	done
	pack $tree >"$kit/$board.initrd"
	rm -rf $tree
}

pack() { (cd "$1" && find . | LC_ALL=C sort | cpio -o -H newc --quiet -R 0:0 | gzip -1); }

modules raspi3b dwc2 phy-generic cdc_ether bcm2835 sdhci-iproc mmc_block crc32c_generic ext4
modules virt virtio_pci virtio_net virtio_blk xhci_pci ftdi_sio crc32c_generic ext4

# The kernel unpacks one archive after another: gated is in one of its own.
mkdir -p $kit/tree/bin
cp "$gated" $kit/tree/bin/gated
pack $kit/tree >$kit/gated.initrd
rm -rf $kit/tree
for board in raspi3b virt; do cat $kit/gated.initrd >>$kit/$board.initrd; done
ln -sf "root/boot/vmlinuz-$version" $kit/vmlinuz

# raspi3b: without its Bluetooth chip the PL011 is a port, as after dtoverlay=disable-bt.
cp "$kit/root/usr/lib/linux-image-$version/broadcom/bcm2837-rpi-3-b.dtb" $kit/raspi3b.dtb
fdtput -r $kit/raspi3b.dtb /soc/serial@7e201000/bluetooth
# virt: its lines get a Raspberry Pi's names, and line 3 belongs to nobody.
qemu-system-aarch64 -M "virt,dumpdtb=$kit/virt.dtb" -cpu cortex-a53 -m 256 -smp 2 -nodefaults -display none 2>$kit/log || { cat $kit/log; exit 1; }
fdtput -t s $kit/virt.dtb /pl061@9030000 gpio-line-names GPIO17 GPIO27 GPIO22 GPIO5 GPIO23 GPIO24 GPIO6 GPIO18
fdtput -r $kit/virt.dtb /gpio-keys
