package verify

import (
	"fmt"
	"time"

	"gated/gate"
	"gated/verify/pass"
	"gated/verify/revocation"
)

// What each check was decided on, for Explain: one short text of facts, without
// the code, and without the rider before the issuer's signature is true. They
// are written after the check was made, whatever it said.

func (j *judgement) formFacts() string {
	if j.err != nil {
		return j.err.Error()
	}
	return "one spelling, right length and flags"
}

func (j *judgement) kindFacts() string {
	switch {
	case j.err != nil:
		return j.err.Error()
	case j.bound():
		return "type 2, bound to a phone"
	}
	return "type 1, bearer"
}

func (j *judgement) readyFacts() string {
	d := j.world.docs
	held := func(name string, ok bool, version func() int64) string {
		if !ok {
			return "no " + name
		}
		return fmt.Sprintf("%s %d", name, version())
	}
	return held("trust list", d.Trust != nil, func() int64 { return d.Trust.Version }) + ", " +
		held("site document", d.Site != nil, func() int64 { return d.Site.Version }) + ", " +
		held("revocation state", d.State != nil, func() int64 { return d.State.Seq })
}

func (j *judgement) keyKnownFacts() string {
	if j.key == nil {
		return fmt.Sprintf("kid %d is not listed", j.pass.Kid)
	}
	if j.key.Issuer == 0 {
		return fmt.Sprintf("kid %d, the property's own", j.pass.Kid)
	}
	return fmt.Sprintf("kid %d of issuer %d", j.pass.Kid, j.key.Issuer)
}

func (j *judgement) keyActiveFacts() string {
	if j.key.Void {
		return "the key is void"
	}
	return "the key is active"
}

func (j *judgement) issuerFacts() string {
	if !j.signed {
		return fmt.Sprintf("not signed by kid %d", j.pass.Kid)
	}
	return fmt.Sprintf("signed by kid %d: serial %d, rider %d", j.pass.Kid, j.pass.Serial, j.pass.Rider)
}

func (j *judgement) attemptsFacts() string {
	if j.stand.paused {
		return fmt.Sprintf("refused %d times within a minute: a pause of %s", tooMany, pause)
	}
	return "no pause"
}

func (j *judgement) holderKeyFacts() string {
	return j.ifBound(func() string { return "checked for encoding and order" })
}

// ifBound gives the facts of a check that a bearer pass does not have.
func (j *judgement) ifBound(facts func() string) string {
	if !j.bound() {
		return "not for a bearer pass"
	}
	return facts()
}

func (j *judgement) keySiteFacts() string {
	return fmt.Sprintf("the key opens sites %s, this is %d", j.key.Sites, j.box.Site)
}

func (j *judgement) keyLifeFacts() string {
	return fmt.Sprintf("pass %s to %s, key %s to %s", j.clockText(int64(j.pass.NotBefore)), j.clockText(j.pass.End()),
		j.clockText(j.key.NotBefore), j.clockText(j.key.NotAfter))
}

func (j *judgement) longestTTLFacts() string {
	return fmt.Sprintf("%s, at most %s", seconds(j.ttl()), seconds(j.maxTTL()))
}

func (j *judgement) clockFacts() string {
	return fmt.Sprintf("clock %s, %s", j.at.State, j.clockText(j.now))
}

func (j *judgement) notBeforeFacts() string {
	return fmt.Sprintf("begins %s, now %s", j.clockText(int64(j.pass.NotBefore)), j.clockText(j.now))
}

func (j *judgement) notEndedFacts() string {
	return fmt.Sprintf("ends %s, now %s, skew %s", j.clockText(j.pass.End()), j.clockText(j.now), seconds(j.skew()))
}

func (j *judgement) siteFacts() string {
	if j.pass.Site == pass.EverySite {
		return "for every site of its key"
	}
	return fmt.Sprintf("for site %d, this is %d", j.pass.Site, j.box.Site)
}

func (j *judgement) directionFacts() string {
	way := [...]gate.Direction{pass.Both: gate.Both, pass.In: gate.In, pass.Out: gate.Out}[j.pass.Direction]
	return fmt.Sprintf("pass %s, lane %s", way, j.lane.Direction)
}

func (j *judgement) holderFacts() string {
	return j.ifBound(func() string { return fmt.Sprintf("tried site %d with tag %d", j.box.Site, j.world.tag) + " and tag 0" })
}

func (j *judgement) shownFacts() string {
	return j.ifBound(func() string {
		return fmt.Sprintf("drawn %s, now %s, window %s, skew %s", j.clockText(int64(j.pass.ShownAt)), j.clockText(j.now),
			seconds(j.pass.WindowSeconds()), seconds(j.skew()))
	})
}

func (j *judgement) revocationFacts() string {
	state := j.world.docs.State
	if state == nil {
		return "no revocation state"
	}
	text := fmt.Sprintf("revocation state %d", state.Seq)
	for _, s := range []struct {
		name  string
		sec   revocation.Section
		value uint32
	}{
		{"pass revoked", revocation.Section{Kind: revocation.Passes, ID: uint32(j.pass.Kid)}, j.pass.Serial},
		{"rider revoked", revocation.Section{Kind: revocation.Riders, ID: j.key.Issuer}, j.pass.Rider},
		{"pass on hold", revocation.Section{Kind: revocation.Passes, ID: uint32(j.pass.Kid), Class: revocation.HoldClass}, j.pass.Serial},
		{"rider on hold", revocation.Section{Kind: revocation.Riders, ID: j.key.Issuer, Class: revocation.HoldClass}, j.pass.Rider},
	} {
		if state.Set.Has(s.sec, s.value) {
			text += ", " + s.name
		}
	}
	if j.heldHere() {
		text += ", rider held by the property"
	}
	if cut := state.Set.Cutoff(j.pass.Kid); cut != 0 {
		text += fmt.Sprintf(", passes of kid %d from before %s are void", j.pass.Kid, j.clockText(int64(cut)))
	}
	return text
}

func (j *judgement) listAgeFacts() string {
	proof, stale := j.world.docs.Proof, j.world.rules.Stale
	if proof == nil {
		return "no heartbeat for the state held"
	}
	return fmt.Sprintf("heartbeat of %s, age %s; marked after %s, restricted after %s, refused after %s", j.clockText(proof.IssuedAt),
		seconds(j.age), seconds(stale.Mark), seconds(stale.Restrict), seconds(stale.Refuse))
}

func (j *judgement) usesFacts() string {
	s := &j.stand
	text := "not seen here before"
	if s.Until != 0 {
		text = fmt.Sprintf("last admitted %s at lane %s", j.clockText(s.Last.Time.Unix()), s.Lane)
	}
	if s.Entered != 0 {
		text += ", entered " + j.clockText(s.Entered)
	}
	if s.Left != 0 {
		text += ", left " + j.clockText(s.Left)
	}
	if j.bound() && s.ShownAt != 0 {
		text += ", newest code drawn " + j.clockText(int64(s.ShownAt))
	}
	if j.again {
		text += fmt.Sprintf(", second chance %d of %d", s.Again+1, mostChances)
	}
	return text
}

func (j *judgement) rulesFacts() string {
	rules := &j.world.rules
	text := fmt.Sprintf("%d admission rows", len(rules.Admit))
	if j.world.docs.Site != nil {
		text += ", now " + j.clockText(j.now)
	}
	if rules.Prohibited != nil {
		text += ", entry prohibited to some"
	}
	if rules.Passback.Mode != "off" {
		text += fmt.Sprintf(", passback %s %s", rules.Passback.Mode, seconds(rules.Passback.Seconds))
	}
	return text
}

func (j *judgement) exitFacts() string {
	if j.lane.Direction == gate.Out {
		return "a lane out opens for every pass whose issuer's signature is true"
	}
	return fmt.Sprintf("it has entered, and may leave until %s", j.clockText(j.pass.End()+j.world.rules.ExitGrace))
}

// doorFacts is the same always: steps are for Explain, which is far from the door.
func (j *judgement) doorFacts() string { return "not asked" }

// clockText is a unix second on the site's clock.
func (j *judgement) clockText(unix int64) string {
	zone := time.UTC
	if j.world.docs.Site != nil && j.world.docs.Site.Zone != nil {
		zone = j.world.docs.Site.Zone
	}
	return time.Unix(unix, 0).In(zone).Format("2006-01-02 15:04:05 -0700")
}

// seconds is a number of seconds as people write it.
func seconds(n int64) string { return (time.Duration(n) * time.Second).String() }
