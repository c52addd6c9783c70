package doctor

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"gated/gate"
)

// Card is the file system of the state directory.
type Card struct {
	Path     string
	Unknown  gate.Text // why nothing can be said of it
	ReadOnly bool
	Free     uint64          // bytes
	Size     uint64          // bytes
	Inodes   Reading[uint64] // free
	Sync     Reading[Syncs]
	Denied   bool         // this user may not write there, so nothing was measured
	Wear     Reading[int] // per cent of its life, of an eMMC
}

// Syncs is how long a card takes until 4 KiB are safe.
type Syncs struct {
	N        int
	P50, P99 time.Duration
}

// Bounds of the measurement: together it takes little more than a second, on
// the slowest card too.
const (
	syncsMost = 40
	syncsTime = time.Second
)

// ReadCard looks at the file system of the state directory, and measures it:
// there it writes one small file, and removes it.
func ReadCard(root, dir string) Card {
	c := Card{Path: dir, Wear: readWear(root)}
	var st unix.Statfs_t
	at := dir
	for at != "/" && errors.Is(unix.Statfs(at, &st), unix.ENOENT) {
		at = filepath.Dir(at) // a directory that is yet to be made lies on its parent's file system
	}
	if err := unix.Statfs(at, &st); err != nil {
		c.Unknown = say("无法查看 %s：%v", "%s cannot be looked at: %v", dir, err)
		return c
	}
	c.ReadOnly = st.Flags&unix.ST_RDONLY != 0
	c.Free, c.Size = st.Bavail*uint64(st.Bsize), st.Blocks*uint64(st.Bsize) //nolint:gosec // a block is no negative number of bytes; its type differs by architecture
	c.Inodes.Value = st.Ffree
	if st.Files == 0 {
		c.Inodes = unknown[uint64]("此文件系统不限制文件数", "this file system does not count them")
	}
	var err error
	c.Sync, err = readSyncs(at)
	c.ReadOnly = c.ReadOnly || errors.Is(err, unix.EROFS) // ext4 takes no more after an error, and since Linux 6.15 shows no flag of it
	c.Denied = unix.Access(at, unix.W_OK) == unix.EACCES
	return c
}

// readSyncs writes 4 KiB at the end of a file and waits for them to be safe,
// again and again. The error is why there is no reading.
func readSyncs(dir string) (Reading[Syncs], error) {
	f, err := os.CreateTemp(dir, "doctor.*")
	if err != nil {
		return unknown[Syncs]("无法写入：%v", "nothing can be written: %v", err), err
	}
	defer func() { _ = errors.Join(f.Close(), os.Remove(f.Name())) }()
	var took []time.Duration
	page := make([]byte, 4096)
	for began := time.Now(); len(took) < syncsMost && time.Since(began) < syncsTime; {
		at := time.Now()
		if _, err := f.Write(page); err != nil {
			return unknown[Syncs]("无法写入：%v", "nothing can be written: %v", err), err
		}
		if err := unix.Fdatasync(int(f.Fd())); err != nil {
			return unknown[Syncs]("无法落盘：%v", "what was written cannot be made safe: %v", err), err
		}
		took = append(took, time.Since(at))
	}
	slices.Sort(took)
	return Reading[Syncs]{Value: Syncs{len(took), took[len(took)/2], took[len(took)*99/100]}}, nil
}

// readWear is what an eMMC says of its own life, in steps of ten per cent
// (JEDEC JESD84-B51, DEVICE_LIFE_TIME_EST; the kernel's life_time).
func readWear(root string) Reading[int] {
	text, ok := first(root, "sys/block/mmcblk*/device/life_time")
	var a, b uint64
	if _, err := fmt.Sscanf(text, "0x%x 0x%x", &a, &b); !ok || err != nil || max(a, b) == 0 {
		return unknown[int]("这张卡不报告寿命", "this card does not tell")
	}
	return Reading[int]{Value: int(min(max(a, b), 11) * 10)}
}

func writable(f *Facts) Result {
	c := &f.Card
	switch {
	case c.Unknown != gate.Text{}:
		return skip(c.Unknown)
	case c.ReadOnly:
		return fail(say("%s 所在的文件系统是只读的", "the file system of %s is read-only", c.Path),
			say("看内核说了什么（dmesg | grep -iE 'mmc|ext4'）；有读写错误就换卡，否则 mount -o remount,rw 后 systemctl restart gated",
				"see what the kernel says (dmesg | grep -iE 'mmc|ext4'); if it names errors replace the card, else mount -o remount,rw and systemctl restart gated"))
	}
	return fine(say("可写", "writable"))
}

// Below these a card is as good as full: a day of a busy gate is 25 MB.
const (
	spaceLeast = 32 << 20
	spaceSoon  = 256 << 20
)

func space(f *Facts) Result {
	c := &f.Card
	measured := say("%s 剩余 %d MB，共 %d MB", "%[1]s: %[2]d MB free of %[3]d", c.Path, c.Free>>20, c.Size>>20)
	next := say("看是什么占满了（du -xh %s / | sort -h | tail），清掉日志和旧的数据库副本，或换大卡",
		"see what fills it (du -xh %s / | sort -h | tail), remove logs and databases that were set aside, or use a larger card", c.Path)
	switch {
	case c.Unknown != gate.Text{}:
		return skip(c.Unknown)
	case c.Free < min(spaceLeast, c.Size/50+1):
		return fail(measured, next)
	case c.Free < min(spaceSoon, c.Size/10+1):
		return warn(measured, next)
	}
	return fine(measured)
}

func inodes(f *Facts) Result {
	n := f.Card.Inodes
	measured := say("还能建 %d 个文件", "room for %d files more", n.Value)
	next := say("删掉大量的小文件（df -i 显示在哪个文件系统）", "remove the many small files (df -i shows the file system)")
	switch {
	case f.Card.Unknown != gate.Text{}:
		return skip(f.Card.Unknown)
	case !n.Known():
		return skip(n.Unknown)
	case n.Value < 16:
		return fail(measured, next)
	case n.Value < 1000:
		return warn(measured, next)
	}
	return fine(measured)
}

// An opening waits for the card for 150 ms (DESIGN promise 2); on a card that is
// slower than that now and then, riders wait but records are whole.
const (
	syncSlow = 150 * time.Millisecond
	syncLong = 50 * time.Millisecond
)

func syncing(f *Facts) Result {
	s := f.Card.Sync
	ms := func(d time.Duration) string { return strconv.FormatFloat(d.Seconds()*1000, 'f', 1, 64) }
	measured := say("%d 次落盘：中位 %s ms，最慢的百分之一 %s ms", "%d syncs: p50 %s ms, p99 %s ms", s.Value.N, ms(s.Value.P50), ms(s.Value.P99))
	next := say("换一张 A1 级或更好的卡（sudo dd 备份后换卡，或重新登记）；先看是不是别的程序在大量写盘（iotop）",
		"use a card of class A1 or better; see first whether another program writes a lot (iotop)")
	switch {
	case f.Card.Unknown != gate.Text{}:
		return skip(f.Card.Unknown)
	case f.Card.Denied:
		return skip(say("此用户不可写 %s：用 sudo", "this user may not write to %s: use sudo", f.Card.Path))
	case !s.Known():
		return fail(s.Unknown, say("看内核说了什么（dmesg | tail）；以 root 运行本命令", "see what the kernel says (dmesg | tail); run this command as root"))
	case s.Value.P50 > syncSlow:
		return fail(measured, next)
	case s.Value.P99 > syncSlow, s.Value.P50 > syncLong:
		return warn(measured, next)
	}
	return fine(measured)
}

func wear(f *Facts) Result {
	w := f.Card.Wear
	measured := say("寿命已用约 %d%%", "about %d%% of its life is used", w.Value)
	next := say("安排换卡", "plan to replace it")
	switch {
	case !w.Known():
		return skip(w.Unknown)
	case w.Value > 100:
		return fail(measured, next)
	case w.Value > 80:
		return warn(measured, next)
	}
	return fine(measured)
}
