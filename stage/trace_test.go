package stage_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gated/stage"
)

const (
	second1 = "2026-01-15T08:00:01.000000001Z "
	second2 = "2026-01-15T08:00:02Z "
)

func TestTraceIsReadAsEdges(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339Nano, s[:len(s)-1])
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	tests := []struct {
		name, file string
		want       []stage.Edge
		bad        bool
	}{
		{"an empty file has no edge", "", nil, false},
		{"off at the start is no edge", second1 + "off\n", nil, false},
		{"on and off", second1 + "on\n" + second2 + "off\n", []stage.Edge{{at(second1), true}, {at(second2), false}}, false},
		{"a state said twice is one edge", second1 + "on\n" + second2 + "on\n", []stage.Edge{{at(second1), true}}, false},
		{"a line that is being written waits", second1 + "on\n" + second2 + "of", []stage.Edge{{at(second1), true}}, false},
		{"another word is refused", second1 + "ajar\n", nil, true},
		{"another time is refused", "yesterday on\n", nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := t.TempDir() + "/trace"
			if err := os.WriteFile(path, []byte(tt.file), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := stage.Trace(path).Edges()
			if (err != nil) != tt.bad {
				t.Fatalf("error %v", err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("edges (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTraceIsWaitedFor(t *testing.T) {
	path := t.TempDir() + "/trace"
	trace := stage.Trace(path)
	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := trace.Next(short, 0, true); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("edge of a box that never ran: %v", err)
	}
	if err := os.WriteFile(path, []byte(second1+"on\n"+second2+"off\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if e, err := trace.Next(deadline(t), 0, false); err != nil || e.On || e.At.Second() != 2 {
		t.Errorf("got %v, %v; want the second edge", e, err)
	}
	if n, err := trace.Rest(deadline(t)); n != 2 || err != nil {
		t.Errorf("at rest after %d edges, %v; want 2", n, err)
	}
	short, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if e, err := trace.Next(short, 2, true); err == nil {
		t.Errorf("edge %v is older than asked for", e)
	}
}
