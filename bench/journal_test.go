package main

import (
	"strings"
	"testing"
)

func TestJournalIsMeasured(t *testing.T) {
	var out strings.Builder
	if err := measureJournal(&out, t.TempDir(), 10_000); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"CPU", "RECORDS HELD", "BARE INSERT", "SINCE EMPTY", "verify of", "first verdict (open)", "10ms more a sync", "the wait's limit", "KB WRITTEN", "in a stream within the budget",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in:\n%s", want, out.String())
		}
	}
}
