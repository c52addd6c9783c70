package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gated/gate"
	"gated/store"
	"gated/verify/document"
)

// left is a state directory as a killed daemon leaves it, what somebody has pinned
// of it, and what the journal says.
type left struct {
	o      store.Options
	files  map[string][]byte
	expect store.Expect
	size   uint64
}

func newLeft(t *testing.T) *left {
	t.Helper()
	o := options(t)
	signer, central := signerOf(t, "cosign")
	b := start(t, o)
	b.fill(t, 200)
	b.mustStop(t) // folded back: the rest stays in the write-ahead log
	b = start(t, o)
	b.fill(t, 30)
	if err := b.Hold(t.Context(), document.Held{Name: "trust", Body: []byte("the list")}); err != nil {
		t.Fatal(err)
	}
	cosign(t, b, signer, central)
	b.commit(t, door(gate.Fire))
	pin, err := b.CosignedCheckpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l := &left{o: o, files: map[string][]byte{}, expect: store.Expect{Pinned: pin, Cosigners: []document.Key{central}}, size: 230}
	for _, name := range []string{"gated.db", "gated.db-wal", "last-cosigned"} {
		if l.files[name], err = os.ReadFile(filepath.Join(o.Dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

// fate is what became of a file with one bit that is not as it was written.
type fate string

const (
	harmless fate = "harmless"
	aside    fate = "set aside"
	found    fate = "found by verify"
	inUse    fate = "set aside in use"
)

// live starts on the files as the daemon does, with three openings, and says what
// became of them. An error is what may not be.
func (l *left) live(ctx context.Context, dir string) (fate, error) {
	o := l.o
	o.Dir = dir
	what := harmless
	s, err := store.Open(o)
	if store.Damaged(err) || errors.Is(err, store.ErrBroken) {
		what = aside
		s, err = anew(o)
	}
	if err != nil {
		return "", fmt.Errorf("open: %w", err)
	}
	if what == harmless {
		_, err := s.Verify(ctx, l.expect)
		if _, used := s.Uses(ctx); store.Damaged(used) {
			err = used
		}
		if store.Damaged(err) {
			what = inUse
			if err := s.Close(); err != nil {
				return "", err
			}
			if s, err = anew(o); err != nil {
				return "", err
			}
		} else if err != nil && !errors.Is(err, store.ErrBroken) {
			return "", errors.Join(fmt.Errorf("verify: %w", err), s.Close())
		} else if err != nil {
			what = found
		} else if _, size := s.Log(); size < l.size {
			return "", errors.Join(fmt.Errorf("%d records of %d, and nobody knows", size, l.size), s.Close())
		}
	}
	err = open3(ctx, s)
	if err == nil {
		return what, nil
	}
	if !store.Damaged(err) {
		return "", fmt.Errorf("open the door: %w", err)
	}
	if s, err = anew(o); err != nil {
		return "", err
	}
	return inUse, open3(ctx, s)
}

func anew(o store.Options) (*store.Store, error) {
	if _, err := store.Anew(o, crashTime); err != nil {
		return nil, fmt.Errorf("set aside: %w", err)
	}
	return store.Open(o)
}

// open3 is three openings on s, which it closes; the error is Run's.
func open3(ctx context.Context, s *store.Store) error {
	running, stop := context.WithCancel(ctx)
	ran := make(chan error, 1)
	go func() { ran <- s.Run(running) }()
	for i := range 3 {
		s.Follow(door(gate.RelayOff))
		if r := <-s.Commit(admission(uint32(1000 + i))); r.Err != nil {
			break
		}
	}
	_ = s.Hold(ctx, document.Held{Name: "trust", Body: []byte("the next list")}) // Run says it
	stop()
	return errors.Join(<-ran, s.Close())
}

// TestEveryFlippedBit is found, is set aside, or does nothing: whatever bit of the
// database or of its write-ahead log the card has turned over, the box goes on,
// with this log or with another, and nothing that was cosigned is gone in silence.
// With GATED_LONG a thousand bits, else fifty.
func TestEveryFlippedBit(t *testing.T) {
	l := newLeft(t)
	n := 50
	if os.Getenv("GATED_LONG") != "" {
		n = 1000
	}
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 3))
	dir := memory(t)
	fates := map[fate]int{}
	begin := time.Now()
	for i := range n {
		name := "gated.db"
		if rnd.IntN(3) == 0 {
			name += "-wal"
		}
		bit := rnd.IntN(8 * len(l.files[name]))
		if rnd.IntN(2) == 0 { // where a page says what it holds: there it hurts most
			bit -= bit % (8 * 2048)
			bit += rnd.IntN(8 * 32)
		}
		files := map[string][]byte{}
		for k, v := range l.files {
			files[k] = append([]byte(nil), v...)
		}
		files[name][bit/8] ^= 1 << (bit % 8)
		if err := lay(dir, files); err != nil {
			t.Fatal(err)
		}
		f, err := l.live(t.Context(), dir)
		if err != nil {
			t.Errorf("seed %d, flip %d, bit %d of %s: %v", seed, i, bit, name, err)
		}
		fates[f]++
	}
	t.Logf("seed %d, %d bits in %s: %v", seed, n, time.Since(begin).Round(time.Second), fates)
	if fates[harmless] == n {
		t.Error("nothing was ever found")
	}
}
