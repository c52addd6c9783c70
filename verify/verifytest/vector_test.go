package verifytest_test

import (
	"strings"
	"testing"

	"gated/gate"
	"gated/verify/verifytest"
)

const (
	goodVector   = "about: a\nexpect: open\ntime: 1\nsite: 1\ntag: 1\nlane: in\nkey: 1 00\n\ncode: G1:\n"
	goodSequence = "about: a\nsite: 1\ntag: 1\ndocument: trust\n\nscan: 1 in open \"A B\"\ndocument: more\nscan: 2 in-2 used-up G1:\n"
)

func TestVectorsAreRead(t *testing.T) {
	t.Parallel()
	v, err := verifytest.ReadVector(goodVector)
	if err != nil || v.Sequence || len(v.Scans) != 1 || v.Scans[0].Want != gate.OK || v.Clock != gate.ClockSynced {
		t.Fatalf("%+v, %v", v, err)
	}
	v, err = verifytest.ReadVector(strings.Replace(goodVector, "code: G1:\n", "code a: G1:\ncode b: \"\"\n", 1))
	if err != nil || v.Sequence || len(v.Scans) != 2 || v.Scans[1].Name != "b" || v.Scans[1].Code != "" {
		t.Fatalf("%+v, %v", v, err)
	}
	v, err = verifytest.ReadVector(goodSequence)
	if err != nil || !v.Sequence || len(v.Scans) != 2 || v.Scans[0].Code != "A B" {
		t.Fatalf("%+v, %v", v, err)
	}
	v, err = verifytest.ReadVector(strings.Replace(goodVector, "expect: open\n", "expect: exit-late/expired\ndoor: interlock\nsource: present\n", 1))
	if err != nil || v.Scans[0].Want != gate.ExitLate || v.Scans[0].Entrance != gate.Expired || v.Door != gate.Interlock || v.Source != gate.FromPresent {
		t.Fatalf("%+v, %v", v, err)
	}
	v, err = verifytest.ReadVector(goodSequence)
	if err != nil || v.Source != gate.FromScanner || v.Door != "" {
		t.Fatalf("%+v, %v", v, err)
	}
	last := v.Scans[1]
	if last.At != 2 || last.Lane.Name != "in-2" || last.Lane.Direction != gate.In || last.Want != gate.UsedUp || len(last.Documents) != 1 {
		t.Fatalf("%+v", last)
	}
}

func TestVectorsThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	edit := func(old, text string) string { return strings.Replace(goodVector, old, text, 1) }
	scans := func(old, text string) string { return strings.Replace(goodSequence, old, text, 1) }
	for name, text := range map[string]string{
		"unknown expectation":         edit("open", "opened"),
		"an exit without its cause":   edit("open", "exit-late"),
		"a cause that is none":        edit("open", "exit-late/late"),
		"nothing behind a slash":      edit("open", "open/"),
		"a door that is none":         edit("tag: 1", "tag: 1\ndoor: open"),
		"a source that is none":       edit("tag: 1", "tag: 1\nsource: cli"),
		"ok for open":                 edit("open", "ok"),
		"unknown name":                edit("lane", "door"),
		"a name twice":                edit("tag: 1", "tag: 1\ntag: 2"),
		"a name left out":             edit("tag: 1\n", ""),
		"a tag that is none":          edit("tag: 1", "tag: 65536"),
		"a site that is none":         edit("site: 1", "site: one"),
		"a kid twice":                 edit("key: 1 00", "key: 1 00\nkey: 1 00"),
		"a key that is none":          edit("key: 1 00", "key: 1 0g"),
		"a clock that is none":        edit("tag: 1", "tag: 1\nclock: broken"),
		"a lane that is none":         edit("lane: in", "lane: up"),
		"no code":                     edit("code: ", "pass: "),
		"two codes":                   goodVector + "code: G1:\n",
		"a name of a code twice":      edit("code: G1:\n", "code a: G1:\ncode a: G1:\n"),
		"a code without its name":     edit("code: G1:\n", "code : G1:\n"),
		"a named code beside another": goodVector + "code a: G1:\n",
		"a code that breaks off":      edit("code: G1:", `code: "G1:`),
		"a scan beside a code":        goodVector + "scan: 1 in open G1:\n",
		"a document behind a code":    goodVector + "document: trust\n",
		"a time of all scans":         scans("tag: 1", "tag: 1\ntime: 1"),
		"a scan without a code":       scans(" G1:", ""),
		"a scan without a time":       scans("2 in-2", "two in-2"),
		"a scan at no lane":           scans("in-2", "2"),
		"a scan for no reason":        scans("used-up", "used"),
		"nothing at all":              "",
	} {
		if v, err := verifytest.ReadVector(text); err == nil {
			t.Errorf("%s: taken, %+v", name, v)
		}
	}
}
