package central_test

import (
	"database/sql"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gated/central"
	"gated/verify/record"
)

func TestRecordsAreKeptOnceAndByteForByte(t *testing.T) {
	w := newWorld(t, afternoon())
	l := newLog(t, w, "log1")
	l.grow(t, 100)
	var msgs []central.Message
	for first := 0; first < 100; first += 10 {
		msgs = append(msgs, l.records(t, first, first+10), l.records(t, max(0, first-3), first+10))
	}
	r := rand.New(rand.NewPCG(7, 7))
	for range 3 {
		r.Shuffle(len(msgs), func(i, j int) { msgs[i], msgs[j] = msgs[j], msgs[i] })
		w.ingest(t, msgs...)
	}
	w.ingest(t, l.checkpoint(t, 100))
	w.wantLog(t, l, 100, 100)
	got, err := w.Records(t.Context(), "")
	must(t, err)
	for i, e := range l.entries {
		rec := got.Records[i]
		person := "null"
		if e.Person != "" {
			person = e.Person
		}
		if string(rec.Leaf) != string(e.Leaf) || string(rec.Person) != person || !rec.Cosigned || rec.Gate != gateID {
			t.Fatalf("record %d is %+v", i, rec)
		}
	}
}

func TestACheckpointIsCosignedOnlyWhenAllRecordsAreHere(t *testing.T) {
	w := newWorld(t, afternoon())
	l := newLog(t, w, "log1")
	l.grow(t, 50)
	w.ingest(t, l.records(t, 0, 20), l.checkpoint(t, 40))
	w.wantLog(t, l, 20, 0, central.AlarmGap)
	w.ingest(t, l.records(t, 30, 50))
	w.wantLog(t, l, 40, 0, central.AlarmGap)
	if c, signers := w.cosigned(t); signers != 0 {
		t.Fatalf("cosigned although records are missing: %+v", c)
	}
	w.ingest(t, l.records(t, 20, 30)) // the gap closes; the checkpoint has waited
	w.wantLog(t, l, 50, 40)
	c, signers := w.cosigned(t)
	if c.Size != 40 || c.Root != root(l.entries[:40]) || signers != 2 {
		t.Errorf("cosigned is %+v with %d signatures", c, signers)
	}
}

func TestCheckpointsGoOnFromTheKeptEdge(t *testing.T) {
	w := newWorld(t, afternoon())
	l := newLog(t, w, "log1")
	for size := 1; size <= 40; size++ {
		l.grow(t, 1)
		w.ingest(t, l.records(t, size-1, size), l.checkpoint(t, size))
		if c, signers := w.cosigned(t); c.Size != uint64(size) || c.Root != root(l.entries) || signers != 2 {
			t.Fatalf("at %d: cosigned is %+v with %d signatures", size, c, signers)
		}
	}
	w.wantLog(t, l, 40, 40)
}

func TestAnOldCheckpointIsAnsweredWithTheNewest(t *testing.T) {
	w := newWorld(t, afternoon())
	l := newLog(t, w, "log1")
	l.grow(t, 30)
	w.ingest(t, l.records(t, 0, 30), l.checkpoint(t, 10), l.checkpoint(t, 30), l.checkpoint(t, 10))
	w.wantLog(t, l, 30, 30)
	if c, _ := w.cosigned(t); c.Size != 30 {
		t.Errorf("cosigned is of size %d", c.Size)
	}
}

func TestARecordWithTwoContentsIsAFork(t *testing.T) {
	w := newWorld(t, afternoon())
	l, other := newLog(t, w, "log1"), newLog(t, w, "log1")
	l.grow(t, 10)
	other.grow(t, 10) // the same happenings with other salts
	w.ingest(t, l.records(t, 0, 10), l.checkpoint(t, 10), other.records(t, 0, 10))
	w.wantLog(t, l, 10, 10, "fork", "fork", "fork", "fork", "fork")
	got, err := w.Records(t.Context(), gateID)
	must(t, err)
	if string(got.Records[0].Leaf) != string(l.entries[0].Leaf) {
		t.Error("what came second has taken the place of what came first")
	}
	w.ingest(t, other.records(t, 0, 10))
	w.wantLog(t, l, 10, 10, "fork", "fork", "fork", "fork", "fork")
}

func TestAForgedRecordThatCameFirstDoesNotStandInTheWay(t *testing.T) {
	w := newWorld(t, afternoon())
	l, forged := newLog(t, w, "log1"), newLog(t, w, "log1")
	l.grow(t, 20)
	forged.grow(t, 20)
	w.ingest(t, l.records(t, 0, 10), l.checkpoint(t, 10))
	w.ingest(t, forged.records(t, 12, 13)) // anybody on the broker can send this
	w.ingest(t, l.records(t, 10, 20), l.checkpoint(t, 20))
	w.wantLog(t, l, 10, 10, "fork", "wrong-root")
	w.ingest(t, l.records(t, 10, 20), l.checkpoint(t, 20)) // as the gate does when no cosignature comes
	w.wantLog(t, l, 20, 20, "fork", "wrong-root")
}

func TestASignedTreeThatOursDoesNotExtendIsAFork(t *testing.T) {
	w := newWorld(t, afternoon())
	l, restored := newLog(t, w, "log1"), newLog(t, w, "log1")
	l.grow(t, 30)
	restored.entries = slices.Clone(l.entries[:20])
	restored.grow(t, 5)
	w.ingest(t, l.records(t, 0, 30), l.checkpoint(t, 30), restored.checkpoint(t, 25))
	w.wantLog(t, l, 30, 30, "fork")
	if c, signers := w.cosigned(t); c.Root != root(l.entries) || signers != 2 {
		t.Errorf("cosigned is %+v: not what was cosigned first", c)
	}
	// The gate begins a new log, which goes on as usual.
	next := newLog(t, w, "log2")
	next.grow(t, 3)
	w.ingest(t, next.records(t, 0, 3), next.checkpoint(t, 3), next.checkpoint(t, 3))
	w.wantLog(t, next, 3, 3, "new-log")
	w.wantLog(t, l, 30, 30, "fork")
}

func TestACheckpointNeedsTheListedKey(t *testing.T) {
	w := newWorld(t, afternoon())
	l := newLog(t, w, "log1")
	l.grow(t, 5)
	var key string
	l.signer, key = newKey(t, gateID)
	w.ingest(t, l.records(t, 0, 5), l.checkpoint(t, 5))
	w.wantLog(t, l, 5, 0, "stranger")
	_, err := w.AddGate(t.Context(), gateID, site, key) // another card, the same log
	must(t, err)
	w.ingest(t, l.checkpoint(t, 5))
	w.wantLog(t, l, 5, 5, "stranger")
}

func TestACheckpointOfAnotherGateOrSiteIsNotThisOnes(t *testing.T) {
	w := newWorld(t, afternoon())
	l := newLog(t, w, "log1")
	l.grow(t, 5)
	for _, origin := range []string{record.Origin(site, "west-1", "log1"), record.Origin(site+1, gateID, "log1")} {
		c := record.Checkpoint{Origin: origin, Size: 5, Root: root(l.entries)}
		payload, err := c.Sign(w.gate)
		must(t, err)
		w.ingest(t, l.records(t, 0, 5), central.Message{Topic: "gates/" + gateID + "/checkpoint", Payload: payload})
	}
	w.wantLog(t, l, 5, 0, "stranger")
}

func TestRecordsOfAGateThatIsNotRegisteredAreKept(t *testing.T) {
	w := newWorld(t, afternoon())
	l := newLog(t, w, "log1")
	l.grow(t, 5)
	records, checkpoint := l.records(t, 0, 5), l.checkpoint(t, 5)
	records.Topic, checkpoint.Topic = "gates/north-9/records", "gates/north-9/checkpoint"
	w.ingest(t, records, checkpoint)
	got, err := w.Records(t.Context(), "north-9")
	must(t, err)
	if len(got.Records) != 5 || len(got.Gates) != 1 || got.Gates[0].Site != 0 || len(got.Gates[0].Alarms) != 1 {
		t.Errorf("report on it: %+v", got)
	}
}

func TestWhatCannotBeReadIsAnAlarmAndNothingElse(t *testing.T) {
	w := newWorld(t, afternoon())
	l := newLog(t, w, "log1")
	l.grow(t, 5)
	cut := l.records(t, 0, 5)
	cut.Payload = cut.Payload[:len(cut.Payload)-4]
	w.ingest(t, cut,
		central.Message{Topic: "gates/" + gateID + "/records", Payload: []byte("hello")},
		central.Message{Topic: "gates/" + gateID + "/checkpoint", Payload: []byte("hello")},
		central.Message{Topic: "gates/" + gateID + "/records"},
		central.Message{Topic: "gates/" + gateID + "/status", Payload: []byte("hello")},
		central.Message{Topic: "gates/../records", Payload: []byte("hello")},
		central.Message{Topic: "hello"})
	got, err := w.Records(t.Context(), "")
	must(t, err)
	if len(got.Records) != 0 || len(got.Gates) != 1 || len(got.Gates[0].Alarms) != 1 {
		t.Errorf("report: %+v", got)
	}
}

func TestPersonsThatWeCannotOpenAreNotAcknowledged(t *testing.T) {
	w := newWorld(t, afternoon())
	stranger := newWorld(t, afternoon())
	l := newLog(t, w, "log1")
	l.seal = newLog(t, stranger, "log1").seal
	l.grow(t, 5)
	w.ingest(t, l.records(t, 0, 5), l.checkpoint(t, 5))
	w.wantLog(t, l, 0, 0, "malformed", "gap")
}

func TestANewAlarmIsSaidOnce(t *testing.T) {
	w := newWorld(t, afternoon())
	l := newLog(t, w, "log1")
	l.grow(t, 5)
	for i, want := range []int{1, 0, 0} {
		w.now = w.now.Add(time.Minute)
		raised, err := w.Ingest(t.Context(), l.checkpoint(t, 5))
		must(t, err)
		if len(raised) != want {
			t.Errorf("time %d: %d alarms raised: %s", i, len(raised), cmp.Diff(nil, raised))
		}
	}
}

func FuzzIngest(f *testing.F) {
	w := newWorld(f, afternoon())
	l := newLog(f, w, "log1")
	l.grow(f, 3)
	f.Add(l.records(f, 0, 3).Payload, l.checkpoint(f, 3).Payload)
	f.Fuzz(func(t *testing.T, records, checkpoint []byte) {
		_, err := w.Ingest(t.Context(),
			central.Message{Topic: "gates/" + gateID + "/records", Payload: records},
			central.Message{Topic: "gates/" + gateID + "/checkpoint", Payload: checkpoint})
		must(t, err) // whatever anybody sends, the server goes on
		if size := w.log(t, l.name).Cosigned; size != 0 && size != 3 {
			t.Errorf("cosigned a checkpoint of size %d, which no gate has signed", size)
		}
	})
}

func TestWhatWasCountedOfForgedRecordsIsNotKept(t *testing.T) {
	w := newWorld(t, afternoon())
	l, forged := newLog(t, w, "log1"), newLog(t, w, "log1")
	l.grow(t, 20)
	forged.grow(t, 20)
	w.ingest(t, l.records(t, 0, 10), l.checkpoint(t, 10))
	w.ingest(t, forged.records(t, 10, 11), l.records(t, 11, 15), l.checkpoint(t, 20)) // counted up to the gap at 15
	w.wantLog(t, l, 15, 10, "gap")
	w.ingest(t, l.records(t, 15, 20))
	w.wantLog(t, l, 10, 10, "gap", "wrong-root")
	w.ingest(t, l.records(t, 10, 20), l.checkpoint(t, 20))
	w.wantLog(t, l, 20, 20, "wrong-root")
}

func TestFewCosignedCheckpointsAreKept(t *testing.T) {
	w := newWorld(t, afternoon())
	l := newLog(t, w, "log1")
	l.grow(t, 12_000)
	for size := 1000; size <= 12_000; size += 1000 {
		for first := size - 1000; first < size; first += 100 {
			w.ingest(t, l.records(t, first, first+100))
		}
		w.ingest(t, l.checkpoint(t, size))
	}
	db, err := sql.Open("sqlite3", filepath.Join(w.dir, "central.db"))
	must(t, err)
	defer db.Close()
	var kept []int
	rows, err := db.Query("SELECT size FROM cosigned ORDER BY size")
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var size int
		must(t, rows.Scan(&size))
		kept = append(kept, size)
	}
	must(t, rows.Err())
	if want := []int{7000, 8000, 9000, 10_000, 11_000, 12_000}; !slices.Equal(kept, want) {
		t.Errorf("cosigned checkpoints of sizes %v are kept, want %v", kept, want)
	}
	w.ingest(t, l.checkpoint(t, 3000)) // true, and long forgotten
	w.wantLog(t, l, 12_000, 12_000)
}

// A server that was restored from an old backup says what it still knows, and
// gets the rest again.
func TestARestoredServerTakesTheRestAgain(t *testing.T) {
	w := newWorld(t, afternoon())
	l := newLog(t, w, "log1")
	l.grow(t, 60)
	w.ingest(t, l.records(t, 0, 20), l.checkpoint(t, 20))
	must(t, w.Close())
	path := filepath.Join(w.dir, "central.db")
	backup, err := os.ReadFile(path)
	must(t, err)
	reopen := func() {
		w.Central, err = central.Open(t.Context(), central.Options{Dir: w.dir, Now: w.clock})
		must(t, err)
	}
	reopen()
	w.ingest(t, l.records(t, 20, 40), l.checkpoint(t, 40))
	w.wantLog(t, l, 40, 40)
	must(t, w.Close())
	must(t, os.WriteFile(path, backup, 0o600))
	must(t, errors.Join(os.RemoveAll(path+"-wal"), os.RemoveAll(path+"-shm")))
	reopen()
	if c, signers := w.cosigned(t); c.Size != 20 || signers != 2 {
		t.Errorf("the restored server puts out a checkpoint of size %d with %d signatures, want 20 with 2", c.Size, signers)
	}
	w.ingest(t, l.records(t, 40, 60), l.checkpoint(t, 60))
	w.wantLog(t, l, 40, 20, "gap")
	w.ingest(t, l.records(t, 20, 60))
	w.wantLog(t, l, 60, 60)
	if c, signers := w.cosigned(t); c.Size != 60 || c.Root != root(l.entries) || signers != 2 {
		t.Errorf("cosigned is %+v with %d signatures", c, signers)
	}
}
