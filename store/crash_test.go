package store_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"gated/gate"
	"gated/store"
	"gated/verify/document"
)

// What tells the test binary that it is the child of TestKilledAtAnyInstant.
const (
	crashDir = "STORE_TEST_CRASH_DIR"
	crashKey = "STORE_TEST_CRASH_KEY"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		fmt.Println("error", commitForEver(dir))
		os.Exit(1)
	}
	if file := os.Getenv(migrateFile); file != "" {
		fmt.Println("error", migrateAndDie(file))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func crashOptions(dir, key string) (store.Options, error) {
	signer, err := note.NewSigner(key)
	return store.Options{Dir: dir, Site: 1001, Gate: "east-1", Signer: signer, Create: true}, err
}

// commitForEver says on standard output what was acknowledged, as soon as it was.
func commitForEver(dir string) error {
	o, err := crashOptions(dir, os.Getenv(crashKey))
	if err != nil {
		return err
	}
	s, err := store.Open(o)
	if err != nil {
		return err
	}
	go func() { fmt.Println("error", s.Run(context.Background())) }()
	fmt.Println("start", s.Start())
	for i := uint32(0); ; i++ {
		a, b := s.Commit(admission(i)), s.Commit(door(gate.RelayOn), door(gate.RelayOff))
		r1, r2 := <-a, <-b
		if r1.Err != nil || r2.Err != nil {
			return fmt.Errorf("%w, %w", r1.Err, r2.Err)
		}
		fmt.Println("records", r2.First+2)
		if i%4 == 3 {
			if _, err := s.Checkpoint(context.Background()); err != nil {
				return err
			}
			if err := s.Hold(context.Background(), document.Held{Name: "n", Body: binary.BigEndian.AppendUint64(nil, r2.First)}); err != nil {
				return err
			}
			fmt.Println("held", r2.First)
		}
	}
}

// TestKilledAtAnyInstant: nothing that was acknowledged is lost, numbers stay
// dense and the tree whole, start after start on the same file.
func TestKilledAtAnyInstant(t *testing.T) {
	rounds := 15
	if testing.Short() {
		rounds = 4
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	skey, _, err := note.GenerateKey(nil, "east-1")
	if err != nil {
		t.Fatal(err)
	}
	far := false
	for range rounds {
		acked := killOne(t, dir, skey, rnd.IntN(60))
		checkCrash(t, dir, skey, acked)
		far = far || acked["records"] > 0 || acked["start"] > 0
	}
	if !far {
		t.Error("no child came far enough to be of use")
	}
}

// killOne starts a child, kills it after so many lines, and returns the largest
// number of each kind that it had acknowledged by then.
func killOne(t *testing.T, dir, skey string, lines int) map[string]uint64 {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), crashDir+"="+dir, crashKey+"="+skey)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	acked := make(map[string]uint64)
	for in := bufio.NewScanner(out); ; lines-- {
		if lines == 0 {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		if !in.Scan() {
			break
		}
		word, number, _ := strings.Cut(in.Text(), " ")
		n, err := strconv.ParseUint(number, 10, 64)
		if err != nil {
			t.Fatalf("child says %q", in.Text())
		}
		acked[word] = max(acked[word], n)
	}
	cmd.Wait() // It was killed: that is no error of ours.
	return acked
}

func checkCrash(t *testing.T, dir, skey string, acked map[string]uint64) {
	t.Helper()
	o, err := crashOptions(dir, skey)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, size := s.Log()
	if size < acked["records"] || s.Start() <= acked["start"] {
		t.Errorf("%d records and start %d after %v", size, s.Start(), acked)
	}
	if n := acked["held"]; n > 0 {
		if body, ok := s.Held("n"); !ok || binary.BigEndian.Uint64(body) < n {
			t.Errorf("held %x %v after %v", body, ok, acked)
		}
	}
	uses, err := s.Uses(t.Context())
	if err != nil || acked["records"] > 0 && len(uses) == 0 {
		t.Errorf("%d uses: %v", len(uses), err)
	}
	if r, err := s.Verify(t.Context(), store.Expect{}); err != nil || r.Records != size {
		t.Errorf("%+v: %v", r, err)
	}
}
