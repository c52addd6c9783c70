package stage_test

import (
	"os"
	"strings"
	"testing"

	"rsc.io/qr"

	"gated/stage"
)

func TestPictureIsDecoded(t *testing.T) {
	for _, size := range []int{141, 301} { // the two kinds of passes
		want := "G1:" + strings.Repeat("AZ27", size/4)[:size-3]
		code, err := qr.Encode(want, qr.M)
		if err != nil {
			t.Fatal(err)
		}
		path := t.TempDir() + "/code.png"
		if err := os.WriteFile(path, code.PNG(), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := stage.ReadPicture(path); err != nil || got != want {
			t.Errorf("%d characters: read %q, %v", size, got, err)
		}
	}
	blank := t.TempDir() + "/blank.png"
	if err := os.WriteFile(blank, []byte("no picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := stage.ReadPicture(blank); err == nil {
		t.Errorf("read %q in no picture", got)
	}
}

func TestRecordsMustBeWhole(t *testing.T) {
	rec := func(log string, seq uint64) stage.Record {
		var r stage.Record
		r.Leaf.Log, r.Leaf.Seq = log, seq
		return r
	}
	tests := []struct {
		name string
		recs []stage.Record
		ok   bool
	}{
		{"none at all", nil, true},
		{"one after the other", []stage.Record{rec("a", 0), rec("a", 1)}, true},
		{"one twice", []stage.Record{rec("a", 0), rec("a", 0)}, false},
		{"one missing", []stage.Record{rec("a", 0), rec("a", 2)}, false},
		{"the first missing", []stage.Record{rec("a", 1)}, false},
		{"two logs", []stage.Record{rec("a", 0), rec("b", 1)}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := (stage.Records{Records: tt.recs}).Whole(); (err == nil) != tt.ok {
				t.Errorf("Whole: %v", err)
			}
		})
	}
}
