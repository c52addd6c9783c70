package verify_test

import (
	"fmt"

	"gated/gate"
	"gated/verify/pass"
	"gated/verify/verifytest"
)

// sequences are scans at one box, one after another.
func sequences() map[string]vectorCase {
	const t = vectorNow
	all := map[string]vectorCase{}
	add := func(name, about, site string, scans ...string) {
		all["scans-"+name] = vectorCase{about: about, docs: withSite(site), scans: scans}
	}
	once := bearerCode()
	unlimited := bearerCode(func(h *pass.Header) { h.Unlimited = true })
	drawn := func(after int64) string { return boundCode(t+after, verifytest.Tag) }
	add("used-up", "a pass enters once", "site", scanAt(t, "in", gate.OK, once), scanAt(t+60, "in", gate.UsedUp, once))
	add("used-up-other-lane", "two lanes of one box in the same second", "site", scanAt(t, "in", gate.OK, once), scanAt(t, "in-2", gate.UsedUp, once))
	add("in-and-out", "one entry and one exit", "site", scanAt(t, "in", gate.OK, once), scanAt(t+60, "out", gate.OK, once),
		scanAt(t+120, "in", gate.UsedUp, once), scanAt(t+180, "out", late(gate.UsedUp), once))
	add("unlimited", "any number of uses", "site", scanAt(t, "in", gate.OK, unlimited), scanAt(t+30, "in", gate.OK, unlimited), scanAt(t+60, "in-2", gate.OK, unlimited))
	add("again", "the door stayed shut: twice a second chance, and no third", "site", scanAt(t, "in", gate.OK, once), scanAt(t+5, "in", gate.Again, once),
		scanAt(t+10, "in", gate.Again, once), scanAt(t+15, "in", gate.UsedUp, once))
	add("again-last", "a second chance after 20 s", "site", scanAt(t, "in", gate.OK, once), scanAt(t+20, "in", gate.Again, once))
	add("again-late", "none after 21 s", "site", scanAt(t, "in", gate.OK, once), scanAt(t+21, "in", gate.UsedUp, once))
	add("repeat", "a code that stays on the glass is judged once, however long", "site", scanAt(t, "in", gate.OK, once), scanAt(t+2, "in", gate.Repeat, once),
		scanAt(t+4, "in", gate.Repeat, once), scanAt(t+7, "in", gate.Again, once))
	add("repeat-refused", "the same for what is refused", "site", scanAt(t, "in", gate.Malformed, "HELLO"), scanAt(t+2, "in", gate.Repeat, "HELLO"),
		scanAt(t+2, "in-2", gate.Malformed, "HELLO"), scanAt(t+5, "in", gate.Malformed, "HELLO"))
	add("replayed", "the same moving code twice", "site", scanAt(t, "in", gate.OK, drawn(0)), scanAt(t+4, "in", gate.Replayed, drawn(0)), scanAt(t+5, "in", gate.OK, drawn(5)))
	add("replayed-older", "an older moving code after a newer one", "site", scanAt(t, "in", gate.OK, drawn(0)), scanAt(t+1, "in", gate.Replayed, drawn(-5)))
	add("replayed-other-lane", "the same moving code at another lane of the box", "site", scanAt(t, "in", gate.OK, drawn(0)), scanAt(t, "in-2", gate.Replayed, drawn(0)))
	add("replayed-not-by-refusal", "a moving code that was refused uses nothing up", "site-hours", scanAt(verifytest.Begin-1, "in", gate.OutsideHours, boundCode(verifytest.Begin-1, 3)),
		scanAt(verifytest.Begin+3, "in", gate.OK, boundCode(verifytest.Begin-1, 3)))
	add("passback", "no second entry within 300 s", "site-passback", scanAt(t, "in", gate.OK, unlimited), scanAt(t+299, "in", gate.Passback, unlimited),
		scanAt(t+303, "in", gate.OK, unlimited))
	add("passback-edge", "a second entry after 300 s", "site-passback", scanAt(t, "in", gate.OK, unlimited), scanAt(t+300, "in", gate.OK, unlimited))
	add("passback-bound", "with moving codes too", "site-passback", scanAt(t, "in", gate.OK, drawn(0)), scanAt(t+60, "in", gate.Passback, drawn(60)))
	add("passback-soft", "soft: a second entry within 300 s stands in the record", "site-passback-soft", scanAt(t, "in", gate.OK, unlimited),
		scanAt(t+299, "in", noted(gate.Passback), unlimited), scanAt(t+599, "in", gate.OK, unlimited))
	add("passback-soft-again", "soft: who missed the door has not entered twice", "site-passback-soft", scanAt(t, "in", gate.OK, drawn(0)),
		scanAt(t+5, "in", gate.Again, drawn(5)), scanAt(t+26, "in", noted(gate.Passback), drawn(26)))
	wrong := bearerCode(func(h *pass.Header) { h.Direction = pass.Out })
	many := func(step int64) (scans []string) {
		for n := range int64(10) {
			scans = append(scans, scanAt(t+n*step, "in", gate.WrongDirection, wrong))
		}
		return scans
	}
	add("too-many", "ten refusals within a minute, then a pause of 30 s", "site", append(many(4), scanAt(t+40, "in", gate.TooManyAttempts, wrong),
		scanAt(t+44, "in-2", gate.TooManyAttempts, wrong), scanAt(t+48, "in", gate.OK, once2()), scanAt(t+66, "in", gate.WrongDirection, wrong))...)
	add("too-many-slow", "ten refusals in more than a minute", "site", append(many(7), scanAt(t+70, "in", gate.WrongDirection, wrong))...)
	forged := bearerCode()[:60] + flipped(bearerCode()[60]) + bearerCode()[61:]
	var bad []string
	for n := range int64(12) {
		bad = append(bad, scanAt(t+n*4, "in", gate.BadSignature, forged))
	}
	add("too-many-forged", "bad codes never block a lane, nor the pass that they imitate", "site", append(bad, scanAt(t+60, "in", gate.OK, once))...)
	revoked := bearerCode(func(h *pass.Header) { h.Rider = 7 })
	add("revoked-between", "revoked while inside: out, and not in again", "site", scanAt(t, "in", gate.OK, bearerCode(func(h *pass.Header) { h.Rider, h.Serial = 7, 5 })),
		"document: state-listed", "document: heartbeat-listed", scanAt(t+60, "in", gate.Revoked, revoked), scanAt(t+63, "out", late(gate.Revoked), revoked))
	return all
}

// doors are codes at doors that do not open.
func doors() map[string]vectorCase {
	const expired = verifytest.Begin + 86400
	all := map[string]vectorCase{}
	for _, c := range []struct {
		door     gate.Reason
		out, end gate.Reason // of a good code at a lane out, and of one that has ended
	}{
		{gate.Lockdown, gate.Lockdown, gate.Lockdown},
		{gate.Interlock, gate.Interlock, gate.Interlock},
		{gate.DoorFault, gate.OK, late(gate.Expired)},
		{gate.NotReady, gate.OK, late(gate.Expired)},
	} {
		add := func(name, about string, want gate.Reason, v vectorCase) {
			v.about, v.want, v.door, v.docs, v.code = fmt.Sprintf("the door is in %s: %s", c.door, about), want, c.door, standard(), bearerCode()
			all[fmt.Sprintf("door-%s-%s", c.door, name)] = v
		}
		add("in", "nobody enters", c.door, vectorCase{})
		add("in-expired", "the door has the last word, not the first", gate.Expired, vectorCase{at: expired})
		add("out", "only lockdown and interlock hold an exit", c.out, vectorCase{lane: "out"})
		add("out-expired", "out is out, but for lockdown and interlock", c.end, vectorCase{lane: "out", at: expired})
	}
	return all
}

// presented are codes that a platform presents for a rider who may not even be
// there.
func presented() map[string]vectorCase {
	const t, end = vectorNow, verifytest.Begin + 86400 + 30 // with the skew
	all := map[string]vectorCase{}
	add := func(name, about string, want gate.Reason, v vectorCase) {
		v.about, v.want, v.from = about, want, gate.FromPresent
		if v.docs == nil {
			v.docs = withSite("site-present")
		}
		all["present-"+name] = v
	}
	code := boundCode(t, verifytest.Tag)
	add("open", "signed for this gate, where the rules allow it", gate.OK, vectorCase{code: code})
	add("not-allowed", "where the rules do not allow it", gate.NotAdmitted, vectorCase{docs: withSite("site"), code: code})
	add("any-gate", "signed for no gate", gate.BadHolderSignature, vectorCase{code: boundCode(t, 0)})
	add("bearer", "a bearer pass", gate.Unsupported, vectorCase{code: bearerCode()})
	add("out", "at an exit", gate.OK, vectorCase{lane: "out", code: code})
	add("out-late", "at an exit, after the end", late(gate.Expired), vectorCase{lane: "out", at: end, code: boundCode(end, verifytest.Tag)})
	add("out-old", "at an exit: an old code proves that nobody is there", gate.StaleCode, vectorCase{lane: "out", at: t + 120, code: code})
	add("out-any-gate", "at an exit, signed for no gate", gate.BadHolderSignature, vectorCase{lane: "out", code: boundCode(t, 0)})
	add("out-not-allowed", "at an exit, where the rules do not allow it", gate.NotAdmitted, vectorCase{lane: "out", docs: withSite("site"), code: code})
	all["present-replayed"] = vectorCase{
		about: "a code is presented once, at an exit too, whose reason is then the first check that failed", from: gate.FromPresent, docs: withSite("site-present"),
		scans: []string{
			scanAt(t, "in", gate.OK, code), scanAt(t+4, "in", gate.Replayed, code), scanAt(t+5, "out", gate.Replayed, code),
			scanAt(end, "out", late(gate.Expired), boundCode(end, verifytest.Tag)), scanAt(end+4, "out", gate.Expired, boundCode(end, verifytest.Tag)),
		},
	}
	return all
}

// once2 is another pass.
func once2() string { return bearerCode(func(h *pass.Header) { h.Serial = 9 }) }

// flipped is another letter of base32.
func flipped(c byte) string {
	if c == 'A' {
		return "B"
	}
	return "A"
}

// exits are what out is out means, on lanes out and lanes both.
func exits() map[string]vectorCase {
	const t, end = vectorNow, verifytest.Begin + 900
	all := map[string]vectorCase{}
	out := func(name, about string, want gate.Reason, c vectorCase) {
		c.about, c.want, c.lane = about, want, "out"
		if c.docs == nil {
			c.docs = standard()
		}
		all["exit-"+name] = c
	}
	out("expired", "ended long ago", late(gate.Expired), vectorCase{at: end + 86400, code: bearerCode()})
	out("other-site", "of another site", late(gate.WrongSite), vectorCase{code: bearerCode(func(h *pass.Header) { h.Site = 1002 })})
	out("void", "of a void key, whose signature is true", late(gate.KeyVoid), vectorCase{code: bearerCode(byKid(kidVoid)), kids: []uint16{kidVoid}})
	out("stale-code", "a screenshot", late(gate.StaleCode), vectorCase{code: boundCode(t-120, verifytest.Tag)})
	out("other-gate", "drawn for another gate", late(gate.BadHolderSignature), vectorCase{code: boundCode(t, 4)})
	out("no-clock", "at a box that does not know the time", late(gate.ClockUnknown), vectorCase{clock: gate.ClockLost, code: bearerCode()})
	out("old-list", "at a box without a heartbeat", late(gate.ListTooOld), vectorCase{docs: []string{"trust", "site", "state-empty"}, code: bearerCode()})
	out("not-ready", "at a box that holds the trust list alone", late(gate.NotReady), vectorCase{docs: []string{"trust"}, code: bearerCode()})
	out("nobody", "at a site that admits nobody", late(gate.NotAdmitted), vectorCase{docs: withSite("site-nobody"), code: bearerCode()})
	out("prohibited", "where riders may not enter", late(gate.EntryProhibited), vectorCase{docs: withSite("site-prohibited"), code: bearerCode()})
	out("forged", "but not with a forged signature", gate.BadSignature, vectorCase{code: bearerCode()[:60] + flipped(bearerCode()[60]) + bearerCode()[61:]})
	out("unknown-key", "nor with a key that nobody listed", gate.UnknownKey, vectorCase{code: bearerCode(byKid(999)), kids: []uint16{}})
	both := func(name, about, site string, scans ...string) {
		all["exit-both-"+name] = vectorCase{about: about, docs: withSite(site), scans: scans}
	}
	code := bearerCode()
	both("way", "on a lane both the first admission is the entry, the next after 30 s the exit", "site", scanAt(t, "both", gate.OK, code),
		scanAt(t+30, "both", gate.OK, code), scanAt(t+60, "both", gate.UsedUp, code))
	both("soon", "what comes within 30 s is the same passage", "site", scanAt(t, "both", gate.OK, code), scanAt(t+29, "both", gate.UsedUp, code))
	both("never-in", "who has not entered does not leave by a lane both after the end", "site", scanAt(end+30, "both", gate.Expired, code))
	for _, c := range []struct {
		name, site string
		grace      int64
	}{{"grace", "site", 7200}, {"own-grace", "site-exit-grace", 600}} {
		both(c.name, fmt.Sprintf("who has entered leaves until %d s after the end", c.grace), c.site, scanAt(t, "both", gate.OK, code),
			scanAt(end+c.grace-1, "both", late(gate.Expired), code))
		both(c.name+"-over", fmt.Sprintf("and not %d s after the end", c.grace), c.site, scanAt(t, "both", gate.OK, code),
			scanAt(end+c.grace, "both", gate.Expired, code))
	}
	return all
}
