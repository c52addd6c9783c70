package main

import (
	"context"
	"errors"
	"time"

	"gated/drivers/door"
	"gated/gate"
	"gated/local"
)

// ioReader reads the inputs of a box whose daemon is not running. It has them to
// itself meanwhile, and touches no relay.
type ioReader struct {
	cfg   *Config
	wires *boxWires
	lanes [][2]*door.Input // contact and exit button
}

// openReader claims the inputs.
func openReader(cfg *Config) (*ioReader, error) {
	w, err := openWires(cfg)
	if err != nil {
		return nil, err
	}
	r := &ioReader{cfg: cfg, wires: w}
	for i := range cfg.Lanes {
		d := &cfg.Lanes[i].Door
		contact, err1 := openInput(d.Contact, d.Kind, d.Chip)
		exit, err2 := openInput(d.ExitButton, d.Kind, d.Chip)
		r.lanes = append(r.lanes, [2]*door.Input{contact, exit})
		if err := errors.Join(err1, err2); err != nil {
			return nil, errors.Join(err, r.Close())
		}
	}
	return r, nil
}

// look reads for as long as a screen stands, and tells what it read.
func (r *ioReader) look(ctx context.Context) (local.IO, error) {
	t := time.NewTicker(gate.InputsEvery)
	defer t.Stop()
	for end := time.Now().Add(drawEach - gate.InputsEvery); ; {
		if err := r.read(); err != nil {
			return local.IO{}, err
		}
		if ctx.Err() != nil || time.Now().After(end) {
			return r.io(), nil
		}
		<-t.C
	}
}

// read reads each input once.
func (r *ioReader) read() error {
	ins := []*door.Input{r.wires.fire, r.wires.tamper, r.wires.mains}
	for _, l := range r.lanes {
		ins = append(ins, l[:]...)
	}
	var errs []error
	for _, in := range ins {
		_, err := in.Active()
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (r *ioReader) io() local.IO {
	s := local.IO{At: time.Now(), Lines: []local.Line{}}
	for i, l := range r.lanes {
		s.Lines = append(s.Lines, laneInputs(&r.cfg.Lanes[i], l[0], l[1])...)
	}
	s.Lines = append(s.Lines, boxInputs(&r.cfg.Inputs, r.wires)...)
	return s
}

// Close gives the lines back.
func (r *ioReader) Close() error {
	errs := []error{r.wires.Close()}
	for _, l := range r.lanes {
		errs = append(errs, l[0].Close(), l[1].Close())
	}
	return errors.Join(errs...)
}
