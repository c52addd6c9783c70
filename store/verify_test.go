package store_test

import (
	"errors"
	"strings"
	"testing"

	"gated/gate"
	"gated/store"
)

// TestVerifyFindsTampering changes the file of a store at rest, of which all 100
// records are below a cosigned checkpoint.
func TestVerifyFindsTampering(t *testing.T) {
	const n = 100
	for _, c := range []struct {
		name    string
		queries []string
	}{
		{"a changed byte in a leaf, still canonical", []string{`UPDATE journal SET leaf = CAST(replace(CAST(leaf AS TEXT), '"rev":9', '"rev":8') AS BLOB) WHERE seq = 40`}},
		{"a changed byte in the last leaf", []string{`UPDATE journal SET leaf = CAST(replace(CAST(leaf AS TEXT), '"in"', '"im"') AS BLOB) WHERE seq = 99`}},
		{"a leaf that is no JSON", []string{"UPDATE journal SET leaf = x'00' WHERE seq = 3"}},
		{"an opening that nobody recorded", []string{`INSERT INTO journal(seq, leaf) SELECT 100, leaf FROM journal WHERE seq = 99`}},
		{"a deleted row", []string{"DELETE FROM journal WHERE seq = 40"}},
		{"the first row deleted", []string{"DELETE FROM journal WHERE seq = 0"}},
		{"a deleted row, the others moved up", []string{"DELETE FROM journal WHERE seq = 40", "UPDATE journal SET seq = seq - 1000 WHERE seq > 40", "UPDATE journal SET seq = seq + 999 WHERE seq < 0"}},
		{"two rows swapped", []string{"UPDATE journal SET seq = -1 WHERE seq = 10", "UPDATE journal SET seq = 10 WHERE seq = 12", "UPDATE journal SET seq = 12 WHERE seq = -1"}},
		{"two leaves swapped and renumbered", []string{
			`UPDATE journal SET leaf = CAST(replace(CAST((SELECT leaf FROM journal WHERE seq = 12) AS TEXT), '"seq":12', '"seq":10') AS BLOB) WHERE seq = 10`,
		}},
		{"the tail cut", []string{"DELETE FROM journal WHERE seq >= 98"}},
		{"the tail cut and the checkpoints with it", []string{"DELETE FROM journal WHERE seq >= 90", "DELETE FROM checkpoint"}},
		{"everything cut", []string{"DELETE FROM journal"}},
		{"another person", []string{`UPDATE journal SET person = replace(person, '42', '43') WHERE seq = 40`}},
		{"a person without its salt", []string{"UPDATE journal SET salt = NULL WHERE seq = 40"}},
		{"a salt of no length", []string{"UPDATE journal SET salt = x'' WHERE seq = 41"}},
		{"a person of no length", []string{"UPDATE journal SET person = '' WHERE seq = 41"}},
		{"a hash of the tree", []string{"UPDATE tree SET hash = zeroblob(32) WHERE idx = 2"}},
		{"a hash of the tree missing", []string{"DELETE FROM tree WHERE idx = 2"}},
		{"a checkpoint of another log", []string{"UPDATE checkpoint SET note = CAST(replace(CAST(note AS TEXT), '/east-1/', '/west-1/') AS BLOB)"}},
		{"a checkpoint with another size", []string{`UPDATE checkpoint SET note = CAST(replace(CAST(note AS TEXT), char(10) || '100' || char(10), char(10) || '99' || char(10)) AS BLOB)`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := options(t)
			b := start(t, o)
			b.fill(t, n)
			if err := ackAll(t, b); err != nil {
				t.Fatal(err)
			}
			if r, err := b.Verify(t.Context(), store.Expect{}); err != nil || r.Cosigned != n || r.Signed != n || r.Persons != n/2 {
				t.Fatalf("before: %+v: %v", r, err)
			}
			b.mustStop(t)
			// Opened before, because opening finds the coarsest of these by itself.
			s, err := store.OpenReadOnly(o.Dir)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			for _, q := range c.queries {
				tamper(t, o.Dir, q)
			}
			r, err := s.Verify(t.Context(), store.Expect{})
			if !errors.Is(err, store.ErrBroken) || len(r.Faults) == 0 {
				t.Errorf("not found: %+v: %v", r, err)
			}
		})
	}
}

// TestErasedPersonsLeaveTheLogProvable: what retention will do breaks nothing.
func TestErasedPersonsLeaveTheLogProvable(t *testing.T) {
	o := options(t)
	b := start(t, o)
	b.fill(t, 30)
	if err := ackAll(t, b); err != nil {
		t.Fatal(err)
	}
	b.mustStop(t)
	tamper(t, o.Dir, "UPDATE journal SET person = NULL, salt = NULL WHERE seq < 20")
	b = start(t, o)
	if r, err := b.Verify(t.Context(), store.Expect{}); err != nil || r.Persons != 5 {
		t.Errorf("%+v: %v", r, err)
	}
}

func TestADamagedPersonDoesNotHoldUpTheRecord(t *testing.T) {
	o := options(t)
	b := start(t, o)
	b.commit(t, admission(1), admission(2))
	b.mustStop(t)
	tamper(t, o.Dir, "UPDATE journal SET person = replace(person, '42', '43') WHERE seq = 0")
	b = start(t, o)
	batch, err := b.Batch(t.Context(), 0, 0)
	if err != nil || len(batch.Entries) != 2 || batch.Entries[0].Person != "" || batch.Entries[1].Person == "" {
		t.Errorf("%+v: %v", batch, err)
	}
}

// TestOpenRefusesAJournalThatLostItsEnd: it would give numbers twice.
func TestOpenRefusesAJournalThatLostItsEnd(t *testing.T) {
	for _, c := range []struct {
		query    string
		cosigned bool
		ok       bool
	}{
		{"DELETE FROM journal WHERE seq >= 51", true, true}, // Of what nobody has cosigned nothing is known.
		{"DELETE FROM journal WHERE seq >= 49", true, false},
		{"DELETE FROM journal WHERE seq >= 49", false, false}, // The second copy of the checkpoint knows.
		{"DELETE FROM journal WHERE seq >= 47", false, false},
		{"DELETE FROM journal WHERE seq >= 10", true, false},
		{"DELETE FROM journal WHERE seq = 48", true, false},
	} {
		o := options(t)
		b := start(t, o)
		b.fill(t, 50)
		if err := ackAll(t, b); err != nil {
			t.Fatal(err)
		}
		b.commit(t, door(gate.RelayOn), door(gate.RelayOff))
		b.mustStop(t)
		if !c.cosigned {
			tamper(t, o.Dir, "DELETE FROM checkpoint")
		}
		tamper(t, o.Dir, c.query)
		s, err := store.Open(o)
		if (err == nil) != c.ok || err != nil && !errors.Is(err, store.ErrBroken) {
			t.Errorf("%s: %v", c.query, err)
		}
		if s != nil {
			s.Close()
		}
	}
}

func TestReportNamesAtMostTwentyFaults(t *testing.T) {
	o := options(t)
	b := start(t, o)
	b.fill(t, 60)
	b.mustStop(t)
	tamper(t, o.Dir, "UPDATE journal SET leaf = x'00'")
	b = start(t, o)
	r, err := b.Verify(t.Context(), store.Expect{})
	if !errors.Is(err, store.ErrBroken) || len(r.Faults) != 20 || r.Records != 60 || !strings.Contains(r.Faults[0], "record 0") {
		t.Errorf("%d faults in %d records: %v", len(r.Faults), r.Records, err)
	}
}
