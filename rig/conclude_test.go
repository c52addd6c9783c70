package rig_test

import (
	"testing"
	"testing/synctest"
	"time"

	"gated/central"
	"gated/store"
)

// conclude ends all faults, gives every gate one code more, and then compares what
// the gates hold with what the server holds.
func (s *sim) conclude(t *testing.T) {
	t.Helper()
	s.broker.lie(honest)
	s.broker.set(func() { s.broker.down = false })
	if s.central != nil {
		s.stopServer() // it publishes again what a lying broker has dropped
	}
	s.startServer(t)
	for _, g := range s.gates {
		g.powerUp(t)
		g.sever()
		g.wrong.Store(0)
		g.mend()
	}
	time.Sleep(time.Hour) // of synctest's time, as everywhere in the simulation
	synctest.Wait()
	for _, g := range s.gates {
		g.show(t, s.riders[0])
	}
	time.Sleep(4 * time.Hour) // of synctest's time: the longest that a box waits for a cosignature, and more
	synctest.Wait()
	for _, g := range s.gates {
		g.look(t)
		if g.rev != s.rev {
			s.broken(t, "I5", "gate %d never hears of revocation state %d, it has %d", g.n, s.rev, g.rev)
		}
		s.compare(t, g)
		g.stop()
		g.off = true
	}
	s.stopServer()
	synctest.Wait()
}

// compare says whether the server has what the gate has, once.
func (s *sim) compare(t *testing.T, g *simGate) {
	t.Helper()
	if _, err := g.box.Store.Verify(t.Context(), store.Expect{}); err != nil {
		s.broken(t, "I3", "the journal of gate %d: %v", g.n, err)
	}
	_, size := g.box.Store.Log()
	log, err := g.box.Store.List(t.Context(), 0, size)
	must(t, err)
	report, err := s.central.Records(t.Context(), g.o.ID)
	must(t, err)
	unforked(t, g.o.ID, report)
	same(t, g.o.ID, log, report.Records)
	if g.box.Store.Cosigned() != size || len(report.Records) != len(log) {
		s.broken(t, "I6", "gate %d has %d records, %d cosigned, %d are at the server", g.n, size, g.box.Store.Cosigned(), len(report.Records))
	}
	if report.Gates[0].Site == 0 {
		t.Errorf("gate %d is not known: %s", g.n, central.AlarmStranger)
	}
}
