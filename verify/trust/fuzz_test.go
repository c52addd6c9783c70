package trust_test

import (
	"encoding/json"
	"testing"

	"gated/verify/document"
	"gated/verify/trust"
)

// The fuzz targets read documents as they are read back from disk: signatures
// are not looked at there, and would cost a fuzzer all its time.

// FuzzList offers arbitrary JSON as a list: it is refused, or comes to something
// that makes sense.
func FuzzList(f *testing.F) {
	void := func(j *trust.ListJSON) { j.Version, j.Threshold, j.Keys[0].State = 9, 1, "void" }
	for _, j := range []trust.ListJSON{list(f), list(f, void)} {
		b, err := json.Marshal(j)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	known := accepted(f, list(f, void), nil, "a", "b").Known
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := trust.Restore(document.Document{Type: document.Trust, JSON: b}, known)
		if err != nil {
			return
		}
		if l.Version < 1 || l.Roots.Check() != nil || !l.Known[257].Void {
			t.Fatalf("accepted: %+v", l)
		}
		for _, k := range l.Keys {
			if k.Kid == 0 || k.Kid > 32767 || !k.Disabled && len(k.Public) != 32 || k.Kid == 257 && !k.Void && !k.Disabled {
				t.Fatalf("key %+v", k)
			}
		}
		for _, k := range l.Signers(trust.RoleRevocation, 0) {
			if len(k.Public) != 32 {
				t.Fatalf("signer %+v", k)
			}
		}
	})
}

// FuzzSite does the same with site documents.
func FuzzSite(f *testing.F) {
	b, err := json.Marshal(site(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"site":1001,"epoch":1,"version":2,"issued_at":3,"tz":"UTC","rules":{"admit":[{"issuers":["*"],"from":"22:00","to":"06:00"}]}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := trust.RestoreSite(document.Document{Type: document.Site, JSON: b}, nil)
		if err != nil {
			return
		}
		if s.Zone == nil || s.Number == 0 || s.Rules.Stale.Mark > s.Rules.Stale.Refuse || len(s.Held) > 1000 {
			t.Fatalf("accepted: %+v", s)
		}
		for _, a := range s.Rules.Admit {
			if a.From < 0 || a.From >= 1440 || a.To < 0 || a.To > 1440 {
				t.Fatalf("row %+v", a)
			}
		}
		for _, k := range s.Keys {
			if k.Kid < 32768 || k.Issuer != 0 || k.Sites.All() || !k.Sites.Has(s.Number) {
				t.Fatalf("key %+v", k)
			}
		}
	})
}
