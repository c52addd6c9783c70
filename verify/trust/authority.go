package trust

import (
	"crypto/ecdh"
	"fmt"
	"slices"

	"gated/gate"
	"gated/verify/document"
)

// Role is what an authority may sign.
type Role string

// The roles of PROTOCOL 2.1.
const (
	RoleRevocation Role = "revocation"
	RoleSite       Role = "site"
	RoleCommand    Role = "command"
	RoleCosign     Role = "cosign"
	RoleRecords    Role = "records"
)

// Authority is somebody who signs documents, or to whom persons are sealed.
type Authority struct {
	Name  string
	Key   document.Key
	Roles []Role
	Sites Sites
	Seal  []byte // X25519 public key of the role records, 32 bytes; else nil
}

// AuthorityJSON is an authority on the wire.
type AuthorityJSON struct {
	Name  string   `json:"name"`
	Key   string   `json:"key"` // verifier key
	Roles []Role   `json:"roles"`
	Sites []string `json:"sites"`
	Seal  string   `json:"seal,omitempty"` // base64 of 32 bytes, for the role records
}

// authority reads an entry. A reason to leave it out comes back as a sentence.
func (j AuthorityJSON) authority() (a Authority, alarm gate.Text) {
	a = Authority{Name: j.Name, Roles: j.Roles}
	if err := a.read(j); err != nil {
		return Authority{}, gate.Say("授权方 %q 未启用：%s。它签的文件本门不认，手中的照常有效。请告知中心服务器的管理者。",
			"Authority %q is not used: %s. What it signs is not taken here; what is held stays in force. Tell the central server's operator.", j.Name, err)
	}
	return a, alarm
}

func (a *Authority) read(j AuthorityJSON) (err error) {
	if a.Key, err = document.ParseKey(j.Key); err != nil {
		return err
	}
	if a.Sites, err = ParseSites(j.Sites); err != nil {
		return err
	}
	for _, r := range a.Roles {
		switch r {
		case RoleSite, RoleCommand:
		case RoleRevocation, RoleCosign, RoleRecords:
			if !a.Sites.All() {
				return fmt.Errorf("the role %s needs every site", r)
			}
		default:
			return fmt.Errorf("unknown role %q", r)
		}
	}
	if slices.Contains(a.Roles, RoleRecords) {
		a.Seal, err = parseSeal(j.Seal)
	}
	return err
}

// parseSeal refuses a key with which nothing can be sealed: the exchange of a
// low-order point comes to zero, which crypto/ecdh says only when it is made.
func parseSeal(text string) ([]byte, error) {
	b, err := document.Base64(text)
	if err != nil {
		return nil, fmt.Errorf("seal is not base64")
	}
	public, err := ecdh.X25519().NewPublicKey(b)
	if err != nil {
		return nil, fmt.Errorf("seal is no X25519 key")
	}
	trial, err := ecdh.X25519().NewPrivateKey([]byte("a fixed key, to try the seal once"[:32]))
	if err != nil {
		return nil, err
	}
	if _, err := trial.ECDH(public); err != nil {
		return nil, fmt.Errorf("seal is of low order")
	}
	return b, nil
}
