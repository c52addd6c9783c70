package e2e_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"gated/gate"
	"gated/stage"
	"gated/verify/record"
)

// The numbers that may not be read on the line: a kid and riders that nothing
// else there is called by.
const (
	dayKid   = 31999
	dayRider = 3141592000
)

// TestADayOnTheLine plays what a day brings to a gate (riders, the same codes
// again, one who is on hold, nonsense, another community's pass, a presented
// pass, a command, a power cut, a broker that forgets everything) over plain TCP
// and a real Mosquitto, and reads the whole of it as whoever holds the line does:
// every record is a leaf that names nobody, and what names somebody is sealed.
func TestADayOnTheLine(t *testing.T) {
	t.Parallel()
	c := newCommunity(t)
	do(t, c.World, "key", "add", "--issuer", "1", "--kid", strconv.Itoa(dayKid))
	do(t, c.World, "hold", "--issuer", "1", "--rider", strconv.Itoa(dayRider+11))
	pass := func(rider int) string {
		return do(t, c.World, "issue", "--kid", strconv.Itoa(dayKid), "--site", fmt.Sprint(stage.Site), "--rider", strconv.Itoa(dayRider+rider))
	}
	c.knows(t, pass(0))
	var codes []string
	for rider := range 4 {
		codes = append(codes, pass(rider))
		c.at(t, codes[rider], gate.OK)
	}
	c.at(t, pass(11), gate.OnHold)
	c.at(t, "G1:NONSENSE", gate.Malformed)
	c.at(t, do(t, c.World, "issue", "--kid", strconv.Itoa(dayKid), "--site", fmt.Sprint(stage.OtherSite), "--rider", strconv.Itoa(dayRider+4)), gate.WrongSite)
	do(t, c.World, "open", "--gate", "west", "--reason", "a van", "--by", "the guard")
	if _, err := c.west.Trace.Next(soon(t), 0, true); err != nil {
		t.Fatal(err)
	}
	c.Broker.Kill()
	c.at(t, pass(5), gate.OK) // while there is no broker
	revive(t, c.World)
	if err := c.west.Kill(soon(t)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.west.Start(), c.west.Ready(soon(t))); err != nil {
		t.Fatal(err)
	}
	c.at(t, codes[0], gate.Again)
	c.at(t, pass(6), gate.OK)
	if _, err := c.west.Trace.Rest(soon(t)); err != nil {
		t.Fatal(err)
	}
	if err := c.west.Stop(soon(t)); err != nil { // with all records, and a checkpoint over them
		t.Fatal(err)
	}
	all, err := c.west.Journal(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	// What a dying broker took with it is sent again when no cosignature has come
	// for 2 min: longer than soon.
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	got, err := c.Central.WaitRecords(ctx, func(r stage.Records) bool {
		return r.Gate("west").Cosigned == uint64(len(all))
	})
	if err != nil {
		t.Fatalf("the box has %d records, the last %+v: %v", len(all), all[len(all)-1], err)
	}
	up, down := c.line.carried()
	seen := readAsTheLineDoes(t, up)
	for seq := range got.Gate("west").Records {
		if !seen[seq] {
			t.Errorf("record %d was not found on the line: this test reads too little", seq)
		}
	}
	nobody(t, usedText.ReplaceAllString(up, ""), "what goes up, without the used notes")
	for i := range 12 {
		if strings.Contains(down, strconv.Itoa(dayRider+i)) {
			t.Errorf("rider %d is on the way down", dayRider+i)
		}
	}
}

// knows waits until the west gate has the documents of a code's key.
func (c *community) knows(t *testing.T, code string) {
	t.Helper()
	err := stage.Until(soon(t), 50*time.Millisecond, func() (bool, error) {
		r, err := c.west.Try(soon(t), "explain", "--json", code)
		var said struct {
			Reason gate.Reason `json:"reason"`
		}
		if jerr := json.Unmarshal([]byte(r.Stdout), &said); err != nil || jerr != nil {
			return false, errors.Join(err, jerr)
		}
		return said.Reason == gate.OK, nil
	})
	if err != nil {
		t.Fatalf("the gate does not hear of the new key: %v", err)
	}
}

// batchText is the first line of a message of records.
var batchText = regexp.MustCompile(`\{"log":"[^"]*","first":(\d+),"count":(\d+),"persons":"([^"]*)"\}\n`)

// readAsTheLineDoes takes every message of records apart and says which records
// there were.
func readAsTheLineDoes(t *testing.T, up string) map[uint64]bool {
	t.Helper()
	seen := make(map[uint64]bool)
	named := 0
	for _, at := range batchText.FindAllStringSubmatchIndex(up, -1) {
		count, _ := strconv.Atoi(up[at[4]:at[5]])
		persons, err := base64.StdEncoding.DecodeString(up[at[6]:at[7]])
		if err != nil {
			t.Fatalf("persons are not base64: %v", err)
		}
		nobody(t, string(persons), "the persons of a message, decoded")
		lines := strings.SplitN(up[at[1]:], "\n", count+1)
		if len(lines) <= count {
			continue // the line was cut here; it comes again
		}
		for _, line := range lines[:count] {
			leaf, err := record.ParseLeaf([]byte(line)) // refuses every name that a leaf has not
			if err != nil {
				t.Errorf("not a leaf: %v: %s", err, line)
				continue
			}
			nobody(t, leaf.Detail+" "+leaf.Ref, "a leaf's sentence")
			seen[leaf.Seq] = true
			if leaf.Who != nil {
				named++
				if len(persons) == 0 {
					t.Errorf("record %d names somebody, and nothing is sealed", leaf.Seq)
				}
			}
		}
	}
	if named < 8 {
		t.Errorf("%d records name somebody, want those of 8 riders at least", named)
	}
	return seen
}

// nobody fails the test if a text says who somebody was.
func nobody(t *testing.T, text, what string) {
	t.Helper()
	words := []string{"rider", "serial", "issuer", `"kid"`, strconv.Itoa(dayKid), "G1:"}
	for i := range 12 {
		words = append(words, strconv.Itoa(dayRider+i))
	}
	for _, w := range words {
		if at := strings.Index(text, w); at >= 0 {
			t.Errorf("%s holds %q: %q", what, w, text[max(0, at-40):min(len(text), at+60)])
		}
	}
}
