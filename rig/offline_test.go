package rig_test

import (
	"io/fs"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"gated/gate"
	"gated/store"
)

// What a box is configured with if nobody says otherwise, and what a month of a
// busy gate is.
const (
	openingsABusy = 2000 // openings a day
	sizeLimit     = 1024 << 20
)

var defaultLimits = store.Limits{Persons: 30 * 24 * time.Hour, Leaves: 365 * 24 * time.Hour, Size: sizeLimit, Most: 2 * sizeLimit}

// TestAMonthOffline: a gate with 2,000 openings a day has no line for -simdays, in
// virtual time. Nothing is lost, the disk is used within its limit, the journal's
// upkeep goes on all the while, and when the line is back everything reaches the
// server.
func TestAMonthOffline(t *testing.T) {
	t.Parallel()
	days, dir, began := *simDays, memory(t), time.Now()
	synctest.Test(t, func(t *testing.T) {
		s := newSim(t, dir, 1, 1, "")
		s.riders = []int{0}
		s.hire(t, 0)
		synctest.Wait()
		g := s.gates[0]
		g.sever()
		for day := range days {
			g.busy(t)
			r, err := g.box.Store.Retain(t.Context(), g.box.Clock.Floor(), defaultLimits, func(e gate.Event, d string) gate.Record {
				return gate.Record{Kind: gate.KindSystem, At: g.box.Clock.Now(), Event: e, Detail: d}
			})
			if must(t, err); r.Lost > 0 || r.Dropped > 0 {
				t.Fatalf("day %d: %d leaves dropped, %d of them never cosigned", day, r.Dropped, r.Lost)
			}
		}
		_, size := g.box.Store.Log()
		used := bytesIn(t, s.state(0))
		t.Logf("%d days without a line: %d records in %d MB, %d bytes an opening", days, size, used>>20, used/int64(days*openingsABusy))
		if used > sizeLimit {
			t.Errorf("%d MB are used, %d are allowed", used>>20, sizeLimit>>20)
		}
		drained := time.Now()
		g.mend()
		for deadline := time.Now().Add(24 * time.Hour); g.box.Store.Cosigned() < size && time.Now().Before(deadline); {
			time.Sleep(time.Second) // of synctest's time
			synctest.Wait()
		}
		t.Logf("with the line back everything is cosigned after %s of virtual time", time.Since(drained))
		s.conclude(t)
	})
	t.Logf("all of it took %.1f s", time.Since(began).Seconds())
}

// busy is a day of a busy gate: the records of its openings, a few openings at a
// time.
func (g *simGate) busy(t *testing.T) {
	t.Helper()
	const atOnce = 20
	for range openingsABusy / atOnce {
		time.Sleep(24 * time.Hour * atOnce / openingsABusy) // of synctest's time
		at := g.box.Clock.Now()
		var recs []gate.Record
		for range atOnce {
			g.opened++
			door := gate.Record{Kind: gate.KindDoor, At: at, Lane: "in", Event: gate.RelayOn}
			off := door
			off.Event = gate.RelayOff
			recs = append(recs, gate.Record{
				Kind: gate.KindAccess, At: at, Lane: "in", Verdict: gate.Open, Reason: gate.OK, Source: gate.FromScanner,
				Person: &gate.Person{Issuer: 1, Kid: simKid, Serial: uint32(g.opened), Rider: 42},
			}, door, off)
		}
		if r := <-g.box.Store.Commit(recs...); r.Err != nil {
			t.Fatal(r.Err)
		}
	}
}

// bytesIn is how much the files of a folder hold.
func bytesIn(t *testing.T, dir string) (n int64) {
	t.Helper()
	must(t, filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	}))
	return n
}
