package gate

import "time"

// tally counts refusals that need no key to provoke: the first of a reason is a
// record at once, those of the minute after it become one record with a count.
// It belongs to one controller.
type tally map[Reason]*counted

// counted is one reason's running minute.
type counted struct {
	since time.Time // when the last record of this reason was written
	last  Record
	n     uint64 // refusals since that record
}

func newTally() tally { return make(tally) }

// count takes one refusal in and returns the record that is to be kept now, if
// any.
func (t tally) count(r Record, now time.Time) []Record {
	c := t[r.Reason]
	if c == nil {
		c = &counted{since: now.Add(-tallyEvery)}
		t[r.Reason] = c
	}
	c.last, c.n = r, c.n+1
	if now.Sub(c.since) < tallyEvery {
		return nil
	}
	return t.take(r.Reason, now)
}

// due returns the records of the minutes that are over, and forgets reasons
// that have been quiet for one.
func (t tally) due(now time.Time) []Record {
	var recs []Record
	for reason, c := range t {
		switch {
		case now.Sub(c.since) < tallyEvery:
		case c.n == 0:
			delete(t, reason)
		default:
			recs = append(recs, t.take(reason, now)...)
		}
	}
	return recs
}

// rest returns all that was counted and not yet kept, for the end of the
// controller.
func (t tally) rest(now time.Time) []Record {
	var recs []Record
	for reason, c := range t {
		if c.n > 0 {
			recs = append(recs, t.take(reason, now)...)
		}
	}
	return recs
}

// take makes the record of what was counted, and begins the next minute.
func (t tally) take(reason Reason, now time.Time) []Record {
	c := t[reason]
	r := c.last
	r.Count = c.n
	c.since, c.n = now, 0
	return []Record{r}
}
