package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// maxDepth bounds the nesting of objects and arrays. The deepest document of
// PROTOCOL needs five levels.
const maxDepth = 32

// scope is one open object or array during the walk of checkObject.
type scope struct {
	names map[string]struct{} // folded; nil in an array
	value bool                // object: the next token is a value, not a name
}

// checkObject refuses what is not one JSON object and nothing else, and every
// object in it in which a name stands twice, case not looked at: encoding/json
// takes the last, others the first, some compare without case.
func checkObject(b []byte) error {
	if !json.Valid(b) || len(b) == 0 || b[0] != '{' {
		return errors.New("the second line is not one JSON object")
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var open []scope
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read JSON: %w", err)
		}
		if open, err = step(open, token); err != nil {
			return err
		}
	}
}

// step takes one token into the stack of open scopes.
func step(open []scope, token json.Token) ([]scope, error) {
	switch token {
	case json.Delim('}'), json.Delim(']'):
		return open[:len(open)-1], nil
	}
	if n := len(open); n > 0 && open[n-1].names != nil {
		top := &open[n-1]
		if !top.value {
			name, _ := token.(string)
			folded := fold(name)
			if _, twice := top.names[folded]; twice {
				return nil, fmt.Errorf("the name %q stands twice", name)
			}
			top.names[folded] = struct{}{}
		}
		top.value = !top.value
	}
	switch token {
	case json.Delim('{'):
		open = append(open, scope{names: map[string]struct{}{}})
	case json.Delim('['):
		open = append(open, scope{})
	}
	if len(open) > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxDepth)
	}
	return open, nil
}

// fold maps all spellings of a name that differ only in case to one.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		for {
			next := unicode.SimpleFold(r)
			if next <= r { // the orbit is walked upwards and wraps to its smallest
				return next
			}
			r = next
		}
	}, name)
}
