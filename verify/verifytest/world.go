package verifytest

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"gated/verify"
	"gated/verify/document"
	"gated/verify/pass"
	"gated/verify/revocation"
	"gated/verify/trust"
)

// The numbers of the world, those of PROTOCOL's worked examples.
const (
	Begin      = 1800000000 // unix seconds at which all that is in it was issued
	SiteNumber = 1001
	GateID     = "test-gate"
	Tag        = 3
	Issuer     = 1
	Kid        = 257   // of the issuer
	OwnKid     = 40000 // of the property
	Rider      = 42
)

// World is all that the far end of a gate holds.
type World struct {
	Box   verify.Box
	Roots trust.Roots // for the box's configuration

	// What the next documents say. Whoever changes them asks for them again.
	Trust   trust.ListJSON
	Site    trust.SiteJSON
	Revoked *revocation.Set
	At      int64 // issued_at of the next heartbeat, unix seconds
	seq     int64 // of the revocation state

	// Who signs what.
	Root, Revocation, SiteSigner note.Signer
	Key, OwnKey                  ed25519.PrivateKey // of Kid and OwnKid

	serial              uint32
	list                *trust.List
	site                *trust.Site
	state               *revocation.State
	saidTrust, saidSite string // what list and site were made from
}

// New is Make for tests.
func New(tb testing.TB) *World {
	tb.Helper()
	w, err := Make()
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

// Make makes a world in which everything was issued at Begin and nobody is
// revoked.
func Make() (*World, error) {
	w := &World{
		Box: verify.Box{ID: GateID, Site: SiteNumber}, At: Begin,
		Key: PrivateKey("issuer"), OwnKey: PrivateKey("property"), Revoked: revocation.Empty(),
	}
	root, rootKey, err := signer("root")
	if err != nil {
		return nil, err
	}
	revoker, revokerKey, err := signer("revocation")
	if err != nil {
		return nil, err
	}
	manager, managerKey, err := signer("site")
	if err != nil {
		return nil, err
	}
	w.Root, w.Revocation, w.SiteSigner = root, revoker, manager
	if w.Roots, err = trust.ParseRoots([]string{rootKey}, 1); err != nil {
		return nil, err
	}
	w.Trust = trust.ListJSON{
		Epoch: 1, IssuedAt: Begin, Roots: []string{rootKey}, Threshold: 1,
		Issuers: []trust.Issuer{{ID: Issuer, Name: "the platform"}},
		Keys:    []trust.KeyJSON{keyJSON(Kid, w.Key)},
		Authorities: []trust.AuthorityJSON{
			{Name: "revocation", Key: revokerKey, Roles: []trust.Role{trust.RoleRevocation}, Sites: []string{"*"}},
			{Name: "site", Key: managerKey, Roles: []trust.Role{trust.RoleSite}, Sites: []string{"*"}},
		},
	}
	w.Trust.Keys[0].Issuer, w.Trust.Keys[0].Sites = Issuer, []string{"*"}
	w.Site = trust.SiteJSON{
		Site: SiteNumber, Epoch: 1, IssuedAt: Begin, Name: "the community", Zone: "Asia/Shanghai",
		Gates: []trust.GateJSON{{ID: GateID, Tag: Tag}},
		Keys:  []trust.KeyJSON{keyJSON(OwnKid, w.OwnKey)},
	}
	return w, nil
}

// PrivateKey is the Ed25519 key that belongs to a name: the same in every world.
func PrivateKey(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("verifytest " + name))
	return ed25519.NewKeyFromSeed(seed[:])
}

// signer makes a note signer and its verifier key from the key of that name.
func signer(name string) (note.Signer, string, error) {
	key := PrivateKey(name)
	public, err := note.NewEd25519VerifierKey(name, key.Public().(ed25519.PublicKey))
	if err != nil {
		return nil, "", err
	}
	// The private form is the same, with the seed in place of the public key.
	hash := public[len(name)+1 : len(name)+9]
	secret := base64.StdEncoding.EncodeToString(append([]byte{1}, key.Seed()...))
	s, err := note.NewSigner("PRIVATE+KEY+" + name + "+" + hash + "+" + secret)
	return s, public, err
}

// keyJSON lists a key that is good for a month around Begin.
func keyJSON(kid uint16, key ed25519.PrivateKey) trust.KeyJSON {
	return trust.KeyJSON{
		Kid: kid, Algorithm: "ed25519", State: "active",
		Key:       base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey)),
		NotBefore: Begin - 15*86400, NotAfter: Begin + 15*86400, MaxBearerTTL: 86400, MaxBoundTTL: 604800,
	}
}

// Documents are what the box enforces once it has accepted all that the world
// says now. A list, site document or state that has not changed is the same one
// as before. It panics if a document is refused.
func (w *World) Documents() *verify.Documents {
	w.advance()
	beat := &revocation.Heartbeat{
		Epoch: w.Trust.Epoch, Seq: w.state.Seq, Hash: w.state.Hash, Trust: w.list.Version, IssuedAt: w.At,
	}
	return &verify.Documents{Trust: w.list, Site: w.site, State: w.state, Heartbeat: beat, Proof: beat}
}

// List puts value, a serial, a rider or a cutoff's time, on the list, from the
// next Documents on.
func (w *World) List(sec revocation.Section, value uint32) {
	b := revocation.NewBuilder(w.Revoked)
	b.Add(sec, value)
	w.Revoked = b.Set()
}

// Unlist takes value off the list.
func (w *World) Unlist(sec revocation.Section, value uint32) {
	b := revocation.NewBuilder(w.Revoked)
	b.Remove(sec, value)
	w.Revoked = b.Set()
}

// Header is that of a bearer pass for 15 minutes from Begin on, both ways, one
// entry and one exit, with a serial of its own.
func (w *World) Header() pass.Header {
	w.serial++
	return pass.Header{
		Type: pass.Bearer, Kid: Kid, Site: SiteNumber, Serial: w.serial, NotBefore: Begin, TTL: 90, Rider: Rider,
	}
}

// Bearer signs a bearer pass with the issuer's key, or the property's own if the
// header names that.
func (w *World) Bearer(h pass.Header) (code string) {
	return must(pass.SignBearer(h, w.signs(h)))
}

// signs is the key that h names.
func (w *World) signs(h pass.Header) ed25519.PrivateKey {
	if h.Kid == OwnKid {
		return w.OwnKey
	}
	return w.Key
}

// Phone holds one credential.
type Phone struct {
	pass.Header
	Credential pass.Credential
	Holder     ed25519.PrivateKey
}

// Phone gives a phone with a key of its own the credential of h, whose type need
// not be set.
func (w *World) Phone(h pass.Header) *Phone {
	h.Type = pass.Bound
	holder := PrivateKey("phone")
	c := must(pass.SignCredential(h, holder.Public().(ed25519.PublicKey), w.signs(h)))
	return &Phone{Header: h, Credential: c, Holder: holder}
}

// Show draws the code of that second for the gate with that tag; 0: the phone
// does not know the gate.
func (p *Phone) Show(at time.Time, tag uint16) (code string) {
	return must(p.Credential.Show(uint32(at.Unix()), SiteNumber, tag, p.Holder))
}

// must panics on a mistake of whoever built the world.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// parse reads a note that was just signed.
func parse(raw []byte, err error) document.Document {
	return must(document.Parse(must(raw, err)))
}
