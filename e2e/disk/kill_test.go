package disk_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gated/gate"
	"gated/stage"
	"gated/store"
	"gated/verify/record"
)

// How often the daemon is killed, and how to kill it at the same instants again.
var (
	kills    = flag.Int("kills", boxes, "how often the daemon is killed")
	killSeed = flag.Uint64("killseed", 0, "seed of the instants; 0: any")
)

const (
	boxes       = 4  // killed beside one another, each in a world of its own: most of the time they wait for their pulse
	revokeEvery = 5  // rounds from one revocation to the next
	askEvery    = 10 // rounds from one look at the central server to the next
)

// The daemon is killed at any instant between a code and the end of its pulse.
// After each kill, by the invariants that docs/security.md lists: no edge of the
// relay is without a record that was there before it (I1); nothing that was once in
// the journal is gone or changed (I2), its numbers have no gap and its tree is whole
// (I3); the revocation list never goes back (I4), and who is on it never comes in (I5;
// each round has one pass that is shown once and may open, and one that may not);
// the box has all that the central server has, and the central server all that the
// box takes for cosigned (I6); the relay is off (I7); the floor under the time never
// falls (I8).
func TestTheDaemonIsKilled(t *testing.T) {
	seed := *killSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d, %d kills", seed, *kills)
	onExt4 := func(t *testing.T, dir string) { ext4(t, dir, 64) }
	if os.Getuid() != 0 {
		t.Log("not root: the state lies in a plain folder, not on an ext4 of its own")
		onExt4 = nil
	}
	for box := range min(boxes, *kills) {
		t.Run(fmt.Sprintf("box %d", box), func(t *testing.T) {
			t.Parallel()
			w := raise(t, onExt4, func(string, string) {})
			k := &killing{world: w, rnd: rand.New(rand.NewPCG(seed, uint64(box)))}
			k.begin(t)
			for k.round = range (*kills + boxes - 1 - box) / boxes {
				k.kill(t)
				if t.Failed() {
					t.Fatalf("after kill %d of this box, seed %d", k.round+1, seed)
				}
			}
			k.end(t)
		})
	}
}

// killing is one box, and what was seen of it before the newest kill.
type killing struct {
	*world
	rnd     *rand.Rand
	round   int
	revoked string // a code that never opens
	leaves  []record.Leaf
	rev     uint64
	opened  int
	floor   time.Time
	risen   int // rounds in which the floor was seen to have risen
}

func (k *killing) begin(t *testing.T) {
	t.Helper()
	k.revoked = k.issue(t, 666)
	k.revoke(t, 666)
	st, err := k.Box.WaitStatus(soon(t), func(s stage.Status) bool { return s.Rev > 1 })
	if err != nil {
		t.Fatal(err)
	}
	k.rev = st.Rev
}

func (k *killing) revoke(t *testing.T, rider int) {
	t.Helper()
	if _, err := k.Central.Do(soon(t), "revoke", "--issuer", "1", "--rider", fmt.Sprint(rider)); err != nil {
		t.Fatal(err)
	}
}

// kill is one round.
func (k *killing) kill(t *testing.T) {
	t.Helper()
	code := k.issue(t, k.round+1)
	if k.round%revokeEvery == 0 {
		k.revoke(t, 100_000+k.round) // a new heartbeat, with a new floor under the time
	}
	for _, c := range []string{k.revoked, code} {
		if _, err := k.Box.Scanner.Read(c); err != nil {
			t.Fatal(err)
		}
	}
	// Nothing is waited for: the kill itself is to come at any instant, by the seed.
	time.Sleep(time.Duration(k.rnd.Int64N(int64(pulse + 200*time.Millisecond))))
	if err := k.Box.Kill(soon(t)); err != nil {
		t.Fatal(err)
	}
	k.check(t, k.round)
	k.checkFloor(t)
	if k.round%askEvery == 0 {
		k.checkCentral(t)
	}
	k.rev = max(k.rev, k.restart(t).Rev)
}

// end waits until all that there was at the last kill is cosigned, which a box asks
// for as soon as it is connected: nothing was given up before that.
func (k *killing) end(t *testing.T) {
	t.Helper()
	if k.opened == 0 && k.round >= askEvery {
		t.Error("no door opened in all that time: nothing was tried")
	}
	if k.risen < 2 && k.round >= 2*revokeEvery {
		t.Error("the floor has not risen in all that time: nothing was tried")
	}
	killed := len(k.leaves)
	if _, err := k.Box.WaitStatus(soon(t), func(s stage.Status) bool { return s.Cosigned >= uint64(killed) }); err != nil {
		t.Errorf("%d records at the last kill: %v", killed, err)
	}
	if err := k.Box.Stop(soon(t)); err != nil {
		t.Fatal(err)
	}
	var err error
	if k.leaves, err = k.Box.Journal(soon(t)); err != nil {
		t.Fatal(err)
	}
	if held := k.checkCentral(t); held < killed {
		t.Errorf("the central server has %d of the %d records that there were at the last kill", held, killed)
	}
}

// checkCentral compares both ends, the box being dead (I6), and returns how many
// records the central server has.
func (k *killing) checkCentral(t *testing.T) int {
	t.Helper()
	far, err := k.Central.Records(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(far.Records) > len(k.leaves) {
		t.Fatalf("round %d: the central server has %d records, the box %d", k.round, len(far.Records), len(k.leaves))
	}
	for i, r := range far.Records {
		if r.Leaf.Seq != uint64(i) || !cmp.Equal(r.Leaf, k.leaves[i]) {
			t.Fatalf("round %d: record %d is another one at the central server: %+v, on the box %+v", k.round, i, r.Leaf, k.leaves[i])
		}
	}
	out, err := k.Box.Do(soon(t), "journal", "verify", "--json")
	if err != nil {
		t.Fatal(err)
	}
	var report store.Report
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatal(err)
	}
	held := len(far.Records)
	if report.Cosigned > uint64(held) {
		t.Errorf("round %d: the box takes %d records for cosigned, the central server has %d", k.round, report.Cosigned, held)
	}
	return held
}

// checkFloor reads the floor under the time from the disk (I8).
func (k *killing) checkFloor(t *testing.T) {
	t.Helper()
	st, err := store.OpenReadOnly(k.Path(stage.GateID, "state"))
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	var held struct{ Floor, Nanos int64 }
	body, ok := st.Held("floor")
	if err := json.Unmarshal(body, &held); err != nil || !ok {
		t.Fatalf("round %d: there is no floor on the disk: %v", k.round, err)
	}
	floor := time.Unix(held.Floor, held.Nanos)
	if floor.Before(k.floor) {
		t.Errorf("round %d: the floor was at %s and is at %s", k.round, k.floor, floor)
	}
	if floor.After(k.floor) {
		k.risen++
	}
	k.floor = floor
}

func (k *killing) check(t *testing.T, round int) {
	t.Helper()
	edges, err := k.Box.Trace.Edges()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(edges); n > 0 && edges[n-1].On {
		t.Errorf("round %d: the relay is still on", round)
	}
	if out, err := k.Box.Do(soon(t), "journal", "verify"); err != nil {
		t.Errorf("round %d: verify: %v\n%s", round, err, out)
	}
	leaves, err := k.Box.Journal(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	k.opened = count(leaves, func(l record.Leaf) bool { return l.Verdict == string(gate.Open) })
	if on := (len(edges) + 1) / 2; on > k.opened {
		t.Errorf("round %d: the relay went on %d times, %d openings are recorded", round, on, k.opened)
	}
	if err := k.same(leaves); err != nil {
		t.Errorf("round %d: %v", round, err)
	}
	k.leaves = leaves
	if k.opened > round+1 { // each good pass is shown once, and the other never opens
		t.Errorf("round %d: %d openings, %d good passes were shown", round, k.opened, round+1)
	}
}

// same says what of the journal before is not there any more, and whether the
// revocation list has gone back.
func (k *killing) same(now []record.Leaf) error {
	if len(now) < len(k.leaves) {
		return errors.New("records are gone")
	}
	for i, l := range now {
		if l.Seq != uint64(i) {
			return errors.New("a number is missing")
		}
		if i < len(k.leaves) && (l.TimeMS != k.leaves[i].TimeMS || l.Kind != k.leaves[i].Kind || l.Verdict != k.leaves[i].Verdict) {
			return errors.New("a record is another one")
		}
		if i > len(k.leaves) && l.Kind == string(gate.KindAccess) && l.Rev < k.rev {
			return errors.New("an older revocation list was in force")
		}
	}
	return nil
}

func count(leaves []record.Leaf, is func(record.Leaf) bool) (n int) {
	for _, l := range leaves {
		if is(l) {
			n++
		}
	}
	return n
}
