package trust

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"maps"

	"gated/gate"
	"gated/verify/document"
	"gated/verify/pass"
)

// The kids of a trust list and of a site document never meet.
const (
	firstSiteKid = 32768
	algEd25519   = "ed25519"
	stateActive  = "active"
	stateVoid    = "void"
)

// Key is an issuer's key.
type Key struct {
	Kid          uint16
	Issuer       uint32 // number of the issuer in the trust list; 0 for a property's own key
	Public       ed25519.PublicKey
	Sites        Sites
	NotBefore    int64 // unix seconds; the life of a pass lies within these two
	NotAfter     int64
	MaxBearerTTL int64 // seconds; 0: may not issue bearer passes
	MaxBoundTTL  int64 // seconds; 0: may not issue bound passes
	Void         bool  // its passes are refused at once
	Disabled     bool  // weak key, unknown algorithm, state or sites: judged as unknown
}

// KeyJSON is an issuer's key on the wire.
type KeyJSON struct {
	Kid          uint16   `json:"kid"`
	Issuer       uint32   `json:"issuer,omitempty"` // not in a site document
	Algorithm    string   `json:"alg"`              // "ed25519"
	Key          string   `json:"key"`              // base64 of 32 bytes
	Sites        []string `json:"sites,omitempty"`  // not in a site document
	NotBefore    int64    `json:"not_before"`
	NotAfter     int64    `json:"not_after"`
	MaxBearerTTL int64    `json:"max_bearer_ttl,omitempty"`
	MaxBoundTTL  int64    `json:"max_bound_ttl,omitempty"`
	State        string   `json:"state"` // "active" or "void"
}

// key reads an entry. A reason to disable it comes back as a sentence.
func (j KeyJSON) key() (k Key, alarm gate.Text) {
	k = Key{
		Kid: j.Kid, Issuer: j.Issuer, NotBefore: j.NotBefore, NotAfter: j.NotAfter,
		MaxBearerTTL: j.MaxBearerTTL, MaxBoundTTL: j.MaxBoundTTL, Void: j.State == stateVoid,
	}
	disable := func(zh, en string, args ...any) (Key, gate.Text) {
		k.Disabled = true
		why := gate.Say(zh, en, args...)
		return k, gate.Say("密钥 %[1]d 未启用：%[2]s。凭它签发的码在本门都不放行。请告知中心服务器的管理者。",
			"Key %[1]d is not used: %[3]s. No pass of it is admitted here. Tell the central server's operator.", j.Kid, why.ZH, why.EN)
	}
	if j.Algorithm != algEd25519 {
		return disable("算法 %q 不认识", "unknown algorithm %q", j.Algorithm)
	}
	if j.State != stateActive && j.State != stateVoid {
		return disable("状态 %q 不认识", "unknown state %q", j.State)
	}
	public, err := document.Base64(j.Key)
	if err != nil {
		return disable("密钥不是 base64", "its key is not base64")
	}
	if err := pass.CheckKey(public); err != nil {
		return disable("%s", "%s", err)
	}
	k.Public = public
	if k.Sites, err = ParseSites(j.Sites); err != nil {
		return disable("%s", "%s", err)
	}
	return k, alarm
}

// Known is what is remembered of a kid for ever: one kid, one key; void stays
// void.
type Known struct {
	Public []byte `json:"public"`
	Void   bool   `json:"void"`
}

// remember adds the keys to what is known of kids, and refuses a kid that stands
// there twice, has another key than it ever had, or comes back from void. known
// is unchanged.
func remember(known map[uint16]Known, keys []KeyJSON) (map[uint16]Known, error) {
	all := make(map[uint16]Known, len(known)+len(keys))
	maps.Copy(all, known)
	seen := make(map[uint16]bool, len(keys))
	for _, j := range keys {
		if seen[j.Kid] {
			return nil, fmt.Errorf("%w: kid %d stands there twice", ErrBroken, j.Kid)
		}
		seen[j.Kid] = true
		public, err := document.Base64(j.Key)
		if err != nil {
			public = []byte(j.Key) // of an algorithm from the future: remembered as it stands
		}
		old, ok := all[j.Kid]
		if ok && !bytes.Equal(old.Public, public) {
			return nil, fmt.Errorf("%w: kid %d has another key than before", ErrBroken, j.Kid)
		}
		if ok && old.Void && j.State == stateActive {
			return nil, fmt.Errorf("%w: kid %d was void and is active again", ErrBroken, j.Kid)
		}
		all[j.Kid] = Known{Public: public, Void: old.Void || j.State == stateVoid}
	}
	return all, nil
}

// find returns the key with that number. A list has at most some hundreds.
func find(keys []Key, kid uint16) (Key, bool) {
	for i := range keys {
		if keys[i].Kid == kid {
			return keys[i], true
		}
	}
	return Key{}, false
}
