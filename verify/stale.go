package verify

import (
	"gated/gate"
	"gated/verify/revocation"
)

// shortTTL is the longest life, in seconds, of a bearer pass that is admitted on
// an old list: whoever issued it minutes ago knew of the revocation (DESIGN 5).
const shortTTL = 900

// revocation looks for the pass and its rider: revoked, then on hold, which the
// property may say too, then issued before its key's cutoff.
func (j *judgement) revocation() gate.Reason {
	if j.world.docs.State == nil {
		return gate.NotReady
	}
	set, kid, issuer := j.world.docs.State.Set, uint32(j.pass.Kid), j.key.Issuer
	listed := func(c revocation.Class) bool {
		return set.Has(revocation.Section{Kind: revocation.Passes, ID: kid, Class: c}, j.pass.Serial) ||
			set.Has(revocation.Section{Kind: revocation.Riders, ID: issuer, Class: c}, j.pass.Rider)
	}
	switch {
	case listed(revocation.RevokedClass):
		return gate.Revoked
	case listed(revocation.HoldClass), j.heldHere():
		return gate.OnHold
	case j.pass.NotBefore < set.Cutoff(j.pass.Kid):
		return gate.CutOff
	}
	return ""
}

// heldHere says whether the property holds the rider.
func (j *judgement) heldHere() bool {
	site := j.world.docs.Site
	return site != nil && site.OnHold(j.key.Issuer, j.pass.Rider, j.now)
}

// listAge takes the steps of DESIGN 5. The age is counted up to the latest time
// that is known, the pass's own included. A pass that the issuer made knowingly
// after the list was made is admitted longer.
func (j *judgement) listAge() gate.Reason {
	proof, stale := j.world.docs.Proof, j.world.rules.Stale
	if proof == nil {
		return gate.ListTooOld
	}
	j.age, _ = j.world.docs.Fresh(j.at)
	j.age = max(j.age, max(int64(j.pass.NotBefore), int64(j.pass.ShownAt))-proof.IssuedAt)
	young := j.ttl() <= shortTTL
	if j.bound() {
		young = int64(j.pass.NotBefore) > proof.IssuedAt
	}
	if j.age <= stale.Restrict || young && j.age <= stale.Refuse {
		return ""
	}
	return gate.ListTooOld
}
