package rig_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"log/slog"
	mrand "math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/mod/sumdb/note"

	"gated/central"
	"gated/gate"
	"gated/rig"
	"gated/stage"
)

// sim is a network in virtual time: real boxes as far as package rig goes, the
// real central server, and a model of a broker.
type sim struct {
	began  time.Time
	dir    string
	broker *model
	gates  []*simGate
	eager  *eager

	central    *central.Central // nil: the server is down
	stopServer func()
	backups    []backup
	copies     int
	rev        int64 // of the server

	codes   map[int]string // by rider
	riders  []int          // who still works
	revoked map[int]int64  // by which state

	revokedAt map[int]time.Time

	history hash.Hash
	shown   int // codes
	opened  int
	reasons map[gate.Reason]int
	faults  int
	breaks  int // of invariants
}

// backup is a folder of the server as it once was.
type backup struct {
	dir string
	rev int64
}

const simKid = 257

// tell adds a line to the history, which must be the same for the same seed.
func (s *sim) tell(format string, args ...any) { fmt.Fprintf(s.history, format+"\n", args...) }

// broken notes that an invariant does not hold.
func (s *sim) broken(t *testing.T, which, format string, args ...any) {
	t.Helper()
	if s.breaks++; s.breaks <= 5 {
		t.Errorf("%s is broken on day %.2f: %s", which, time.Since(s.began).Hours()/24, fmt.Sprintf(format, args...))
	}
}

// newSim makes the network of so many gates. It is called in a bubble.
func newSim(t *testing.T, dir string, seed uint64, gates int, bug string) *sim {
	t.Helper()
	s := &sim{
		began: time.Now(), dir: dir, broker: newModel(seed), history: sha256.New(),
		rev: 1, eager: &eager{on: bug == "ack", pending: map[int][][]gate.Record{}}, codes: map[int]string{}, revoked: map[int]int64{}, reasons: map[gate.Reason]int{}, revokedAt: map[int]time.Time{},
	}
	o := central.Options{Dir: s.server()}
	must(t, central.Init(t.Context(), o))
	c, err := central.Open(t.Context(), o)
	must(t, err)
	must(t, c.AddIssuer(t.Context(), 1, "Swift"))
	must(t, c.AddKey(t.Context(), central.Key{
		Kid: simKid, Issuer: 1, Sites: []string{"*"}, MaxBearerTTL: 168 * time.Hour, Life: 90 * 24 * time.Hour,
	}))
	must(t, c.SetSite(t.Context(), central.Site{Number: stage.Site, Name: "East", Zone: "Asia/Shanghai"}))
	roots, threshold, err := c.Roots(t.Context())
	must(t, err)
	for n := range gates {
		g := &simGate{sim: s, n: n, rnd: mrand.New(mrand.NewPCG(seed, uint64(n)))}
		secret, public, err := note.GenerateKey(rand.Reader, fmt.Sprint("gate-", n))
		must(t, err)
		g.o = rig.Options{
			Dir: s.state(n), ID: fmt.Sprint("gate-", n), Site: stage.Site, Key: secret, Roots: roots, Threshold: threshold,
			Kernel: g.kernel, Jitter: g.jitter, Metered: n%2 == 1,
		}
		_, err = c.AddGate(t.Context(), g.o.ID, stage.Site, public)
		must(t, err)
		s.gates = append(s.gates, g)
	}
	must(t, c.Close())
	s.startServer(t)
	synctest.Wait()
	for _, g := range s.gates {
		g.start(t)
	}
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s *sim) server() string { return filepath.Join(s.dir, "central") }

// state is where a gate keeps its files.
func (s *sim) state(n int) string { return filepath.Join(s.dir, fmt.Sprint("gate-", n)) }

// startServer starts the server, if it is down, and keeps it connected.
func (s *sim) startServer(t *testing.T) {
	t.Helper()
	if s.central != nil {
		return
	}
	var err error
	s.central, err = central.Open(t.Context(), central.Options{Dir: s.server()})
	must(t, err)
	server := central.NewServer(s.central, rig.Prefix, slog.New(slog.DiscardHandler))
	server.Slow(2*time.Minute, time.Hour)
	ctx, end := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.serve(ctx, server) }()
	s.stopServer = func() {
		end()
		if err := errors.Join(<-served, s.central.Close()); err != nil {
			t.Errorf("the server: %v", err)
		}
		s.central = nil
		s.broker.set(s.broker.rise)
	}
}

func (s *sim) serve(ctx context.Context, server *central.Server) error {
	for {
		in := central.NewInbox()
		seat, err := s.broker.sit(in)
		if err == nil {
			err = server.Serve(ctx, seat, in, nil)
		}
		if ctx.Err() != nil {
			return nil
		}
		if err != nil && seat != nil && !errors.Is(err, central.ErrBroker) {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(20 * time.Second):
		}
	}
}

// keepBackup copies the server's folder, which does not run.
func (s *sim) keepBackup(t *testing.T) {
	t.Helper()
	s.copies++
	b := backup{filepath.Join(s.dir, fmt.Sprint("backup-", s.copies)), s.rev}
	must(t, os.CopyFS(b.dir, os.DirFS(s.server())))
	s.backups = append(s.backups, b)
}

// restore puts a backup in the server's place. One that lacks a revocation would
// need a new epoch: it is not used.
func (s *sim) restore(t *testing.T, n int) bool {
	t.Helper()
	if n >= len(s.backups) || s.backups[n].rev != s.rev {
		return false
	}
	must(t, os.RemoveAll(s.server()))
	must(t, os.CopyFS(s.server(), os.DirFS(s.backups[n].dir)))
	s.backups = s.backups[:n+1]
	return true
}

// hire gives a new rider a pass, and every other one a new one for the week.
func (s *sim) hire(t *testing.T, riders ...int) {
	t.Helper()
	for _, r := range riders {
		code, _, err := s.central.Issue(t.Context(), central.Order{
			Kid: simKid, Site: stage.Site, Rider: uint32(r), TTL: 160 * time.Hour, Unlimited: true,
		})
		must(t, err)
		s.codes[r] = code
	}
}

// revoke lists a rider who still works, and hires another.
func (s *sim) revoke(t *testing.T, rnd *mrand.Rand) {
	t.Helper()
	i := rnd.IntN(len(s.riders))
	gone := s.riders[i]
	change, err := s.central.Revoke(t.Context(), "gone", central.Rider(1, uint32(gone)))
	must(t, err)
	s.rev, s.revoked[gone], s.revokedAt[gone] = change.Seq, change.Seq, time.Now()
	s.riders[i] = len(s.codes)
	s.hire(t, s.riders[i])
	s.tell("%d rider %d revoked by %d", time.Now().UnixMilli(), gone, change.Seq)
}

// sum is the hash of the history so far.
func (s *sim) sum() string { return hex.EncodeToString(s.history.Sum(nil))[:16] }
