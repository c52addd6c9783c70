package store_test

import (
	"context"
	"encoding/gob"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"gated/gate"
	"gated/store"
	"gated/store/faultvfs"
	"gated/verify/document"
)

var crashTime = time.Unix(1800000000, 0)

// recorded plays the workload with every operation recorded, or reads what an
// earlier run has left. The writer runs pragma at each start.
func recorded(t *testing.T, pragma string) *played {
	t.Helper()
	p := new(played)
	if *cutsOf != "" {
		readRecording(t, p)
		return p
	}
	secret, _, err := note.GenerateKey(nil, "east-1")
	if err != nil {
		t.Fatal(err)
	}
	p.Key = secret
	dir := filepath.Join(t.TempDir(), "state")
	faultvfs.Listen(p.Recording.Op, false)
	stop := store.ListenToNames(&p.Recording)
	defer func() { faultvfs.Listen(nil, false); stop() }()
	w := &workload{t: t, p: p, dir: dir}
	w.session(0, pragma+"PRAGMA wal_autocheckpoint = 8") // folds back in the middle of commits
	w.session(0, pragma)
	w.session(20<<10, pragma+"PRAGMA wal_autocheckpoint = 20")
	return p
}

// workload is one gate's life, and what was promised in it.
type workload struct {
	t   *testing.T
	p   *played
	dir string
	now promise
}

// session is one start of the daemon: openings, documents of so many bytes,
// checkpoints, readers beside the writer.
func (w *workload) session(body int, pragma string) {
	w.t.Helper()
	o, err := crashOptions(w.dir, w.p.Key)
	if err != nil {
		w.t.Fatal(err)
	}
	s, err := store.Open(o)
	if err != nil {
		w.t.Fatal(err)
	}
	w.now.Start = s.Start()
	w.said()
	if err := s.Script(pragma); err != nil {
		w.t.Fatal(err)
	}
	b := run(w.t, s)
	for i := range 8 {
		reading := make(chan error, 1)
		go func() { _, err := b.Verify(context.Background(), store.Expect{}); reading <- err }()
		first := b.commit(w.t, admission(uint32(w.now.Uses)))
		w.now.Uses++
		w.now.Records = first + 1
		w.said()
		w.follow(b)
		if err := <-reading; err != nil {
			w.t.Error(err)
		}
		if i%3 == 2 {
			w.documents(b, body)
		}
	}
	entries, err := b.List(w.t.Context(), 0, b.Size())
	if err != nil {
		w.t.Fatal(err)
	}
	w.p.Leaves = nil
	for _, e := range entries {
		w.p.Leaves = append(w.p.Leaves, e.Leaf)
	}
	b.mustStop(w.t)
}

// follow is what the door did. It is promised with the next commit, but for each
// third time, when it is one.
func (w *workload) follow(b *box) {
	w.t.Helper()
	if w.now.Uses%3 == 0 {
		w.now.Records = b.commit(w.t, door(gate.RelayOn), door(gate.RelayOff)) + 2
		w.said()
		return
	}
	b.follow(w.t, door(gate.RelayOn), door(gate.RelayOff))
}

func (w *workload) documents(b *box, body int) {
	w.t.Helper()
	if _, err := b.Checkpoint(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	doc := document.Held{Name: "doc", Body: append([]byte{w.now.Held + 1}, make([]byte, body)...)}
	if err := b.Hold(w.t.Context(), doc); err != nil {
		w.t.Fatal(err)
	}
	w.now.Held++
	w.said()
	if err := b.Forget(w.t.Context(), 0); err != nil {
		w.t.Fatal(err)
	}
}

// said notes what is promised from here on.
func (w *workload) said() {
	w.now.At = w.p.Recording.Len()
	w.p.Promises = append(w.p.Promises, w.now)
}

// memory is a folder on a disk without a disk, where that exists: a thousand
// files a second need no real syncs.
func memory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "gated-cut-") //nolint:usetesting // that is in memory alone here
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// lay makes dir hold exactly files.
func lay(dir string, files map[string][]byte) error {
	old, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, f := range old {
		if err := os.Remove(filepath.Join(dir, f.Name())); err != nil {
			return err
		}
	}
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func names(files map[string][]byte) string {
	return strings.Join(slices.Sorted(maps.Keys(files)), ", ")
}

// keepRecording leaves what failed where it can be cut again.
func keepRecording(t *testing.T, p *played, seed uint64) {
	t.Helper()
	f, err := os.CreateTemp("", "gated-cuts-*.gob") //nolint:usetesting // it outlives the test
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := gob.NewEncoder(f)
	if err := out.Encode(p); err != nil {
		t.Fatal(err)
	}
	t.Logf("again: go test ./store -run TestPowerCuts -cuts %d -cutseed %d -cutsof %s", *cuts, seed, f.Name())
}

func readRecording(t *testing.T, p *played) {
	t.Helper()
	f, err := os.Open(*cutsOf)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := gob.NewDecoder(f).Decode(p); err != nil {
		t.Fatal(err)
	}
}
