package verify_test

import (
	"fmt"

	"gated/gate"
	"gated/verify/pass"
	"gated/verify/verifytest"
)

// byKid signs with a key that has a limit of its own.
func byKid(kid uint16) change { return func(h *pass.Header) { h.Kid = kid } }

// keysAndLimits are the limits of keys.
func keysAndLimits() map[string]vectorCase {
	all := map[string]vectorCase{}
	add := func(name, about string, want gate.Reason, kid uint16, code string) {
		c := vectorCase{about: about, want: want, docs: standard(), code: code, kids: []uint16{kid}}
		if want == gate.UnknownKey {
			c.kids = []uint16{} // a list without the key comes to the same
		}
		all["key-"+name] = c
	}
	add("void", "a void key's pass", gate.KeyVoid, kidVoid, bearerCode(byKid(kidVoid)))
	add("void-bound", "a void key's credential", gate.KeyVoid, kidVoid, boundCode(vectorNow, verifytest.Tag, byKid(kidVoid)))
	add("of-the-future", "a key of an unknown algorithm is as one that is not listed", gate.UnknownKey, kidFuture, bearerCode(byKid(kidFuture)))
	add("of-unknown-state", "a key of an unknown state is as one that is not listed", gate.UnknownKey, kidSleepy, bearerCode(byKid(kidSleepy)))
	add("weak", "a weak key is as one that is not listed", gate.UnknownKey, kidWeak, bearerCode(byKid(kidWeak)))
	add("not-listed", "a kid that no list has", gate.UnknownKey, 999, bearerCode(byKid(999)))
	add("elsewhere", "a key for sites 2000 to 2999", gate.KeyNotForSite, kidElsewhere, bearerCode(byKid(kidElsewhere)))
	add("elsewhere-every-site", "every site means every site of the key", gate.KeyNotForSite, kidElsewhere,
		bearerCode(byKid(kidElsewhere), func(h *pass.Header) { h.Site = pass.EverySite }))
	add("up-to", "a key for sites 900 to 1001", gate.OK, kidUpTo, bearerCode(byKid(kidUpTo)))
	add("from", "a key for sites 1002 to 2000", gate.KeyNotForSite, kidFrom, bearerCode(byKid(kidFrom)))
	add("life", "a pass that lives exactly as long as its key", gate.OK, kidShort, bearerCode(byKid(kidShort)))
	add("life-before", "a pass that begins a second before its key", gate.KeyExpired, kidShort,
		bearerCode(byKid(kidShort), func(h *pass.Header) { h.NotBefore-- }))
	add("life-after", "a pass that ends a second after its key", gate.KeyExpired, kidShort,
		bearerCode(byKid(kidShort), func(h *pass.Header) { h.NotBefore++ }))
	add("ttl", "a pass of the longest ttl", gate.OK, kidBearer, bearerCode(byKid(kidBearer)))
	add("ttl-longer", "a pass of 10 s more than the longest ttl", gate.TTLTooLong, kidBearer,
		bearerCode(byKid(kidBearer), func(h *pass.Header) { h.TTL = 91 }))
	add("ttl-no-bound", "a key that may issue no credentials", gate.TTLTooLong, kidBearer,
		boundCode(vectorNow, verifytest.Tag, byKid(kidBearer), func(h *pass.Header) { h.TTL = 1 }))
	add("ttl-bound", "a credential of the longest ttl", gate.OK, kidBound,
		boundCode(vectorNow, verifytest.Tag, byKid(kidBound), func(h *pass.Header) { h.TTL = 360 }))
	add("ttl-bound-longer", "a credential of 10 s more than the longest ttl", gate.TTLTooLong, kidBound,
		boundCode(vectorNow, verifytest.Tag, byKid(kidBound), func(h *pass.Header) { h.TTL = 361 }))
	add("ttl-no-bearer", "a key that may issue no bearer passes", gate.TTLTooLong, kidBound,
		bearerCode(byKid(kidBound), func(h *pass.Header) { h.TTL = 1 }))
	own := byKid(verifytest.OwnKid)
	add("property", "a visitor's pass of the property", gate.OK, verifytest.OwnKid, bearerCode(own))
	add("property-bound", "a visitor's credential of the property", gate.OK, verifytest.OwnKid, boundCode(vectorNow, verifytest.Tag, own))
	add("property-every-site", "a property's key opens its own site, whatever its passes say", gate.OK, verifytest.OwnKid,
		bearerCode(own, func(h *pass.Header) { h.Site = pass.EverySite }))
	add("property-elsewhere", "a property's pass for another site", gate.WrongSite, verifytest.OwnKid,
		bearerCode(own, func(h *pass.Header) { h.Site = 1002 }))
	add("property-void", "a void key of the property", gate.KeyVoid, kidOwnVoid, bearerCode(byKid(kidOwnVoid)))
	add("property-ttl", "a property's pass of 10 s more than the longest ttl", gate.TTLTooLong, kidOwnShort,
		bearerCode(byKid(kidOwnShort), func(h *pass.Header) { h.TTL = 91 }))
	add("property-of-another-site", "a key of another property", gate.UnknownKey, 50000, bearerCode(byKid(50000)))
	return all
}

// sitesAndWays are passes for here or there, in or out.
func sitesAndWays() map[string]vectorCase {
	all := map[string]vectorCase{}
	for d, name := range map[pass.Direction]string{pass.Both: "both", pass.In: "in", pass.Out: "out"} {
		for _, lane := range []string{"in", "out", "both"} {
			want := gate.OK
			switch {
			case name == "out" && lane == "in":
				want = gate.WrongDirection
			case name == "in" && lane == "out":
				want = late(gate.WrongDirection) // out is out
			}
			change := func(h *pass.Header) { h.Direction = d }
			about := fmt.Sprintf("a pass %s at a lane %s", name, lane)
			all["way-bearer-"+name+"-"+lane] = vectorCase{about: about, want: want, lane: lane, docs: standard(), code: bearerCode(change)}
			all["way-bound-"+name+"-"+lane] = vectorCase{about: about, want: want, lane: lane, docs: standard(), code: boundCode(vectorNow, verifytest.Tag, change)}
		}
	}
	tag0 := new(uint16(0))
	all["site-unlisted-any-gate"] = vectorCase{about: "the site document does not list the gate: drawn for no gate", docs: withSite("site-unlisted"), tag: tag0, code: boundCode(vectorNow, 0)}
	all["site-unlisted-tag"] = vectorCase{
		about: "the site document does not list the gate: drawn for tag 3", want: gate.BadHolderSignature, docs: withSite("site-unlisted"), tag: tag0,
		code: boundCode(vectorNow, verifytest.Tag),
	}
	all["site-prohibited"] = vectorCase{about: "where riders may not enter", want: gate.EntryProhibited, docs: withSite("site-prohibited"), code: bearerCode()}
	all["site-prohibited-other"] = vectorCase{
		about: "where another issuer's riders may not enter", docs: withSite("site-prohibited"), code: bearerCode(byKid(kidSecond)), kids: []uint16{kidSecond},
	}
	all["site-prohibited-property"] = vectorCase{
		about: "where riders may not enter, visitors may", docs: withSite("site-prohibited"), code: bearerCode(byKid(verifytest.OwnKid)), kids: []uint16{verifytest.OwnKid},
	}
	return all
}

// listed are passes and riders on the revocation list, and held by the property.
func listed() map[string]vectorCase {
	all := map[string]vectorCase{}
	docs := []string{"trust", "site", "state-listed", "heartbeat-listed"}
	add := func(name, about string, want gate.Reason, changes ...change) {
		kid := vectorHeader(changes).Kid
		all["listed-"+name] = vectorCase{about: about, want: want, docs: docs, code: bearerCode(changes...), kids: []uint16{kid}}
	}
	rider := func(n uint32) change { return func(h *pass.Header) { h.Rider = n } }
	serial := func(n uint32) change { return func(h *pass.Header) { h.Serial = n } }
	add("nobody", "neither rider nor pass is listed", gate.OK)
	add("rider-revoked", "rider 7 is revoked", gate.Revoked, rider(7))
	add("rider-held", "rider 8 is on hold", gate.OnHold, rider(8))
	add("rider-both", "rider 9 is revoked and on hold", gate.Revoked, rider(9))
	add("pass-revoked", "pass 257/700 is revoked", gate.Revoked, serial(700))
	add("pass-held", "pass 257/800 is on hold", gate.OnHold, serial(800))
	add("pass-both", "pass 257/900 is revoked and on hold", gate.Revoked, serial(900))
	add("rider-of-another", "rider 42 of issuer 2 is revoked, not of issuer 1", gate.OK, rider(42))
	add("rider-of-second", "rider 42 of issuer 2 is revoked", gate.Revoked, byKid(kidSecond))
	add("rider-of-second-free", "rider 7 of issuer 1 is revoked, not of issuer 2", gate.OK, byKid(kidSecond), rider(7))
	add("pass-of-another-key", "pass 257/700 is revoked, not 269/700", gate.OK, byKid(kidCut), serial(700))
	add("property", "rider 7 of issuer 1 is nobody to the property", gate.OK, byKid(verifytest.OwnKid), rider(7))
	add("cut-off", "a pass that began a second before its key's cutoff", gate.CutOff, byKid(kidCut), func(h *pass.Header) { h.NotBefore-- })
	add("cut-off-edge", "a pass that began with its key's cutoff", gate.OK, byKid(kidCut))
	add("hold-before-cut-off", "rider 8 is on hold, and the pass cut off", gate.OnHold, byKid(kidCut), rider(8), func(h *pass.Header) { h.NotBefore-- })
	add("revoked-before-cut-off", "rider 7 is revoked, and the pass cut off", gate.Revoked, byKid(kidCut), rider(7), func(h *pass.Header) { h.NotBefore-- })
	all["listed-bound"] = vectorCase{about: "rider 7 is revoked, with a moving code too", want: gate.Revoked, docs: docs, code: boundCode(vectorNow, verifytest.Tag, rider(7))}
	all["listed-out"] = vectorCase{about: "rider 7 is revoked, and gets out", want: late(gate.Revoked), lane: "out", docs: docs, code: bearerCode(rider(7))}
	held := func(name, about string, want gate.Reason, at int64, changes ...change) {
		all["held-"+name] = vectorCase{
			about: about, want: want, at: at, docs: withSite("site-held"), code: bearerCode(changes...), kids: []uint16{vectorHeader(changes).Kid},
		}
	}
	held("last", "the property holds rider 77, for one more second", gate.OnHold, verifytest.Begin+119, rider(77))
	held("over", "the property held rider 77 until now", gate.OK, verifytest.Begin+120, rider(77))
	held("other-rider", "the property holds rider 77, not 78", gate.OK, verifytest.Begin+60, rider(78))
	held("other-issuer", "the property holds rider 77 of issuer 1, not of 2", gate.OK, verifytest.Begin+60, rider(77), byKid(kidSecond))
	return all
}
