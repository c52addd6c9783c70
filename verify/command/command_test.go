package command_test

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"

	"gated/gate"
	"gated/verify/command"
	"gated/verify/document"
)

// good is a command of each kind, to be changed.
func good() command.JSON {
	return command.JSON{
		Site: 1001, Gate: "east-1", ID: "c-1", Verb: gate.VerbLockdown, Lane: "in",
		IssuedMS: 1_800_000_000_999, ExpiresMS: 1_800_000_010_999, Until: 1_800_043_200, Reason: "drill", By: "desk",
	}
}

func signed(tb testing.TB, v any) document.Document {
	tb.Helper()
	private, _, err := note.GenerateKey(rand.Reader, "command")
	if err != nil {
		tb.Fatal(err)
	}
	s, err := note.NewSigner(private)
	if err != nil {
		tb.Fatal(err)
	}
	raw, err := document.Sign(document.Command, v, s)
	if err != nil {
		tb.Fatal(err)
	}
	d, err := document.Parse(raw)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func TestParseReadsWhatWasWritten(t *testing.T) {
	got, err := command.Parse(signed(t, good()))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(good(), got); diff != "" {
		t.Error(diff)
	}
	want := gate.Command{
		ID: "c-1", Verb: gate.VerbLockdown, Lane: "in", Expires: time.UnixMilli(1_800_000_010_999).UTC(),
		Until: time.Unix(1_800_043_200, 0).UTC(), Reason: "drill", By: "desk",
	}
	if diff := cmp.Diff(want, got.Command()); diff != "" {
		t.Error(diff)
	}
}

func TestShapes(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*command.JSON)
		fine   bool
	}{
		"every lane":                  {func(j *command.JSON) { j.Lane = "" }, true},
		"open without an end":         {func(j *command.JSON) { j.Verb, j.Until = gate.VerbOpen, 0 }, true},
		"open with an end":            {func(j *command.JSON) { j.Verb = gate.VerbOpen }, false},
		"release without an end":      {func(j *command.JSON) { j.Verb, j.Until = gate.VerbRelease, 0 }, true},
		"release with an end":         {func(j *command.JSON) { j.Verb = gate.VerbRelease }, false},
		"hold-open for 12 h":          {func(j *command.JSON) { j.Verb = gate.VerbHoldOpen }, true},
		"hold-open for 12 h and 1 s":  {func(j *command.JSON) { j.Verb = gate.VerbHoldOpen; j.Until++ }, false},
		"lockdown for 12 h and 1 s":   {func(j *command.JSON) { j.Until++ }, false},
		"lockdown without an end":     {func(j *command.JSON) { j.Until = 0 }, false},
		"lockdown that has ended":     {func(j *command.JSON) { j.Until = 1_800_000_000 }, false},
		"lockdown for a second":       {func(j *command.JSON) { j.Until = 1_800_000_001 }, true},
		"an unknown verb":             {func(j *command.JSON) { j.Verb = "Open" }, false},
		"no verb":                     {func(j *command.JSON) { j.Verb = "" }, false},
		"no id":                       {func(j *command.JSON) { j.ID = "" }, false},
		"an id of 128 bytes":          {func(j *command.JSON) { j.ID = strings.Repeat("x", 128) }, true},
		"an id of 129 bytes":          {func(j *command.JSON) { j.ID = strings.Repeat("x", 129) }, false},
		"a lane that cannot be":       {func(j *command.JSON) { j.Lane = "In" }, false},
		"alive for a millisecond":     {func(j *command.JSON) { j.ExpiresMS = j.IssuedMS + 1 }, true},
		"dead at its birth":           {func(j *command.JSON) { j.ExpiresMS = j.IssuedMS }, false},
		"dead before its birth":       {func(j *command.JSON) { j.ExpiresMS = 0 }, false},
		"alive for 10 s and 1 ms":     {func(j *command.JSON) { j.ExpiresMS++ }, false},
		"alive as long as can be":     {func(j *command.JSON) { j.IssuedMS = 0; j.ExpiresMS = 1<<53 - 1 }, false},
		"issued as late as can be":    {func(j *command.JSON) { j.IssuedMS, j.ExpiresMS = 1<<53-2, 1<<53-1 }, false},
		"an end as late as can be":    {func(j *command.JSON) { j.Until = 1<<53 - 1 }, false},
		"ends 12 h after a late time": {func(j *command.JSON) { j.IssuedMS, j.ExpiresMS, j.Until = 1<<53-2, 1<<53-1, 1<<53/1000+3600 }, true},
	} {
		t.Run(name, func(t *testing.T) {
			j := good()
			row.change(&j)
			if _, err := command.Parse(signed(t, j)); (err == nil) != row.fine || err != nil && !errors.Is(err, document.ErrMalformed) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestBoundsAreThoseOfTheProtocol(t *testing.T) {
	if command.Life.String() != "10s" || command.Ahead.String() != "5s" {
		t.Errorf("a command lives %s, and its issuer may be ahead by %s", command.Life, command.Ahead)
	}
}

func TestNothingThatIsNeededIsLeftOut(t *testing.T) {
	for _, name := range []string{"site", "gate", "id", "verb", "issued_at_ms", "expires_at_ms"} {
		v := map[string]any{
			"site": 1001, "gate": "east-1", "id": "c-1", "verb": "open", "issued_at_ms": 1_800_000_000_000, "expires_at_ms": 1_800_000_000_001,
		}
		if _, err := command.Parse(signed(t, v)); err != nil {
			t.Fatal(err)
		}
		delete(v, name)
		if _, err := command.Parse(signed(t, v)); !errors.Is(err, document.ErrMalformed) {
			t.Errorf("without %s: %v", name, err)
		}
	}
}

// FuzzParse: whatever is read has a shape that the door can act on, and says the
// same when it is written and read again.
func FuzzParse(f *testing.F) {
	f.Add(string(signed(f, good()).JSON))
	f.Add(`{"site":1,"gate":"a","id":"1","verb":"open","issued_at_ms":1,"expires_at_ms":2}`)
	f.Add(`{"site":1,"gate":"a","id":"1","verb":"release","issued_at_ms":9007199254740990,"expires_at_ms":9007199254740991,"until":null}`)
	f.Fuzz(func(t *testing.T, text string) {
		j, err := command.Parse(document.Document{Type: document.Command, JSON: []byte(text)})
		if err != nil {
			if !errors.Is(err, document.ErrMalformed) {
				t.Fatal(err)
			}
			return
		}
		c := j.Command()
		if stays := c.Verb == gate.VerbHoldOpen || c.Verb == gate.VerbLockdown; stays == c.Until.IsZero() {
			t.Errorf("%s until %s", c.Verb, c.Until)
		}
		if life := c.Expires.Sub(time.UnixMilli(j.IssuedMS)); life <= 0 || life > command.Life {
			t.Errorf("a life of %s", life)
		}
		again, err := command.Parse(signed(t, j))
		if err != nil || again != j {
			t.Errorf("read again: %+v, %v", again, err)
		}
	})
}
