package record_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gated/gate"
	"gated/verify/record"
)

// TestAgainIsTheSameRecord: what is kept again in another log says the same.
func TestAgainIsTheSameRecord(t *testing.T) {
	about := uint64(3)
	want := gate.Record{
		Kind: gate.KindAccess, At: gate.Moment{Time: time.UnixMilli(1800000000123), State: gate.ClockFloor, Start: 7},
		Lane: "in", Verdict: gate.Open, Reason: gate.ExitLate, Entrance: gate.Expired, Source: gate.FromPresent, Ref: "r",
		Fresh: 12, Rev: 9, Trust: 4, Took: 250 * time.Microsecond, Event: "e", Count: 2, Detail: "d",
		Person: &gate.Person{Issuer: 1, Kid: 257, Serial: 2, Rider: 42},
	}
	r := want
	r.About, r.Use = &about, &gate.Use{}
	e, err := record.Encode("first", 17, r)
	if err != nil {
		t.Fatal(err)
	}
	got, err := e.Again()
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	e.Person = e.Person[:len(e.Person)-2] + "3}"
	if _, err := e.Again(); err == nil {
		t.Error("another person was taken for the leaf's")
	}
}
