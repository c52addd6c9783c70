package e2e_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"gated/drivers/drivertest"
)

// card is a small ext4 file system of its own under the state directory of the
// box, as an SD card is.
type card struct {
	image string
	at    string // the state directory
	dev   string // the loop device's name
}

// run runs a program of the system.
func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(soon(t), name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v: %s", name, args, err, out)
	}
}

// insert puts a card under the box and starts the box from it. The test's end
// takes it away, whatever has become of it.
func (p *patient) insert(t *testing.T, c *card) {
	t.Helper()
	if os.Geteuid() != 0 {
		drivertest.Missing(t, "mount", errors.New("a file system is mounted, and we are not root"))
	}
	p.stop(t)
	dir := t.TempDir()
	c.image, c.at = filepath.Join(dir, "card.img"), filepath.Join(p.Box.Dir, "state")
	if err := errors.Join(os.WriteFile(c.image, nil, 0o600), os.Truncate(c.image, 48<<20)); err != nil {
		t.Fatal(err)
	}
	run(t, "mkfs.ext4", "-q", "-F", "-m", "0", "-N", "128", "-d", c.at, c.image)
	if out, err := exec.CommandContext(soon(t), "mount", "-o", "loop,errors=remount-ro", c.image, c.at).CombinedOutput(); err != nil {
		p.well(t)
		drivertest.Missing(t, "mount", fmt.Errorf("%w: %s", err, out))
	}
	t.Cleanup(func() { _ = unix.Unmount(c.at, unix.MNT_DETACH) }) // a test that failed leaves the box running on it
	var st unix.Stat_t
	if err := unix.Stat(c.at, &st); err != nil {
		t.Fatal(err)
	}
	c.dev = fmt.Sprintf("%d:%d", unix.Major(st.Dev), unix.Minor(st.Dev))
	p.start(t)
}

// remove takes the card away and starts the box from what it has learned on it.
func (p *patient) remove(t *testing.T, c *card) {
	t.Helper()
	run(t, "sh", "-c", `rm -f "$1"/fill*`, "sh", c.at) // whoever ends keeps a second copy there
	p.stop(t)
	kept := filepath.Join(t.TempDir(), "kept")
	run(t, "mkdir", kept)
	run(t, "cp", "-a", c.at+"/.", kept)
	run(t, "umount", c.at)
	run(t, "sh", "-c", `rm -rf "$1"/* && cp -a "$2"/. "$1" && rm -rf "$1"/lost+found`, "sh", c.at, kept)
	p.start(t)
}

// fill writes until nothing more can be written.
func (c *card) fill(t *testing.T) {
	t.Helper()
	f, err := os.Create(filepath.Join(c.at, "fill"))
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{1 << 20, 4 << 10} {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
			err = errors.Join(err, f.Sync())
		}
	}
	if !errors.Is(errors.Join(err, f.Close()), unix.ENOSPC) {
		t.Fatal(err)
	}
}

// litter makes files until no more can be made.
func (c *card) litter(t *testing.T) {
	t.Helper()
	for n := range 1000 {
		err := os.WriteFile(filepath.Join(c.at, fmt.Sprintf("fill%d", n)), nil, 0o600)
		if errors.Is(err, unix.ENOSPC) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("there is room for ever more files")
}

func (p *patient) cardFaults() []fault {
	var c card
	end := func(t *testing.T) { p.remove(t, &c) }
	return []fault{
		{"the card is full", "card-space", "0 MB free", func(t *testing.T) string {
			p.insert(t, &c)
			p.stop(t)
			c.fill(t)
			p.start(t)
			return ""
		}, end},
		{"the card has no room for files", "card-inodes", "0 files more", func(t *testing.T) string {
			p.insert(t, &c)
			c.litter(t)
			return ""
		}, end},
		{"the card is mounted read-only", "card-writable", "read-only", func(t *testing.T) string {
			p.insert(t, &c)
			p.stop(t)
			run(t, "mount", "-o", "remount,ro", c.at)
			p.start(t)
			return ""
		}, func(t *testing.T) {
			run(t, "mount", "-o", "remount,rw", c.at)
			p.remove(t, &c)
		}},
		{"the card fails under the daemon", "card-writable", "read-only", func(t *testing.T) string {
			trigger := filepath.Join("/sys/fs/ext4", p.loop(t, &c), "trigger_fs_error")
			if err := os.WriteFile(trigger, []byte("1"), 0o200); err != nil {
				p.remove(t, &c)
				drivertest.Missing(t, "mount", err)
			}
			return ""
		}, func(t *testing.T) {
			if err := p.Box.Kill(soon(t)); err != nil { // it may have ended by itself, and not well
				t.Fatal(err)
			}
			run(t, "umount", c.at)
			run(t, "sh", "-c", `e2fsck -p "$1" >&2 || [ $? -le 2 ]`, "sh", c.image)
			run(t, "mount", "-o", "loop", c.image, c.at)
			p.remove(t, &c)
		}},
		{"the card is slow", "card-sync", "syncs", func(t *testing.T) string {
			p.insert(t, &c)
			if err := throttle(c.dev, 10); err != nil {
				p.remove(t, &c)
				drivertest.Missing(t, "blkio", err)
			}
			t.Cleanup(func() { _ = throttle(c.dev, 0) })
			return ""
		}, func(t *testing.T) {
			if err := throttle(c.dev, 0); err != nil {
				t.Fatal(err)
			}
			p.remove(t, &c)
		}},
	}
}

// loop inserts a card and names its loop device.
func (p *patient) loop(t *testing.T, c *card) string {
	t.Helper()
	p.insert(t, c)
	name, err := os.Readlink(filepath.Join("/sys/dev/block", c.dev))
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Base(name)
}

// throttle lets a device do that many writes a second, whoever writes; 0: as
// many as it can.
func throttle(dev string, writes int) error {
	const file = "/sys/fs/cgroup/blkio/blkio.throttle.write_iops_device"
	return os.WriteFile(file, fmt.Appendf(nil, "%s %d\n", dev, writes), 0o200)
}
