package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/creack/pty"

	"gated/drivers/scanner"
)

// wired is a scanner at one speed: how long a code is on the wire, which nobody
// can help, and how long after its last byte the relay is called.
type wired struct {
	what  string
	baud  int
	bytes int
	took  []time.Duration
}

// atBauds are the speeds of a module as it comes and as we set it.
var atBauds = []int{9600, 115200}

// mostWired bounds the samples: at 9600 baud a code is on the wire for a third
// of a second.
const mostWired = 50

// fifo is how many bytes a UART hands over at once.
const fifo = 8

// onWire is the time that n bytes take at 8N1: ten bits each.
func onWire(n, baud int) time.Duration {
	return time.Duration(n) * 10 * time.Second / time.Duration(baud)
}

// measureWired sends codes over a pseudo-terminal in the time that they would
// take on a wire, to the real scanner driver and the box behind it.
func measureWired(temp string, k kind, baud, n int) (w wired, err error) {
	dir, err := os.MkdirTemp(temp, "wired-")
	if err != nil {
		return w, fmt.Errorf("make folder: %w", err)
	}
	b, err := newBox(dir)
	if err != nil {
		return w, err
	}
	defer func() { err = errors.Join(err, b.stop()) }()
	far, stop, err := b.attach(baud)
	if err != nil {
		return w, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	w = wired{what: k.name, baud: baud}
	const warm = 3
	for i := range min(n, mostWired) + warm {
		line := []byte(k.draw(b.world).text + "\r")
		w.bytes = len(line)
		took, err := b.after(func() (time.Time, error) { return pace(far, line, baud) })
		if err != nil {
			return w, err
		}
		if i >= warm {
			w.took = append(w.took, took)
		}
	}
	return w, nil
}

// attach gives the box a scanner. Far is the wire's other end.
func (b *box) attach(baud int) (far *os.File, stop func() error, err error) {
	far, near, err := pty.Open()
	if err != nil {
		return nil, nil, fmt.Errorf("open pseudo-terminal: %w", err)
	}
	s, err := scanner.New(scanner.Config{Device: near.Name(), Baud: fmt.Sprint(baud)})
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, b.scans) }()
	stop = func() error {
		cancel()
		return errors.Join(<-ended, near.Close(), far.Close())
	}
	for end := time.Now().Add(10 * time.Second); !s.Health().Up; <-time.After(time.Millisecond) {
		if time.Now().After(end) {
			return nil, nil, errors.Join(errors.New("the scanner does not come up: "+s.Health().Error.EN), stop())
		}
	}
	return far, stop, nil
}

// pace writes the bytes as fast as a UART would hand them over, and says when it
// had the last.
func pace(w io.Writer, line []byte, baud int) (last time.Time, err error) {
	begin := time.Now()
	for sent := 0; sent < len(line); {
		n := min(fifo, len(line)-sent)
		<-time.After(time.Until(begin.Add(onWire(sent+n, baud))))
		last = time.Now()
		if _, err := w.Write(line[sent : sent+n]); err != nil {
			return last, fmt.Errorf("write to the scanner's wire: %w", err)
		}
		sent += n
	}
	return last, nil
}

func printWired(out io.Writer, all []wired) {
	fmt.Fprintln(out, "\nFrom the last byte of a code, over a serial port, to the call of the relay, beside the time on the wire before it:")
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CODE\tBAUD\tBYTES\tON THE WIRE\tSAMPLES\tp50\tp90\tp99")
	for _, r := range all {
		fmt.Fprintf(w, "%s\t%d\t%d\t%.1f ms\t%d\t%s\t%s\t%s\n", r.what, r.baud, r.bytes,
			float64(onWire(r.bytes, r.baud).Microseconds())/1000, len(r.took), us(at(r.took, 50)), us(at(r.took, 90)), us(at(r.took, 99)))
	}
	_ = w.Flush()
}
