package verify

import (
	"slices"
	"time"

	"gated/gate"
	"gated/verify/trust"
)

// replayAndUses refuses a code that was taken before, and a pass without a use
// left. A bound pass has no number of uses: each code must have been drawn later
// than the last one taken. The caller holds mu.
func (j *judgement) replayAndUses() gate.Reason {
	s := &j.stand
	if j.bound() {
		if s.replayed(j.pass.ShownAt) {
			return gate.Replayed
		}
		return ""
	}
	spent := s.Entered
	if s.way == gate.Out {
		spent = s.Left
	}
	switch {
	case s.chance:
		j.again = true
	case spent != 0 && !j.pass.Unlimited:
		return gate.UsedUp
	}
	return ""
}

// siteRules asks what the property has decided: whom it admits when, whom it
// keeps out, and how soon a pass may enter again.
func (j *judgement) siteRules() gate.Reason {
	rules := &j.world.rules
	if j.source == gate.FromPresent && !rules.Present {
		return gate.NotAdmitted
	}
	if r := j.admitted(rules.Admit); r != "" {
		return r
	}
	if p := rules.Prohibited; p != nil && p.Issuers.Has(j.key.Issuer) {
		return gate.EntryProhibited
	}
	return j.passback(&rules.Passback)
}

// admitted looks for a row that matches the issuer, the way and the time.
// Without rows every issuer is admitted, always. A row for the way out admits
// nobody in; on the way out every row counts, so that whoever was rightly let in
// also leaves without remark.
func (j *judgement) admitted(rows []trust.Admit) gate.Reason {
	if rows == nil {
		return ""
	}
	reason := gate.NotAdmitted
	for i := range rows {
		row := &rows[i]
		if !row.Issuers.Has(j.key.Issuer) || j.stand.way == gate.In && row.Direction == gate.Out {
			continue
		}
		if j.inHours(row) {
			return ""
		}
		reason = gate.OutsideHours
	}
	return reason
}

// inHours says whether a row covers this moment, by the clock on the wall of the
// site: an hour that comes twice is covered twice, and one that does not come is
// no matter. A box that knows only a floor takes that for the time; one that
// knows nothing, whose site has said to admit, does not ask.
func (j *judgement) inHours(row *trust.Admit) bool {
	if !j.timed() && j.at.State != gate.ClockFloor {
		return true
	}
	return covers(row, j.at.Time.In(j.world.docs.Site.Zone))
}

// covers says whether the row covers that time of its site. A range over
// midnight belongs to the day on which it begins.
func covers(row *trust.Admit, local time.Time) bool {
	minute := local.Hour()*60 + local.Minute()
	today := 1 + (int(local.Weekday())+6)%7 // Monday is 1
	yesterday := 1 + (today+5)%7
	switch {
	case row.From == row.To:
		return on(row, today)
	case row.From < row.To:
		return on(row, today) && row.From <= minute && minute < row.To
	case minute >= row.From:
		return on(row, today)
	default:
		return on(row, yesterday) && minute < row.To
	}
}

// on says whether the row covers that day of the week, 1 = Monday.
func on(row *trust.Admit, day int) bool {
	return len(row.Days) == 0 || slices.Contains(row.Days, day)
}

// passback keeps a pass from being handed back over the fence. Whoever has only
// just been admitted here and did not get through has his second chance, with a
// bound pass too. The time counts both ways: a clock that was set back does not
// make the wait longer than it is. Where the rule is soft the pass is admitted,
// and its record says what a stricter site would have said.
func (j *judgement) passback(rule *trust.PassbackRule) gate.Reason {
	s := &j.stand
	since := j.now - s.Entered
	switch {
	case rule.Mode == "off", s.Entered == 0, s.way == gate.Out:
	case since <= -rule.Seconds, since >= rule.Seconds:
	case s.chance:
		j.again = true
	case rule.Mode == "soft":
		j.noted = gate.Passback
	default:
		return gate.Passback
	}
	return ""
}
