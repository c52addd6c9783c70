package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// manualRow is a family in the manual.
func (f *family) manualRow(help string) string {
	labels := "–"
	if len(f.Labels) > 0 {
		labels = "`" + strings.Join(f.Labels, "`, `") + "`"
	}
	return fmt.Sprintf("| `%s` | %s | %s | %s | %s |\n", f.Name, f.Kind, labels, pick(f.unit == "", "–", f.unit), help)
}

// TestTheManualHasEveryFigure: and nothing that is none.
func TestTheManualHasEveryFigure(t *testing.T) {
	for page, chinese := range map[string]bool{"operations.md": false, "operations.zh-CN.md": true} {
		text, err := os.ReadFile(filepath.Join("..", "..", "docs", page))
		if err != nil {
			t.Fatal(err)
		}
		want := ""
		for i := range families {
			f := &families[i]
			want += f.manualRow(pick(chinese, f.zh, f.Help))
		}
		got := strings.Join(regexp.MustCompile("(?m)^\\| `(?:gated|process|go)_.*\n").FindAllString(string(text), -1), "")
		if got != want {
			t.Errorf("docs/%s has the figures\n%s\nwant\n%s", page, got, want)
		}
	}
}

func TestFamiliesAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range families {
		if seen[f.Name] || f.Help == "" || f.zh == "" || (f.value == nil) == (f.times == nil) {
			t.Errorf("%s is there twice, or lacks something: %+v", f.Name, f)
		}
		seen[f.Name] = true
		if strings.HasSuffix(f.Name, "_seconds") != (f.unit == "s" && !strings.HasSuffix(f.Name, "_total")) {
			t.Errorf("%s is in %q", f.Name, f.unit)
		}
		if strings.HasSuffix(f.Name, "_total") != (f.Kind == counter) {
			t.Errorf("%s is a %s", f.Name, f.Kind)
		}
	}
}

// TestAFloodAtThePortIsHungUpOn: it must not take the gate's files.
func TestAFloodAtThePortIsHungUpOn(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := few{l, make(chan struct{}, 2)}
	defer func() { _ = f.Close() }()
	dial := func() net.Conn {
		t.Helper()
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	accept := func() net.Conn {
		t.Helper()
		c, err := f.Accept()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	dial()
	first := accept()
	dial()
	second := accept()
	third := dial()
	dial()
	got := make(chan net.Conn, 1)
	go func() {
		c, err := f.Accept()
		if err == nil {
			got <- c
		}
	}()
	if _, err := third.Read(make([]byte, 1)); err == nil {
		t.Error("a third was let in")
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	_ = first.Close() // a second time makes no more room
	dial()
	_ = (<-got).Close()
	_ = second.Close()
	if len(f.room) != 0 {
		t.Errorf("%d places are taken by nobody", len(f.room))
	}
}
