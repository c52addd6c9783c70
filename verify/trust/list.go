package trust

import (
	"crypto/ecdh"
	"slices"

	"gated/gate"
	"gated/verify/document"
)

// MaxList is the size in bytes that a trust list stays under.
const MaxList = 128 << 10

// List is one accepted trust list. It is immutable.
type List struct {
	Version, Epoch, IssuedAt int64
	Roots                    Roots // who may sign the next one
	Issuers                  []Issuer
	Keys                     []Key
	Authorities              []Authority
	Raw                      []byte           // the note, byte for byte
	Known                    map[uint16]Known // every kid of this list and of all before it
	Alarms                   []gate.Text      // entries that were disabled, one each
}

// Issuer names a platform.
type Issuer struct {
	ID   uint32 `json:"id"`
	Name string `json:"name"`
}

// Key returns the key with that number. It may be void or disabled.
func (l *List) Key(kid uint16) (Key, bool) { return find(l.Keys, kid) }

// Signers are the keys that may sign for role at site. Site 0 asks for the
// roles that need every site. A nil list names nobody.
func (l *List) Signers(role Role, site uint32) []document.Key {
	if l == nil {
		return nil
	}
	var keys []document.Key
	for _, a := range l.Authorities {
		if slices.Contains(a.Roles, role) && (a.Sites.All() || site != 0 && a.Sites.Has(site)) {
			keys = append(keys, a.Key)
		}
	}
	return keys
}

// Seal is the key to which persons are sealed: that of the first authority with
// the role records. Nil: there is none.
func (l *List) Seal() *ecdh.PublicKey {
	if l == nil {
		return nil
	}
	for _, a := range l.Authorities {
		if !slices.Contains(a.Roles, RoleRecords) {
			continue
		}
		if k, err := ecdh.X25519().NewPublicKey(a.Seal); err == nil {
			return k
		}
	}
	return nil
}

// ListJSON is a trust list on the wire, for whoever publishes one.
type ListJSON struct {
	Version     int64           `json:"version"`
	Epoch       int64           `json:"epoch"`
	IssuedAt    int64           `json:"issued_at"`
	Roots       []string        `json:"roots"` // verifier keys
	Threshold   int             `json:"threshold"`
	Issuers     []Issuer        `json:"issuers,omitempty"`
	Keys        []KeyJSON       `json:"keys,omitempty"`
	Authorities []AuthorityJSON `json:"authorities,omitempty"`
}

// list reads the entries; what cannot be used is disabled.
func (j ListJSON) list() *List {
	l := &List{
		Version: j.Version, Epoch: j.Epoch, IssuedAt: j.IssuedAt,
		Roots: Roots{Threshold: j.Threshold}, Issuers: j.Issuers,
	}
	alarm := func(t gate.Text) {
		if t != (gate.Text{}) {
			l.Alarms = append(l.Alarms, t)
		}
	}
	for _, text := range j.Roots {
		k, err := document.ParseKey(text)
		if err != nil {
			alarm(gate.Say("一个根未启用：%s。它的签名不算数，其余根照常。请告知中心服务器的管理者。",
				"A root is not used: %s. Its signature does not count, those of the others do. Tell the central server's operator.", err))
			continue
		}
		l.Roots.Keys = append(l.Roots.Keys, k)
	}
	for _, entry := range j.Keys {
		k, why := entry.key()
		l.Keys = append(l.Keys, k)
		alarm(why)
	}
	for _, entry := range j.Authorities {
		a, why := entry.authority()
		if why == (gate.Text{}) {
			l.Authorities = append(l.Authorities, a)
		}
		alarm(why)
	}
	return l
}
