package pass_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gated/gate"
	"gated/verify/pass"
)

// vector is one file of ../testdata/vectors, as its README describes it.
type vector struct {
	expect gate.Reason
	site   uint32
	tag    uint16
	keys   map[uint16][]byte
	code   string
}

// TestVectors runs every vector as far as form and signatures go.
func TestVectors(t *testing.T) {
	files, err := filepath.Glob("../testdata/vectors/*.txt")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d vectors, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			v, documents, err := readVector(string(text))
			if err != nil {
				t.Fatal(err)
			}
			if documents && !slices.Contains([]gate.Reason{gate.Malformed, gate.Unsupported}, v.expect) {
				t.Skip("its keys are in documents, which this package does not know")
			}
			if got, want := v.judge(), formOf(v.expect); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
}

// formOf is what form and signature say of a code that is expected to come to r.
func formOf(r gate.Reason) gate.Reason {
	switch r {
	case gate.Malformed, gate.Unsupported, gate.UnknownKey, gate.BadSignature, gate.WeakKey, gate.BadHolderSignature:
		return r
	default:
		return gate.OK
	}
}

// judge makes the checks of PROTOCOL 1.4 that need nothing but keys.
func (v vector) judge() gate.Reason {
	p, err := pass.Parse(v.code)
	switch {
	case errors.Is(err, pass.ErrUnsupported):
		return gate.Unsupported
	case err != nil:
		return gate.Malformed
	case v.keys[p.Kid] == nil:
		return gate.UnknownKey
	case !p.IssuerSigned(v.keys[p.Kid]):
		return gate.BadSignature
	case p.Type == pass.Bearer:
		return gate.OK
	case pass.CheckKey(p.Holder) != nil:
		return gate.WeakKey
	case !p.HolderSigned(v.site, v.tag) && !p.HolderSigned(v.site, 0):
		return gate.BadHolderSignature
	}
	return gate.OK
}

// readVector refuses all that the README does not describe.
func readVector(text string) (v vector, documents bool, err error) {
	head, rest, ok := strings.Cut(text, "\n\n")
	line, ended := strings.CutSuffix(rest, "\n")
	code, isCode := strings.CutPrefix(line, "code: ")
	if !ok || !ended || !isCode || strings.Contains(line, "\n") {
		return v, false, errors.New("not headers, an empty line and one line of code")
	}
	v.keys = make(map[uint16][]byte)
	seen := map[string]bool{}
	for line := range strings.Lines(head + "\n") {
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		if !ok || seen[name] && name != "key" && name != "document" {
			return v, false, fmt.Errorf("line %q is no header, or given twice", line)
		}
		seen[name] = true
		if err := v.header(name, value); err != nil {
			return v, false, fmt.Errorf("line %q: %w", line, err)
		}
	}
	for _, name := range []string{"about", "expect", "time", "site", "tag", "lane"} {
		if !seen[name] {
			return v, false, fmt.Errorf("no %s", name)
		}
	}
	if v.code = code; strings.HasPrefix(code, `"`) {
		err = json.Unmarshal([]byte(code), &v.code)
	}
	return v, seen["document"], err
}

// header takes one header line in.
func (v *vector) header(name, value string) (err error) {
	number := func(bits int) (n uint64) {
		n, err = strconv.ParseUint(value, 10, bits)
		return n
	}
	switch name {
	case "about", "document":
	case "expect":
		v.expect = gate.Reason(value)
		if value == "open" {
			v.expect = gate.OK
		} else if value == "ok" || !slices.Contains(gate.Reasons(), v.expect) {
			return errors.New("no such expectation")
		}
	case "time":
		number(53)
	case "site":
		v.site = uint32(number(32))
	case "tag":
		v.tag = uint16(number(16))
	case "lane":
		if !slices.Contains([]string{"in", "out", "both"}, value) {
			return errors.New("no such lane")
		}
	case "key":
		var key string
		value, key, _ = strings.Cut(value, " ")
		kid := uint16(number(16))
		if err == nil {
			v.keys[kid], err = hex.DecodeString(key)
		}
	default:
		return errors.New("unknown name")
	}
	return err
}

func TestVectorsThatAreNoneAreRefused(t *testing.T) {
	good := "about: a\nexpect: open\ntime: 1\nsite: 1\ntag: 1\nlane: in\nkey: 1 00\n\ncode: G1:\n"
	if _, _, err := readVector(good); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"unknown expectation": strings.Replace(good, "open", "opened", 1),
		"ok for open":         strings.Replace(good, "open", "ok", 1),
		"unknown name":        strings.Replace(good, "lane", "door", 1),
		"a name twice":        strings.Replace(good, "tag: 1", "tag: 1\ntag: 2", 1),
		"a name left out":     strings.Replace(good, "tag: 1\n", "", 1),
		"no code":             strings.Replace(good, "code: ", "pass: ", 1),
		"two codes":           good + "code: G1:\n",
	} {
		if _, _, err := readVector(text); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
