package trust

import (
	"time"

	"gated/gate"
	"gated/verify/document"
)

// SiteTooOld is the age in seconds at which a site document, which is issued
// anew every day, is worth an alarm. It is never a reason to refuse anybody.
const SiteTooOld = 48 * 3600

// Site is one accepted site document. It is immutable.
type Site struct {
	Number                   uint32
	Epoch, Version, IssuedAt int64
	Name                     string
	Zone                     *time.Location // never nil
	Gates                    []Gate
	Keys                     []Key // the property's own, kids 32768…65535, for this site alone
	Held                     []Hold
	Rules                    Rules // defaults filled in
	Notices                  map[string]gate.Text
	Raw                      []byte           // the note, byte for byte
	Known                    map[uint16]Known // every kid of the property, now and before
	Alarms                   []gate.Text      // entries that were disabled, one each
}

// Gate is a box of the site.
type Gate struct {
	ID  string
	Tag uint16
	Key document.Key // the zero Key if the document lists none that can be used
}

// Hold is a property's own hold on a rider, at its own site.
type Hold struct {
	Issuer uint32 `json:"issuer"`
	Rider  uint32 `json:"rider"`
	Until  int64  `json:"until"` // unix seconds, from which on it no longer counts
}

// Gate is the entry of the gate with that id; ok is false when the document does
// not list it. Such a gate has tag 0 and an alarm, and judges as usual.
func (s *Site) Gate(id string) (g Gate, ok bool) {
	for _, g := range s.Gates {
		if g.ID == id {
			return g, true
		}
	}
	return Gate{}, false
}

// Key returns the property's own key with that number. It may be void or
// disabled.
func (s *Site) Key(kid uint16) (Key, bool) { return find(s.Keys, kid) }

// OnHold says whether the property holds the rider at that moment, in unix
// seconds.
func (s *Site) OnHold(issuer, rider uint32, at int64) bool {
	for _, h := range s.Held {
		if h.Issuer == issuer && h.Rider == rider && at < h.Until {
			return true
		}
	}
	return false
}
