package trust

import (
	"fmt"

	"gated/verify/document"
)

// AcceptSite checks d against the trust list (nil: nobody may sign) and the
// document in force (nil: none yet). It is accepted when it names this site and
// the list's epoch, an authority with the role site for this site has signed it,
// and (epoch, version) rises. A version that a thief of the key ran ahead to
// ends with a new epoch. An error changes nothing.
func AcceptSite(d document.Document, site uint32, list *List, inForce *Site) (*Site, error) {
	var known map[uint16]Known
	if inForce != nil {
		known = inForce.Known
	}
	return AcceptSiteKnowing(d, site, list, inForce, known)
}

// AcceptSiteKnowing is AcceptSite for a box that lost its site's document but
// not what it knew of kids.
func AcceptSiteKnowing(d document.Document, site uint32, list *List, inForce *Site, known map[uint16]Known) (*Site, error) {
	j, err := decodeSite(d)
	if err != nil {
		return nil, err
	}
	if j.Site != site {
		return nil, fmt.Errorf("%w: the document is for site %d, and this is %d", ErrOld, j.Site, site)
	}
	what := fmt.Sprintf("site document %d.%d", j.Epoch, j.Version)
	if inForce != nil && sameText(d, inForce.Raw) {
		return nil, fmt.Errorf("%s: %w", what, ErrKnown)
	}
	if len(d.SignedBy(list.Signers(RoleSite, site)...)) == 0 {
		return nil, fmt.Errorf("%s: %w", what, document.ErrUnsigned)
	}
	if err := siteFollows(j, list, inForce); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	s, err := buildSite(d, j, known)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return s, nil
}

// RestoreSite reads a document that was accepted before, and kept, with what was
// known of kids. Signatures are not looked at again.
func RestoreSite(d document.Document, known map[uint16]Known) (*Site, error) {
	j, err := decodeSite(d)
	if err != nil {
		return nil, err
	}
	return buildSite(d, j, known)
}

func decodeSite(d document.Document) (SiteJSON, error) {
	var j SiteJSON
	if d.Type != document.Site {
		return j, fmt.Errorf("%w: %q is not a site document", document.ErrMalformed, d.Type)
	}
	err := d.Decode(&j)
	return j, err
}

// siteFollows says whether j may come after the document in force.
func siteFollows(j SiteJSON, list *List, inForce *Site) error {
	if j.Epoch != list.Epoch {
		return fmt.Errorf("%w: the trust list is of epoch %d", ErrOld, list.Epoch)
	}
	if inForce == nil {
		return nil
	}
	switch {
	case j.Epoch == inForce.Epoch && j.Version == inForce.Version:
		return ErrConflict
	case j.Epoch < inForce.Epoch, j.Epoch == inForce.Epoch && j.Version < inForce.Version:
		return fmt.Errorf("%w: %d.%d is in force", ErrOld, inForce.Epoch, inForce.Version)
	}
	return nil
}

func buildSite(d document.Document, j SiteJSON, known map[uint16]Known) (*Site, error) {
	s, err := j.site()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	if s.Known, err = remember(known, j.Keys); err != nil {
		return nil, err
	}
	s.Raw = d.Raw
	return s, nil
}
