package verify

import (
	"fmt"
	"time"

	"gated/gate"
	"gated/verify/document"
	"gated/verify/revocation"
	"gated/verify/trust"
)

// entitled says whether somebody with the role revocation signed doc, and
// whether it is of the trust list's epoch.
func (d *Documents) entitled(doc document.Document, epoch int64) error {
	if len(doc.SignedBy(d.Trust.Signers(trust.RoleRevocation, 0)...)) == 0 {
		return fmt.Errorf("%s: %w", doc.Type, document.ErrUnsigned)
	}
	if epoch != d.Trust.Epoch {
		return fmt.Errorf("%w: %w: it is of epoch %d, the trust list of %d", ErrRefused, ErrOld, epoch, d.Trust.Epoch)
	}
	// A box that lost its list may go through old ones again; what else it holds
	// does not go back with them.
	if d.State != nil && epoch < d.State.Epoch || d.Heartbeat != nil && epoch < d.Heartbeat.Epoch {
		return fmt.Errorf("%w: %w: it is of epoch %d, and newer ones are held", ErrRefused, ErrOld, epoch)
	}
	return nil
}

// acceptHeartbeat takes a heartbeat into d.
func (d *Documents) acceptHeartbeat(doc document.Document, at gate.Moment, o *Outcome) error {
	hb, err := revocation.ParseHeartbeat(doc)
	if err != nil {
		return err
	}
	if err := d.entitled(doc, hb.Epoch); err != nil {
		return err
	}
	if err := d.heartbeatFollows(hb); err != nil {
		return err
	}
	if err := d.tooFarAhead(hb, at); err != nil {
		return err
	}
	d.Heartbeat, d.heard = &hb, at.Boot
	o.Raise = hb.IssuedAt
	d.settle(o)
	return nil
}

// heartbeatFollows says whether hb may come after the last one: (epoch, seq)
// never falls, issued_at rises, one seq has one hash.
func (d *Documents) heartbeatFollows(hb revocation.Heartbeat) error {
	conflict := func(hash [32]byte) error {
		return fmt.Errorf("%w: %w: heartbeat %d.%d names the hash %x, not %x", ErrRefused, errConflict, hb.Epoch, hb.Seq, hb.Hash[:8], hash[:8])
	}
	if at := d.current(); at != nil && at.Epoch == hb.Epoch && at.Seq == hb.Seq && at.Hash != hb.Hash {
		return conflict(at.Hash)
	}
	last := d.Heartbeat
	if last == nil || last.Epoch < hb.Epoch { // the latter after a damage to the disk
		return nil
	}
	switch {
	case hb.Seq == last.Seq && hb.Hash != last.Hash:
		return conflict(last.Hash)
	case hb.Seq == last.Seq && hb.IssuedAt == last.IssuedAt:
		return fmt.Errorf("%w: heartbeat %d.%d of %d", ErrKnown, hb.Epoch, hb.Seq, hb.IssuedAt)
	case hb.IssuedAt <= last.IssuedAt:
		return fmt.Errorf("%w: %w: heartbeat %d.%d of %d comes after %d.%d of %d", ErrRefused, ErrOld,
			hb.Epoch, hb.Seq, hb.IssuedAt, last.Epoch, last.Seq, last.IssuedAt)
	case hb.Seq < last.Seq:
		return fmt.Errorf("%w: %w: heartbeat %d.%d is the later one but falls behind %d", ErrRefused, errConflict, hb.Epoch, hb.Seq, last.Seq)
	}
	return nil
}

// How far ahead of the box's time a heartbeat may be (DESIGN section 4).
const (
	aheadSynced = 5 * time.Minute // of a synchronised clock
	aheadOfAny  = 24 * time.Hour  // of any estimate, once one was accepted in this boot
)

// tooFarAhead refuses a heartbeat from the future. A box without a clock takes
// the first one of a boot from wherever it is: it has nothing to compare it to.
func (d *Documents) tooFarAhead(hb revocation.Heartbeat, at gate.Moment) error {
	lead := hb.IssuedAt - at.Time.Unix()
	beyond := func(limit time.Duration) bool { return lead > int64(limit/time.Second) }
	if at.State == gate.ClockSynced && beyond(aheadSynced) || d.heardSince(at) && beyond(aheadOfAny) {
		return fmt.Errorf("%w: %w: heartbeat %d.%d is %d s ahead", ErrRefused, errAhead, hb.Epoch, hb.Seq, lead)
	}
	return nil
}
