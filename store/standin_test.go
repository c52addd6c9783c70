package store_test

import (
	"bytes"
	"errors"
	"sync/atomic"
	"syscall"
	"testing"

	"gated/gate"
	"gated/store"
	"gated/store/faultvfs"
	"gated/verify/document"
)

// TestAStoreStandsInAndIsAbsorbed: what the disk knew is known in memory, what was
// learned there is known on the disk afterwards, and starts rise throughout.
func TestAStoreStandsInAndIsAbsorbed(t *testing.T) {
	o := options(t)
	disk := start(t, o)
	disk.commit(t, admission(1))
	hold(t, disk, "a", "disk", "b", "disk")
	disk.mustStop(t)

	read, err := store.OpenReadOnly(o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	m := o
	m.Dir = t.TempDir()
	memory, err := store.Open(m)
	if err != nil {
		t.Fatal(err)
	}
	if err := memory.Inherit(t.Context(), read); err != nil {
		t.Fatal(err)
	}
	log, _ := disk.Log()
	if memory.Follows(t.Context()) != log || memory.Start() <= disk.Start() {
		t.Errorf("it follows %q in start %d, not %q after start %d", memory.Follows(t.Context()), memory.Start(), log, disk.Start())
	}
	knows(t, memory, 1, "a", "disk", "b", "disk")
	b := run(t, memory)
	b.commit(t, admission(2))
	hold(t, b, "b", "memory")
	b.mustStop(t)

	absorb(t, o, m.Dir, func(s *store.Store) {
		if s.Start() <= memory.Start() {
			t.Errorf("start %d after start %d in memory", s.Start(), memory.Start())
		}
		knows(t, s, 2, "a", "disk", "b", "memory")
	})
}

// TestAStoreThatBeganWithNothingGivesUsesAlone: whoever had nothing may have been
// given old documents.
func TestAStoreThatBeganWithNothingGivesUsesAlone(t *testing.T) {
	o := options(t)
	disk := start(t, o)
	hold(t, disk, "a", "disk")
	disk.mustStop(t)
	m := o
	m.Dir = t.TempDir()
	b := start(t, m)
	b.commit(t, admission(2))
	hold(t, b, "a", "older")
	b.mustStop(t)
	absorb(t, o, m.Dir, func(s *store.Store) { knows(t, s, 1, "a", "disk") })
}

// TestLostAreTheRecordsOfAFailedDisk: those in the transaction that failed, those
// behind it, and those that came later, in their order.
func TestLostAreTheRecordsOfAFailedDisk(t *testing.T) {
	o := options(t)
	var dead atomic.Bool
	faultvfs.Listen(func(op faultvfs.Op) error {
		if dead.Load() && op.Kind == faultvfs.Sync {
			return syscall.EIO
		}
		return nil
	}, false)
	defer faultvfs.Listen(nil, false)
	s, err := store.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	dead.Store(true)
	first := s.Commit(admission(1), door(gate.RelayOn))
	b := &box{Store: s}
	ran := make(chan error, 1)
	go func() { ran <- b.Run(t.Context()) }()
	if r := <-first; r.Err == nil {
		t.Fatal("acknowledged without a sync")
	}
	err = <-ran
	s.Commit(door(gate.RelayOff))
	lost := s.Lost()
	if !store.DiskFault(err) || len(lost) != 3 || lost[0].Use == nil || lost[2].Event != gate.RelayOff {
		t.Errorf("%v; lost %+v", err, lost)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestDiskFault tells a dead disk from a wrong file.
func TestDiskFault(t *testing.T) {
	for err, want := range map[error]bool{
		syscall.EIO: true, syscall.EROFS: true, syscall.ENOSPC: true,
		syscall.EACCES: false, store.ErrDamaged: false, store.ErrLocked: false, nil: false,
	} {
		if store.DiskFault(errors.Join(err)) != want {
			t.Errorf("%v: %v", err, !want)
		}
	}
}

func hold(t *testing.T, b *box, pairs ...string) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if err := b.Hold(t.Context(), document.Held{Name: pairs[i], Body: []byte(pairs[i+1])}); err != nil {
			t.Fatal(err)
		}
	}
}

func knows(t *testing.T, s *store.Store, uses int, pairs ...string) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if body, ok := s.Held(pairs[i]); !ok || !bytes.Equal(body, []byte(pairs[i+1])) {
			t.Errorf("%s is %q, want %q", pairs[i], body, pairs[i+1])
		}
	}
	if u, err := s.Uses(t.Context()); err != nil || len(u) != uses {
		t.Errorf("%d uses, want %d: %v", len(u), uses, err)
	}
}

func absorb(t *testing.T, o store.Options, memory string, look func(*store.Store)) {
	t.Helper()
	m, err := store.OpenReadOnly(memory)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	s, err := store.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Absorb(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	look(s)
}
