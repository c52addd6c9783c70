package signal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"gated/gate"
)

// voice says what a scan came to, by a speech module on a serial port.
type voice struct {
	cfg    Config
	module speech
	baud   int
	next   chan said // has room for the one sentence to say next
	log    *slog.Logger

	mu sync.Mutex // guards sending to next

	// Owned by Run.
	port    io.ReadWriteCloser // nil: not open
	failing bool
}

// said is a sentence and when it became true.
type said struct {
	text string
	at   time.Time
}

const (
	// stale is how old a sentence may be when its port is open: whoever it was
	// meant for has gone on.
	stale = 3 * time.Second

	// answerWithin is how long a module has to say that it understood.
	answerWithin = 300 * time.Millisecond
)

func checkVoice(c Config) error {
	m, ok := speeches[c.Module]
	switch {
	case !ok:
		return gate.Say("module %q：不认识；请写 %s 之一", "read module %q: it is not known; write one of %s", c.Module, strings.Join(slices.Sorted(maps.Keys(speeches)), ", ")).Trouble(nil)
	case c.Device == "":
		return gate.Say("device 未填；请写语音模块的端口，最好是 /dev/serial/by-path 下的名称", "read device: it is empty; name the voice's port, best one of /dev/serial/by-path").Trouble(nil)
	case c.Language == gate.English && !m.english:
		return gate.Say("module %q：它把英文逐个字母念出；请用会说英文的模块（xfs5152），或写 language = \"zh\"", "read module %q: it spells English letter by letter; use a module that speaks it (xfs5152), or language = \"zh\"", c.Module).Trouble(nil)
	}
	_, err := voiceBaud(c, m)
	return err
}

// voiceBaud is the speed of the module's port.
func voiceBaud(c Config, m speech) (int, error) {
	if c.Baud == "" {
		return m.speeds[0], nil
	}
	n, err := strconv.Atoi(c.Baud)
	if err != nil || !slices.Contains(m.speeds, n) {
		return 0, gate.Say("baud %q：模块 %s 不支持这个速率；请写 %s 之一", "read baud %q: a module %s cannot do that; write one of %s", c.Baud, c.Module, strings.Trim(fmt.Sprint(m.speeds), "[]")).Trouble(nil)
	}
	return n, nil
}

func openVoice(c Config) (Signal, error) {
	m := speeches[c.Module]
	baud, err := voiceBaud(c, m)
	if err != nil {
		return nil, err
	}
	return &voice{cfg: c, module: m, baud: baud, next: make(chan said, 1), log: c.Log}, nil
}

// Show has the rider's sentence said, or the community's own where it has one.
// The newest cuts short what is being said.
func (v *voice) Show(d gate.Decision) {
	text := d.Reason.Rider()
	if d.Notice != nil {
		text = *d.Notice
	}
	if s := text.In(v.cfg.Language); s != "" {
		v.mu.Lock()
		defer v.mu.Unlock()
		replace(v.next, said{s, time.Now()})
	}
}

// Idle says nothing: nobody is there.
func (v *voice) Idle(Health) {}

// Run speaks until ctx ends. A module that is missing or silent is logged when
// it begins to be, and tried again with the next sentence.
func (v *voice) Run(ctx context.Context) error {
	defer func() { _ = v.hang() }()
	for {
		select {
		case <-ctx.Done():
			return nil
		case s := <-v.next:
			v.report(v.say(s))
		}
	}
}

// say sends one sentence, over a port that is opened if it is not yet.
func (v *voice) say(s said) error {
	if v.port == nil {
		p, err := v.cfg.Port(v.cfg.Device, v.baud)
		if err != nil {
			return err
		}
		v.port = p
	}
	if time.Since(s.at) > stale {
		return nil
	}
	if _, err := v.port.Write(v.module.frame(encode(s.text, v.module.longest))); err != nil {
		return errors.Join(err, v.hang())
	}
	err := v.answered()
	if errors.Is(err, errLost) {
		err = errors.Join(err, v.hang())
	}
	return err
}

var (
	errLost = errors.New("the voice's port is gone")
	errMute = errors.New("the speech module does not answer; check its wires, its power and its speed")
	errNot  = errors.New("the speech module did not understand; check that it is of the kind in the configuration")
)

// answered waits until the module says that it understood. What it says of its
// own accord (started, done speaking) is passed over.
func (v *voice) answered() error {
	var buf [64]byte
	for end := time.Now().Add(answerWithin); time.Now().Before(end); {
		n, err := v.port.Read(buf[:])
		if n == 0 {
			// A port says io.EOF after a silence as well as after a loss;
			// writing nothing tells them apart.
			if _, lost := v.port.Write(nil); lost != nil || err != nil && !errors.Is(err, io.EOF) {
				return errors.Join(errLost, err, lost)
			}
		}
		for _, b := range buf[:n] {
			switch b {
			case 0x41:
				return nil
			case 0x45:
				return errNot
			}
		}
	}
	return errMute
}

// report logs a failure when it begins, and its end.
func (v *voice) report(err error) {
	switch {
	case err != nil && !v.failing:
		v.log.Warn("voice does not speak", "device", v.cfg.Device, "err", err)
	case err == nil && v.failing:
		v.log.Info("voice speaks again", "device", v.cfg.Device)
	}
	v.failing = err != nil
}

// hang closes the port.
func (v *voice) hang() error {
	if v.port == nil {
		return nil
	}
	p := v.port
	v.port = nil
	return p.Close()
}

// Close does nothing: Run has closed the port.
func (v *voice) Close() error { return nil }

var _ Signal = (*voice)(nil)
