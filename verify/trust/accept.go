package trust

import (
	"fmt"

	"gated/verify/document"
)

// Accept checks d against the list in force (nil: none yet, and then roots,
// those of the configuration, count) and returns the list that follows. It is
// accepted when the threshold of the roots in force and the threshold of its own
// roots have signed it, and its version rises while epoch and issued_at do not
// fall. An error changes nothing.
func Accept(d document.Document, inForce *List, roots Roots) (*List, error) {
	var known map[uint16]Known
	if inForce != nil {
		known = inForce.Known
	}
	return AcceptKnowing(d, inForce, roots, known)
}

// AcceptKnowing is Accept for a box that lost its list but not what it knew of
// kids.
func AcceptKnowing(d document.Document, inForce *List, roots Roots, known map[uint16]Known) (*List, error) {
	j, err := decodeList(d)
	if err != nil {
		return nil, err
	}
	if inForce != nil {
		roots = inForce.Roots
		if j.Version == inForce.Version && sameText(d, inForce.Raw) {
			return nil, fmt.Errorf("trust list version %d: %w", j.Version, ErrKnown)
		}
	}
	if err := roots.signed(d); err != nil {
		return nil, fmt.Errorf("trust list version %d: %w: %w", j.Version, document.ErrUnsigned, err)
	}
	if inForce != nil {
		if err := follows(j, inForce); err != nil {
			return nil, fmt.Errorf("trust list version %d: %w", j.Version, err)
		}
	}
	l, err := build(d, j, known)
	if err != nil {
		return nil, fmt.Errorf("trust list version %d: %w", j.Version, err)
	}
	if err := l.Roots.signed(d); err != nil {
		return nil, fmt.Errorf("trust list version %d: %w: its own roots: %w", j.Version, ErrBroken, err)
	}
	return l, nil
}

// Restore reads a list that was accepted before, and kept, with what was known
// of kids. Signatures are not looked at again: the roots that vouched for it may
// be history.
func Restore(d document.Document, known map[uint16]Known) (*List, error) {
	j, err := decodeList(d)
	if err != nil {
		return nil, err
	}
	return build(d, j, known)
}

func decodeList(d document.Document) (ListJSON, error) {
	var j ListJSON
	if d.Type != document.Trust {
		return j, fmt.Errorf("%w: %q is not a trust list", document.ErrMalformed, d.Type)
	}
	if len(d.Raw) >= MaxList {
		return j, fmt.Errorf("%w: a trust list of %d bytes", document.ErrMalformed, len(d.Raw))
	}
	if err := d.Decode(&j); err != nil {
		return j, err
	}
	return j, nil
}

// follows says whether j may come after the list in force.
func follows(j ListJSON, inForce *List) error {
	switch {
	case j.Version == inForce.Version:
		return ErrConflict
	case j.Version < inForce.Version:
		return fmt.Errorf("%w: version %d is in force", ErrOld, inForce.Version)
	case j.Epoch < inForce.Epoch:
		return fmt.Errorf("%w: the epoch falls from %d to %d", ErrBroken, inForce.Epoch, j.Epoch)
	case j.IssuedAt < inForce.IssuedAt:
		return fmt.Errorf("%w: issued_at falls from %d to %d", ErrBroken, inForce.IssuedAt, j.IssuedAt)
	}
	return nil
}

// build makes the list of a document whose signatures are somebody else's
// business.
func build(d document.Document, j ListJSON, known map[uint16]Known) (*List, error) {
	if j.Version < 1 {
		return nil, fmt.Errorf("%w: versions begin with 1", ErrBroken)
	}
	for _, k := range j.Keys {
		if k.Kid < 1 || k.Kid >= firstSiteKid {
			return nil, fmt.Errorf("%w: kid %d is not from 1 to %d", ErrBroken, k.Kid, firstSiteKid-1)
		}
	}
	all, err := remember(known, j.Keys)
	if err != nil {
		return nil, err
	}
	l := j.list()
	if err := l.Roots.Check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	l.Raw, l.Known = d.Raw, all
	return l, nil
}

// sameText says whether d says what the note raw says, whoever signed either.
func sameText(d document.Document, raw []byte) bool {
	o, err := document.Parse(raw)
	return err == nil && d.SameText(o)
}
