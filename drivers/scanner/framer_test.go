package scanner_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gated/drivers/scanner"
)

var start = time.Date(2027, 1, 15, 8, 0, 0, 0, time.UTC)

// silence stands for a pause on the line in the tables below.
const silence = "<silence>"

func TestFramer(t *testing.T) {
	long := strings.Repeat("x", 512)
	for _, tc := range []struct {
		name   string
		line   string
		want   []string
		counts map[scanner.Count]uint64 // those that are not 0; Codes and Bytes follow from want
	}{
		{"each terminator ends a frame", "a\rb\nc\td\x03e\r\n", []string{"a", "b", "c", "d", "e"}, map[scanner.Count]uint64{scanner.Terminators: 6}},
		{"the second half of CRLF is nothing", "\r\n\r\n\n\r", nil, map[scanner.Count]uint64{scanner.Terminators: 6}},
		{"a silence ends a frame", "abc" + silence + "def\r", []string{"abc", "def"}, map[scanner.Count]uint64{scanner.Terminators: 1, scanner.NoTerminator: 1}},
		{"a silence after a terminator is nothing", "abc\r" + silence + "\n" + silence, []string{"abc"}, map[scanner.Count]uint64{scanner.Terminators: 2}},
		{"what cannot begin a frame is noise", "\x00\x1b\xff\x80\x7fabc\r", []string{"abc"}, map[scanner.Count]uint64{scanner.Terminators: 1, scanner.Noise: 5}},
		{"noise alone is no frame", "\x00\xff" + silence + "\x00\r", nil, map[scanner.Count]uint64{scanner.Terminators: 1, scanner.Noise: 3}},
		{"what is odd within a frame stays", "G1:\x00A B\xff \r", []string{"G1:\x00A B\xff "}, map[scanner.Count]uint64{scanner.Terminators: 1}},
		{"spaces around stay", "  abc  \r", []string{"  abc  "}, map[scanner.Count]uint64{scanner.Terminators: 1}},
		{"an AIM prefix is taken off", "]Q1abc\r]C0def\r", []string{"abc", "def"}, map[scanner.Count]uint64{scanner.Terminators: 2, scanner.AIMPrefix: 6}},
		{"an AIM prefix alone is nothing", "]Q1\r", nil, map[scanner.Count]uint64{scanner.Terminators: 1, scanner.AIMPrefix: 3}},
		{"one prefix is taken off, not two", "]Q1]Q1abc\r", []string{"]Q1abc"}, map[scanner.Count]uint64{scanner.Terminators: 1, scanner.AIMPrefix: 3}},
		{"a bracket is no prefix", "]1Qabc\r", []string{"]1Qabc"}, map[scanner.Count]uint64{scanner.Terminators: 1}},
		{"a failed read is dropped", "%%NoRead\r%%NoRead" + silence, nil, map[scanner.Count]uint64{scanner.Terminators: 1, scanner.NoRead: 16}},
		{"a code that speaks of a failed read is a code", "%%NoReader\r", []string{"%%NoReader"}, map[scanner.Count]uint64{scanner.Terminators: 1}},
		{"a module's reply is dropped, printable checksum and all", "\x02\x00\x00\x01\x0031abc\r", []string{"abc"}, map[scanner.Count]uint64{scanner.Terminators: 1, scanner.ModuleReply: 7}},
		{"a reply may hold terminators", "\x02\x00\x00\x02\r\n\t\x03abc\r", []string{"abc"}, map[scanner.Count]uint64{scanner.Terminators: 1, scanner.ModuleReply: 8}},
		{"a reply that breaks off ends with the silence", "\x02\x00\x00\x02\x01" + silence + "abc\r", []string{"abc"}, map[scanner.Count]uint64{scanner.Terminators: 1, scanner.ModuleReply: 5}},
		{"a header that breaks off is noise", "\x02\x00" + silence + "abc\r", []string{"abc"}, map[scanner.Count]uint64{scanner.Terminators: 1, scanner.Noise: 2}},
		{"half a header before a whole one is noise", "\x02\x02\x00\x02\x00\x00\x01\x0031abc\r", []string{"abc"}, map[scanner.Count]uint64{scanner.Terminators: 1, scanner.Noise: 3, scanner.ModuleReply: 7}},
		{"a header that promises too much is noise", "\x02\x00\x00\x21abc\r", []string{"!abc"}, map[scanner.Count]uint64{scanner.Terminators: 1, scanner.Noise: 3}},
		{"STX and ETX around a code are framing", "\x02abc\x03", []string{"abc"}, map[scanner.Count]uint64{scanner.Terminators: 1, scanner.Noise: 1}},
		{"512 bytes are a frame", long + "\r", []string{long}, map[scanner.Count]uint64{scanner.Terminators: 1}},
		{"513 are too long, and all that follows up to the terminator", long + "xyz\rabc\r", []string{"abc"}, map[scanner.Count]uint64{scanner.Terminators: 2, scanner.TooLong: 515}},
		{"a frame that is too long ends with the silence as well", long + "x" + silence + "abc\r", []string{"abc"}, map[scanner.Count]uint64{scanner.Terminators: 1, scanner.TooLong: 513}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var f scanner.Framer
			got := feed(&f, tc.line)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
			var counts scanner.Counts
			for c, n := range tc.counts {
				counts[c] = n
			}
			for _, code := range tc.want {
				counts[scanner.Codes]++
				counts[scanner.Bytes] += uint64(len(code))
			}
			if diff := cmp.Diff(counts, f.Counts()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// feed sends the line with its silences through f, at once.
func feed(f *scanner.Framer, line string) []string {
	var got []string
	at := start
	for i, part := range strings.Split(line, silence) {
		if i > 0 {
			at = at.Add(100 * time.Millisecond)
			got = append(got, codes(f.Tick(at))...)
		}
		got = append(got, codes(f.Feed(at, []byte(part)))...)
	}
	return got
}

func codes(frames []scanner.Frame) []string {
	var s []string
	for _, f := range frames {
		s = append(s, f.Code)
	}
	return s
}

func TestFramerEndsAFrameAfter80msOfSilence(t *testing.T) {
	var f scanner.Framer
	f.Feed(start, []byte("abc"))
	if got := f.Tick(start.Add(79 * time.Millisecond)); got != nil {
		t.Errorf("after 79 ms: %v", got)
	}
	got := f.Tick(start.Add(80 * time.Millisecond))
	if diff := cmp.Diff([]scanner.Frame{{Code: "abc", At: start}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestFramerDoesNotSplitWhatWasReadLate(t *testing.T) {
	var f scanner.Framer
	f.Feed(start, []byte("abc"))
	at := start.Add(time.Second)
	if diff := cmp.Diff([]scanner.Frame{{Code: "abcdef", At: at}}, f.Feed(at, []byte("def\r"))); diff != "" {
		t.Error(diff)
	}
}

func TestFramerNeverCompletesHalfACode(t *testing.T) {
	var f scanner.Framer
	f.Feed(start, []byte("first ha"))
	f.Reset()
	if diff := cmp.Diff([]string{"second"}, codes(f.Feed(start, []byte("second\r")))); diff != "" {
		t.Error(diff)
	}
	if got := f.Counts()[scanner.Partial]; got != 8 {
		t.Errorf("%d bytes counted as partial, want 8", got)
	}
}

func TestFramerDropsTheRestOfWhatItSkipped(t *testing.T) {
	var f scanner.Framer
	f.Skip(start, []byte("old\rhal"))
	f.Skip(start, []byte("f of o"))
	if diff := cmp.Diff([]string{"new"}, codes(f.Feed(start, []byte("ne\rnew\r")))); diff != "" {
		t.Error(diff)
	}
	f.Skip(start, []byte("whole\r"))
	if diff := cmp.Diff([]string{"next"}, codes(f.Feed(start, []byte("next\r")))); diff != "" {
		t.Error(diff)
	}
	if got := f.Counts()[scanner.BeforeOpening]; got != 21 {
		t.Errorf("%d bytes counted as before the opening, want 21", got)
	}
}

// FuzzFramer wants that the same bytes give the same frames however they are
// cut, that no frame breaks the promises, and that every byte is accounted for.
func FuzzFramer(f *testing.F) {
	f.Add([]byte("\x02\x00\x00\x01\x0031]Q1G1:ABC\r\n%%NoRead\r"), uint64(3))
	f.Add(bytes.Repeat([]byte("y"), 600), uint64(511))
	f.Add([]byte("\x02\x00\x02\x00\x00\r\x02\x00\x00\x21ab\t"), uint64(1))
	f.Fuzz(func(t *testing.T, line []byte, cut uint64) {
		var whole, pieces scanner.Framer
		want := codes(whole.Feed(start, line))
		var got []string
		for rest := line; len(rest) > 0; {
			n := min(len(rest), 1+int(cut%97))
			got = append(got, codes(pieces.Feed(start, rest[:n]))...)
			rest = rest[n:]
			cut = cut*6364136223846793005 + 1442695040888963407
		}
		if !slices.Equal(want, got) || whole.Counts() != pieces.Counts() {
			t.Fatalf("whole %q %v\nin pieces %q %v", want, whole.Counts(), got, pieces.Counts())
		}
		if a, b := whole.Reply(), pieces.Reply(); !bytes.Equal(a, b) {
			t.Fatalf("whole the reply % x\nin pieces % x", a, b)
		}
		for _, code := range got {
			if code == "" || len(code) > 512 || strings.ContainsAny(code, "\r\n\t\x03") {
				t.Errorf("frame %q", code)
			}
		}
		account(t, &pieces, line)
		last := codes(pieces.Tick(start.Add(time.Second)))
		if len(last) > 1 || pieces.Pending() != 0 {
			t.Errorf("after a silence: %q, %d bytes pending", last, pieces.Pending())
		}
		account(t, &pieces, line)
	})
}

// account wants every byte of the line in exactly one count.
func account(t *testing.T, f *scanner.Framer, line []byte) {
	t.Helper()
	c := f.Counts()
	sum := uint64(f.Pending()) + c[scanner.Bytes]
	for _, cause := range []scanner.Count{
		scanner.Terminators, scanner.Noise, scanner.NoRead, scanner.ModuleReply, scanner.AIMPrefix,
		scanner.TooLong, scanner.Partial, scanner.BeforeOpening,
	} {
		sum += c[cause]
	}
	if sum != uint64(len(line)) {
		t.Errorf("%d bytes came, %d are accounted for: %v", len(line), sum, c)
	}
}
