package scanner

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// profile is what one make of module understands beyond sending codes. All of
// its methods ask over a line; they fail with errSilent if nobody answers, and
// with errGone if the port is lost.
type profile interface {
	// speeds are those that the module can have, the factory's first.
	speeds() []int

	// identify says who answers.
	identify(l line) (model string, err error)

	// differ names the settings that are not as they should be at that speed.
	differ(l line, baud int) ([]string, error)

	// set puts the settings right, all but the speed.
	set(l line) error

	// speed tells the module to speak at another speed from now on. Its answer
	// may come at either speed and is not waited for.
	speed(l line, baud int) error

	// save keeps the settings over a power cut.
	save(l line) error
}

// profiles is every make by its word in the configuration. A make without a
// profile sends codes and is asked nothing.
var profiles = map[string]profile{"plain": nil, "gm65": gm65{}}

// errSilent says that a module does not answer.
var errSilent = errors.New("the module does not answer")

// errStubborn says that a module does not take what it is set to.
var errStubborn = errors.New("after it was set and asked again")

// line is a port on which somebody is asked while whatever else comes is taken
// care of.
type line interface {
	io.Writer

	// step reads once, for at most a tenth of a second. n is 0 after a silence.
	step() (n int, err error)

	// reply is the newest whole reply, which is then taken.
	reply() []byte
}

const (
	// patience is how many silences of a tenth of a second an answer may take.
	// At 9600 baud it is on the line for 20 ms.
	patience = 2

	// babble is how many bytes may come before an answer.
	babble = 4096
)

// ask sends a request and waits for what is answered.
func ask(l line, request []byte) ([]byte, error) {
	l.reply() // what came late belongs to no request of ours
	if _, err := l.Write(request); err != nil {
		return nil, errors.Join(errGone, err)
	}
	for silences, bytes := 0, 0; silences < patience && bytes < babble; {
		n, err := l.step()
		if err != nil {
			return nil, err
		}
		if r := l.reply(); r != nil {
			return r, nil
		}
		if bytes += n; n == 0 {
			silences++
		}
	}
	return nil, errSilent
}

// quiet is a line of which nothing is handed on: codes that come while a module
// is looked for belong to nobody yet.
type quiet struct {
	io.ReadWriteCloser
	framer Framer
	heard  func(n int) error // takes note of bytes, and says when to give up
}

func (q *quiet) step() (int, error) {
	var buf [512]byte
	n, err := q.Read(buf[:])
	if err := errors.Join(alive(q, n, err), q.heard(n)); err != nil {
		return 0, err
	}
	if n == 0 {
		q.framer.Tick(time.Now())
	} else {
		q.framer.Feed(time.Now(), buf[:n])
	}
	return n, nil
}

func (q *quiet) reply() []byte { return q.framer.Reply() }

// drain takes what lay in the port, until it is silent.
func (q *quiet) drain() error {
	for bytes := 0; bytes < babble; {
		n, err := q.step()
		if err != nil || n == 0 {
			return err
		}
		bytes += n
	}
	return nil
}

// tame makes a module that answers at baud what the profile wants it to be, at
// the speed want. It returns the port that is open in the end, its speed, and
// the settings that were found to differ. The error is of the module; a port is
// returned all the same unless it was lost.
func tame(p profile, q *quiet, baud, want int, open func(baud int) (*quiet, error)) (*quiet, int, []string, error) {
	wrong, err := p.differ(q, want)
	if err != nil || len(wrong) == 0 && baud == want {
		return q, baud, wrong, err
	}
	if err := p.set(q); err != nil {
		return q, baud, wrong, err
	}
	if baud != want {
		if q, baud, err = change(p, q, baud, want, open); err != nil {
			return q, baud, wrong, err
		}
	}
	if err := p.save(q); err != nil {
		return q, baud, wrong, err
	}
	return q, baud, wrong, kept(p, q, want)
}

// kept reads back what was set.
func kept(p profile, l line, baud int) error {
	left, err := p.differ(l, baud)
	if err == nil && len(left) > 0 {
		err = fmt.Errorf("%w: %s", errStubborn, strings.Join(left, ", "))
	}
	return err
}

// change takes module and port to another speed, or back if the module cannot
// follow.
func change(p profile, q *quiet, from, to int, open func(baud int) (*quiet, error)) (*quiet, int, error) {
	if err := p.speed(q, to); err != nil {
		return q, from, err
	}
	for _, baud := range []int{to, from} {
		if err := q.Close(); err != nil {
			return nil, 0, err
		}
		var err error
		if q, err = open(baud); err != nil {
			return nil, 0, err
		}
		if _, err = p.identify(q); err == nil {
			return q, baud, nil
		}
		if !errors.Is(err, errSilent) {
			return q, baud, err
		}
	}
	return q, from, errSilent
}
