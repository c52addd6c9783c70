package trust_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gated/gate"
	"gated/verify/document"
	"gated/verify/trust"
)

// read takes rules the way they come: out of a signed document.
func read(tb testing.TB, text string) (trust.Rules, error) {
	tb.Helper()
	var j struct {
		Rules trust.RulesJSON `json:"rules"`
	}
	d := sign(tb, document.Site, json.RawMessage(`{"rules":`+text+`}`), by(tb, "s")...)
	if err := d.Decode(&j); err != nil {
		return trust.Rules{}, err
	}
	return j.Rules.Rules()
}

func TestRules(t *testing.T) {
	all := trust.Issuers{All: true}
	for name, tt := range map[string]struct {
		text   string
		change func(*trust.Rules)
	}{
		"nothing said": {`{}`, func(*trust.Rules) {}},
		"one platform in the day, all out": {
			`{"admit":[{"issuers":[1],"direction":"in","days":[1,7],"from":"06:00","to":"23:00"},{"issuers":["*"],"direction":"out"}]}`,
			func(r *trust.Rules) {
				r.Admit = []trust.Admit{
					{Issuers: trust.Issuers{IDs: []uint32{1}}, Direction: gate.In, Days: []int{1, 7}, From: 360, To: 1380},
					{Issuers: all, Direction: gate.Out},
				}
			},
		},
		"nobody": {`{"admit":[]}`, func(r *trust.Rules) { r.Admit = []trust.Admit{} }},
		"past midnight": {
			`{"admit":[{"issuers":["*"],"direction":"both","from":"22:30","to":"06:00"}]}`,
			func(r *trust.Rules) {
				r.Admit = []trust.Admit{{Issuers: all, Direction: gate.Both, From: 1350, To: 360}}
			},
		},
		"from a time on": {
			`{"admit":[{"issuers":["*"],"from":"22:30"}]}`,
			func(r *trust.Rules) {
				r.Admit = []trust.Admit{{Issuers: all, Direction: gate.Both, From: 1350, To: 1440}}
			},
		},
		"up to a time": {
			`{"admit":[{"issuers":[0],"to":"24:00"}]}`,
			func(r *trust.Rules) {
				r.Admit = []trust.Admit{{Issuers: trust.Issuers{IDs: []uint32{0}}, Direction: gate.Both, To: 1440}}
			},
		},
		"a prohibition": {
			`{"prohibited":{"issuers":["*"],"notice":"handover"}}`,
			func(r *trust.Rules) { r.Prohibited = &trust.Prohibited{Issuers: all, Notice: "handover"} },
		},
		"one step of three": {`{"stale":{"mark":60}}`, func(r *trust.Rules) { r.Stale.Mark = 60 }},
		"nothing is old":    {`{"stale":{"mark":0,"restrict":0,"refuse":0}}`, func(r *trust.Rules) { r.Stale = trust.Stale{} }},
		"no grace":          {`{"exit_grace":0}`, func(r *trust.Rules) { r.ExitGrace = 0 }},
		"the rest": {
			`{"passback":{"mode":"timed","seconds":60},"clock_unknown":"allow","present":true}`,
			func(r *trust.Rules) {
				r.Passback, r.ClockUnknown, r.Present = trust.PassbackRule{Mode: "timed", Seconds: 60}, "allow", true
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := read(t, tt.text)
			if err != nil {
				t.Fatal(err)
			}
			want := trust.DefaultRules()
			tt.change(&want)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRulesRefuse(t *testing.T) {
	for name, text := range map[string]string{
		"steps that fall":          `{"stale":{"mark":90000}}`,
		"a step below the one":     `{"stale":{"refuse":100}}`,
		"an unknown passback":      `{"passback":{"mode":"hard"}}`,
		"passback without a mode":  `{"passback":{"seconds":1}}`,
		"an unknown clock":         `{"clock_unknown":"Refuse"}`,
		"an unknown direction":     `{"admit":[{"issuers":["*"],"direction":"inside"}]}`,
		"no issuers":               `{"admit":[{"direction":"in"}]}`,
		"an issuer by name":        `{"admit":[{"issuers":["1"]}]}`,
		"a star among numbers":     `{"admit":[{"issuers":["*",1]}]}`,
		"a negative issuer":        `{"admit":[{"issuers":[-1]}]}`,
		"day 0":                    `{"admit":[{"issuers":["*"],"days":[0]}]}`,
		"day 8":                    `{"admit":[{"issuers":["*"],"days":[8]}]}`,
		"an hour without its zero": `{"admit":[{"issuers":["*"],"from":"6:00"}]}`,
		"25 o'clock":               `{"admit":[{"issuers":["*"],"to":"25:00"}]}`,
		"a minute of 60":           `{"admit":[{"issuers":["*"],"to":"23:60"}]}`,
		"a beginning at 24:00":     `{"admit":[{"issuers":["*"],"from":"24:00"}]}`,
		"seconds":                  `{"admit":[{"issuers":["*"],"to":"23:00:00"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := read(t, text); err == nil {
				t.Errorf("accepted as %+v", got)
			}
		})
	}
}

func TestIssuers(t *testing.T) {
	for text, want := range map[string]trust.Issuers{
		`["*"]`: {All: true}, `[1,2]`: {IDs: []uint32{1, 2}}, `[]`: {},
	} {
		var got trust.Issuers
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		if string(b) != text || got.Has(2) == (text == `[]`) || got.Has(3) != want.All {
			t.Errorf("%s is written %s and has 2: %t, 3: %t", text, b, got.Has(2), got.Has(3))
		}
	}
}
