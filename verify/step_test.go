package verify_test

import (
	"testing"
	"time"

	"gated/gate"
	"gated/verify"
	"gated/verify/revocation"
	"gated/verify/trust"
)

func TestStepOfTheList(t *testing.T) {
	at := func(age int64) gate.Moment {
		return gate.Moment{Time: time.Unix(1_800_000_000+age, 0), State: gate.ClockSynced}
	}
	held := &verify.Documents{Proof: &revocation.Heartbeat{IssuedAt: 1_800_000_000}}
	own := &verify.Documents{Proof: held.Proof, Site: &trust.Site{Rules: trust.Rules{Stale: trust.Stale{Mark: 10, Restrict: 20, Refuse: 30}}}}
	tests := []struct {
		name string
		docs *verify.Documents
		age  int64
		want verify.Step
	}{
		{"no heartbeat", &verify.Documents{}, 0, verify.Unknown},
		{"just heard", held, 0, verify.Normal},
		{"the last normal second", held, 900, verify.Normal},
		{"marked", held, 901, verify.Marked},
		{"restricted", held, 86401, verify.Restricted},
		{"too old", held, 604801, verify.TooOld},
		{"the site's own last marked second", own, 20, verify.Marked},
		{"the site's own steps", own, 21, verify.Restricted},
		{"the site's own last restricted second", own, 30, verify.Restricted},
		{"the site's own end", own, 31, verify.TooOld},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.docs.Step(at(tt.age)); got != tt.want {
				t.Errorf("Step = %s, want %s", got, tt.want)
			}
		})
	}
}
