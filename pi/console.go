package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"gated/stage"
)

// console is the board's console: pi/init does what is written there and answers
// between the lines of gated's log. One goroutine may ask.
type console struct {
	conn   net.Conn
	said   *stage.Lines
	proc   *stage.Process
	number int
}

func newConsole(conn net.Conn, proc *stage.Process, copied io.Writer) *console {
	c := &console{conn: conn, said: stage.NewLines(), proc: proc}
	go func() { _, _ = io.Copy(io.MultiWriter(c.said, copied), conn) }() // ends with the emulator
	return c
}

// do runs a shell command in the guest and returns what it printed and its exit
// status.
func (c *console) do(ctx context.Context, command string) (out string, code int, err error) {
	c.number++
	prefix := fmt.Sprintf("#%d ", c.number)
	from := c.mark()
	from, err = c.send(ctx, from, command)
	if err != nil {
		return "", 0, err
	}
	var answer strings.Builder
	for {
		line, next, err := c.wait(ctx, from, prefix)
		if err != nil {
			return "", 0, fmt.Errorf("run %q on the board: %w", command, err)
		}
		from = next
		if status, last := strings.CutPrefix(line, prefix+"= "); last {
			code, err = strconv.Atoi(status)
			return answer.String(), code, err
		}
		if line != prefix+"+" {
			answer.WriteString(strings.TrimPrefix(line, prefix) + "\n")
		}
	}
}

// send writes the command until it has come whole, and returns the number of lines
// up to where the board says so.
func (c *console) send(ctx context.Context, from int, command string) (int, error) {
	const patience = 10 * time.Second // then it is sent again
	for {
		if err := c.conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
			return 0, fmt.Errorf("write to console: %w", err)
		}
		if _, err := fmt.Fprintf(c.conn, "%d %d %s\n", c.number, len(command), command); err != nil {
			return 0, fmt.Errorf("write to console: %w", err)
		}
		short, cancel := context.WithTimeout(ctx, patience)
		_, next, err := c.wait(short, from, fmt.Sprintf("#%d +", c.number))
		late := short.Err() != nil
		cancel()
		if err == nil || !late || ctx.Err() != nil {
			return next, err
		}
	}
}

// must is do for a command that has to succeed.
func (c *console) must(ctx context.Context, command string) error {
	out, code, err := c.do(ctx, command)
	if err == nil && code != 0 {
		err = fmt.Errorf("run %q on the board: exit status %d\n%s", command, code, out)
	}
	return err
}

// mark is the number of lines so far.
func (c *console) mark() int {
	lines, _ := c.said.From(0)
	return len(lines)
}

// wait returns the first line after the first n that contains text, from there
// on, and the number of lines up to it.
func (c *console) wait(ctx context.Context, n int, text string) (line string, next int, err error) {
	for {
		lines, more := c.said.From(n)
		for _, l := range lines {
			n++
			if i := strings.Index(l, text); i >= 0 {
				return strings.TrimSuffix(l[i:], "\r"), n, nil
			}
		}
		select {
		case <-more:
		case <-c.proc.Done():
			return "", n, fmt.Errorf("wait for %q: the emulator has ended: %s", text, c.proc.Out.Tail(5))
		case <-ctx.Done():
			return "", n, fmt.Errorf("wait for %q: %w", text, ctx.Err())
		}
	}
}
