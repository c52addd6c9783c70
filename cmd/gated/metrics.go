package main

import (
	"context"
	"runtime"
	"time"

	"gated/drivers/scanner"
	"gated/gate"
	"gated/local"
	"gated/metrics"
	"gated/sync"
	"gated/verify"
	"gated/verify/record"
)

// scrape is the box at the moment at which somebody reads /metrics.
type scrape struct {
	*box
	now     gate.Moment
	docs    *verify.Documents
	status  local.Status
	lanes   []laneScrape
	online  bool
	connect uint64
	process process
	waiting []metrics.Sample // age of the oldest record that is not cosigned
	settled []metrics.Sample // of the newest that is
}

// laneScrape is one lane of a scrape.
type laneScrape struct {
	name    string
	scanner scanner.Health
	state   gate.LaneState
}

// family is one row of the table: what is printed, and where it comes from.
type family struct {
	metrics.Family
	unit  string // for the manual; empty: a number of things, or 0 and 1
	zh    string // Help for the Chinese manual
	value func(s *scrape) []metrics.Sample
	times func(s *scrape) *metrics.Times // of a histogram
}

// metricsPage is the answer to GET /metrics.
func (b *box) metricsPage(ctx context.Context, lanes []*lane, link *sync.Sync) local.Text {
	s := &scrape{box: b, now: b.clock.Now(), docs: b.docs.now(), status: b.status(lanes, link, gate.English), process: readProcess()}
	for _, l := range lanes {
		s.lanes = append(s.lanes, laneScrape{l.Name, l.scanner.Health(), l.controller.State()})
	}
	if link != nil {
		r := link.Report()
		s.online, s.connect = r.Online, r.Count
	}
	s.waiting = metrics.One(0)
	if s.status.Unsent > 0 {
		s.waiting = s.recordAge(ctx, s.status.Cosigned)
	}
	if s.status.Cosigned > 0 {
		s.settled = s.recordAge(ctx, s.status.Cosigned-1)
	}
	var p metrics.Page
	for _, f := range families {
		if f.times != nil {
			p.Times(f.Family, f.times(s))
			continue
		}
		p.Family(f.Family, f.value(s))
	}
	return local.Text{ContentType: metrics.ContentType, Body: p.Bytes()}
}

// each is a sample of every lane; those without one are left out.
func (s *scrape) each(value func(l *laneScrape) (v float64, ok bool)) []metrics.Sample {
	var all []metrics.Sample
	for i := range s.lanes {
		if v, ok := value(&s.lanes[i]); ok {
			all = append(all, metrics.Sample{Labels: []string{s.lanes[i].name}, Value: v})
		}
	}
	return all
}

// counted is one count of every scanner.
func counted(c scanner.Count) func(*scrape) []metrics.Sample {
	return func(s *scrape) []metrics.Sample {
		return s.each(func(l *laneScrape) (float64, bool) { return float64(l.scanner.Counters[c.String()]), true })
	}
}

// is is a yes or no of every lane.
func is(what func(gate.LaneState) bool) func(*scrape) []metrics.Sample {
	return func(s *scrape) []metrics.Sample {
		return s.each(func(l *laneScrape) (float64, bool) { return metrics.Bool(what(l.state)), true })
	}
}

// one is a family without labels.
func one(value func(s *scrape) float64) func(*scrape) []metrics.Sample {
	return func(s *scrape) []metrics.Sample { return metrics.One(value(s)) }
}

// discarded is what became of the bytes that were no code, by cause.
func discarded(s *scrape) []metrics.Sample {
	var all []metrics.Sample
	for i := range s.lanes {
		for _, c := range []scanner.Count{
			scanner.Noise, scanner.NoRead, scanner.ModuleReply, scanner.AIMPrefix, scanner.TooLong, scanner.Partial, scanner.BeforeOpening,
		} {
			all = append(all, metrics.Sample{
				Labels: []string{s.lanes[i].name, c.String()}, Value: float64(s.lanes[i].scanner.Counters[c.String()]),
			})
		}
	}
	return all
}

// doorEvents is how often a lane's door did what nobody had let it do.
func doorEvents(e gate.Event) func(*scrape) []metrics.Sample {
	return func(s *scrape) []metrics.Sample {
		var all []metrics.Sample
		for _, m := range s.meters.doors.Samples() {
			if m.Labels[1] == string(e) {
				all = append(all, metrics.Sample{Labels: m.Labels[:1], Value: m.Value})
			}
		}
		return all
	}
}

// contact is what each lane's contact says; a lane without one is left out.
func contact(s *scrape) []metrics.Sample {
	return s.each(func(l *laneScrape) (float64, bool) { return metrics.Bool(l.state.Door == "open"), l.state.Door != "" })
}

// faults is what is wrong with each door now.
func faults(s *scrape) []metrics.Sample {
	var all []metrics.Sample
	for i := range s.lanes {
		for _, e := range []gate.Event{gate.DoorForced, gate.HeldOpen, gate.PreAlarm} {
			all = append(all, metrics.Sample{Labels: []string{s.lanes[i].name, string(e)}, Value: metrics.Bool(s.lanes[i].state.Fault == e)})
		}
	}
	return all
}

// clockStates is 1 for the state in which the clock is.
func clockStates(s *scrape) []metrics.Sample {
	var all []metrics.Sample
	for _, state := range []gate.ClockState{gate.ClockSynced, gate.ClockRTC, gate.ClockFloor, gate.ClockLost} {
		all = append(all, metrics.Sample{Labels: []string{string(state)}, Value: metrics.Bool(s.now.State == state)})
	}
	return all
}

// listAge is there only while a heartbeat is held: nobody knows it else.
func listAge(s *scrape) []metrics.Sample {
	if s.status.Fresh < 0 {
		return nil
	}
	return metrics.One(float64(s.status.Fresh))
}

// siteAge is there only while a site document is held.
func siteAge(s *scrape) []metrics.Sample {
	if s.docs.Site == nil {
		return nil
	}
	return metrics.One(max(0, s.now.Time.Sub(time.Unix(s.docs.Site.IssuedAt, 0)).Seconds()))
}

// recordAge is the age of the record with that number; nothing if there is none.
func (s *scrape) recordAge(ctx context.Context, seq uint64) []metrics.Sample {
	entries, err := s.store.List(ctx, seq, seq+1)
	if err != nil || len(entries) == 0 {
		return nil
	}
	leaf, err := record.ParseLeaf(entries[0].Leaf)
	if err != nil {
		return nil
	}
	return metrics.One(max(0, s.now.Time.Sub(time.UnixMilli(leaf.TimeMS)).Seconds()))
}

// build is the program.
func build(*scrape) []metrics.Sample {
	return []metrics.Sample{{Labels: []string{versionText(), runtime.Version()}, Value: 1}}
}
