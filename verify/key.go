package verify

import (
	"errors"

	"gated/gate"
	"gated/verify/pass"
)

// The checks of PROTOCOL 1.4 from the code's form to the key's limits.

func (j *judgement) form() gate.Reason {
	if j.err != nil && !errors.Is(j.err, pass.ErrUnsupported) {
		return gate.Malformed
	}
	return ""
}

// kind refuses the reserved types, and a bearer pass that a platform presents:
// only the holder of a key can be at the gate without his phone being there.
func (j *judgement) kind() gate.Reason {
	if j.err != nil || j.source == gate.FromPresent && j.pass.Type != pass.Bound {
		return gate.Unsupported
	}
	return ""
}

func (j *judgement) ready() gate.Reason {
	if !j.world.docs.Ready() {
		return gate.NotReady
	}
	return ""
}

func (j *judgement) keyKnown() gate.Reason {
	j.key = j.world.keys[j.pass.Kid]
	if j.key == nil {
		return gate.UnknownKey
	}
	return ""
}

func (j *judgement) keyActive() gate.Reason {
	if j.key.Void {
		return gate.KeyVoid
	}
	return ""
}

// issuerSignature is the border: before it nothing is known of a rider, after it
// the pass has a name.
func (j *judgement) issuerSignature() gate.Reason {
	if !j.pass.IssuerSigned(j.key.Public) {
		return gate.BadSignature
	}
	j.signed = true
	j.person = gate.Person{Issuer: j.key.Issuer, Kid: j.pass.Kid, Serial: j.pass.Serial, Rider: j.pass.Rider}
	return ""
}

func (j *judgement) attempts() gate.Reason {
	if j.stand.paused {
		return gate.TooManyAttempts
	}
	return ""
}

// bound says whether the pass is of type 2.
func (j *judgement) bound() bool { return j.pass.Type == pass.Bound }

func (j *judgement) holderKey() gate.Reason {
	if j.bound() && pass.CheckKey(j.pass.Holder) != nil {
		return gate.WeakKey
	}
	return ""
}

func (j *judgement) keySite() gate.Reason {
	if !j.key.Sites.Has(j.box.Site) {
		return gate.KeyNotForSite
	}
	return ""
}

func (j *judgement) keyLife() gate.Reason {
	if int64(j.pass.NotBefore) < j.key.NotBefore || j.pass.End() > j.key.NotAfter {
		return gate.KeyExpired
	}
	return ""
}

// ttl is how long the pass lasts, in seconds.
func (j *judgement) ttl() int64 { return int64(j.pass.TTL) * 10 }

// maxTTL is how long the key may make a pass of this type last, in seconds; 0:
// it may make none.
func (j *judgement) maxTTL() int64 {
	if j.bound() {
		return j.key.MaxBoundTTL
	}
	return j.key.MaxBearerTTL
}

func (j *judgement) longestTTL() gate.Reason {
	if j.ttl() > j.maxTTL() {
		return gate.TTLTooLong
	}
	return ""
}
