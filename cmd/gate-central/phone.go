package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"time"

	"gated/central"
)

// redraw is how often a phone draws its code anew (PROTOCOL 1.2).
const redraw = 5 * time.Second

type phoneCmd struct {
	directory
	Kid        uint16        `required:"" placeholder:"N" help:"The key to sign with."`
	Site       uint32        `required:"" placeholder:"N" help:"The community that it opens."`
	Rider      uint32        `required:"" placeholder:"N" help:"The rider's number at the platform."`
	TTL        time.Duration `name:"ttl" default:"24h" help:"How long the credential is good for, in units of 10 s (${default})."`
	Window     string        `enum:"15,30,60,120" default:"30" help:"Seconds that one code counts: 15, 30, 60 or 120 (${default})."`
	Gate       string        `placeholder:"ID" help:"The gate that it is shown to; without it the code is good at each gate of the site."`
	Credential string        `type:"path" placeholder:"FILE" help:"Keep the credential and the phone's key there, and use them again."`
	Once       bool          `help:"Print the code once and end."`
	PNG        string        `name:"png" type:"path" placeholder:"FILE" help:"Draw the code there; on a terminal it is shown as well."`
}

// windows of a bound pass by their flags.
var windows = map[string]uint8{"15": 0, "30": 1, "60": 2, "120": 3}

// Run shows the code.
func (c phoneCmd) Run(ctx context.Context, out output) error {
	var tag uint16
	var w wallet
	err := c.with(ctx, func(s *central.Central) (err error) {
		if c.Gate != "" {
			if tag, err = s.Tag(ctx, c.Gate, c.Site); err != nil {
				return err
			}
		}
		w, err = c.wallet(ctx, s)
		return err
	})
	if err != nil {
		return err
	}
	if c.Once {
		return c.once(w, tag, out)
	}
	ticks := time.NewTicker(redraw)
	defer ticks.Stop()
	for {
		if err := c.show(w, tag, out); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
		}
	}
}

// wallet finds or makes the credential.
func (c phoneCmd) wallet(ctx context.Context, s *central.Central) (wallet, error) {
	order := central.Order{Kid: c.Kid, Site: c.Site, Rider: c.Rider, TTL: c.TTL, Window: windows[c.Window]}
	if c.Credential == "" {
		return newWallet(ctx, s, order)
	}
	w, ok, err := readWallet(c.Credential)
	if err != nil {
		return w, err
	}
	if ok {
		return w, w.check(c.Credential, order)
	}
	if w, err = newWallet(ctx, s, order); err != nil {
		return w, err
	}
	return w, w.write(c.Credential)
}

// draw makes the code of this moment.
func (c phoneCmd) draw(w wallet, tag uint16) (string, error) {
	now := time.Now().Unix()
	if now < 0 || now > math.MaxUint32 {
		return "", fmt.Errorf("draw code: the clock says %d", now)
	}
	code, err := w.credential.Show(uint32(now), c.Site, tag, w.holder)
	if err != nil {
		return "", fmt.Errorf("draw code: %w", err)
	}
	if c.PNG == "" {
		return code, nil
	}
	return code, drawPNG(c.PNG, code)
}

func (c phoneCmd) once(w wallet, tag uint16, out output) error {
	code, err := c.draw(w, tag)
	if err != nil {
		return err
	}
	fmt.Fprintln(out.data, code)
	return nil
}

// show redraws the terminal. With a picture and no terminal it draws that alone.
func (c phoneCmd) show(w wallet, tag uint16, out output) error {
	code, err := c.draw(w, tag)
	if err != nil || c.PNG != "" && !terminal(out.data) {
		return err
	}
	const clear = "\x1b[H\x1b[2J"
	fmt.Fprint(out.data, clear)
	if err := drawText(out.data, code); err != nil {
		return err
	}
	h, err := w.credential.Header()
	if err != nil {
		return err
	}
	fmt.Fprintf(out.data, "pass %d of key %d for site %d, rider %d, until %s; drawn %s\n",
		h.Serial, h.Kid, c.Site, h.Rider, time.Unix(h.End(), 0).Format(time.DateTime), time.Now().Format(time.TimeOnly))
	return nil
}

// terminal says whether w is a terminal, or at least a device.
func terminal(w any) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
