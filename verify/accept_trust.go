package verify

import (
	"errors"
	"fmt"

	"gated/verify/document"
	"gated/verify/trust"
)

// acceptTrust takes a trust list into d.
func (d *Documents) acceptTrust(doc document.Document, roots trust.Roots, o *Outcome) error {
	list, err := trust.AcceptKnowing(doc, d.Trust, roots, d.knownTrust())
	if errors.Is(err, document.ErrUnsigned) {
		return d.noteNewer(doc, o, err)
	}
	if err != nil {
		return refusal(err)
	}
	if d.beginsEpoch(list) {
		d.forgetHeartbeats(list)
		o.Raise, o.Reset = list.IssuedAt, true
	}
	d.Trust, d.kids.Trust = list, list.Known
	// Whoever signed what is coming may not hold the role any more. The box
	// subscribes afresh after each list, so it comes again if it still counts.
	d.coming = coming{}
	d.prove()
	o.alarm(list.Alarms...)
	return nil
}

// noteNewer remembers that there may be newer lists than our roots vouch for:
// if that is so, the lists that changed the roots are retained, and Wants asks
// for them. The claim itself is worth nothing.
func (d *Documents) noteNewer(doc document.Document, o *Outcome, unsigned error) error {
	var claim struct {
		Version int64 `json:"version"`
	}
	if err := doc.Decode(&claim); err != nil {
		return err
	}
	if claim.Version > d.newer && (d.Trust == nil || claim.Version > d.Trust.Version) {
		d.newer = claim.Version
		o.Next = d
	}
	if d.Trust != nil && claim.Version < d.Trust.Version { // its roots may be history
		return fmt.Errorf("%w: %w: version %d is in force", unsigned, ErrOld, d.Trust.Version)
	}
	return unsigned
}

// beginsEpoch says whether the list begins an epoch that nothing held is of. A
// box that lost its list goes through the old ones again, and they begin nothing.
func (d *Documents) beginsEpoch(list *trust.List) bool {
	newest := int64(-1)
	if d.Trust != nil {
		newest = d.Trust.Epoch
	}
	if d.Heartbeat != nil {
		newest = max(newest, d.Heartbeat.Epoch)
	}
	if d.State != nil {
		newest = max(newest, d.State.Epoch)
	}
	return newest >= 0 && list.Epoch > newest
}

// forgetHeartbeats lets the first heartbeat of the new epoch be of any time. The
// age of the state goes on from the old proof, but not from one that, by the new
// list's word, is of the future: it would stay fresh until then.
func (d *Documents) forgetHeartbeats(list *trust.List) {
	d.Heartbeat, d.heard = nil, ""
	if d.Proof != nil && d.Proof.IssuedAt > list.IssuedAt {
		capped := *d.Proof
		capped.IssuedAt = list.IssuedAt
		d.Proof = &capped
	}
	// Nor would any command be obeyed until then.
	d.commanded = min(d.commanded, list.IssuedAt*1000)
}

// acceptSite takes the site's document into d.
func (d *Documents) acceptSite(doc document.Document, box Box, o *Outcome) error {
	site, err := trust.AcceptSiteKnowing(doc, box.Site, d.Trust, d.Site, d.knownSite())
	if err != nil {
		return refusal(err)
	}
	d.Site, d.kids.Site = site, site.Known
	o.alarm(site.Alarms...)
	return nil
}

func (d *Documents) knownTrust() map[uint16]trust.Known {
	if d.Trust != nil {
		return d.Trust.Known
	}
	return d.kids.Trust
}

func (d *Documents) knownSite() map[uint16]trust.Known {
	if d.Site != nil {
		return d.Site.Known
	}
	return d.kids.Site
}

// refusal puts an error of package trust into the words of this one.
func refusal(err error) error {
	switch {
	case errors.Is(err, trust.ErrKnown):
		return fmt.Errorf("%w: %w", ErrKnown, err)
	case errors.Is(err, document.ErrMalformed), errors.Is(err, document.ErrUnsigned):
		return err
	}
	return fmt.Errorf("%w: %w", ErrRefused, err)
}
