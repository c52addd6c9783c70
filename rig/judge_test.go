package rig_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"gated/central"
	"gated/gate"
	"gated/rig"
	"gated/store"
	"gated/verify/record"
)

// judge compares what the boxes hold with what the server holds.
func (w *world) judge(t *testing.T) {
	t.Helper()
	server, err := central.Open(t.Context(), central.Options{Dir: w.central.Dir})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	kept, promised, lost, doubled := 0, 0, 0, 0
	for i, o := range w.orders {
		report, err := server.Records(t.Context(), o.ID)
		if err != nil {
			t.Fatal(err)
		}
		unforked(t, o.ID, report)
		b, err := rig.Open(t.Context(), o.options())
		if err != nil {
			t.Fatal(err)
		}
		log := journal(t, b)
		kept += len(log)
		same(t, o.ID, log, report.Records)
		w.true(t, b, log)
		if err := b.Store.Close(); err != nil {
			t.Error(err)
		}
		mine := w.promised(i)
		l, d := count(t, mine, report.Records)
		promised, lost, doubled = promised+len(mine), lost+l, doubled+d
	}
	if lost+doubled > 0 || promised == 0 {
		t.Errorf("%d lost, %d doubled, of %d", lost, doubled, promised)
	}
	t.Logf("%d records on %d boxes, %d of them promised to be on disk; %d cosigned checkpoints seen: %d lost, %d doubled",
		kept, len(w.orders), promised, len(w.liar.cosigned), lost, doubled)
}

// unforked refuses more than one log of a gate, and every alarm but of gaps, which
// are what a lost message looks like.
func unforked(t *testing.T, id string, r central.Report) {
	t.Helper()
	if len(r.Gates) != 1 {
		t.Errorf("%s has %d logs, want 1", id, len(r.Gates))
	}
	for _, g := range r.Gates {
		for _, a := range g.Alarms {
			if !strings.HasPrefix(a, central.AlarmGap+":") {
				t.Errorf("alarm about %s: %s", id, a)
			}
		}
		if g.Cosigned != g.Records {
			t.Errorf("%s: %d records, %d cosigned", id, g.Records, g.Cosigned)
		}
	}
}

// journal is all that a box has on its disk, verified.
func journal(t *testing.T, b *rig.Box) []record.Entry {
	t.Helper()
	if _, err := b.Store.Verify(t.Context(), store.Expect{}); err != nil {
		t.Errorf("the box's own journal: %v", err)
	}
	_, size := b.Store.Log()
	log, err := b.Store.List(t.Context(), 0, size)
	if err != nil || uint64(len(log)) != size {
		t.Fatalf("read %d of %d records: %v", len(log), size, err)
	}
	return log
}

// same insists that both hold the same records, byte for byte, in the same order.
func same(t *testing.T, id string, log []record.Entry, there []central.RecordReport) {
	t.Helper()
	if len(there) != len(log) {
		t.Errorf("%s has %d records, the server %d", id, len(log), len(there))
	}
	for i := range min(len(log), len(there)) {
		person := string(there[i].Person)
		if person == "null" {
			person = ""
		}
		if !bytes.Equal(there[i].Leaf, log[i].Leaf) || person != log[i].Person || !there[i].Cosigned {
			t.Errorf("record %d of %s is not the same at the server, or not cosigned", i, id)
			return
		}
	}
}

// true insists that each cosigned checkpoint that was ever said of this box is
// signed by both and of the tree that the box has.
func (w *world) true(t *testing.T, b *rig.Box, log []record.Entry) {
	t.Helper()
	var hashes hashReader
	for i, e := range log {
		more, err := tlog.StoredHashesForRecordHash(int64(i), record.Hash(e.Leaf), hashes)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, more...)
	}
	checked := 0
	for msg, topic := range w.liar.cosigned {
		if topic != rig.Prefix+"/gates/"+b.ID()+"/cosigned" {
			continue
		}
		c, signers, err := record.OpenCheckpoint([]byte(msg), b.Cosigners()...)
		if err != nil || len(signers) == 0 || c.Origin != b.Store.Origin() || c.Size > uint64(len(log)) {
			t.Errorf("a cosigned checkpoint of %s, size %d of %d: %v", c.Origin, c.Size, len(log), err)
			continue
		}
		root, err := tlog.TreeHash(int64(c.Size), hashes)
		if err != nil || root != c.Root {
			t.Errorf("a cosigned checkpoint of size %d has another root: %v", c.Size, err)
		}
		checked++
	}
	if checked == 0 {
		t.Errorf("no cosigned checkpoint of %s was seen", b.ID())
	}
}

// hashReader is a tree in memory.
type hashReader []tlog.Hash

func (r hashReader) ReadHashes(at []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(at))
	for i, n := range at {
		out[i] = r[n]
	}
	return out, nil
}

// count says how many of the promised passes the server lacks, and how many it has
// more than once.
func count(t *testing.T, promised []string, there []central.RecordReport) (lost, doubled int) {
	t.Helper()
	times := map[string]int{}
	for _, r := range there {
		var p gate.Person
		if err := json.Unmarshal(r.Person, &p); err != nil {
			t.Fatal(err)
		}
		times[fmt.Sprint(p.Serial)]++
	}
	for _, s := range promised {
		if times[s] == 0 {
			lost++
		}
	}
	for _, n := range times {
		if n > 1 {
			doubled++
		}
	}
	return lost, doubled
}
