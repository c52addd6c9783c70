package verify

import (
	"encoding/json"
	"errors"
	"fmt"

	"gated/verify/document"
	"gated/verify/revocation"
	"gated/verify/trust"
)

// Load puts together what Accept gave to keep, at start. Held returns a body,
// and false if it is not there or damaged. A part that was never kept is nil
// without an error; one that cannot be read back is nil and named in the error,
// which then wraps ErrDamaged, and the rest is good. Documents is never nil.
//
// Signatures are not looked at again: those who vouched for a document may have
// lost their role since, and what is in force stays so until it is replaced.
func Load(held func(name string) ([]byte, bool)) (*Documents, error) {
	d := &Documents{}
	l := loader{held: held}
	l.kids(d)
	l.trust(d)
	l.site(d)
	l.state(d)
	l.heartbeat(d)
	l.command(d)
	return d, errors.Join(l.damaged...)
}

// loader collects what could not be read.
type loader struct {
	held    func(name string) ([]byte, bool)
	damaged []error
}

// lost notes that a part cannot be read back.
func (l *loader) lost(name string, err error) {
	l.damaged = append(l.damaged, fmt.Errorf("read %s: %w: %w", name, ErrDamaged, err))
}

func (l *loader) kids(d *Documents) {
	b, ok := l.held(heldKids)
	if !ok {
		return
	}
	if err := json.Unmarshal(b, &d.kids); err != nil {
		d.kids = kids{}
		l.lost(heldKids, err)
	}
}

func (l *loader) trust(d *Documents) {
	b, ok := l.held(heldTrust)
	if !ok {
		return
	}
	doc, err := document.Parse(b)
	if err == nil {
		d.Trust, err = trust.Restore(doc, d.kids.Trust)
	}
	if err != nil {
		l.lost(heldTrust, err)
		return
	}
	d.kids.Trust = d.Trust.Known
}

func (l *loader) site(d *Documents) {
	b, ok := l.held(heldSite)
	if !ok {
		return
	}
	doc, err := document.Parse(b)
	if err == nil {
		d.Site, err = trust.RestoreSite(doc, d.kids.Site)
	}
	if err != nil {
		l.lost(heldSite, err)
		return
	}
	d.kids.Site = d.Site.Known
}

// state reads the whole state and the deltas after it. If it does not come to
// where the tip says it was, it is unknown: an older state would forget people
// who were revoked.
func (l *loader) state(d *Documents) {
	tip, ok := l.held(heldTip)
	_, hasState := l.held(fmt.Sprintf(heldPart, 1))
	if !ok && !hasState {
		return
	}
	s, k, err := l.restore(tip)
	if err != nil {
		l.lost("revocation state", err)
		return
	}
	d.State, d.kept = s, k
}

func (l *loader) restore(tip []byte) (*revocation.State, kept, error) {
	var end heldEnd
	if err := json.Unmarshal(tip, &end); err != nil {
		return nil, kept{}, fmt.Errorf("read where it stood: %w", err)
	}
	slices, err := l.slices(end.Base.Parts)
	if err != nil {
		return nil, kept{}, err
	}
	s, err := revocation.Restore(end.Base.Epoch, end.Base.Seq, end.Base.IssuedAt, sum(end.Base.Hash), slices...)
	if err != nil {
		return nil, kept{}, err
	}
	k := kept{base: end.Base, deltas: end.Deltas}
	for _, b := range slices {
		k.size += len(b)
	}
	chain, err := l.chain(&k)
	if err == nil && len(chain) > 0 {
		s, err = revocation.Replay(s, chain...)
	}
	if err != nil {
		return nil, kept{}, err
	}
	if !s.Same(end.Epoch, end.Seq, sum(end.Hash)) {
		return nil, kept{}, fmt.Errorf("it comes to %d.%d and was at %d.%d", s.Epoch, s.Seq, end.Epoch, end.Seq)
	}
	return s, k, nil
}

// slices reads the whole state.
func (l *loader) slices(n int) ([][]byte, error) {
	if n > revocation.MaxParts {
		return nil, fmt.Errorf("it cannot have %d parts", n)
	}
	var all [][]byte
	for i := 1; i <= n; i++ {
		name := fmt.Sprintf(heldPart, i)
		b, ok := l.held(name)
		if !ok {
			return nil, fmt.Errorf("%s is not there", name)
		}
		all = append(all, b)
	}
	return all, nil
}

// chain reads the deltas after the whole state.
func (l *loader) chain(k *kept) ([]revocation.Delta, error) {
	var chain []revocation.Delta
	for i := 1; i <= k.deltas; i++ {
		name := fmt.Sprintf(heldDelta, i)
		b, ok := l.held(name)
		if !ok {
			return nil, fmt.Errorf("%s is not there", name)
		}
		doc, err := document.Parse(b)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		delta, err := revocation.ParseDelta(doc)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		chain = append(chain, delta)
		k.bytes += len(b)
	}
	return chain, nil
}

// heartbeat reads the newest heartbeat and the proof. Without the state, the
// proof proves nothing.
func (l *loader) heartbeat(d *Documents) {
	b, ok := l.held(heldHeartbeat)
	if !ok {
		return
	}
	var beat heldBeat
	if err := json.Unmarshal(b, &beat); err != nil {
		l.lost(heldHeartbeat, err)
		return
	}
	if beat.Last != nil {
		doc, err := document.Parse(beat.Last)
		var hb revocation.Heartbeat
		if err == nil {
			hb, err = revocation.ParseHeartbeat(doc)
		}
		if err != nil {
			l.lost(heldHeartbeat, err)
			return
		}
		d.Heartbeat, d.heard = &hb, beat.Boot
	}
	if p := beat.Proof; p != nil && d.State != nil && d.State.Epoch == p.Epoch && d.State.Seq >= p.Seq {
		d.Proof = &revocation.Heartbeat{
			Epoch: p.Epoch, Seq: p.Seq, Hash: sum(p.Hash), Trust: p.Trust, IssuedAt: p.IssuedAt,
		}
		if hb := d.Heartbeat; hb != nil && hb.Epoch == p.Epoch && hb.Seq == p.Seq && hb.IssuedAt == p.IssuedAt {
			d.Proof = hb
		}
	}
}

// command reads when the newest command was issued. If that is lost, one that is
// still alive may come a second time: ten seconds at most.
func (l *loader) command(d *Documents) {
	b, ok := l.held(heldCommand)
	if !ok {
		return
	}
	var last heldOrder
	if err := json.Unmarshal(b, &last); err != nil {
		l.lost(heldCommand, err)
		return
	}
	d.commanded = last.IssuedMS
}

// sum is a hash as it was kept; one of another length matches nothing.
func sum(b []byte) (hash [32]byte) {
	if len(b) == len(hash) {
		copy(hash[:], b)
	}
	return hash
}
