package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"gated/central"
	"gated/stage"
	"gated/store"
	"gated/verify/verifytest"
)

// residentBudget is DESIGN section 9's for the real daemon, in kB resident.
const residentBudget = 40 << 10

// waits of the measurement, far above what is expected: it fails then.
const (
	upWithin    = time.Minute
	drainWithin = 20 * time.Minute
)

// daemon is a real gated on a stage, with the central server in this process and
// a real Mosquitto between them.
type daemon struct {
	box    *stage.Box
	line   *stage.Line
	server *far
	signer note.Signer
	rev    uint64 // the state with all revocations
}

// measureMemory prints what the real daemon takes with 100,000 revocations while
// 100,000 records wait to be sent, and a million, at rest and while they go out;
// and how it starts and opens meanwhile.
func measureMemory(ctx context.Context, out io.Writer, dir string, scale int) (err error) {
	temp, err := os.MkdirTemp(dir, "gated-bench-")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	if err := printMachine(out, temp); err != nil {
		return err
	}
	programs, err := stage.Build(ctx, temp)
	if err != nil {
		return err
	}
	for _, waiting := range []uint64{100_000, 1_000_000} {
		if err := measureBacklog(ctx, out, temp, programs, 100_000/scale, waiting/uint64(scale)); err != nil {
			return fmt.Errorf("measure %d records that wait: %w", waiting, err)
		}
	}
	return nil
}

// measureBacklog is one gate with that many revocations and unsent records.
func measureBacklog(ctx context.Context, out io.Writer, temp string, programs stage.Programs, revoked int, waiting uint64) (err error) {
	s, err := stage.New(programs)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	d, err := newDaemon(ctx, s, filepath.Join(temp, fmt.Sprint(waiting)), revoked)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.server.stop()) }()
	if err := d.fill(waiting); err != nil {
		return err
	}
	fmt.Fprintf(out, "the real daemon, %d revocations, %d records that wait, GOGC as shipped\n", revoked, waiting)
	d.line.Cut()
	if err := d.start(ctx, out); err != nil {
		return err
	}
	if err := d.openings(ctx, out, "without a network"); err != nil {
		return err
	}
	if err := d.printMemory(out, "without a network", waiting); err != nil {
		return err
	}
	if err := d.drain(ctx, out); err != nil {
		return err
	}
	if err := d.printMemory(out, "after all was sent and cosigned", waiting); err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, upWithin)
	defer cancel()
	fmt.Fprintln(out)
	return d.box.Stop(within)
}

// newDaemon makes the network and brings the documents to the gate, which is
// stopped then.
func newDaemon(ctx context.Context, s *stage.Stage, dir string, revoked int) (d *daemon, err error) {
	broker, err := s.NewMosquitto(ctx)
	if err != nil {
		return nil, err
	}
	d = &daemon{}
	if d.server, err = newFar(ctx, dir, broker.Addr, time.Now); err != nil {
		return nil, err
	}
	if d.line, err = s.NewLine(broker.Addr); err == nil {
		err = d.revoke(ctx, revoked)
	}
	if err == nil {
		err = d.enrol(ctx, s)
	}
	if err == nil {
		err = d.learn(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, d.server.stop())
	}
	return d, nil
}

// revoke registers a platform and lists passes of its, none of which is issued.
func (d *daemon) revoke(ctx context.Context, n int) error {
	err := d.server.AddIssuer(ctx, 1, "Swift Delivery")
	if err == nil {
		err = d.server.AddKey(ctx, central.Key{Kid: verifytest.Kid, Issuer: 1, Sites: []string{"*"}, MaxBearerTTL: 15 * time.Minute, Life: 24 * time.Hour})
	}
	if err == nil {
		err = d.server.addSite(ctx, farSite)
	}
	r := rand.New(rand.NewPCG(7, 7))
	for done := 0; err == nil && done < n; {
		var targets []central.Target
		for range min(10_000, n-done) {
			targets = append(targets, central.Pass(verifytest.Kid, 1<<20+r.Uint32N(1<<31)))
		}
		done += len(targets)
		var change central.Change
		change, err = d.server.Revoke(ctx, "bench", targets...)
		d.rev = uint64(change.Seq)
	}
	return err
}

// enrol makes the gate and tells the server of it.
func (d *daemon) enrol(ctx context.Context, s *stage.Stage) error {
	roots, threshold, err := d.server.Roots(ctx)
	if err != nil {
		return err
	}
	quoted := make([]string, len(roots))
	for i, r := range roots {
		quoted[i] = strconv.Quote(r)
	}
	d.box, err = s.NewBox(stage.BoxConfig{
		ID: farGate, Site: farSite, Broker: d.line.Addr, Pulse: 100 * time.Millisecond,
		Roots: fmt.Sprintf("roots = [%s]\nthreshold = %d", strings.Join(quoted, ", "), threshold),
	})
	if err != nil {
		return err
	}
	shown, err := d.box.Do(ctx, "key", "show")
	if err != nil {
		return err
	}
	fields := strings.Fields(shown)
	if len(fields) == 0 {
		return errors.New("gated key show says nothing")
	}
	if err := d.server.admitGate(ctx, farSite, farGate, fields[len(fields)-1], false); err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(d.state(), "gate.key"))
	if err != nil {
		return err
	}
	d.signer, err = note.NewSigner(strings.TrimSpace(string(text)))
	return err
}

func (d *daemon) state() string { return filepath.Join(d.box.Dir, "state") }

// learn runs the daemon until it has all documents.
func (d *daemon) learn(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, upWithin)
	defer cancel()
	if err := d.box.Start(); err != nil {
		return err
	}
	if _, err := d.box.WaitStatus(ctx, func(s stage.Status) bool { return s.Ready && s.Rev >= d.rev }); err != nil {
		return err
	}
	return d.box.Stop(ctx)
}

// fill writes that many records into the journal of the stopped daemon.
func (d *daemon) fill(waiting uint64) error {
	st, err := store.Open(store.Options{Dir: d.state(), Site: farSite, Gate: farGate, Signer: d.signer})
	if err != nil {
		return err
	}
	writing, end := context.WithCancel(context.Background())
	wrote := make(chan error, 1)
	go func() { wrote <- st.Run(writing) }()
	j := &journal{Store: st}
	for left := int(waiting); err == nil && left > 0; left -= 9990 {
		err = j.fill(min(left, 9990)) // in transactions that are not far from those of a gate
	}
	end()
	return errors.Join(err, <-wrote, st.Close())
}

// start starts the daemon and says how long that takes, to the answer that it
// serves riders.
func (d *daemon) start(ctx context.Context, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, upWithin)
	defer cancel()
	begin := time.Now()
	if err := d.box.Start(); err != nil {
		return err
	}
	st, err := d.box.WaitStatus(ctx, func(s stage.Status) bool { return s.Ready && len(s.Lanes) > 0 && s.Lanes[0].Scanner.Up })
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "  process start to ready, scanner set and asked from outside: %.0f ms; %d records, %d unsent, rev %d\n",
		float64(time.Since(begin).Milliseconds()), st.Records, st.Unsent, st.Rev)
	return nil
}

// openings shows codes to the scanner, and prints how long the relay takes.
func (d *daemon) openings(ctx context.Context, out io.Writer, when string) error {
	ctx, cancel := context.WithTimeout(ctx, upWithin)
	defer cancel()
	var took []time.Duration
	for i := range 20 {
		code, _, err := d.server.Issue(ctx, central.Order{Kid: verifytest.Kid, Site: farSite, Rider: uint32(i + 1), TTL: 5 * time.Minute})
		if err != nil {
			return err
		}
		if _, err := d.box.Trace.Rest(ctx); err != nil {
			return err
		}
		seen, err := d.box.Show(ctx, code)
		if err != nil {
			return err
		}
		if seen.Verdict != "open" {
			return fmt.Errorf("the gate said %s %s", seen.Verdict, seen.Reason)
		}
		took = append(took, seen.Took())
	}
	fmt.Fprintf(out, "  %s: last byte at the port -> relay, of %d: p50 %s, at most %s\n", when, len(took), us(at(took, 50)), us(at(took, 100)))
	return nil
}

// drain mends the line and waits until all is cosigned, with riders meanwhile.
func (d *daemon) drain(ctx context.Context, out io.Writer) error {
	within, cancel := context.WithTimeout(ctx, drainWithin)
	defer cancel()
	before, err := d.box.Status(within)
	if err != nil {
		return err
	}
	begin := time.Now()
	d.line.Mend()
	if _, err := d.box.WaitStatus(within, func(s stage.Status) bool { return s.Online }); err != nil {
		return err
	}
	fmt.Fprintf(out, "  line mended -> connected: %.1f s\n", time.Since(begin).Seconds())
	connected := time.Now()
	if err := d.openings(ctx, out, "while it drains"); err != nil {
		return err
	}
	// Asked seldom: each question is a process of its own.
	if err := stage.Until(within, 200*time.Millisecond, func() (bool, error) {
		st, err := d.box.Status(within)
		return err == nil && st.Cosigned >= before.Records, err
	}); err != nil {
		return err
	}
	took := time.Since(connected)
	fmt.Fprintf(out, "  connected -> %d records at the central server and cosigned: %.1f s, %.0f a second\n",
		before.Unsent, took.Seconds(), float64(before.Unsent)/took.Seconds())
	return nil
}

// printMemory prints what the kernel says of the process.
func (d *daemon) printMemory(out io.Writer, when string, waiting uint64) error {
	m, err := resident(d.box.Process().Pid())
	if err != nil {
		return err
	}
	budget := ""
	if waiting <= 100_000 {
		budget = fmt.Sprintf(" (budget %d MB: %s)", residentBudget>>10, verdict(m["VmHWM"] <= residentBudget))
	}
	fmt.Fprintf(out, "  %s: %.1f MB resident, at most %.1f MB since the start%s; of those now %.1f MB anonymous, %.1f MB of files, %.1f MB shared\n",
		when, mb(m["VmRSS"]), mb(m["VmHWM"]), budget, mb(m["RssAnon"]), mb(m["RssFile"]), mb(m["RssShmem"]))
	return nil
}

func mb(kb int) float64 { return float64(kb) / 1024 }

// resident are the lines Vm… and Rss… of a process, in kB.
func resident(pid int) (map[string]int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return nil, err
	}
	m := make(map[string]int)
	for line := range bytes.Lines(text) {
		name, rest, _ := strings.Cut(string(line), ":")
		if n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB"))); err == nil {
			m[name] = n
		}
	}
	if m["VmRSS"] == 0 {
		return nil, errors.New("the kernel does not say how much memory the process has")
	}
	return m, nil
}
