package signal_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gated/drivers/drivertest"
	"gated/drivers/scanner"
	"gated/drivers/signal"
	"gated/gate"
)

// speaking is a voice that runs until the test ends, and the module that it
// speaks by.
func speaking(t *testing.T, module string, lang gate.Language, log *bytes.Buffer) (signal.Signal, *drivertest.Cable, *drivertest.Speech) {
	t.Helper()
	c := drivertest.NewCable(t)
	m := drivertest.NewSpeech(t, c, module == "syn6288")
	s, err := signal.Open(signal.Config{
		Kind: "voice", Device: c.Path(), Module: module, Language: lang, Port: scanner.OpenPort, Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return s, c, m
}

// hears waits until the module has said that many sentences.
func hears(t *testing.T, m *drivertest.Speech, n int) []string {
	t.Helper()
	drivertest.Eventually(t, "the sentence is said", func() bool { said, _ := m.Said(); return len(said) >= n })
	said, odd := m.Said()
	if odd > 0 {
		t.Errorf("%d frames were not understood", odd)
	}
	return said
}

func TestEveryReasonIsSaidByEitherModule(t *testing.T) {
	for _, tc := range []struct {
		module string
		lang   gate.Language
	}{{"syn6288", gate.Chinese}, {"xfs5152", gate.Chinese}, {"xfs5152", gate.English}} {
		t.Run(tc.module+" "+string(tc.lang), func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			s, _, m := speaking(t, tc.module, tc.lang, &log)
			var want []string
			for _, r := range gate.Reasons() {
				if sentence := r.Rider().In(tc.lang); sentence != "" {
					want = append(want, sentence)
				}
				s.Show(gate.Decision{Verdict: r.Verdict(), Reason: r})
				hears(t, m, len(want)) // one by one: the newest cuts short the one before
			}
			if diff := cmp.Diff(want, hears(t, m, len(want))); diff != "" || len(want) < 30 {
				t.Error(diff)
			}
		})
	}
}

func TestTheCommunitysOwnSentenceIsSaid(t *testing.T) {
	var log bytes.Buffer
	s, _, m := speaking(t, "syn6288", gate.Chinese, &log)
	s.Show(gate.Decision{Verdict: gate.Refused, Reason: gate.EntryProhibited, Notice: &gate.Text{ZH: "请放到2号柜\x1b[v16]", EN: "x"}})
	if got := hears(t, m, 1); got[0] != "请放到2号柜[v16]" {
		t.Errorf("said %q", got)
	}
	// What GB2312 lacks is left out, and what is too long is cut after a whole
	// character: the module takes 200 bytes.
	s.Show(gate.Decision{Verdict: gate.Refused, Reason: gate.EntryProhibited, Notice: &gate.Text{ZH: "a😀镕" + strings.Repeat("门", 150)}})
	if got := hears(t, m, 2); got[1] != "a"+strings.Repeat("门", 99) {
		t.Errorf("said %q", got[1])
	}
}

func TestAVoiceThatIsPulledSpeaksAgain(t *testing.T) {
	var log bytes.Buffer
	s, c, m := speaking(t, "xfs5152", gate.Chinese, &log)
	s.Show(gate.Decision{Verdict: gate.Open, Reason: gate.OK})
	hears(t, m, 1)
	c.Pull()
	s.Show(gate.Decision{Verdict: gate.Open, Reason: gate.ExitLate}) // nobody hears it
	c.Plug()
	drivertest.Eventually(t, "it speaks again", func() bool {
		s.Show(gate.Decision{Verdict: gate.Refused, Reason: gate.Revoked})
		said, _ := m.Said()
		return slices.Contains(said, gate.Revoked.Rider().ZH)
	})
}

func TestAFrameOfTheSYN6288IsThatOfItsDataSheet(t *testing.T) {
	// The example of the maker: the company's name.
	const want = "fd000b0100d3eed2f4cceccfc2c1"
	if got := hex.EncodeToString(signal.Frame("syn6288", "宇音天下")); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := hex.EncodeToString(signal.Frame("xfs5152", "宇音天下")); got != "fd000a0100d3eed2f4cceccfc2" {
		t.Errorf("%s", got)
	}
}
