package verify_test

import (
	"fmt"

	"gated/gate"
	"gated/verify/pass"
	"gated/verify/verifytest"
)

// standard are the documents of a box that nothing is special about.
func standard() []string { return withSite("site") }

// withSite are those of a box with other rules.
func withSite(site string) []string { return []string{"trust", site, "state-empty", "heartbeat-empty"} }

// times are the edges of a pass's validity, with the skew of each clock.
func times() map[string]vectorCase {
	const begin, end = verifytest.Begin, verifytest.Begin + 900
	all := map[string]vectorCase{}
	for _, c := range []struct {
		name  string
		clock gate.ClockState
		at    int64
		want  gate.Reason
	}{
		{"synced-first", gate.ClockSynced, begin - 30, gate.OK},
		{"synced-before", gate.ClockSynced, begin - 31, gate.NotYetValid},
		{"synced-last", gate.ClockSynced, end + 29, gate.OK},
		{"synced-after", gate.ClockSynced, end + 30, gate.Expired},
		{"rtc-first", gate.ClockRTC, begin - 120, gate.OK},
		{"rtc-before", gate.ClockRTC, begin - 121, gate.NotYetValid},
		{"rtc-last", gate.ClockRTC, end + 119, gate.OK},
		{"rtc-after", gate.ClockRTC, end + 120, gate.Expired},
		{"floor-first", gate.ClockFloor, begin - 7*86400, gate.OK},
		{"floor-before", gate.ClockFloor, begin - 7*86400 - 1, gate.NotYetValid},
		{"floor-last", gate.ClockFloor, end + 29, gate.OK},
		{"floor-after", gate.ClockFloor, end + 30, gate.Expired},
		{"unknown", gate.ClockLost, vectorNow, gate.ClockUnknown},
	} {
		all["time-"+c.name] = vectorCase{
			about: fmt.Sprintf("clock %s, %d s after the pass begins; it ends after 900", c.clock, c.at-begin), want: c.want, at: c.at, clock: c.clock,
			code: bearerCode(),
		}
	}
	all["time-unknown-allowed"] = vectorCase{about: "the box does not know the time, and its site admits all the same", clock: gate.ClockLost, docs: withSite("site-clock"), code: bearerCode()}
	all["time-unknown-allowed-later"] = vectorCase{
		about: "it has nothing but the time of its build, so a pass may begin a year after it", clock: gate.ClockLost, docs: withSite("site-clock"),
		code: bearerCode(func(h *pass.Header) { h.NotBefore += 30000 }), at: vectorNow,
	}
	all["time-unknown-allowed-expired"] = vectorCase{
		about: "what ended before a time that has certainly passed has ended", want: gate.Expired, clock: gate.ClockLost, docs: withSite("site-clock"),
		at: verifytest.Begin + 930, code: bearerCode(),
	}
	return all
}

// windows are the edges of a moving code's window.
func windows() map[string]vectorCase {
	const shown = verifytest.Begin + 600
	all := map[string]vectorCase{}
	add := func(name string, clock gate.ClockState, window uint8, after int64, want gate.Reason) {
		all["window-"+name] = vectorCase{
			about: fmt.Sprintf("clock %s, window %d: shown %d s after it was drawn", clock, window, after), want: want, at: shown + after, clock: clock,
			code: boundCode(shown, verifytest.Tag, func(h *pass.Header) { h.Window = window }),
		}
	}
	for i, w := range []int64{15, 30, 60, 120} {
		add(fmt.Sprintf("%d-last", w), gate.ClockSynced, uint8(i), w+30, gate.OK)
		add(fmt.Sprintf("%d-stale", w), gate.ClockSynced, uint8(i), w+31, gate.StaleCode)
	}
	add("first", gate.ClockSynced, 0, -30, gate.OK)
	add("future", gate.ClockSynced, 0, -31, gate.FutureCode)
	add("rtc-first", gate.ClockRTC, 1, -120, gate.OK)
	add("rtc-future", gate.ClockRTC, 1, -121, gate.FutureCode)
	add("rtc-last", gate.ClockRTC, 1, 150, gate.OK)
	add("rtc-stale", gate.ClockRTC, 1, 151, gate.StaleCode)
	add("floor-last", gate.ClockFloor, 1, 30, gate.OK)
	add("floor-stale", gate.ClockFloor, 1, 31, gate.StaleCode)
	const end = verifytest.Begin + 86400
	all["window-floor-end"] = vectorCase{about: "clock floor: drawn in the last second of the credential's life", clock: gate.ClockFloor, code: boundCode(end-1, verifytest.Tag)}
	all["window-floor-over"] = vectorCase{about: "clock floor: drawn in the second after the credential's life", want: gate.FutureCode, clock: gate.ClockFloor, code: boundCode(end, verifytest.Tag)}
	all["window-floor-begin"] = vectorCase{
		about: "clock floor: drawn before the credential's life", want: gate.StaleCode, clock: gate.ClockFloor,
		at: verifytest.Begin - 60, code: boundCode(verifytest.Begin-1, verifytest.Tag),
	}
	return all
}

// stale are the steps of an old list.
func stale() map[string]vectorCase {
	const begin = verifytest.Begin
	all := map[string]vectorCase{}
	add := func(name, about string, want gate.Reason, age int64, code string, docs ...string) {
		if docs == nil {
			docs = standard()
		}
		all["list-"+name] = vectorCase{about: about, want: want, at: begin + age, docs: docs, code: code}
	}
	day := func(h *pass.Header) { h.TTL = 65535 }
	from := func(age int64) change { return func(h *pass.Header) { h.NotBefore = uint32(begin + age) } }
	long := func(h *pass.Header) { h.TTL = 91 }
	add("900", "15 minutes old: every pass", gate.OK, 900, bearerCode(day))
	add("901", "older than 15 minutes: every pass, with a mark in the record", gate.OK, 901, bearerCode(day))
	add("restrict", "a day old: every pass", gate.OK, 86400, bearerCode(day))
	add("restrict-long", "over a day old: no bearer pass of more than 15 minutes", gate.ListTooOld, 86401, bearerCode(day))
	add("restrict-910", "over a day old: 910 s are more than 15 minutes", gate.ListTooOld, 86401, bearerCode(from(86401), long))
	add("restrict-900", "over a day old: a bearer pass of 15 minutes", gate.OK, 86401, bearerCode(from(86401)))
	add("restrict-bound-older", "over a day old: no credential that began with the list", gate.ListTooOld, 86401,
		boundCode(begin+86401, verifytest.Tag, func(h *pass.Header) { h.TTL = 65535 }))
	add("restrict-bound-younger", "over a day old: a credential that began after the list", gate.OK, 86401,
		boundCode(begin+86401, verifytest.Tag, from(1), func(h *pass.Header) { h.TTL = 60000 }))
	add("refuse", "seven days old: a bearer pass of 15 minutes", gate.OK, 604800, bearerCode(from(604800)))
	add("refuse-over", "over seven days old: nobody", gate.ListTooOld, 604801, bearerCode(from(604801)))
	add("own-time-of-pass", "the age is counted up to the pass's own beginning", gate.ListTooOld, 604790, bearerCode(from(604801)))
	add("own-time-of-code", "the age is counted up to the second in which the code was drawn", gate.ListTooOld, 604790,
		boundCode(begin+604801, verifytest.Tag, from(604700)))
	add("own-steps", "the site's own steps: all passes up to 120 s", gate.OK, 120, bearerCode(long), withSite("site-stale")...)
	add("own-steps-restrict", "the site's own steps: only young ones after 120 s", gate.ListTooOld, 121, bearerCode(long), withSite("site-stale")...)
	add("own-steps-young", "the site's own steps: young ones up to 180 s", gate.OK, 180, bearerCode(), withSite("site-stale")...)
	add("own-steps-refuse", "the site's own steps: nobody after 180 s", gate.ListTooOld, 181, bearerCode(), withSite("site-stale")...)
	add("no-heartbeat", "a list that no heartbeat proves", gate.ListTooOld, 60, bearerCode(), "trust", "site", "state-empty")
	add("heartbeat-not-entitled", "the heartbeat is signed by who may not sign it, and changes nothing", gate.ListTooOld, 60, bearerCode(),
		"trust", "site", "state-empty", "!heartbeat-not-entitled")
	add("heartbeat-ahead", "the heartbeat speaks of a state that is not held", gate.ListTooOld, 60, bearerCode(), "trust", "site", "state-empty", "heartbeat-listed")
	add("heartbeat-of-newer-trust", "the heartbeat speaks of a trust list that is not held", gate.ListTooOld, 60, bearerCode(),
		"trust", "site", "state-empty", "heartbeat-of-newer-trust")
	add("not-ready-trust", "no trust list, so nothing else is taken either", gate.NotReady, 60, bearerCode(), "!site", "!state-empty")
	add("not-ready-site", "no site document", gate.NotReady, 60, bearerCode(), "trust", "state-empty", "heartbeat-empty")
	add("not-ready-other-site", "another site's document is none", gate.NotReady, 60, bearerCode(), "trust", "!site-of-another", "state-empty", "heartbeat-empty")
	add("not-ready-state", "no revocation state: unknown, and never nobody", gate.NotReady, 60, bearerCode(), "trust", "site")
	return all
}

// hours are the edges of the site's own times, on its own clock.
func hours() map[string]vectorCase {
	const begin, week = verifytest.Begin, 7 * 86400 // Friday, 16:00 in Shanghai
	all := map[string]vectorCase{}
	add := func(name, site string, at int64, want gate.Reason, about string, changes ...change) {
		changes = append([]change{func(h *pass.Header) { h.NotBefore, h.TTL = uint32(at), 90 }}, changes...)
		all["hours-"+name] = vectorCase{about: about, want: want, at: at, docs: withSite(site), code: bearerCode(changes...)}
		if len(changes) > 1 {
			c := all["hours-"+name]
			c.kids = []uint16{kidSecond}
			all["hours-"+name] = c
		}
	}
	second := func(h *pass.Header) { h.Kid = kidSecond }
	add("from", "site-hours", begin, gate.OK, "16:00:00, from 16:00 to 16:02")
	add("before", "site-hours", begin-1, gate.OutsideHours, "15:59:59, from 16:00 to 16:02")
	add("last", "site-hours", begin+119, gate.OK, "16:01:59, from 16:00 to 16:02")
	add("to", "site-hours", begin+120, gate.OutsideHours, "16:02:00, from 16:00 to 16:02")
	add("no-row", "site-hours", begin, gate.NotAdmitted, "an issuer in no row", second)
	add("nobody", "site-nobody", begin, gate.NotAdmitted, "an empty list of rows admits nobody")
	const night = begin + 6*3600 // Friday, 22:00
	add("night-before", "site-night", night-1, gate.OutsideHours, "Friday 21:59:59, Friday's night from 22:00 to 06:00")
	add("night-from", "site-night", night, gate.OK, "Friday 22:00:00")
	add("night-midnight", "site-night", night+2*3600, gate.OK, "Saturday 00:00:00 belongs to Friday's night")
	add("night-last", "site-night", night+8*3600-1, gate.OK, "Saturday 05:59:59 belongs to Friday's night")
	add("night-to", "site-night", night+8*3600, gate.OutsideHours, "Saturday 06:00:00")
	add("night-next", "site-night", night+24*3600, gate.OutsideHours, "Saturday 22:00:00 begins a night of another day")
	add("night-morning", "site-night", week+night-20*3600, gate.OutsideHours, "Friday 02:00:00 belongs to Thursday's night")
	add("day-first", "site-days", week+begin-16*3600, gate.OK, "Friday 00:00:00, the whole Friday")
	add("day-last", "site-days", begin+8*3600-1, gate.OK, "Friday 23:59:59")
	add("day-after", "site-days", begin+8*3600, gate.OutsideHours, "Saturday 00:00:00")
	add("day-before", "site-days", week+begin-16*3600-1, gate.OutsideHours, "Thursday 23:59:59")
	add("no-end", "site-days", begin+8*3600-1, gate.OK, "23:59:59, from 20:00 and no end", second)
	add("no-end-over", "site-days", begin+8*3600, gate.OutsideHours, "00:00:00, from 20:00 and no end", second)
	add("way-out", "site-ways", begin, gate.NotAdmitted, "a row for the way out admits nobody in")
	add("way-in", "site-ways", begin, gate.OK, "a row for the way in", second)
	// Berlin, 31 October 2027: 03:00 summer time is 02:00 winter time, at 01:00 UTC.
	const winter = 1824944400
	add("double-first", "site-berlin", winter-2700, gate.OK, "02:15:00, the first time: from 02:15 to 02:45")
	add("double-between", "site-berlin", winter-60, gate.OutsideHours, "02:59:00, the first time")
	add("double-second", "site-berlin", winter+900, gate.OK, "02:15:00, the second time")
	add("double-last", "site-berlin", winter+2699, gate.OK, "02:44:59, the second time")
	add("double-over", "site-berlin", winter+2700, gate.OutsideHours, "02:45:00, the second time")
	// 28 March 2027: 02:00 winter time is 03:00 summer time, at 01:00 UTC.
	const summer = 1806195600
	add("missing-before", "site-berlin", summer-1, gate.OutsideHours, "01:59:59: from 02:15 to 02:45 does not come this day")
	add("missing-after", "site-berlin", summer, gate.OutsideHours, "03:00:00: from 02:15 to 02:45 did not come this day")
	add("missing-inside-before", "site-berlin", summer-1, gate.OK, "01:59:59, from 01:30 to 03:30", second)
	add("missing-inside-after", "site-berlin", summer, gate.OK, "03:00:00, a second later, from 01:30 to 03:30", second)
	add("missing-inside-over", "site-berlin", summer+1800, gate.OutsideHours, "03:30:00", second)
	return all
}
