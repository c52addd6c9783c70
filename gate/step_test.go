package gate_test

import (
	"encoding/json"
	"testing"

	"gated/gate"
)

func TestStepsAreWrittenInEnglish(t *testing.T) {
	for want, s := range map[string]gate.Step{
		`{"check":"site","ok":false,"facts":"for site 2, this is 1"}`: {
			Check: gate.Text{ZH: "属于本小区", EN: "site"}, Facts: gate.Text{ZH: "通行码属于小区2", EN: "for site 2, this is 1"},
		},
		`{"check":"door","ok":true}`: {Check: gate.Text{ZH: "门的状态", EN: "door"}, OK: true},
	} {
		if got, err := json.Marshal([]gate.Step{s}); err != nil || string(got) != "["+want+"]" {
			t.Errorf("%s, %v, want %s", got, err, want)
		}
	}
}
