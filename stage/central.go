package stage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"gated/gate"
	"gated/verify/record"
)

// Central is one network: its folder, and its central server when that runs.
// Commands may be given at any time; a running server notices them by itself.
type Central struct {
	Dir  string
	Addr string // of the embedded broker, host:port, after Listen

	stage    *Stage
	proc     *Process
	pictures atomic.Int64
}

// NewCentral makes the network: keys, an empty revocation state, a trust list.
func (s *Stage) NewCentral(ctx context.Context) (*Central, error) {
	c := &Central{Dir: s.Path("central"), stage: s}
	_, err := c.Do(ctx, "init")
	return c, err
}

// Do runs one command of gate-central on this network and returns what it
// printed.
func (c *Central) Do(ctx context.Context, args ...string) (string, error) {
	return c.stage.Must(ctx, c.stage.Programs.Central, append(args, "-d", c.Dir)...)
}

// Listen starts the server with its own broker, on any free loopback port, and
// returns once all current documents are published.
func (c *Central) Listen(ctx context.Context) error {
	const says = "broker listening on "
	if err := c.start("--listen", "127.0.0.1:0"); err != nil {
		return err
	}
	line, err := c.proc.WaitLine(ctx, says)
	if err != nil {
		return err
	}
	c.Addr = strings.TrimPrefix(line, says)
	_, err = c.proc.WaitLine(ctx, "ready")
	return err
}

// Start starts the server against a broker (host:port) that may be away.
func (c *Central) Start(broker string) error { return c.start("--broker", "tcp://"+broker) }

// Connect starts the server against a broker (host:port) and returns once all
// current documents are published there.
func (c *Central) Connect(ctx context.Context, broker string) error {
	return c.Serve(ctx, "--broker", "tcp://"+broker)
}

// Serve starts the server with these flags of gate-central run and returns once
// all current documents are published.
func (c *Central) Serve(ctx context.Context, args ...string) error {
	if err := c.start(args...); err != nil {
		return err
	}
	_, err := c.proc.WaitLine(ctx, "ready")
	return err
}

func (c *Central) start(args ...string) (err error) {
	args = append([]string{"run", "-d", c.Dir}, args...)
	c.proc, err = c.stage.Start("gate-central", c.stage.Programs.Central, args...)
	return err
}

// Process is the server's newest process; nil before the first.
func (c *Central) Process() *Process { return c.proc }

// GateState is what the central server holds of one gate.
type GateState struct {
	Gate     string   `json:"gate"`
	Site     uint32   `json:"site"`
	Log      string   `json:"log"`
	Records  uint64   `json:"records"`  // held, without a gap
	Cosigned uint64   `json:"cosigned"` // size of the newest cosigned checkpoint
	Alarms   []string `json:"alarms"`
}

// Record is one record at the central server.
type Record struct {
	Leaf   record.Leaf  `json:"leaf"`
	Person *gate.Person `json:"person"` // nil: nobody, or erased
}

// Records is what `gate-central records --json` prints.
type Records struct {
	Gates   []GateState `json:"gates"`
	Records []Record    `json:"records"`
}

// Records returns all records at the central server, in the order of their
// numbers, and the state of each gate.
func (c *Central) Records(ctx context.Context) (Records, error) {
	out, err := c.Do(ctx, "records", "--json")
	if err != nil {
		return Records{}, err
	}
	var r Records
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		return r, fmt.Errorf("read records of the central server: %w", err)
	}
	return r, nil
}

// Gate is the state of the gate with that id; the zero state if no record of it
// has come.
func (r Records) Gate(id string) GateState {
	for _, g := range r.Gates {
		if g.Gate == id {
			return g
		}
	}
	return GateState{Gate: id}
}

// Count is the number of records that fit.
func (r Records) Count(fit func(record.Leaf) bool) int {
	n := 0
	for _, rec := range r.Records {
		if fit(rec.Leaf) {
			n++
		}
	}
	return n
}

// Whole says in one sentence what is wrong with the records as one log: a gap,
// a number twice, another log. It is for a network of one gate.
func (r Records) Whole() error {
	for i, rec := range r.Records {
		if rec.Leaf.Seq != uint64(i) {
			return fmt.Errorf("record %d stands where record %d should", rec.Leaf.Seq, i)
		}
		if rec.Leaf.Log != r.Records[0].Leaf.Log {
			return fmt.Errorf("record %d is of another log", i)
		}
	}
	return nil
}

// WaitRecords polls until the records at the central server are as wanted, and
// returns them; with an error the newest that were seen.
func (c *Central) WaitRecords(ctx context.Context, wanted func(Records) bool) (Records, error) {
	var r Records
	err := Until(ctx, 50*time.Millisecond, func() (bool, error) {
		now, err := c.Records(ctx)
		if err != nil {
			return false, err
		}
		r = now
		return wanted(r), nil
	})
	if errors.Is(err, context.DeadlineExceeded) {
		return r, fmt.Errorf("wait for records: there are %d, gates %+v: %w", len(r.Records), r.Gates, err)
	}
	return r, err
}
