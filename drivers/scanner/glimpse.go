package scanner

import (
	"strings"
	"time"
)

// Sort is what a code is to a technician.
type Sort string

// The sorts of codes.
const (
	SortTest    Sort = "test"    // TestCode, whole
	SortDamaged Sort = "damaged" // begins as TestCode does, and goes on otherwise
	SortPass    Sort = "pass"    // begins as a pass does
	SortText    Sort = "text"    // anything else
)

const (
	// glimpsesKept is how many of the newest codes are remembered so.
	glimpsesKept = 64

	// shownHead is how much is shown of what may open something: of a pass its
	// type, its key and the beginning of the site.
	shownHead = 8

	// shownWhole is the longest text that is shown whole: too short to hold a pass
	// that has lost its beginning.
	shownWhole = 32

	// payDigits is from how many digits on a code of nothing else may be one that
	// pays: those of the big Chinese wallets have 16 to 24.
	payDigits = 16
)

// Glimpse is what may be seen of one code: enough to find a fault, too little to
// open anything with. It is all that is remembered of a code.
type Glimpse struct {
	Number uint64 // counted from 1 since the program started
	At     time.Time
	Length int // of the whole code in bytes
	Sort   Sort
	Text   string // its beginning, or all of it
	Whole  bool   // Text is all of it
}

// glimpse is what may be seen of a code.
func glimpse(f Frame) Glimpse {
	g := Glimpse{At: f.At, Length: len(f.Code), Sort: SortText, Text: f.Code, Whole: true}
	head := strings.ToUpper(f.Code[:min(len(f.Code), len("G1:AEAAB777777QAAAAAA"))])
	switch {
	case f.Code == TestCode:
		g.Sort = SortTest
		return g
	case len(head) > shownHead && strings.HasPrefix(TestCode, head):
		g.Sort = SortDamaged
	case strings.HasPrefix(head, "G1:"):
		g.Sort = SortPass
	case len(f.Code) <= shownWhole && !pays(f.Code):
		return g
	}
	g.Text, g.Whole = f.Code[:min(len(f.Code), shownHead)], len(f.Code) <= shownHead
	return g
}

// pays says whether a code may be one that pays.
func pays(code string) bool {
	return len(code) >= payDigits && strings.Trim(code, "0123456789") == ""
}

// remember keeps what may be seen of a code.
func (s *Serial) remember(f Frame) {
	g := glimpse(f)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen++
	g.Number = s.seen
	s.glimpses[s.seen%glimpsesKept] = g
}

// Seen is the number of the newest code, and what may be seen of those after the
// one with the number after: the newest 64 at most, the oldest first. The caller
// owns them. Safe for concurrent use.
func (s *Serial) Seen(after uint64) (newest uint64, all []Glimpse) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := max(after, s.seen-min(s.seen, glimpsesKept)) + 1; n <= s.seen; n++ {
		all = append(all, s.glimpses[n%glimpsesKept])
	}
	return s.seen, all
}
