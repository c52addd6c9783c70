package trust

import (
	"fmt"
	"strconv"
	"strings"
)

// maxSite is the largest number of a site: the one above means every site.
const maxSite = 0xFFFFFFFE

// Sites is a set of site numbers. The zero value is empty.
type Sites struct {
	all    bool
	ranges []siteRange
}

// siteRange holds the numbers from first to last, both included.
type siteRange struct{ first, last uint32 }

// AllSites is the set of every site.
func AllSites() Sites { return Sites{all: true} }

// OneSite is the set of one site.
func OneSite(site uint32) Sites { return Sites{ranges: []siteRange{{site, site}}} }

// ParseSites reads ["1001", "2000-2999"], or ["*"] standing alone. Numbers are
// 1…0xFFFFFFFE, without leading zeros.
func ParseSites(texts []string) (Sites, error) {
	if len(texts) == 1 && texts[0] == "*" {
		return AllSites(), nil
	}
	var s Sites
	for _, text := range texts {
		first, last, isRange := strings.Cut(text, "-")
		if !isRange {
			last = first
		}
		a, err := parseSite(first)
		if err != nil {
			return Sites{}, fmt.Errorf("sites %q: %w", text, err)
		}
		b, err := parseSite(last)
		if err != nil {
			return Sites{}, fmt.Errorf("sites %q: %w", text, err)
		}
		if a > b {
			return Sites{}, fmt.Errorf("sites %q: the range ends before it begins", text)
		}
		s.ranges = append(s.ranges, siteRange{a, b})
	}
	return s, nil
}

func parseSite(text string) (uint32, error) {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || n < 1 || n > maxSite || strconv.FormatUint(n, 10) != text {
		return 0, fmt.Errorf("%q is no site number", text)
	}
	return uint32(n), nil
}

// All says whether the set holds every site.
func (s Sites) All() bool { return s.all }

// Has says whether the set holds site.
func (s Sites) Has(site uint32) bool {
	if s.all {
		return true
	}
	for _, r := range s.ranges {
		if r.first <= site && site <= r.last {
			return true
		}
	}
	return false
}

// String is the set as it is written, for people.
func (s Sites) String() string {
	if s.all {
		return "*"
	}
	var b strings.Builder
	for i, r := range s.ranges {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%d", r.first)
		if r.last != r.first {
			fmt.Fprintf(&b, "-%d", r.last)
		}
	}
	return b.String()
}
