package faultvfs

import (
	"maps"
	"math/rand/v2"
	"slices"
)

// sector is what a disk writes whole or not at all, in bytes.
const sector = 512

// Disk plays a recording onto a disk that keeps only what was synced. What was
// not may be there after a power cut or not, sector by sector, in any order, and
// so may names: [Disk.Cut] draws one of the states that could be found. It
// belongs to one goroutine.
type Disk struct {
	events []Event
	rnd    *rand.Rand
	lie    float64 // the share of syncs that say yes and do nothing

	live    map[string]*inode // as the program sees it
	durable map[string]*inode // names that are on the disk
	names   []naming          // changes of names that may be
}

type inode struct {
	durable []byte
	pending []Event // writes and truncations that may be on the disk
	journal bool    // its first sync is one of the directory, too
}

// naming is one atomic change of the directory.
type naming struct {
	name, gone string // gone: the old name; empty: none
	ino        *inode // nil: the name is removed
}

// Disk is an empty disk before the first event. All that is drawn comes from
// seed.
func (r *Recording) Disk(seed uint64, lie float64) *Disk {
	return &Disk{
		events: r.Events, rnd: rand.New(rand.NewPCG(seed, 1)), lie: lie, //nolint:gosec // replayable on purpose
		live: make(map[string]*inode), durable: make(map[string]*inode),
	}
}

// Next plays one more event; false if there is none.
func (d *Disk) Next() bool {
	if len(d.events) == 0 {
		return false
	}
	e := d.events[0]
	d.events = d.events[1:]
	switch f := d.live[e.File]; {
	case e.Kind == SyncDir:
		d.syncNames()
	case e.Kind == Open && f == nil && e.File != "":
		f = &inode{journal: e.Offset&(OpenWAL|OpenJournal) != 0}
		d.live[e.File] = f
		d.names = append(d.names, naming{name: e.File, ino: f})
	case f == nil:
	case e.Kind == Write || e.Kind == Truncate:
		f.pending = append(f.pending, e)
	case e.Kind == Sync:
		d.sync(f)
	case e.Kind == Remove:
		delete(d.live, e.File)
		d.names = append(d.names, naming{name: e.File})
		if e.Offset != 0 {
			d.syncNames()
		}
	case e.Kind == Rename:
		delete(d.live, e.File)
		d.live[e.To] = f
		d.names = append(d.names, naming{name: e.To, gone: e.File, ino: f})
	}
	return true
}

func (d *Disk) lies() bool { return d.lie > 0 && d.rnd.Float64() < d.lie }

func (d *Disk) sync(f *inode) {
	if d.lies() {
		return
	}
	f.durable, f.pending = f.found(always), nil
	if f.journal {
		f.journal = false
		d.syncNames()
	}
}

func (d *Disk) syncNames() {
	if d.lies() {
		return
	}
	d.durable, d.names = d.named(always), nil
}

// Cut draws what is on the disk if the power fails now: the files by name.
func (d *Disk) Cut() map[string][]byte {
	share := d.rnd.Float64()
	switch d.rnd.IntN(4) {
	case 0:
		share = 0
	case 1:
		share = 1
	}
	written := func() bool { return d.rnd.Float64() < share }
	names := d.named(written)
	files := make(map[string][]byte, len(names))
	for _, name := range slices.Sorted(maps.Keys(names)) { // sorted: what is drawn is drawn again
		files[name] = names[name].found(written)
	}
	return files
}

func always() bool { return true }

// named is the directory with those of its changes that are drawn.
func (d *Disk) named(written func() bool) map[string]*inode {
	names := maps.Clone(d.durable)
	for _, n := range d.names {
		if !written() {
			continue
		}
		delete(names, n.gone)
		delete(names, n.name)
		if n.ino != nil {
			names[n.name] = n.ino
		}
	}
	return names
}

// found is the file with those of its changes that are drawn, sector by sector.
func (f *inode) found(written func() bool) []byte {
	b := slices.Clone(f.durable)
	for _, e := range f.pending {
		if e.Kind == Truncate {
			if written() {
				b = resize(b, e.Offset)
			}
			continue
		}
		for at, rest := e.Offset, e.Data; len(rest) > 0; {
			n := min(int64(len(rest)), sector-at%sector)
			if written() {
				if end := at + n; end > int64(len(b)) {
					b = resize(b, end)
				}
				copy(b[at:], rest[:n])
			}
			at, rest = at+n, rest[n:]
		}
	}
	return b
}

func resize(b []byte, size int64) []byte {
	if size <= int64(len(b)) {
		return b[:size]
	}
	return append(b, make([]byte, size-int64(len(b)))...)
}
