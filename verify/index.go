package verify

import (
	"slices"

	"gated/gate"
	"gated/verify/trust"
)

// index is a snapshot of documents with what a judgement looks up in them laid
// out once, so that a scan searches nothing. It is immutable.
type index struct {
	docs   *Documents
	keys   map[uint16]*trust.Key
	tag    uint16      // of this gate; 0: the site document does not list it
	rules  trust.Rules // the defaults, if no site document is held
	notice *gate.Text  // the handover sentence; nil: none
}

// newIndex lays out d, which follows before. Most documents that come are
// heartbeats, which change nothing that is laid out.
func newIndex(d *Documents, box Box, before *index) *index {
	x := *before
	x.docs = d
	if d.Trust != before.docs.Trust || d.Site != before.docs.Site {
		x.layKeys()
		x.laySite(box)
	}
	return &x
}

// layKeys joins the issuers' keys and the property's own, whose numbers never
// meet. A disabled key is as one that is not listed.
func (x *index) layKeys() {
	var all []trust.Key
	if x.docs.Trust != nil {
		all = x.docs.Trust.Keys
	}
	if x.docs.Site != nil {
		all = slices.Concat(all, x.docs.Site.Keys)
	}
	x.keys = make(map[uint16]*trust.Key, len(all))
	for i := range all {
		if !all[i].Disabled {
			x.keys[all[i].Kid] = &all[i]
		}
	}
}

// laySite lays out what the site document says of this gate.
func (x *index) laySite(box Box) {
	x.tag, x.notice, x.rules = 0, nil, trust.DefaultRules()
	site := x.docs.Site
	if site == nil {
		return
	}
	if g, ok := site.Gate(box.ID); ok {
		x.tag = g.Tag
	}
	x.rules = site.Rules
	if p := x.rules.Prohibited; p != nil {
		if text, ok := site.Notices[p.Notice]; ok {
			x.notice = &text
		}
	}
}
