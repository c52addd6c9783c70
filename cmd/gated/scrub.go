package main

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// removed stands where something was taken out.
const removed = "(removed)"

// shortestSecret is how long a value must be in bytes to be looked for by itself:
// what is shorter is in every other word.
const shortestSecret = 4

// scrubber takes out of a text what must not leave the box: the values that it was
// told, in every usual spelling, and what looks like a code, a key, a password or
// a way to reach a person. It is safe for concurrent use.
type scrubber struct{ known *strings.Replacer }

// newScrubber makes one that knows those secrets, except those that are kept.
func newScrubber(secrets, kept []string) *scrubber {
	var all []string
	for _, s := range secrets {
		s = strings.TrimSpace(s)
		if len(s) >= shortestSecret && !slices.Contains(kept, s) {
			all = append(all, spellings(s)...)
		}
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	var pairs []string
	for _, s := range slices.Compact(all) {
		pairs = append(pairs, s, removed)
	}
	return &scrubber{strings.NewReplacer(pairs...)}
}

// spellings are the forms in which programs write a value.
func spellings(s string) []string {
	b := []byte(s)
	return []string{
		s, strings.Trim(strconv.Quote(s), `"`), strings.Trim(strconv.QuoteToASCII(s), `"`), url.QueryEscape(s), url.PathEscape(s),
		base64.RawStdEncoding.EncodeToString(b), base64.RawURLEncoding.EncodeToString(b),
		hex.EncodeToString(b), strings.ToUpper(hex.EncodeToString(b)), spaced(hex.EncodeToString(b)), spaced(strings.ToUpper(hex.EncodeToString(b))),
	}
}

// shapes are what is taken out whatever it is; $1 of each stays.
var shapes = []*regexp.Regexp{
	regexp.MustCompile(`()-----BEGIN[^-]*-----(?s:.*?)(?:-----END[^-]*-----|$)`),
	regexp.MustCompile(`()(?:PRIVATE\+KEY\+)\S+`),
	regexp.MustCompile(`(://)[^/\s@]+@`), // name and password of an address
	regexp.MustCompile(`(?i)((?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|authorization|psk)["']?\s*[:=]\s*|bearer\s+|basic\s+)(?:"(?:[^"\\]|\\.)*"|\S+)`),
	regexp.MustCompile(`()\b[A-Z][0-9]:[0-9A-Za-z+/=._-]+`),                  // a pass
	regexp.MustCompile(`()[\w.+-]+@[\w-]+(?:\.[\w-]+)+`),                     // mail
	regexp.MustCompile(`()\b(?:[0-9A-Fa-f]{2}[ :-]){5,}[0-9A-Fa-f]{2}\b`),    // bytes one by one, and network cards
	regexp.MustCompile(`()\+\d{1,3}[ -]?\d[\d -]{6,14}\d`),                   // a telephone abroad
	regexp.MustCompile(`()\b0\d{2,3}[ -]\d{7,8}\b`),                          // one on a desk
	regexp.MustCompile(`()\b[1-9]\d{5}(?:19|20)\d{2}[01]\d[0-3]\d{4}[\dXx]`), // an identity card
}

var (
	mobile = regexp.MustCompile(`(?:86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}`)
	token  = regexp.MustCompile(`[0-9A-Za-z+/=_-]{20,}`)
	word   = regexp.MustCompile(`^(?:[A-Z]?[a-z]+|[A-Z]+)?[0-9]{0,8}$|^[0-9a-f]{1,8}$|^[0-9]{14}$`)
	parts  = regexp.MustCompile(`[+/=_-]+`)
	beyond = regexp.MustCompile(`[^\x00-\x7f]+`)
)

// text takes them out of a text.
func (s *scrubber) text(t string) string {
	t = s.known.Replace(t)
	for _, shape := range shapes {
		t = shape.ReplaceAllString(t, "${1}"+removed)
	}
	t = replaceNumbers(t)
	return token.ReplaceAllStringFunc(t, func(run string) string {
		if random(run) {
			return removed
		}
		return run
	})
}

// plain is text without anything but ASCII: nobody's name stays in what others
// have written.
func (s *scrubber) plain(t string) string { return s.text(beyond.ReplaceAllString(t, removed)) }

// replaceNumbers takes out mobile telephones, which are not part of a longer
// number.
func replaceNumbers(t string) string {
	digit := func(i int) bool { return i >= 0 && i < len(t) && t[i] >= '0' && t[i] <= '9' }
	var b strings.Builder
	from := 0
	for _, m := range mobile.FindAllStringIndex(t, -1) {
		if !digit(m[0]-1) && !digit(m[1]) {
			b.WriteString(t[from:m[0]] + removed)
			from = m[1]
		}
	}
	return b.String() + t[from:]
}

// random says whether a long run of letters and digits is no path and no words:
// a key, a signature, a hash.
func random(run string) bool {
	odd := 0
	for _, p := range parts.Split(run, -1) {
		if word.MatchString(p) {
			continue
		}
		if len(p) >= 12 {
			return true
		}
		odd += len(p)
	}
	return odd >= 16
}

// value takes them out of every string that v, a pointer, leads to, before it is
// written in whatever form.
func (s *scrubber) value(v any) { s.walk(reflect.ValueOf(v)) }

func (s *scrubber) walk(v reflect.Value) {
	switch v.Kind() { //nolint:exhaustive // of the others nothing holds a string
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			s.walk(v.Elem())
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			s.walk(v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			s.walk(v.Index(i))
		}
	case reflect.String:
		if v.CanSet() {
			v.SetString(s.text(v.String()))
		}
	}
}
