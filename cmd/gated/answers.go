package main

import (
	"context"

	"gated/drivers/scanner"
	"gated/gate"
	"gated/local"
	"gated/sync"
	"gated/verify"
)

// answers is what the socket can be asked: one row a question.
func (b *box) answers(lanes []*lane, wires *boxWires, link *sync.Sync) map[string]local.Answer {
	return map[string]local.Answer{
		"GET /v1/status": func(_ context.Context, who local.Caller, _ []byte) (any, error) {
			return b.status(lanes, link, who.Language), nil
		},
		"GET /v1/live": func(_ context.Context, who local.Caller, _ []byte) (any, error) {
			return b.live(link, who.Language), nil
		},
		"GET /v1/io": func(context.Context, local.Caller, []byte) (any, error) {
			return b.io(lanes, wires), nil
		},
		"GET /metrics": func(ctx context.Context, _ local.Caller, _ []byte) (any, error) {
			return b.metricsPage(ctx, lanes, link), nil
		},
		"POST /v1/open": func(ctx context.Context, who local.Caller, body []byte) (any, error) {
			return b.open(ctx, lanes, who, body)
		},
		"POST /v1/scanner": func(_ context.Context, who local.Caller, body []byte) (any, error) {
			return see(lanes, who.Language, body)
		},
		"POST /v1/import": func(ctx context.Context, who local.Caller, body []byte) (any, error) {
			b.log.Info("document offered at the socket", "uid", who.UID, "pid", who.PID)
			before := b.docs.now().Trust
			err := b.docs.Offer(ctx, body)
			if notNeeded(err) {
				return local.Imported{Known: true}, nil
			}
			if link != nil && b.docs.now().Trust != before {
				link.Refresh() // what its new authorities signed was dropped when it came
			}
			return local.Imported{}, err
		},
	}
}

// status is the box as it is now, its sentences in that language.
func (b *box) status(lanes []*lane, link *sync.Sync, lang gate.Language) local.Status {
	now, docs := b.clock.Now(), b.docs.now()
	id, _ := b.store.Log()
	size := b.store.Size()
	cosigned := b.store.Cosigned()
	s := local.Status{
		Version: versionText(), Gate: b.cfg.Gate.ID, Site: b.cfg.Gate.Site,
		Ready: docs.Ready(), Online: link != nil && link.Online(),
		Clock: string(now.State), Fresh: -1,
		Log: id, Records: size, Cosigned: cosigned, Unsent: size - min(size, cosigned), Durable: b.undurable == nil,
		Lanes: []local.LaneStatus{}, Alarms: in(lang, b.raised(docs, now)),
	}
	s.Rev, s.Trust = versions(docs)
	if age, ok := docs.Fresh(now); ok {
		s.Fresh = age
	}
	s.Freshness = string(docs.Step(now))
	for _, l := range lanes {
		s.Lanes = append(s.Lanes, l.status(lang))
	}
	return s
}

// raised is every alarm there is now: those that were raised, and those to which
// documents and clock give cause for as long as they do.
func (b *box) raised(docs *verify.Documents, now gate.Moment) []gate.Text {
	all := append(b.alarms.list(), docs.Alarms(b.docs.roots, b.docs.box, now)...)
	if a := b.clock.Alarm(); a != (gate.Text{}) {
		all = append(all, a)
	}
	return all
}

// status is one lane as it is now.
func (l *lane) status(lang gate.Language) local.LaneStatus {
	h, state := l.scanner.Health(), l.controller.State()
	s := local.LaneStatus{
		Name: l.Name, Direction: string(l.Direction), Relay: state.Relay,
		Door: state.Door, Fault: string(state.Fault), HoldOpen: state.Held, Lockdown: state.Locked, Fire: state.Fire,
		Scanner: scannerStatus(h, lang),
	}
	s.Scanner.Device = l.device
	if state.Verdict != "" {
		s.Last = &local.LastVerdict{At: state.At, Verdict: string(state.Verdict), Reason: string(state.Reason)}
	}
	return s
}

// scannerStatus is a scanner's health in the socket's words.
func scannerStatus(h scanner.Health, lang gate.Language) local.ScannerStatus {
	s := local.ScannerStatus{Up: h.Up, Device: h.Device, Baud: h.Baud, Error: h.Error.In(lang), Cause: string(h.Cause), Counters: h.Counters}
	if m := h.Module; m != nil {
		s.Module = &local.ModuleStatus{Model: m.Model, Checked: m.Checked, Fault: m.Fault.In(lang), Drift: m.Drift}
	}
	return s
}

// versions are the numbers of the lists in force; 0 for what is not held.
func versions(d *verify.Documents) (rev, trust uint64) {
	if d.State != nil {
		rev = uint64(d.State.Seq) //nolint:gosec // 0…2^53-1 by the document's parser
	}
	if d.Trust != nil {
		trust = uint64(d.Trust.Version) //nolint:gosec // 0…2^53-1 by the document's parser
	}
	return rev, trust
}

// verdictWords is the sentence for whoever reads a verdict on a terminal.
func verdictWords(r gate.Reason, lang gate.Language) string { return r.Guard().In(lang) }
