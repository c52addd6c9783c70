package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"gated/stage"
)

// machine is one board that runs, from power-on to power-off.
type machine struct {
	board   *board
	proc    *stage.Process
	pins    *watch
	console *console
	scanner net.Conn // what is written here comes out of the scanner
	qmp     *qmp
	qtest   *qtest

	trace *os.File
}

// powerOn starts the emulator. What the disk holds is kept.
func powerOn(ctx context.Context, s *stage.Stage, b *board, opt options, disk string) (m *machine, err error) {
	dir, err := os.MkdirTemp(s.Dir, "machine-")
	if err != nil {
		return nil, fmt.Errorf("power on: %w", err)
	}
	m = &machine{board: b, pins: newWatch(b)}
	if m.trace, err = fifo(filepath.Join(dir, "trace")); err != nil {
		return nil, err
	}
	go m.pins.read(m.trace)

	sockets := make(map[string]*net.UnixListener)
	for _, name := range []string{"con", "scan", "qmp", "qtest"} {
		l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, name)})
		if err != nil {
			return nil, fmt.Errorf("power on: %w", err)
		}
		defer func() { _ = l.Close() }()
		sockets[name] = l
	}
	args := append(b.args(opt.kit, disk),
		"-chardev", "socket,id=con,path="+filepath.Join(dir, "con"), "-chardev", "socket,id=scan,path="+filepath.Join(dir, "scan"),
		"-chardev", "socket,id=qmp,path="+filepath.Join(dir, "qmp"), "-mon", "chardev=qmp,mode=control",
		"-qtest", "unix:"+filepath.Join(dir, "qtest"), "-qtest-log", "none",
		"-trace", "memory_region_ops_write", "-D", filepath.Join(dir, "trace"), "-msg", "timestamp=on",
		"-append", b.cmdline+" quiet panic=1 rdinit=/init")
	if m.proc, err = s.Start("qemu "+b.name, "qemu-system-aarch64", args...); err != nil {
		return nil, err
	}
	conns := make(map[string]net.Conn)
	for name, l := range sockets {
		if conns[name], err = m.accept(ctx, l); err != nil {
			return nil, err
		}
	}
	m.console, m.scanner, m.qtest = newConsole(conns["con"], m.proc, opt.said), conns["scan"], newQtest(conns["qtest"])
	m.qmp, err = newQMP(conns["qmp"])
	return m, err
}

// accept waits until the emulator connects.
func (m *machine) accept(ctx context.Context, l *net.UnixListener) (net.Conn, error) {
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	go func() {
		<-m.proc.Done()
		_ = l.Close()
	}()
	c, err := l.Accept()
	if err != nil {
		return nil, fmt.Errorf("power on: the emulator does not connect: %w; it said:\n%s", errors.Join(err, ctx.Err()), m.proc.Out.Tail(20))
	}
	return c, nil
}

// kill is a power cut: the emulator ends between two instructions. It returns
// when every write until then was seen.
func (m *machine) kill() error {
	m.proc.Kill()
	<-m.proc.Done()
	if _, err := fmt.Fprintf(m.trace, "\n%s\n", endOfTrace); err != nil {
		return fmt.Errorf("end trace: %w", err)
	}
	<-m.pins.ended
	m.close()
	return nil
}

// close lets go of the emulator's ends.
func (m *machine) close() {
	for _, c := range []interface{ Close() error }{m.console.conn, m.scanner, m.qmp.conn, m.qtest.conn, m.trace} {
		_ = c.Close()
	}
}

// fifo makes a pipe for the emulator to write its trace into. We hold both of
// its ends, so that opening it waits for nobody.
func fifo(path string) (*os.File, error) {
	if err := unix.Mkfifo(path, 0o600); err != nil {
		return nil, fmt.Errorf("make pipe for the trace: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NONBLOCK, 0) //nolint:gosec // of our own emulator
	if err != nil {
		return nil, fmt.Errorf("make pipe for the trace: %w", err)
	}
	return f, nil
}

// level is what the emulator shows of a line's level.
func (m *machine) level(line string) (bool, error) {
	v, err := m.qtest.read(m.board.data)
	return v>>m.board.lines[line]&1 == 1, err
}

// scan holds a code to the scanner and returns when it was about to go.
func (m *machine) scan(code string) (time.Time, error) {
	at := time.Now()
	return at, m.send(code + "\r")
}

// send makes the scanner say something.
func (m *machine) send(text string) error {
	if err := m.scanner.SetWriteDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return fmt.Errorf("send code: %w", err)
	}
	if _, err := m.scanner.Write([]byte(text)); err != nil {
		return fmt.Errorf("send code: %w", err)
	}
	return nil
}
