package verify

import (
	"gated/gate"
	"gated/verify/document"
	"gated/verify/revocation"
	"gated/verify/trust"
)

// Documents is what a box holds of the signed documents. It is immutable: each
// accepted document makes another one. A nil part is not held, which is never
// the same as empty. The zero value holds nothing and is what a new box starts
// from.
type Documents struct {
	Trust     *trust.List
	Site      *trust.Site
	State     *revocation.State
	Heartbeat *revocation.Heartbeat // the newest accepted of the trust list's epoch; the state may still be behind it
	Proof     *revocation.Heartbeat // the newest whose state was held: ages are counted from its IssuedAt

	heard     string // the kernel's boot id in which Heartbeat was accepted
	commanded int64  // issued_at_ms of the newest command accepted
	kids      kids
	kept      kept // how State lies on disk

	// What follows is in memory alone. Whoever sends it again loses nothing.
	coming coming
	newer  int64 // version of the newest trust list seen that our roots did not vouch for
}

// kids is what is remembered of kids for ever, even if the documents are lost.
type kids struct {
	Trust map[uint16]trust.Known `json:"trust"`
	Site  map[uint16]trust.Known `json:"site"`
}

// coming is what was signed by those entitled but cannot be enforced yet. The
// maps are never changed once they stand here.
type coming struct {
	parts  map[int64]revocation.SnapshotPart // of one snapshot, by number
	deltas map[int64]revocation.Delta        // that do not chain yet, by To
	state  *revocation.State                 // of a new epoch, whole, waiting for its heartbeat
}

// Ready says whether the box may open for anybody: it holds a trust list, its
// site's document and a revocation state.
func (d *Documents) Ready() bool {
	return d.Trust != nil && d.Site != nil && d.State != nil
}

// unheard is the least age in seconds after a boot without a clock, until a
// heartbeat says what time it is (DESIGN 5).
const unheard = 15 * 60

// Fresh is the age in seconds of the newest heartbeat whose state was held; ok
// is false if there is none. Judging a pass, the age is counted up to the latest
// of this moment, the pass's not_before and its shown_at: take the larger of
// this and t - Proof.IssuedAt.
func (d *Documents) Fresh(at gate.Moment) (age int64, ok bool) {
	if d.Proof == nil {
		return 0, false
	}
	age = max(0, at.Time.Unix()-d.Proof.IssuedAt)
	noClock := at.State == gate.ClockFloor || at.State == gate.ClockLost
	if noClock && !d.heardSince(at) {
		age = max(age, unheard)
	}
	return age, true
}

// heardSince says whether a heartbeat was accepted in this boot of the kernel.
func (d *Documents) heardSince(at gate.Moment) bool {
	return d.Heartbeat != nil && d.heard == at.Boot
}

// Alarms are what the documents in force give cause to, for whoever looks at the
// box. Roots are those of the configuration.
func (d *Documents) Alarms(roots trust.Roots, box Box, at gate.Moment) []gate.Text {
	var all []gate.Text
	if d.Trust != nil {
		all = append(all, d.Trust.Alarms...)
		if !d.Trust.Roots.Same(roots) {
			all = append(all, gate.Say("配置中的根与信任名单中的不同，以名单为准。门照常工作；若卡丢失重来，会按配置中的旧根认人。请把 gate-central roots 打印的行写入 [trust]。",
				"The roots in the configuration are not those of the trust list, which count. The gate works; with a new card it would believe the old ones. "+
					"Write what gate-central roots prints under [trust]."))
		}
	}
	if d.Site == nil {
		return all
	}
	all = append(all, d.Site.Alarms...)
	if _, listed := d.Site.Gate(box.ID); !listed {
		all = append(all, gate.Say("小区文件中没有本门：它以标签 0 判断，记录不被确认。请核对 [gate] id，或让中心登记：gate-central gate add。",
			"The site document does not list this gate: it judges with tag 0, and no record of it is cosigned. See that id under [gate] is right, or have it added by gate-central gate add."))
	}
	if at.State != gate.ClockLost && at.Time.Unix()-d.Site.IssuedAt > trust.SiteTooOld {
		all = append(all, gate.Say("小区文件已超过 48 小时，本应每天一份：门按旧文件工作，不知道物业此后的暂停和新钥匙。请看中心服务是否运行、盒子是否听得到，或用 gated import 导入。",
			"The site document is older than 48 h, and one comes daily: the gate goes on by the old one, and knows of no hold or key that the property named since. "+
				"See that the central server runs and that this box hears it, or bring one by gated import."))
	}
	return all
}

// current is the state that documents of the trust list's epoch lead on from:
// while a new epoch is being built up, not the one that is enforced.
func (d *Documents) current() *revocation.State {
	if d.State == nil || d.Trust == nil || d.State.Epoch == d.Trust.Epoch {
		return d.State
	}
	return d.coming.state
}

// Wants says what to fetch to reach the newest heartbeat: deltas as long as they
// lead on from the state that is held, else the parts of the snapshot that the
// heartbeat names.
func (d *Documents) Wants() document.Wants {
	var w document.Wants
	d.wantTrust(&w)
	hb := d.Heartbeat
	if hb == nil || d.Trust == nil || hb.Epoch != d.Trust.Epoch {
		return w
	}
	switch at := d.current(); {
	case at == nil || at.Epoch == hb.Epoch && at.Seq < hb.Snapshot:
		w.Snapshot = hb.Snapshot
		for i := int64(1); i <= hb.Parts; i++ {
			if p, ok := d.coming.parts[i]; !ok || p.Seq != hb.Snapshot {
				w.Parts = append(w.Parts, i)
			}
		}
	case at.Epoch == hb.Epoch:
		for to := at.Seq + 1; to <= hb.Seq && len(w.Deltas) < maxChain; to++ {
			if !d.coming.reaches(to) {
				w.Deltas = append(w.Deltas, to)
			}
		}
	}
	return w
}

func (d *Documents) wantTrust(w *document.Wants) {
	held, newest := int64(0), d.newer
	if d.Trust != nil {
		held = d.Trust.Version
	}
	if d.Heartbeat != nil {
		newest = max(newest, d.Heartbeat.Trust)
	}
	if newest-held > maxChain {
		w.Rotations = true
		return
	}
	for v := held + 1; v <= newest; v++ {
		w.Trust = append(w.Trust, v)
	}
}

// reaches says whether a delta that waits already covers that step.
func (c coming) reaches(seq int64) bool {
	for _, d := range c.deltas {
		if d.From < seq && seq <= d.To {
			return true
		}
	}
	return false
}
