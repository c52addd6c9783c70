package main

import (
	"encoding/hex"

	"gated/gate"
	"gated/verify"
	"gated/verify/revocation"
	"gated/verify/trust"
)

// trustShown is what `gated trust show --json` prints; its names are those of the
// documents.
type trustShown struct {
	Trust trustList `json:"trust"`
	Site  *siteList `json:"site"` // null: no site document is held
}

type trustList struct {
	Version     int64          `json:"version"`
	Epoch       int64          `json:"epoch"`
	IssuedAt    int64          `json:"issued_at"` // unix seconds
	Threshold   int            `json:"threshold"` // how many roots sign the next one
	Roots       []string       `json:"roots"`     // verifier keys
	Issuers     []trust.Issuer `json:"issuers"`
	Keys        []shownKey     `json:"keys"` // of the issuers
	Authorities []authority    `json:"authorities"`
	Alarms      []string       `json:"alarms"` // entries that were disabled, a sentence each
}

type siteList struct {
	Site     uint32      `json:"site"`
	Version  int64       `json:"version"`
	Epoch    int64       `json:"epoch"`
	IssuedAt int64       `json:"issued_at"` // unix seconds
	Name     string      `json:"name"`
	Gates    []shownGate `json:"gates"`
	Keys     []shownKey  `json:"keys"`   // the property's own
	Alarms   []string    `json:"alarms"` // entries that were disabled, a sentence each
}

type shownKey struct {
	Kid          uint16 `json:"kid"`
	Issuer       uint32 `json:"issuer"`         // 0: the property
	State        string `json:"state"`          // active, void or disabled
	Sites        string `json:"sites"`          // * or numbers and ranges
	NotBefore    int64  `json:"not_before"`     // unix seconds
	NotAfter     int64  `json:"not_after"`      // unix seconds
	MaxBearerTTL int64  `json:"max_bearer_ttl"` // seconds; 0: may issue none
	MaxBoundTTL  int64  `json:"max_bound_ttl"`  // seconds; 0: may issue none
}

type authority struct {
	Name  string   `json:"name"`
	Key   string   `json:"key"` // verifier key
	Roles []string `json:"roles"`
	Sites string   `json:"sites"` // * or numbers and ranges
}

type shownGate struct {
	ID  string `json:"id"`
	Tag uint16 `json:"tag"`
	Key string `json:"key"` // verifier key; empty: none that can be used
}

// shownTrust is the trust list and the site document in force. There is a trust
// list.
func shownTrust(d *verify.Documents, lang gate.Language) trustShown {
	l := d.Trust
	r := trustShown{Trust: trustList{
		Version: l.Version, Epoch: l.Epoch, IssuedAt: l.IssuedAt, Threshold: l.Roots.Threshold, Roots: []string{},
		Issuers: append([]trust.Issuer{}, l.Issuers...), Keys: shownKeys(l.Keys), Authorities: []authority{}, Alarms: in(lang, l.Alarms),
	}}
	for _, k := range l.Roots.Keys {
		r.Trust.Roots = append(r.Trust.Roots, k.Text)
	}
	for _, a := range l.Authorities {
		shown := authority{a.Name, a.Key.Text, []string{}, a.Sites.String()}
		for _, role := range a.Roles {
			shown.Roles = append(shown.Roles, string(role))
		}
		r.Trust.Authorities = append(r.Trust.Authorities, shown)
	}
	if s := d.Site; s != nil {
		r.Site = &siteList{
			Site: s.Number, Version: s.Version, Epoch: s.Epoch, IssuedAt: s.IssuedAt, Name: s.Name,
			Gates: []shownGate{}, Keys: shownKeys(s.Keys), Alarms: in(lang, s.Alarms),
		}
		for _, g := range s.Gates {
			r.Site.Gates = append(r.Site.Gates, shownGate{g.ID, g.Tag, g.Key.Text})
		}
	}
	return r
}

func shownKeys(keys []trust.Key) []shownKey {
	all := []shownKey{}
	for _, k := range keys {
		all = append(all, shownKey{k.Kid, k.Issuer, keyState(k), k.Sites.String(), k.NotBefore, k.NotAfter, k.MaxBearerTTL, k.MaxBoundTTL})
	}
	return all
}

// keyState is what a key is good for.
func keyState(k trust.Key) string {
	switch {
	case k.Void:
		return "void"
	case k.Disabled:
		return "disabled"
	}
	return "active"
}

// stateShown is what `gated revocation show --json` prints.
type stateShown struct {
	Seq       int64     `json:"seq"`
	Epoch     int64     `json:"epoch"`
	Hash      string    `json:"hash"`      // hex
	Entries   uint64    `json:"entries"`   // in all sections
	Heartbeat *int64    `json:"heartbeat"` // unix seconds of the newest on disk; null: none
	Sections  []section `json:"sections"`
}

// section is one part of a revocation state.
type section struct {
	Kind    string `json:"kind"`  // riders, passes or cutoff
	ID      uint32 `json:"id"`    // of the issuer, or the key
	Class   string `json:"class"` // revoked or hold
	Entries uint64 `json:"entries"`
}

// lookedUp is what `gated revocation check --json` prints.
type lookedUp struct {
	Listed  bool     `json:"listed"`
	Section *section `json:"section"` // where; null: nowhere
	Value   uint32   `json:"value"`   // rider or serial
	Seq     int64    `json:"seq"`     // of the state
}

// shownState is the revocation state in force. There is one.
func shownState(d *verify.Documents) stateShown {
	s := d.State
	r := stateShown{Seq: s.Seq, Epoch: s.Epoch, Hash: hex.EncodeToString(s.Hash[:]), Entries: uint64(s.Set.Count()), Sections: []section{}} //nolint:gosec // a count
	if d.Proof != nil {
		r.Heartbeat = &d.Proof.IssuedAt
	}
	for _, sec := range s.Set.Sections() {
		r.Sections = append(r.Sections, *shownSection(sec, d))
	}
	return r
}

func shownSection(sec revocation.Section, d *verify.Documents) *section {
	kinds := map[revocation.Kind]string{revocation.Riders: "riders", revocation.Passes: "passes", revocation.Cutoff: "cutoff"}
	return &section{kinds[sec.Kind], sec.ID, pick(sec.Class == revocation.HoldClass, "hold", "revoked"), uint64(d.State.Set.Len(sec))} //nolint:gosec // a count
}
