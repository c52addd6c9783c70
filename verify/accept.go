package verify

import (
	"errors"
	"fmt"
	"strings"

	"gated/gate"
	"gated/verify/document"
	"gated/verify/revocation"
	"gated/verify/trust"
)

// What Accept refuses with, besides document.ErrMalformed and
// document.ErrUnsigned, which are dropped in silence.
var (
	// ErrRefused is wrapped when a document is authentic but may not follow what
	// is held. It comes with an alarm if its signer contradicts itself.
	ErrRefused = errors.New("document refused")
	// ErrKnown is wrapped when the box holds already what the document brings:
	// no fault.
	ErrKnown = errors.New("document already held")
	// ErrOld is wrapped beside ErrRefused or document.ErrUnsigned when a document
	// is, or says that it is, older than what is held: an honest wire may bring it
	// late, and nobody is the worse for it.
	ErrOld = errors.New("not newer than what is held")
)

// What ErrRefused stands beside, to tell what is worth an alarm.
var (
	errConflict = errors.New("contradicts what the same signer said")
	errAhead    = errors.New("too far ahead of the clock")
)

// Outcome is what one document came to.
type Outcome struct {
	// Next is what to enforce; the Documents themselves if nothing changes. It
	// may be another value even beside an error, with nothing new to enforce: it
	// then remembers, in memory alone, what Wants should ask for.
	Next *Documents
	// Keep is what must be on disk, in one transaction, before Next is enforced.
	Keep []document.Held
	// Later says that Keep may wait for the next commit, 5 minutes at the latest,
	// and Next be enforced at once: a heartbeat that only renews.
	Later bool
	// Raise is the issued_at, in unix seconds, to raise the floor of the clock to;
	// 0: none. With Reset, a new epoch, the floor is set to it even downwards.
	Raise int64
	Reset bool
	// Alarm is for people: what happened, what it means, what to do. It may come
	// beside an error.
	Alarm gate.Text
	// Event is a short sentence of what came into force, for a system record;
	// empty if it is not worth one.
	Event string
}

// Accept checks one signed document of any type against what is held. It changes
// nothing: the caller stores Outcome.Keep, then enforces Outcome.Next. Roots are
// those of the configuration, which count as long as no trust list is held.
func (d *Documents) Accept(raw []byte, roots trust.Roots, box Box, at gate.Moment) (Outcome, error) {
	o := Outcome{Next: d}
	doc, err := document.Parse(raw)
	if err != nil {
		return o, err
	}
	next := d.clone()
	switch doc.Type {
	case document.Trust:
		err = next.acceptTrust(doc, roots, &o)
	case document.Site:
		err = next.acceptSite(doc, box, &o)
	case document.Heartbeat:
		err = next.acceptHeartbeat(doc, at, &o)
	case document.Delta:
		err = next.acceptDelta(doc, &o)
	case document.Snapshot:
		err = next.acceptSnapshot(doc, &o)
	default:
		err = fmt.Errorf("%w: %q is not a document to keep", ErrRefused, doc.Type)
	}
	if err != nil {
		if worthAlarm(err) {
			o.alarm(refused(err))
		}
		return o, err
	}
	o.Next = next
	o.Keep, err = next.keep(d)
	if err != nil {
		return Outcome{Next: d}, err
	}
	o.Later = renews(d, next)
	o.Event = event(d, next)
	return o, nil
}

// refused is the alarm about a document whose signer is entitled, and which
// cannot be.
func refused(err error) gate.Text {
	return gate.Say("一份签名文件被拒绝：%[1]s。门按手中的文件照常工作，此文件中的新内容未生效。请把这句话告知中心服务器的管理者。",
		"A signed document was refused: %[1]s. The gate goes on by what it holds, and nothing new in that document is in force. Tell the central server's operator.", err)
}

// alarm adds what people must know.
func (o *Outcome) alarm(texts ...gate.Text) {
	for _, t := range texts {
		o.Alarm = o.Alarm.And(t)
	}
}

// clone is d to be changed until Accept hands it out.
func (d *Documents) clone() *Documents {
	next := *d
	next.kept.fresh = nil
	return &next
}

// worthAlarm tells signers who contradict themselves from what an honest wire
// may bring late or twice.
func worthAlarm(err error) bool {
	for _, cause := range []error{
		errConflict, errAhead, trust.ErrConflict, trust.ErrBroken, revocation.ErrUnfit, revocation.ErrEncoding,
	} {
		if errors.Is(err, cause) {
			return true
		}
	}
	return false
}

// renews says whether all that is new is the time of a heartbeat. No document of
// another type brings another heartbeat.
func renews(d, next *Documents) bool {
	old, hb := d.Heartbeat, next.Heartbeat
	return old != nil && hb != nil && old != hb && (next.Proof == hb) == (d.Proof == old) &&
		old.Epoch == hb.Epoch && old.Seq == hb.Seq && old.Trust == hb.Trust && old.Snapshot == hb.Snapshot && old.Parts == hb.Parts
}

// event says what came into force.
func event(d, next *Documents) string {
	var all []string
	if next.Trust != d.Trust {
		all = append(all, fmt.Sprintf("trust list version %d of epoch %d", next.Trust.Version, next.Trust.Epoch))
	}
	if next.Site != d.Site {
		all = append(all, fmt.Sprintf("site document version %d of epoch %d", next.Site.Version, next.Site.Epoch))
	}
	if next.State != d.State {
		all = append(all, fmt.Sprintf("revocation state %d of epoch %d, %d entries", next.State.Seq, next.State.Epoch, next.State.Set.Count()))
	}
	return strings.Join(all, "; ")
}
