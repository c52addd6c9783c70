package trust_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gated/verify/document"
	"gated/verify/trust"
)

func TestAcceptFirstList(t *testing.T) {
	d := sign(t, document.Trust, list(t), by(t, "a", "c")...)
	l, err := trust.Accept(d, nil, roots(t, 2, "a", "b", "c"))
	if err != nil {
		t.Fatal(err)
	}
	if l.Version != 1 || l.Epoch != 1 || l.IssuedAt != begin || l.Roots.Threshold != 2 || len(l.Roots.Keys) != 3 {
		t.Errorf("got %+v", l)
	}
	if !bytes.Equal(l.Raw, d.Raw) || l.Alarms != nil {
		t.Errorf("raw %q, alarms %q", l.Raw, l.Alarms)
	}
	k, ok := l.Key(257)
	if !ok || k.Issuer != 1 || !k.Public.Equal(private("issuer").Public()) || !k.Sites.Has(7) || k.Void || k.Disabled ||
		k.NotBefore != begin || k.NotAfter != begin+86400 || k.MaxBearerTTL != 900 || k.MaxBoundTTL != 604800 {
		t.Errorf("key 257 is %+v", k)
	}
	if _, ok := l.Key(258); ok {
		t.Error("key 258 is there")
	}
	want := map[uint16]trust.Known{257: {Public: k.Public}}
	if diff := cmp.Diff(want, l.Known); diff != "" {
		t.Error(diff)
	}
}

// threshold is one row of who signed what, before and after.
type threshold struct {
	name    string
	before  []string // signed the list before, and are its roots with threshold 2
	after   []string // roots of the next
	need    int      // its threshold
	signers []string
	want    error
}

func TestAcceptCountsOldRootsAndNew(t *testing.T) {
	abc := []string{"a", "b", "c"}
	for _, tt := range []threshold{
		{"two of three", abc, abc, 2, []string{"b", "c"}, nil},
		{"all of three", abc, abc, 2, abc, nil},
		{"one of three", abc, abc, 2, []string{"a"}, document.ErrUnsigned},
		{"strangers", abc, abc, 2, []string{"x", "y"}, document.ErrUnsigned},
		{"one root and a stranger", abc, abc, 2, []string{"a", "x"}, document.ErrUnsigned},
		{"rotation signed by both", abc, []string{"c", "d", "e"}, 2, []string{"b", "c", "d"}, nil},
		{"rotation to strangers signed by both", abc, []string{"x", "y"}, 1, []string{"a", "b", "x"}, nil},
		{"rotation signed by the old alone", abc, []string{"x", "y"}, 2, []string{"a", "b"}, trust.ErrBroken},
		{"rotation signed by the new alone", abc, []string{"x", "y"}, 2, []string{"x", "y"}, document.ErrUnsigned},
		{"threshold raised beyond who signed", abc, abc, 3, []string{"a", "b"}, trust.ErrBroken},
		{"threshold raised, all signed", abc, abc, 3, abc, nil},
		{"threshold lowered by enough of the old", abc, abc, 1, []string{"a", "b"}, nil},
		{"threshold lowered by too few of the old", abc, abc, 1, []string{"a"}, document.ErrUnsigned},
		{"threshold above the number of roots", abc, abc, 4, abc, trust.ErrBroken},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := accepted(t, list(t), nil, tt.before...)
			j := list(t, func(j *trust.ListJSON) {
				j.Version, j.Roots, j.Threshold = 2, verifiers(t, tt.after...), tt.need
			})
			d := sign(t, document.Trust, j, by(t, tt.signers...)...)
			got, err := trust.Accept(d, before, roots(t, 1, "x")) // the configuration counts no more
			if tt.want != nil {
				refused(t, err, tt.want)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.Version != 2 || got.Roots.Threshold != tt.need {
				t.Errorf("got version %d, threshold %d", got.Version, got.Roots.Threshold)
			}
		})
	}
}

func TestAcceptOrder(t *testing.T) {
	at := func(version, epoch, issued int64) trust.ListJSON {
		return list(t, func(j *trust.ListJSON) { j.Version, j.Epoch, j.IssuedAt = version, epoch, issued })
	}
	inForce := accepted(t, at(5, 3, begin), nil, "a", "b")
	for name, tt := range map[string]struct {
		next trust.ListJSON
		want error
	}{
		"the next version":               {at(6, 3, begin+1), nil},
		"a version far ahead":            {at(500, 3, begin+1), nil},
		"the same second":                {at(6, 3, begin), nil},
		"a new epoch":                    {at(6, 4, begin), nil},
		"the same again":                 {at(5, 3, begin), trust.ErrKnown},
		"the same version, another text": {at(5, 3, begin+1), trust.ErrConflict},
		"the version falls":              {at(4, 3, begin+1), trust.ErrOld},
		"it falls, in a new epoch":       {at(4, 4, begin+1), trust.ErrOld},
		"the epoch falls":                {at(6, 2, begin+1), trust.ErrBroken},
		"issued_at falls":                {at(6, 3, begin-1), trust.ErrBroken},
		"issued_at falls in a new epoch": {at(6, 4, begin-1), trust.ErrBroken},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := trust.Accept(sign(t, document.Trust, tt.next, by(t, "a", "b")...), inForce, trust.Roots{})
			if tt.want == nil && err != nil {
				t.Fatal(err)
			}
			if tt.want != nil {
				refused(t, err, tt.want)
			}
		})
	}
}

func TestAcceptSameTextOfOtherSignersIsKnown(t *testing.T) {
	inForce := accepted(t, list(t), nil, "a", "b")
	_, err := trust.Accept(sign(t, document.Trust, list(t), by(t, "b", "c")...), inForce, trust.Roots{})
	refused(t, err, trust.ErrKnown)
}

func TestAcceptRefusesForm(t *testing.T) {
	with := func(change func(*trust.ListJSON)) document.Document {
		return sign(t, document.Trust, list(t, change), by(t, "a", "b")...)
	}
	for name, tt := range map[string]struct {
		d    document.Document
		want error
	}{
		"another type":       {sign(t, document.Site, list(t), by(t, "a", "b")...), document.ErrMalformed},
		"a missing name":     {sign(t, document.Trust, map[string]any{"version": 1}, by(t, "a", "b")...), document.ErrMalformed},
		"128 KiB":            {with(func(j *trust.ListJSON) { j.Issuers[0].Name = strings.Repeat("x", 128<<10) }), document.ErrMalformed},
		"version 0":          {with(func(j *trust.ListJSON) { j.Version = 0 }), trust.ErrBroken},
		"no roots":           {with(func(j *trust.ListJSON) { j.Roots = []string{} }), trust.ErrBroken},
		"kid 0":              {with(func(j *trust.ListJSON) { j.Keys[0].Kid = 0 }), trust.ErrBroken},
		"a kid of the sites": {with(func(j *trust.ListJSON) { j.Keys[0].Kid = 32768 }), trust.ErrBroken},
		"a kid twice":        {with(func(j *trust.ListJSON) { j.Keys = append(j.Keys, key(257, "issuer")) }), trust.ErrBroken},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := trust.Accept(tt.d, nil, roots(t, 2, "a", "b", "c"))
			refused(t, err, tt.want)
		})
	}
}

func TestAcceptDisablesEntries(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*trust.ListJSON)
		alarm  string // what its sentence names
	}{
		"a weak key":             {func(j *trust.ListJSON) { j.Keys[0].Key = weak }, "Key 257"},
		"a key of 31 bytes":      {func(j *trust.ListJSON) { j.Keys[0].Key = weak[:40] }, "Key 257"},
		"no key at all":          {func(j *trust.ListJSON) { j.Keys[0].Key = "" }, "Key 257"},
		"a key that is no text":  {func(j *trust.ListJSON) { j.Keys[0].Key = "%" }, "Key 257"},
		"an unknown algorithm":   {func(j *trust.ListJSON) { j.Keys[0].Algorithm = "ml-dsa-44" }, "Key 257"},
		"its name in upper case": {func(j *trust.ListJSON) { j.Keys[0].Algorithm = "Ed25519" }, "Key 257"},
		"an unknown state":       {func(j *trust.ListJSON) { j.Keys[0].State = "suspended" }, "Key 257"},
		"sites of another form":  {func(j *trust.ListJSON) { j.Keys[0].Sites = []string{"1-2-3"} }, "Key 257"},
		"an authority's key":     {func(j *trust.ListJSON) { j.Authorities[0].Key = "r+12345678+AAAA" }, `"r"`},
		"an unknown role":        {func(j *trust.ListJSON) { j.Authorities[0].Roles = []trust.Role{"revocation", "king"} }, `"r"`},
		"one site for a stream":  {func(j *trust.ListJSON) { j.Authorities[0].Sites = []string{"1001"} }, `"r"`},
		"an authority's sites":   {func(j *trust.ListJSON) { j.Authorities[0].Sites = []string{"all"} }, `"r"`},
		"records without a seal": {func(j *trust.ListJSON) { j.Authorities[2].Seal = "" }, `"p"`},
		"a seal of low order":    {func(j *trust.ListJSON) { j.Authorities[2].Seal = weak }, `"p"`},
		"a weak root":            {func(j *trust.ListJSON) { j.Roots = append(j.Roots, "x+00000000+AA==") }, "root"},
	} {
		t.Run(name, func(t *testing.T) {
			l := accepted(t, list(t, tt.change), nil, "a", "b")
			if len(l.Alarms) != 1 || !strings.Contains(l.Alarms[0].EN, tt.alarm) {
				t.Fatalf("alarms %q, want one that names %s", l.Alarms, tt.alarm)
			}
			k, _ := l.Key(257)
			revokers, seals := l.Signers(trust.RoleRevocation, 0), l.Seal()
			if k.Disabled != strings.HasPrefix(tt.alarm, "Key") || (revokers == nil) != (tt.alarm == `"r"`) || (seals == nil) != (tt.alarm == `"p"`) {
				t.Errorf("key disabled %t, revokers %v, seal %v", k.Disabled, revokers, seals)
			}
			if len(l.Roots.Keys) != 3 {
				t.Errorf("%d roots", len(l.Roots.Keys))
			}
		})
	}
}

// weak is the identity of the curve, of order 1; as an X25519 key, of low order.
const weak = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

func TestSigners(t *testing.T) {
	l := accepted(t, list(t), nil, "a", "b")
	for _, tt := range []struct {
		role trust.Role
		site uint32
		want []string
	}{
		{trust.RoleRevocation, 0, []string{"r"}},
		{trust.RoleCosign, 0, []string{"r"}},
		{trust.RoleRecords, 0, []string{"p"}},
		{trust.RoleSite, 1001, []string{"s"}},
		{trust.RoleCommand, 2000, []string{"s"}},
		{trust.RoleCommand, 2999, []string{"s"}},
		{trust.RoleSite, 1002, nil},
		{trust.RoleSite, 3000, nil},
		{trust.RoleSite, 0, nil},
		{"", 1001, nil},
	} {
		var got []string
		for _, k := range l.Signers(tt.role, tt.site) {
			got = append(got, k.Name)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s at %d: got %v, want %v", tt.role, tt.site, got, tt.want)
		}
	}
	if (*trust.List)(nil).Signers(trust.RoleSite, 1001) != nil || (*trust.List)(nil).Seal() != nil {
		t.Error("no list names somebody")
	}
	if s := l.Seal(); s == nil || !bytes.Equal(s.Bytes(), seal()) {
		t.Errorf("seal is %v", s)
	}
}

func TestRestoreAsksForNoSignature(t *testing.T) {
	first := accepted(t, list(t), nil, "a", "b")
	d := sign(t, document.Trust, list(t), by(t, "stranger")...)
	l, err := trust.Restore(d, map[uint16]trust.Known{9: {Public: []byte("x"), Void: true}})
	if err != nil {
		t.Fatal(err)
	}
	if l.Version != 1 || !l.Known[9].Void || !bytes.Equal(l.Known[257].Public, first.Known[257].Public) {
		t.Errorf("got %+v", l)
	}
	_, err = trust.Restore(sign(t, document.Site, list(t), by(t, "a")...), nil)
	refused(t, err, document.ErrMalformed)
}

func TestRoots(t *testing.T) {
	if _, err := trust.ParseRoots([]string{"nonsense"}, 1); err == nil {
		t.Error("nonsense is a root")
	}
	if _, err := trust.ParseRoots(verifiers(t, "a", "b"), 3); err == nil {
		t.Error("a threshold that nobody can meet")
	}
	if !roots(t, 1, "a", "b").Same(roots(t, 1, "b", "a")) {
		t.Error("the order counts")
	}
	for _, o := range []trust.Roots{roots(t, 2, "a", "b"), roots(t, 1, "a"), roots(t, 1, "a", "c")} {
		if roots(t, 1, "a", "b").Same(o) {
			t.Errorf("the same as %v", o)
		}
	}
}

func TestSites(t *testing.T) {
	s, err := trust.ParseSites([]string{"1001", "2000-2999", "4294967294"})
	if err != nil {
		t.Fatal(err)
	}
	for site, want := range map[uint32]bool{1000: false, 1001: true, 1002: false, 1999: false, 2000: true, 2999: true, 3000: false, 0: false, 4294967294: true, 4294967295: false} {
		if s.Has(site) != want {
			t.Errorf("%d is in it: %t", site, !want)
		}
	}
	if s.String() != "1001, 2000-2999, 4294967294" || s.All() || !trust.AllSites().All() || trust.AllSites().String() != "*" {
		t.Errorf("it is written %s", s)
	}
	if one := trust.OneSite(7); !one.Has(7) || one.Has(8) {
		t.Errorf("one site is %s", one)
	}
	for _, text := range []string{"", "0", "01", "+1", " 1", "4294967295", "4294967296", "5-4", "1-", "-1", "*", "1-2-3", "0x10"} {
		if got, err := trust.ParseSites([]string{text, "1"}); err == nil {
			t.Errorf("%q is %s", text, got)
		}
	}
}
