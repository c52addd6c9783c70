package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"gated/gate"
	"gated/store"
	"gated/verify/record"
)

// json adds a member of JSON.
func (b *bundle) json(name string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err == nil {
		b.add(name, append(text, '\n'))
	}
	return err
}

// newest is how many records go into a bundle.
const newest = 1000

// harmless is what goes of a record: nothing by which a person could be found,
// neither who it was nor what others have numbered.
type harmless struct {
	Seq      uint64  `json:"seq"`
	At       string  `json:"at"`
	Clock    string  `json:"clock"`
	Boot     uint64  `json:"boot"`
	Lane     string  `json:"lane,omitempty"`
	Kind     string  `json:"kind"`
	Verdict  string  `json:"verdict,omitempty"`
	Reason   string  `json:"reason,omitempty"`
	Entrance string  `json:"entrance,omitempty"`
	Source   string  `json:"source,omitempty"`
	UID      string  `json:"uid,omitempty"` // of the technician's command
	Fresh    int64   `json:"fresh"`
	Rev      uint64  `json:"rev"`
	Trust    uint64  `json:"trust"`
	TookUS   int64   `json:"took_us,omitempty"`
	Event    string  `json:"event,omitempty"`
	About    *uint64 `json:"about,omitempty"`
	Count    uint64  `json:"count,omitempty"`
	Detail   string  `json:"detail,omitempty"`
}

var smallNumber = regexp.MustCompile(`^[0-9]{1,5}$`)

// harmlessRecord is what may be seen of a leaf.
func harmlessRecord(l record.Leaf, s *scrubber) harmless {
	word := func(w string) string { return pick(w == "" || validName.MatchString(w) && len(w) < 32, w, removed) }
	h := harmless{
		Seq: l.Seq, At: time.UnixMilli(l.TimeMS).UTC().Format("2006-01-02T15:04:05.000Z"), Clock: word(l.Clock), Boot: l.Boot,
		Lane: word(l.Lane), Kind: word(l.Kind), Verdict: word(l.Verdict), Reason: word(l.Reason), Entrance: word(l.Entrance), Source: word(l.Source),
		Fresh: l.Fresh, Rev: l.Rev, Trust: l.Trust, TookUS: l.TookUS, Event: word(l.Event), About: l.About, Count: l.Count,
		Detail: s.plain(l.Detail),
	}
	if l.Source == string(gate.FromCLI) && smallNumber.MatchString(l.Ref) {
		h.UID = l.Ref
	}
	return h
}

// newestRecords are the last of the log, one a line. What was read before an error
// is given with it.
func newestRecords(ctx context.Context, st *store.Store, s *scrubber) ([]byte, error) {
	var out bytes.Buffer
	_, size := st.Log()
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	err := st.Each(ctx, size-min(size, newest), math.MaxInt64, func(entry record.Entry) error {
		l, err := record.ParseLeaf(entry.Leaf)
		if err != nil {
			out.WriteString(`{"detail":"a record that cannot be read"}` + "\n")
			return nil
		}
		return e.Encode(harmlessRecord(l, s))
	})
	return out.Bytes(), err
}

// versions adds what runs here: program, kernel, system, board. The name that
// people gave the machine is not in it.
func (b *bundle) versions(context.Context) error {
	var out bytes.Buffer
	fmt.Fprintf(&out, "gated %s, source of %s\n", versionText(), buildTime().UTC().Format(time.RFC3339))
	if s := b.patient.cfg; s.Gate.Site != 0 {
		fmt.Fprintf(&out, "gate %s, site %d\n", b.gate(), s.Gate.Site)
	}
	fmt.Fprintf(&out, "at %s, up for %s\n", b.patient.now.UTC().Format(time.RFC3339), upTime().Round(time.Second))
	var u unix.Utsname
	if err := unix.Uname(&u); err == nil {
		fmt.Fprintf(&out, "kernel %s %s\n", unix.ByteSliceToString(u.Release[:]), unix.ByteSliceToString(u.Machine[:]))
	}
	read := func(name string) string {
		text, _ := os.ReadFile(filepath.Join(b.patient.root, name)) //nolint:gosec // the machine's own
		return string(text)
	}
	for line := range strings.Lines(read("etc/os-release")) {
		if key, _, _ := strings.Cut(line, "="); slices.Contains([]string{"PRETTY_NAME", "VERSION_ID", "ID"}, key) {
			fmt.Fprintf(&out, "system %s", b.scrub.plain(line))
		}
	}
	if model := strings.Trim(read("proc/device-tree/model"), "\x00\n"); model != "" {
		fmt.Fprintf(&out, "board %s\n", b.scrub.plain(model))
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		fmt.Fprintf(&out, "go %s\n", info.GoVersion)
		for _, m := range info.Deps {
			fmt.Fprintf(&out, "  %s %s\n", m.Path, m.Version)
		}
	}
	var modules []string
	for line := range strings.Lines(read("proc/modules")) {
		name, _, _ := strings.Cut(line, " ")
		modules = append(modules, name)
	}
	slices.Sort(modules)
	fmt.Fprintf(&out, "kernel modules: %s\n", b.scrub.plain(strings.Join(modules, " ")))
	b.add("versions.txt", out.Bytes())
	return nil
}
