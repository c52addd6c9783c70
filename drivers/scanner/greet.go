package scanner

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"
)

// readBack is how often a module is asked whether its settings still stand.
const readBack = time.Hour

// again is when a module that does not answer is looked for again: it may have
// been starting up. Codes are not read meanwhile, for some seconds.
var again = []time.Duration{15 * time.Second, time.Minute, readBack}

// connect opens the port, at the speed of the module if one answers.
func (s *Serial) connect(ctx context.Context) (p io.ReadWriteCloser, greeted bool, err error) {
	if s.profile != nil {
		q, err := s.greet(ctx)
		if err != nil {
			return nil, false, err
		}
		if q != nil {
			return q.ReadWriteCloser, true, nil
		}
	}
	s.trying(s.bauds[s.turn])
	p, err = s.open(s.device, s.bauds[s.turn])
	return p, false, err
}

// greet looks for the module at every speed and makes it what the profile
// wants. It returns nil if nobody answers.
func (s *Serial) greet(ctx context.Context) (*quiet, error) {
	open := func(baud int) (*quiet, error) { return s.listen(ctx, baud) }
	q, model, baud, err := s.find(open)
	if err != nil {
		return nil, err
	}
	if q != nil {
		return s.welcome(q, model, baud, open)
	}
	if i := slices.Index(s.bauds, s.known); i >= 0 && s.misses == 0 {
		s.turn = i // where it was heard last
	}
	s.asked(Module{Fault: silence(s.device)}, nil)
	s.missed()
	return nil, nil
}

// missed has a module that was not heard looked for again, soon at first.
func (s *Serial) missed() {
	s.next = time.Now().Add(s.again[min(s.misses, len(s.again)-1)])
	s.misses++
}

// listen opens the port at a speed, to ask there.
func (s *Serial) listen(ctx context.Context, baud int) (*quiet, error) {
	s.trying(baud)
	p, err := s.open(s.device, baud)
	if err != nil {
		return nil, err
	}
	q := &quiet{ReadWriteCloser: p, heard: func(n int) error {
		s.framer.Ignore(n)
		return ctx.Err()
	}}
	if err := q.drain(); err != nil {
		return nil, errors.Join(err, q.Close())
	}
	return q, nil
}

// find asks at every speed who is there. It returns nil if nobody answers.
func (s *Serial) find(open func(baud int) (*quiet, error)) (q *quiet, model string, baud int, err error) {
	for _, baud := range s.order() {
		q, err := open(baud)
		if err != nil {
			return nil, "", 0, err
		}
		model, err := s.profile.identify(q)
		if err == nil {
			return q, model, baud, nil
		}
		if err := errors.Join(q.Close(), unless(errSilent, err)); err != nil {
			return nil, "", 0, err
		}
	}
	return nil, "", 0, nil
}

// welcome makes the module that answers on q what it should be.
func (s *Serial) welcome(q *quiet, model string, baud int, open func(int) (*quiet, error)) (*quiet, error) {
	q, baud, wrong, err := tame(s.profile, q, baud, s.want, open)
	if q == nil {
		return nil, err
	}
	s.trying(baud)
	s.known = baud
	if err := s.judge(model, wrong, err); err != nil {
		return nil, errors.Join(err, q.Close())
	}
	return q, nil
}

// check reads the settings back while codes are read.
func (o *session) check() error {
	if !o.greeted {
		return errSilent
	}
	wrong, err := o.profile.differ(o, o.want)
	if err == nil && len(wrong) > 0 {
		wrong, err = o.profile.differ(o, o.want) // one answer alone accuses nobody
	}
	if err == nil && len(wrong) > 0 {
		err = errors.Join(o.profile.set(o), o.profile.save(o), kept(o.profile, o, o.want))
	}
	if errors.Is(err, errSilent) {
		return err
	}
	return o.judge(o.Health().Module.Model, wrong, err)
}

// judge says what an answer of the module came to. It returns the error that
// ends the session, if there is one.
func (s *Serial) judge(model string, wrong []string, err error) error {
	if err != nil && !errors.Is(err, errSilent) && !errors.Is(err, errStubborn) {
		return err
	}
	m := Module{Model: model, Checked: time.Now()}
	if err != nil {
		m.Checked, m.Fault = time.Time{}, obstinacy(s.device, err)
	}
	s.asked(m, wrong)
	s.tamed = s.tamed || err == nil
	if errors.Is(err, errSilent) { // it may speak at another speed now, and its codes be noise here
		s.missed()
		return nil
	}
	s.misses, s.next = 0, time.Now().Add(s.every)
	return nil
}

// asked publishes what is known of the module. Settings that differ are a drift
// only if they once were right.
func (s *Serial) asked(m Module, wrong []string) {
	s.mu.Lock()
	m.Drift = s.module.Drift
	if s.tamed && len(wrong) > 0 {
		s.drifts++
		m.Drift = strings.Join(wrong, ", ")
	}
	news := m.Fault != s.module.Fault || m.Model != s.module.Model || m.Drift != s.module.Drift
	s.module = m
	s.mu.Unlock()
	if news {
		s.log.Info("scanner asked", "device", s.device, "model", m.Model, "fault", m.Fault.EN, "changed", wrong)
	}
}

// order is the speeds at which the module is looked for: that of the last time,
// the one it should have, and the rest.
func (s *Serial) order() []int {
	order := append([]int{s.known, s.want}, s.profile.speeds()...)
	var once []int
	for _, baud := range order {
		if baud != 0 && !slices.Contains(once, baud) {
			once = append(once, baud)
		}
	}
	return once
}

// trying says at which speed the port is.
func (s *Serial) trying(baud int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.baud = baud
}

// unless is err, or nil if it is that one.
func unless(that, err error) error {
	if errors.Is(err, that) {
		return nil
	}
	return err
}
