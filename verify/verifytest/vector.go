package verifytest

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gated/gate"
)

// Vector is one file of verify/testdata/vectors. The README there is its
// specification.
type Vector struct {
	Site      uint32
	Tag       uint16
	Clock     gate.ClockState
	Door      gate.Reason       // with which the door refuses; empty: it can open
	Source    gate.Source       // of every code
	Keys      map[uint16][]byte // by kid: public keys
	Documents []VectorDocument  // held before the first scan
	Scans     []VectorScan
	Sequence  bool // one box sees all scans, in their order; otherwise each comes to a box of its own
}

// VectorDocument is a file in documents/.
type VectorDocument struct {
	Name    string
	Refused bool // the box must not take it
}

// VectorScan is one code at one time.
type VectorScan struct {
	Name      string // of a case of several in a file; empty: there is but one
	At        int64  // unix seconds
	Lane      gate.Lane
	Want      gate.Reason
	Entrance  gate.Reason // what stands in the record beside Want; empty: nothing
	Code      string
	Documents []VectorDocument // that come after the scan before
}

// ReadVector reads a file, and refuses all that the README does not describe: a
// runner that skips what it does not know passes for the wrong reason.
func ReadVector(text string) (Vector, error) {
	v := Vector{Clock: gate.ClockSynced, Source: gate.FromScanner, Keys: map[uint16][]byte{}}
	head, body, ok := strings.Cut(text, "\n\n")
	if !ok || !strings.HasSuffix(body, "\n") {
		return v, errors.New("not headers, an empty line and the codes")
	}
	var all VectorScan // what the headers say of every code
	seen := map[string]bool{}
	for line := range strings.Lines(head + "\n") {
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		if !ok || seen[name] && !slices.Contains([]string{"key", "document", "refused"}, name) {
			return v, fmt.Errorf("line %q is no header, or given twice", line)
		}
		seen[name] = true
		if err := v.header(&all, name, value); err != nil {
			return v, fmt.Errorf("line %q: %w", line, err)
		}
	}
	if err := v.codes(all, body); err != nil {
		return v, err
	}
	for name, wanted := range map[string]bool{
		"about": true, "site": true, "tag": true, "expect": !v.Sequence, "time": !v.Sequence, "lane": !v.Sequence,
	} {
		if seen[name] != wanted {
			return v, fmt.Errorf("%s is left out, or may not stand there", name)
		}
	}
	return v, nil
}

// header takes one header line in.
func (v *Vector) header(all *VectorScan, name, value string) (err error) {
	switch name {
	case "about":
	case "expect":
		all.Want, all.Entrance, err = expectation(value)
	case "time":
		all.At, err = strconv.ParseInt(value, 10, 54)
	case "lane":
		all.Lane, err = vectorLane(value)
	case "site":
		v.Site, err = number[uint32](value, 32)
	case "tag":
		v.Tag, err = number[uint16](value, 16)
	case "clock":
		v.Clock = gate.ClockState(value)
		if !slices.Contains([]gate.ClockState{gate.ClockSynced, gate.ClockRTC, gate.ClockFloor, gate.ClockLost}, v.Clock) {
			err = errors.New("no such state of the clock")
		}
	case "door":
		v.Door = gate.Reason(value)
		if !slices.Contains([]gate.Reason{gate.Lockdown, gate.Interlock, gate.DoorFault, gate.NotReady}, v.Door) {
			err = errors.New("no such state of the door")
		}
	case "source":
		v.Source = gate.Source(value)
		if v.Source != gate.FromScanner && v.Source != gate.FromPresent {
			err = errors.New("no source of codes")
		}
	case "document", "refused":
		v.Documents = append(v.Documents, VectorDocument{value, name == "refused"})
	case "key":
		first, key, _ := strings.Cut(value, " ")
		kid, err := number[uint16](first, 16)
		if err != nil || v.Keys[kid] != nil {
			return errors.New("no kid, or given twice")
		}
		v.Keys[kid], err = hex.DecodeString(key)
		return err
	default:
		err = errors.New("unknown name")
	}
	return err
}

// codes reads what follows the headers.
func (v *Vector) codes(all VectorScan, body string) error {
	var waiting []VectorDocument
	names := map[string]bool{}
	for line := range strings.Lines(body) {
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		if name == "document" && ok {
			waiting = append(waiting, VectorDocument{Name: value})
			continue
		}
		s := all
		var err error
		label, isCode := strings.CutPrefix(name, "code")
		switch {
		case !ok:
			err = errors.New("not a name and a value")
		case name == "scan":
			v.Sequence = true
			s, err = scanLine(value)
			s.Documents, waiting = waiting, nil
			s.Name = fmt.Sprintf("scan-%d", len(v.Scans)+1)
		case isCode && (label == "" || len(label) > 1 && label[0] == ' ') && !names[label]:
			names[label] = true
			s.Name = strings.TrimPrefix(label, " ")
			s.Code, err = literal(value)
		default:
			err = errors.New("neither a code nor a scan, or a name given twice")
		}
		if err != nil {
			return fmt.Errorf("line %q: %w", line, err)
		}
		v.Scans = append(v.Scans, s)
	}
	if len(names) > 0 && v.Sequence || names[""] && len(names) > 1 || waiting != nil || len(v.Scans) == 0 {
		return errors.New("not one code, named codes or scans, and nothing beside")
	}
	return nil
}

// scanLine reads TIME LANE EXPECT CODE.
func scanLine(value string) (s VectorScan, err error) {
	f := strings.SplitN(value, " ", 4)
	if len(f) != 4 {
		return s, errors.New("not a time, a lane, an expectation and a code")
	}
	var errs [4]error
	s.At, errs[0] = strconv.ParseInt(f[0], 10, 54)
	s.Lane, errs[1] = vectorLane(f[1])
	s.Want, s.Entrance, errs[2] = expectation(f[2])
	s.Code, errs[3] = literal(f[3])
	return s, errors.Join(errs[:]...)
}

// expectation is open, for the reason ok, or the wire word of another reason;
// behind a slash what an entrance would have said, which exit-late always has.
func expectation(value string) (want, entrance gate.Reason, err error) {
	word, behind, slash := strings.Cut(value, "/")
	want, entrance = gate.Reason(word), gate.Reason(behind)
	if word == "open" {
		want = gate.OK
	}
	known := func(r gate.Reason) bool { return slices.Contains(gate.Reasons(), r) }
	if word == "ok" || !known(want) || slash != known(entrance) || want == gate.ExitLate && !slash {
		err = errors.New("no such expectation")
	}
	return want, entrance, err
}

// vectorLane is a lane whose name says its direction: in, out, both, or such a
// word with a number behind it, in-2.
func vectorLane(name string) (gate.Lane, error) {
	way, _, _ := strings.Cut(name, "-")
	if !slices.Contains([]string{"in", "out", "both"}, way) {
		return gate.Lane{}, errors.New("no such lane")
	}
	return gate.Lane{Name: name, Direction: gate.Direction(way)}, nil
}

// literal is a value as it stands, or a JSON string.
func literal(value string) (text string, err error) {
	if !strings.HasPrefix(value, `"`) {
		return value, nil
	}
	return text, json.Unmarshal([]byte(value), &text)
}

func number[T uint16 | uint32](value string, bits int) (T, error) {
	n, err := strconv.ParseUint(value, 10, bits)
	return T(n), err
}
