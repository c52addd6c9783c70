package trust

import (
	"fmt"
	"slices"

	"gated/verify/document"
)

// Roots is who may change the trust list: as many of Keys as Threshold says,
// counted by their bytes.
type Roots struct {
	Keys      []document.Key
	Threshold int
}

// ParseRoots reads verifier keys, as they stand in a configuration or in a list.
// It refuses a key that is weak, one that stands there twice under whatever
// name, and a threshold that is not from 1 to the number of keys.
func ParseRoots(keys []string, threshold int) (Roots, error) {
	r := Roots{Threshold: threshold}
	for _, text := range keys {
		k, err := document.ParseKey(text)
		if err != nil {
			return Roots{}, err
		}
		r.Keys = append(r.Keys, k)
	}
	return r, r.Check()
}

// Check says whether the threshold can be met and means something: without it,
// a threshold of 0 would let anybody in.
func (r Roots) Check() error {
	for i, k := range r.Keys {
		if slices.ContainsFunc(r.Keys[:i], k.Same) {
			return fmt.Errorf("root %s is a key that stands there twice", k.Name)
		}
	}
	if r.Threshold < 1 || r.Threshold > len(r.Keys) {
		return fmt.Errorf("threshold %d with %d roots", r.Threshold, len(r.Keys))
	}
	return nil
}

// Same says whether both are the same keys with the same threshold, whatever
// their names and order. A list whose roots are not the same as those before it
// must stay retained, for boxes that missed it.
func (r Roots) Same(o Roots) bool {
	if r.Threshold != o.Threshold || len(r.Keys) != len(o.Keys) {
		return false
	}
	for _, k := range r.Keys {
		if !slices.ContainsFunc(o.Keys, k.Same) {
			return false
		}
	}
	return true
}

// signed says whether the threshold of the roots has signed d.
func (r Roots) signed(d document.Document) error {
	if err := r.Check(); err != nil {
		return err
	}
	if n := len(d.SignedBy(r.Keys...)); n < r.Threshold {
		return fmt.Errorf("signed by %d of at least %d roots", n, r.Threshold)
	}
	return nil
}
