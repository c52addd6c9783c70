package record

import (
	"fmt"
	"time"

	"gated/gate"
)

// Again is the record that the entry tells of, to be kept in another log: with
// its own time and the start it was made in, and with its person if that was not
// erased. What the leaf does not hold is zero: how long the kernel had been up,
// and the use. About names a record of the first log, so it is left out.
func (e Entry) Again() (gate.Record, error) {
	if err := e.Check(); err != nil {
		return gate.Record{}, err
	}
	l, err := ParseLeaf(e.Leaf)
	if err != nil {
		return gate.Record{}, err
	}
	r := gate.Record{
		Kind: gate.Kind(l.Kind), Lane: l.Lane, Verdict: gate.Verdict(l.Verdict), Reason: gate.Reason(l.Reason), Entrance: gate.Reason(l.Entrance),
		At:     gate.Moment{Time: time.UnixMilli(l.TimeMS), State: gate.ClockState(l.Clock), Start: l.Boot},
		Source: gate.Source(l.Source), Ref: l.Ref, Fresh: l.Fresh, Rev: l.Rev, Trust: l.Trust, Took: time.Duration(l.TookUS) * time.Microsecond,
		Event: gate.Event(l.Event), Count: l.Count, Detail: l.Detail,
	}
	if e.Person != "" {
		p, err := ParsePerson(e.Person)
		if err != nil {
			return gate.Record{}, fmt.Errorf("read person of record %d: %w", l.Seq, err)
		}
		r.Person = &p
	}
	return r, nil
}
