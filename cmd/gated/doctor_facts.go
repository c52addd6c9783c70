package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"gated/doctor"
	"gated/local"
)

// patient is the box that doctor looks at: what the daemon says if it runs, and
// what everybody can see.
type patient struct {
	root     string
	file     string // configuration
	cfg      *Config
	problems []string
	client   *local.Client
	now      time.Time

	daemon  local.Caller
	status  *local.Status // nil: the daemon does not answer
	live    local.Live
	noEntry bool // the socket is not for this user

	user  doctor.User
	procs doctor.Processes
}

// newPatient reads the configuration, as far as that can be done.
func newPatient(c *common, root string) *patient {
	cfg, err := loadConfig(c.Config)
	p := &patient{root: root, file: c.Config, cfg: cfg, now: time.Now()}
	if err != nil {
		p.problems = strings.Split(sentence(err, terminalLanguage()), "\n")
	}
	if p.cfg == nil {
		p.cfg = &Config{}
		p.cfg.setDefaults()
	}
	p.client = local.NewClient(p.cfg.Gate.Socket)
	p.client.Language = language(p.cfg)
	return p
}

// facts gathers everything, what takes time at the same time.
func (p *patient) facts(ctx context.Context) *doctor.Facts {
	p.ask(ctx)
	p.user = doctor.ReadUser(p.root, int(p.daemon.PID), "gated")
	p.procs = doctor.ReadProcesses(p.root, p.files())
	f := &doctor.Facts{
		Now: p.now, Board: doctor.ReadBoard(p.root), Pins: p.pins(), Lanes: p.lanes(),
		Modem: doctor.Modem{PID: p.procs.Modem, Rule: doctor.ReadModemRule(p.root)},
	}
	f.Program = p.program()
	clock, held, journal := p.peek(ctx)
	f.Clock, f.Held, f.Journal = clock, held, journal
	var all sync.WaitGroup
	f.Card.Unknown = text("不知道状态目录在哪里", "where the state directory is, is not known")
	f.Card.Inodes.Unknown, f.Card.Sync.Unknown, f.Card.Wear.Unknown = f.Card.Unknown, f.Card.Unknown, f.Card.Unknown
	if info, err := os.Stat(f.Program.State.Path); f.Program.State.Path != "" && (err != nil || info.IsDir()) {
		all.Go(func() { f.Card = doctor.ReadCard(p.root, p.cfg.Gate.StateDir) })
	}
	if p.status != nil || len(p.problems) == 0 {
		all.Go(func() { f.Inputs = p.inputs(ctx) })
		all.Go(func() { f.Line, f.Journal.Central = p.line(ctx, clock) })
	}
	all.Wait()
	if p.status != nil {
		f.Alarms = p.status.Alarms
	}
	return f
}

// ask asks the daemon.
func (p *patient) ask(ctx context.Context) {
	var s local.Status
	err := p.client.Ask(ctx, "/v1/status", nil, &s)
	p.noEntry = errors.Is(err, os.ErrPermission)
	if err != nil {
		return
	}
	p.daemon, err = p.client.Peer(ctx)
	if err = errors.Join(err, p.client.Ask(ctx, "/v1/live", nil, &p.live)); err == nil {
		p.status = &s
	}
}

// files are those that only the daemon may have open.
func (p *patient) files() []string {
	all := []string{p.cfg.Gate.StateDir}
	for i := range p.cfg.Lanes {
		if path, err := filepath.EvalSymlinks(p.cfg.Lanes[i].Scanner.Device); err == nil {
			all = append(all, path)
		}
	}
	return all
}

func (p *patient) program() doctor.Program {
	d := doctor.Program{
		Problems: p.problems, Config: p.file, Socket: p.cfg.Gate.Socket, Running: p.status != nil, NoEntry: p.noEntry,
		Ours: versionText(), User: p.user, Unit: doctor.ReadUnit(p.root),
	}
	if p.status != nil {
		d.PID, d.Version = int(p.daemon.PID), p.status.Version
		d.Process = doctor.ReadProtection(p.root, d.PID)
	}
	for _, other := range p.procs.Gated {
		if other.PID != d.PID {
			d.Others = append(d.Others, other)
		}
	}
	d.State = p.stateDir()
	return d
}

func (p *patient) pins() []doctor.Pin {
	var all []doctor.Pin
	for _, l := range p.cfg.gpioLines() {
		pin := doctor.Pin{Key: l.key}
		var err error
		if pin.Looked, err = l.find(); err != nil {
			pin.Problem = sentence(err, language(p.cfg))
		}
		all = append(all, pin)
	}
	return all
}

// lanes is each lane's port as it lies there, and its scanner as the daemon says,
// or as it answers us.
func (p *patient) lanes() []doctor.Lane {
	var all []doctor.Lane
	for i := range p.cfg.Lanes {
		l := &p.cfg.Lanes[i]
		d := doctor.Lane{
			Name: l.Name, Profile: l.Scanner.Profile, Fixed: l.Scanner.Baud != "auto",
			Port: doctor.ReadPort(p.root, l.Scanner.Device, p.user, p.procs, os.Getpid(), int(p.daemon.PID)),
		}
		var s local.ScannerStatus
		switch {
		case p.status != nil:
			for _, lane := range p.status.Lanes {
				if lane.Name == l.Name {
					s, d.Fault = lane.Scanner, lane.Fault
				}
			}
		case len(p.procs.Gated) > 0:
			d.Untried = text("没有试：%s 的进程 %d 正在使用", "not tried: process %[2]d of %[1]s is at work", p.procs.Gated[0].Name, p.procs.Gated[0].PID)
		case d.Port.There():
			s = l.probe(false, local.Status{}, language(p.cfg)).ScannerStatus
		default:
			d.Untried = text("没有试：%s", "%s was not tried", l.Scanner.Device) // the port's check says why
		}
		d.Up, d.Error, d.Cause, d.Baud, d.Counts = s.Up, s.Error, s.Cause, s.Baud, s.Counters
		if m := s.Module; m != nil {
			d.Model, d.Module, d.Drift = m.Model, m.Fault, m.Drift
		}
		all = append(all, d)
	}
	return all
}

// sampled is how long inputs are watched.
const sampled = time.Second

// inputs is how each input behaves for a second: by the daemon, or by ourselves
// if nobody else has the lines. What cannot be asked or claimed is left out: the
// checks of the daemon and of the pins say why.
func (p *patient) inputs(ctx context.Context) []doctor.Input {
	var now local.IO
	if p.status != nil {
		if p.client.Ask(ctx, "/v1/io", nil, &now) != nil {
			return nil
		}
	} else {
		r, err := openReader(p.cfg)
		if err != nil {
			return nil
		}
		for end := time.Now().Add(sampled); time.Now().Before(end); {
			if now, err = r.look(ctx); err != nil {
				break
			}
		}
		_ = r.Close()
	}
	var all []doctor.Input
	for _, l := range now.Lines {
		if l.Name != "relay" {
			all = append(all, doctor.Input{
				Name: strings.TrimPrefix(l.Lane+"."+l.Name, "."), Active: l.Active, Span: sampled, Changes: doctor.Reading[int]{Value: l.Rate},
			})
		}
	}
	return all
}
