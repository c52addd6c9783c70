package sync

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A server that loses what it likes, until it stops losing, has everything in
// the end, and the tail asks for nothing more then. Whatever happens, it never
// counts as sent or covered what is not there.
func TestTailGetsEverythingAcross(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(1800000000, 0)
		size := rapid.Uint64Range(0, 1000).Draw(t, "size")
		cosigned := rapid.Uint64Range(0, size).Draw(t, "cosigned")
		pace := Pace{}.WithDefaults(false)
		known := rapid.Uint64Range(0, size).Draw(t, "known to the server")
		hurry := uint64(0)
		held := make([]bool, size, 5000) // of each record, whether the server has it
		for seq := range known {
			held[seq] = true
		}
		tail := newTail(pace, "log", size, cosigned, mark{"log", rapid.Uint64Range(0, size).Draw(t, "resume")}, now)
		faults := rapid.IntRange(0, 40).Draw(t, "faults")
		for range 5000 {
			lossy := faults > 0
			if lossy && rapid.Bool().Draw(t, "grow") {
				size += rapid.Uint64Range(1, 80).Draw(t, "by")
				held = append(held, make([]bool, size-uint64(len(held)))...)
			}
			hurry = rapid.Uint64Range(hurry, size).Draw(t, "in a hurry")
			tail.observe(size, hurry, cosigned, now)
			if tail.overdue(now) {
				tail.rewind(true, now)
			}
			do, again := tail.step(now)
			if tail.next > size || tail.covered > size || tail.newest > size || tail.lowest() > tail.next {
				t.Fatalf("next %d, lowest %d, covered %d, newest %d of %d", tail.next, tail.lowest(), tail.covered, tail.newest, size)
			}
			lost := lossy && rapid.Bool().Draw(t, "lost")
			if lost {
				faults--
			}
			switch do {
			case sendFresh, sendBacklog:
				begin, end := tail.begin(do)
				next := min(end, begin+rapid.Uint64Range(1, 300).Draw(t, "batch"))
				if do == sendBacklog && tail.next < size && !now.Before(tail.due()) {
					t.Fatal("a backlog goes before what is fresh")
				}
				for seq := begin; seq < next && !lost; seq++ {
					held[seq] = true
				}
				tail.sent(do, next, now)
			case sendCheckpoint:
				tail.checkpointed(size, now)
				if !lost && !slices.Contains(held, false) {
					cosigned = max(cosigned, size)
					tail.acknowledged(size, now)
				}
			case rest:
				if again.IsZero() {
					if faults == 0 && (slices.Contains(held, false) || tail.covered < size) && tail.until.IsZero() && cosigned < size {
						t.Fatalf("at rest with %d records, not all of them across", size)
					}
					if lossy {
						faults--
						continue
					}
					if cosigned < size {
						t.Fatalf("at rest with %d of %d cosigned", cosigned, size)
					}
					return
				}
				if !again.After(now) {
					t.Fatalf("asked to come again at %v, which is not after %v", again, now)
				}
				now = again
			}
		}
		t.Fatalf("not at rest: %d of %d cosigned", cosigned, size)
	})
}

func TestAMarkKeepsHalfOfWhatWasGained(t *testing.T) {
	for _, c := range []struct{ began, next, want uint64 }{
		{0, 0, 0},
		{100, 600, 100},   // Cheap to send again.
		{100, 601, 350},   // Half of what was gained.
		{1000, 900, 1000}, // It began anew meanwhile.
		{1000, 11000, 6000},
	} {
		if got := (mark{"log", c.began}).after(c.next).next; got != c.want {
			t.Errorf("began at %d, acknowledged to %d: the next begins at %d, want %d", c.began, c.next, got, c.want)
		}
	}
}

func TestDivideTellsWhatMatters(t *testing.T) {
	a, rev := divide([]byte(`{"online":true,"rev":7,"fresh":3,"unsent":1,"lanes":[]}`))
	b, rev2 := divide([]byte(`{"lanes":[],"online":true,"rev":8,"fresh":4,"unsent":2}`))
	if a != b || rev != "7" || rev2 != "8" {
		t.Errorf("%q and %q, rev %q and %q", a, b, rev, rev2)
	}
	if c, _ := divide([]byte(`{"lanes":[1],"online":true}`)); c == a {
		t.Error("another lane makes no difference")
	}
	if c, _ := divide([]byte(`no object`)); c != "no object" {
		t.Errorf("%q", c)
	}
}

func TestTopicsOfPiecesReadBack(t *testing.T) {
	top := topics{prefix: "a/b", gate: "east", site: 1001}
	for _, p := range []piece{{kind: trustList, number: 7}, {kind: delta, number: 9}, {kind: part, number: 2, of: 40}} {
		if got, ok := top.piece(top.topic(p)); !ok || got != p {
			t.Errorf("%s reads back as %v, %t", top.topic(p), got, ok)
		}
	}
	for _, topic := range []string{
		"a/b/trust", "a/b/trust/", "a/b/trust/07", "a/b/trust/+7", "a/b/trust/7/1", "x/trust/7",
		"a/b/revocation/delta/", "a/b/revocation/snapshot/7", "a/b/revocation/snapshot/7/01", "a/b/revocation/live",
	} {
		if p, ok := top.piece(topic); ok {
			t.Errorf("%s reads as %v", topic, p)
		}
	}
}

func FuzzPieceTopic(f *testing.F) {
	f.Add("a/b/trust/7")
	f.Add("a/b/revocation/snapshot/7/2")
	f.Fuzz(func(t *testing.T, topic string) {
		top := topics{prefix: "a/b"}
		if p, ok := top.piece(topic); ok && top.topic(p) != topic {
			t.Errorf("%q reads as %v, which is %q", topic, p, top.topic(p))
		}
	})
}
