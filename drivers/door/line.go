package door

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// One line of a GPIO chip, through version 2 of the kernel's interface
// (Documentation/userspace-api/gpio/chardev.rst, include/uapi/linux/gpio.h). The
// library that finds the chips cannot say what an output is to be from the first
// instant, and claims by name only; docs/decisions/gpio.md has the whole story.

// Flags and requests of include/uapi/linux/gpio.h.
const (
	flagActiveLow  = 1 << 1
	flagInput      = 1 << 2
	flagOutput     = 1 << 3
	flagPullUp     = 1 << 8
	flagPullDown   = 1 << 9
	flagNoPull     = 1 << 10
	attrOutputs    = 2
	nameSize       = 32
	requestInfo    = 0xC0000000 | unsafe.Sizeof(lineInfo{})<<16 | 0xB4<<8 | 0x05
	requestLine    = 0xC0000000 | unsafe.Sizeof(lineRequest{})<<16 | 0xB4<<8 | 0x07
	requestGet     = 0xC0000000 | unsafe.Sizeof(lineValues{})<<16 | 0xB4<<8 | 0x0E
	requestSet     = 0xC0000000 | unsafe.Sizeof(lineValues{})<<16 | 0xB4<<8 | 0x0F
	consumer       = "gated"
	attributesMost = 10
	linesMost      = 64
)

// lineRequest is struct gpio_v2_line_request; its fields lie alike on 32 and 64
// bits, without a gap.
type lineRequest struct {
	offsets  [linesMost]uint32
	consumer [nameSize]byte
	flags    uint64
	attrs    uint32
	_        [5]uint32
	attr     [attributesMost]lineAttribute
	lines    uint32
	_        uint32
	_        [5]uint32
	fd       int32
}

// lineAttribute is struct gpio_v2_line_config_attribute.
type lineAttribute struct {
	id    uint32
	_     uint32
	value uint64
	mask  uint64
}

// lineInfo is struct gpio_v2_line_info.
type lineInfo struct {
	name     [nameSize]byte
	consumer [nameSize]byte
	offset   uint32
	_        uint32
	_        uint64
	_        [attributesMost]struct{ _, _, _, _ uint32 }
	_        [4]uint32
}

// lineValues is struct gpio_v2_line_values.
type lineValues struct{ bits, mask uint64 }

// line is one claimed line. Its values are logical: the kernel turns them around
// for a line that is active low.
type line struct{ fd int }

// claim takes line number offset of the chip at path, with flags. An output is
// inactive from the first instant: the kernel sets the level, and then the
// direction.
func claim(path string, offset int, flags uint64) (*line, error) {
	chip, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	r := lineRequest{flags: flags, lines: 1}
	r.offsets[0] = uint32(offset) //nolint:gosec // a line's number on its chip
	copy(r.consumer[:], consumer)
	if flags&flagOutput != 0 {
		r.attrs, r.attr[0] = 1, lineAttribute{id: attrOutputs, value: 0, mask: 1}
	}
	err = ioctl(chip, requestLine, unsafe.Pointer(&r)) //nolint:gosec // the kernel's struct
	if err := errors.Join(err, unix.Close(chip)); err != nil {
		return nil, fmt.Errorf("claim line %d of %s: %w", offset, path, err)
	}
	return &line{int(r.fd)}, nil
}

// user is who has a line, as the kernel names it; empty: it does not say.
func user(path string, offset int) string {
	chip, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer unix.Close(chip)                                                  //nolint:errcheck // it was only asked
	info := lineInfo{offset: uint32(offset)}                                //nolint:gosec // a line's number on its chip
	if err := ioctl(chip, requestInfo, unsafe.Pointer(&info)); err != nil { //nolint:gosec // the kernel's struct
		return ""
	}
	return unix.ByteSliceToString(info.consumer[:])
}

// get reads the level at the line; of an output too, without changing it.
func (l *line) get() (active bool, err error) {
	v := lineValues{mask: 1}
	err = ioctl(l.fd, requestGet, unsafe.Pointer(&v)) //nolint:gosec // the kernel's struct
	return v.bits&1 != 0, err
}

// set drives an output.
func (l *line) set(active bool) error {
	v := lineValues{mask: 1}
	if active {
		v.bits = 1
	}
	return ioctl(l.fd, requestSet, unsafe.Pointer(&v)) //nolint:gosec // the kernel's struct
}

// close gives the line back.
func (l *line) close() error { return unix.Close(l.fd) }

func ioctl(fd int, request uintptr, arg unsafe.Pointer) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(arg)); errno != 0 {
		return errno
	}
	return nil
}
