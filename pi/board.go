package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"gated/stage"
)

// board is one emulated computer.
type board struct {
	name    string
	args    func(kit, disk string) []string // of QEMU, its sockets left out
	cmdline string                          // of the kernel
	network string                          // interface in the guest
	disk    string                          // device in the guest
	scanner string                          // port in the guest
	chip    string                          // label of the GPIO chip

	block     string // the emulator's name for the GPIO block
	base      uint64 // its address
	registers func() registers
	lines     map[string]int // by the names that the kernel gives them
	data      uint64         // register in which the emulator shows the levels
	keeps     bool           // the kernel's driver leaves a line as it was when its owner dies; else it makes it an input

	// drive sets the level of an input from outside.
	drive func(m *machine, line string, high bool) error
	// tear tears the scanner off and puts it back, and returns when the box has it.
	tear func(context.Context, *trial) error
}

var boards = map[string]*board{"raspi3b": raspi3b, "virt": virt}

// raspi3b is a Raspberry Pi 3: pinctrl-bcm2835, the PL011 as the scanner's port,
// the console on the other UART, an SD card. The four processors take turns on
// one of ours: with a thread each, the idle ones spin and starve the others.
var raspi3b = &board{
	name: "raspi3b",
	args: func(kit, disk string) []string {
		return append([]string{
			"-M", "raspi3b", "-accel", "tcg,thread=single", "-serial", "chardev:scan", "-serial", "chardev:con",
			"-device", "usb-net,netdev=n0", "-drive", "if=sd,format=raw,file=" + disk,
		}, boot(kit, "raspi3b")...)
	},
	cmdline: "console=ttyS1,115200",
	network: "usb0", disk: "/dev/mmcblk0", scanner: "/dev/ttyAMA0", chip: "pinctrl-bcm2835",
	block: "bcm2835_gpio", base: 0x3f200000, data: 0x3f200034,
	registers: func() registers { return new(bcm2835) },
	lines:     numbered(17, 27, 22, 5, 6, 23, 24, 18),
	// The emulator has no wires to this block: what is set stands for what comes in.
	drive: func(m *machine, line string, high bool) error {
		register := uint64(0x3f200028) // GPCLR0
		if high {
			register = 0x3f20001c // GPSET0
		}
		return m.qtest.write(register, 1<<m.board.lines[line])
	},
	// A UART has no plug that the kernel sees: a cable comes off in mid-code.
	tear: func(ctx context.Context, t *trial) error {
		code, err := t.pass(ctx, stage.Site)
		if err != nil {
			return err
		}
		if err := t.send(code[:len(code)/2]); err != nil {
			return err
		}
		_, err = t.status(ctx, short, func(s stage.Status) bool { return s.Lanes[0].Scanner.Counters["no-terminator"] > 0 })
		return err
	},
}

// virt is QEMU's own machine: a PL061 whose lines we name as a Raspberry Pi's and
// whose inputs interrupt, a USB scanner that can be pulled out.
var virt = &board{
	name: "virt",
	args: func(kit, disk string) []string {
		return append([]string{
			"-M", "virt", "-cpu", "cortex-a53", "-m", "256", "-smp", "2", "-accel", "tcg,thread=multi", "-serial", "chardev:con",
			"-device", "qemu-xhci,id=xhci", "-device", "usb-serial,chardev=scan,id=scanner,bus=xhci.0",
			"-device", "virtio-net-pci,netdev=n0,romfile=", "-drive", "if=virtio,format=raw,file=" + disk,
		}, boot(kit, "virt")...)
	},
	cmdline: "console=ttyAMA0",
	network: "eth0", disk: "/dev/vda", scanner: "/dev/ttyUSB0", chip: "9030000.pl061",
	block: "pl061", base: 0x9030000, data: 0x90303fc,
	registers: func() registers { return new(pl061) },
	keeps:     true,
	lines: map[string]int{ // as pi/kit.sh writes them into the device tree
		"GPIO17": 0, "GPIO27": 1, "GPIO22": 2, "GPIO5": 3, "GPIO23": 4, "GPIO24": 5, "GPIO6": 6, "GPIO18": 7,
	},
	drive: func(m *machine, line string, high bool) error {
		block, err := m.qmp.find("pl061")
		if err != nil {
			return err
		}
		level := 0
		if high {
			level = 1
		}
		_, err = m.qtest.do(fmt.Sprintf("set_irq_in %s unnamed-gpio-in %d %d", block, m.board.lines[line], level))
		return err
	},
	tear: func(ctx context.Context, t *trial) error {
		said := t.console.mark()
		if err := t.qmp.do("device_del", map[string]any{"id": "scanner"}, nil); err != nil {
			return err
		}
		if _, _, err := t.console.wait(ctx, said, `msg="scanner lost"`); err != nil {
			return err
		}
		again := map[string]any{"driver": "usb-serial", "chardev": "scan", "id": "scanner", "bus": "xhci.0"}
		// The emulator takes a moment to let go of the device that is gone.
		var refused error
		if err := stage.Until(ctx, 100*time.Millisecond, func() (bool, error) {
			refused = t.qmp.do("device_add", again, nil)
			return refused == nil, nil
		}); err != nil {
			return errors.Join(err, refused)
		}
		_, err := t.status(ctx, short, func(s stage.Status) bool { return s.Lanes[0].Scanner.Up })
		return err
	},
}

// boot is what the two have in common.
func boot(kit, name string) []string {
	return []string{
		"-kernel", filepath.Join(kit, "vmlinuz"), "-initrd", filepath.Join(kit, name+".initrd"), "-dtb", filepath.Join(kit, name+".dtb"),
		"-netdev", "user,id=n0", "-display", "none", "-nodefaults", "-no-reboot",
	}
}

// numbered are the lines of a Raspberry Pi, where the name says the number.
func numbered(numbers ...int) map[string]int {
	lines := make(map[string]int)
	for _, n := range numbers {
		lines["GPIO"+strconv.Itoa(n)] = n
	}
	return lines
}
