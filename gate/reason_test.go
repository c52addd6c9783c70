package gate_test

import (
	"regexp"
	"testing"

	"gated/gate"
)

func TestEveryReasonHasOneVerdictAndItsWords(t *testing.T) {
	word := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	seen := map[gate.Reason]bool{}
	for _, r := range gate.Reasons() {
		if seen[r] || !word.MatchString(string(r)) {
			t.Errorf("reason %q is there twice or is no wire word", r)
		}
		seen[r] = true
		silent := r.Verdict() == gate.Ignored
		for _, s := range []string{r.Rider().ZH, r.Rider().EN, r.Guard().ZH, r.Guard().EN} {
			if (s == "") != silent {
				t.Errorf("%s: sentence %q; every reason but the ignored ones needs four", r, s)
			}
		}
	}
	if len(seen) != 37 {
		t.Errorf("%d reasons, want the 37 of PROTOCOL section 5", len(seen))
	}
}

func TestUnknownReasonNeverOpens(t *testing.T) {
	for _, r := range []gate.Reason{"", "OK", "ok ", "opened"} {
		if v := r.Verdict(); v != gate.Refused {
			t.Errorf("%q: %s, want refused", r, v)
		}
	}
}
