package store_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"hash/maphash"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"gated/store"
	"gated/store/faultvfs"
	"gated/verify/record"
)

// How often the power is cut, and how to have the same cuts again.
var (
	cuts       = flag.Int("cuts", 1400, "power cuts to try, half of them on a disk that lies")
	cutSeed    = flag.Uint64("cutseed", 0, "seed of the power cuts; 0: any")
	cutsOf     = flag.String("cutsof", "", "recording to cut, as a failure leaves it; empty: make one")
	lyingShare = 0.2 // of the syncs of a lying disk do nothing
)

// promise is what the store had said at some point of the recording.
type promise struct {
	At      int    // events of the recording before it
	Records uint64 // acknowledged
	Start   uint64
	Held    byte // version of the document that is held
	Uses    int  // of the passes 0 to Uses-1
}

// played is one recording with all that a test must know of it.
type played struct {
	Recording faultvfs.Recording
	Promises  []promise
	Leaves    [][]byte
	Key       string
}

// TestPowerCuts cuts the power at every point of a recorded workload, many times
// over, and opens what is left with the store. On a disk that keeps what was
// synced nothing that was acknowledged is lost and nothing needs mending. On one
// that lies, every loss is found with a checkpoint that somebody had pinned.
func TestPowerCuts(t *testing.T) {
	p := recorded(t, "")
	seed := *cutSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	points := p.Recording.Len() + 1
	rounds := max(1, *cuts/points/2)
	t.Logf("seed %d: %d points, each cut %d times on an honest disk and as often on one that lies in %.0f %% of its syncs",
		seed, points, rounds, 100*lyingShare)
	honest, lying := new(tally), new(tally)
	cutRounds(t, rounds, func(round int, dir string) error {
		return errors.Join(cutAll(t, p, dir, seed+uint64(round), 0, honest), cutAll(t, p, dir, seed+uint64(round), lyingShare, lying))
	})
	t.Logf("honest disk: %s", honest)
	t.Logf("lying disk: %s", lying)
	if honest.cuts.Load() == 0 || honest.lost.Load() > 0 || honest.damaged.Load() > 0 {
		t.Error("an honest disk has lost something")
	}
	if lying.lost.Load() == 0 || lying.lost.Load() != lying.found.Load() {
		t.Errorf("of %d losses on a lying disk %d were found", lying.lost.Load(), lying.found.Load())
	}
	if t.Failed() {
		keepRecording(t, p, seed)
	}
}

// TestPowerCutsFindAStoreThatDoesNotSync: a workload that acknowledges before it
// syncs is caught, so the cuts above have something to catch with.
func TestPowerCutsFindAStoreThatDoesNotSync(t *testing.T) {
	p := recorded(t, "PRAGMA synchronous = NORMAL;")
	var y tally
	for range 50 { // what is drawn may be kind
		if cutAll(t, p, memory(t), rand.Uint64(), 0, &y) != nil {
			return
		}
	}
	t.Errorf("no acknowledged record was lost: %s", &y)
}

// cutRounds gives each round to one of some workers, until one fails.
func cutRounds(t *testing.T, rounds int, cut func(round int, dir string) error) {
	jobs := make(chan int)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		dir := memory(t)
		workers.Go(func() {
			for round := range jobs {
				if err := cut(round, dir); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for round := range rounds {
		if t.Failed() {
			break
		}
		jobs <- round
	}
	close(jobs)
	workers.Wait()
}

// tally is what came of the cuts.
type tally struct {
	cuts    atomic.Int64
	states  atomic.Int64 // of those, what was left had not been looked at before
	seen    sync.Map
	damaged atomic.Int64 // the store refused to open what was left
	lost    atomic.Int64 // an acknowledged record, or one before it, was not there as it was
	found   atomic.Int64 // of those: seen by opening, verifying, or against the pinned checkpoint
	silent  atomic.Int64 // of those: seen by nothing but the pinned checkpoint
}

func (y *tally) String() string {
	return fmt.Sprintf("%d power cuts, %d different states opened, %d files refused, %d with acknowledged records lost, %d of them found (%d against the pinned checkpoint alone)",
		y.cuts.Load(), y.states.Load(), y.damaged.Load(), y.lost.Load(), y.found.Load(), y.silent.Load())
}

// known says whether the same was left before while the same was promised.
func (y *tally) known(files map[string][]byte, want promise) bool {
	var h maphash.Hash
	h.SetSeed(sameSeed)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		maphash.WriteComparable(&h, name)
		maphash.WriteComparable(&h, len(files[name]))
		h.Write(files[name])
	}
	want.At = 0
	maphash.WriteComparable(&h, want)
	_, known := y.seen.LoadOrStore(h.Sum64(), nil)
	if !known {
		y.states.Add(1)
	}
	return known
}

var sameSeed = maphash.MakeSeed()

// cutAll cuts the power once at each point, until something is wrong that may not
// be.
func cutAll(t *testing.T, p *played, dir string, seed uint64, lie float64, y *tally) error {
	disk := p.Recording.Disk(seed, lie)
	for at := 0; ; at++ {
		files, want := disk.Cut(), p.promised(at)
		y.cuts.Add(1)
		if !y.known(files, want) {
			if err := errors.Join(lay(dir, files), p.look(t, dir, want, lie > 0, y)); err != nil {
				return fmt.Errorf("seed %d, lie %.1f, cut after %d events (%s): %w", seed, lie, at, names(files), err)
			}
		}
		if !disk.Next() {
			return nil
		}
	}
}

// look opens what is left as the daemon does, and counts what is wrong with it.
// On an honest disk that is an error.
func (p *played) look(t *testing.T, dir string, want promise, lying bool, y *tally) error {
	o, err := crashOptions(dir, p.Key)
	if err != nil {
		return err
	}
	s, err := store.Open(o)
	if err != nil {
		if !lying {
			return err
		}
		y.damaged.Add(1)
		if want.Records > 0 {
			y.lost.Add(1)
			y.found.Add(1)
		}
		return p.setAside(dir, o, err)
	}
	defer s.Close()
	wrong := p.records(t, s, want)
	if !lying {
		return errors.Join(wrong, p.others(t, s, want))
	}
	if wrong == nil {
		return nil
	}
	y.lost.Add(1)
	if _, err := s.Verify(t.Context(), store.Expect{}); err != nil {
		y.found.Add(1)
		return nil
	}
	if !p.pinned(t, s, want.Records) {
		y.found.Add(1)
		y.silent.Add(1)
		return nil
	}
	return fmt.Errorf("nobody would know: %w", wrong)
}

// records says what is wrong with the journal.
func (p *played) records(t *testing.T, s *store.Store, want promise) error {
	_, size := s.Log()
	if size < want.Records {
		return fmt.Errorf("%d records of %d acknowledged", size, want.Records)
	}
	entries, err := s.List(t.Context(), 0, size)
	if err != nil {
		return err
	}
	for i, e := range entries {
		if i < len(p.Leaves) && !bytes.Equal(e.Leaf, p.Leaves[i]) {
			return fmt.Errorf("record %d is another one", i)
		}
	}
	if r, err := s.Verify(t.Context(), store.Expect{}); err != nil || r.Records != size {
		return fmt.Errorf("%d records verified of %d: %w", r.Records, size, err)
	}
	return nil
}

// others says what is wrong with what is kept beside the journal.
func (p *played) others(t *testing.T, s *store.Store, want promise) error {
	if s.Start() <= want.Start {
		return fmt.Errorf("start %d after start %d", s.Start(), want.Start)
	}
	if body, ok := s.Held("doc"); want.Held > 0 && (!ok || body[0] < want.Held) {
		return fmt.Errorf("document %d is not held any more", want.Held)
	}
	uses, err := s.Uses(t.Context())
	if err != nil || len(uses) < want.Uses {
		return fmt.Errorf("%d uses of %d: %w", len(uses), want.Uses, err)
	}
	return nil
}

// pinned says whether the first size records give the root that somebody has
// pinned when they were acknowledged.
func (p *played) pinned(t *testing.T, s *store.Store, size uint64) bool {
	entries, err := s.List(t.Context(), 0, size)
	if err != nil || uint64(len(entries)) < size {
		return false
	}
	leaves := make([][]byte, size)
	for i, e := range entries {
		leaves[i] = e.Leaf
	}
	return root(leaves) == root(p.Leaves[:size])
}

func root(leaves [][]byte) tlog.Hash {
	var hashes []tlog.Hash
	read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			found[i] = hashes[x]
		}
		return found, nil
	})
	for i, l := range leaves {
		more, err := tlog.StoredHashesForRecordHash(int64(i), record.Hash(l), read)
		if err != nil {
			panic(err)
		}
		hashes = append(hashes, more...)
	}
	h, err := tlog.TreeHash(int64(len(leaves)), read)
	if err != nil {
		panic(err)
	}
	return h
}

// setAside does with a damaged file what the daemon does, and wants a store that
// works.
func (p *played) setAside(dir string, o store.Options, why error) error {
	if !errors.Is(why, store.ErrDamaged) && !errors.Is(why, store.ErrBroken) {
		return why
	}
	if _, err := store.Anew(o, crashTime); err != nil {
		return err
	}
	s, err := store.Open(o)
	if err != nil {
		return err
	}
	return s.Close()
}

// promised is what holds after so many events.
func (p *played) promised(at int) promise {
	var last promise
	for _, w := range p.Promises {
		if w.At <= at {
			last = w
		}
	}
	return last
}
