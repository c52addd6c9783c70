package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"gated/stage"
)

// The lines that the box uses, by the names of a Raspberry Pi's.
const (
	relay      = "GPIO17"
	green      = "GPIO23"
	red        = "GPIO24"
	contact    = "GPIO27"
	exitButton = "GPIO22"
	fire       = "GPIO5"
	wrongRelay = "GPIO18"
)

// Levels of the inputs, as the configuration wires them: contacts to ground, of
// which that of the fire alarm opens when it burns.
const (
	doorShut, doorOpen = false, true
	pressed, released  = false, true
	alight             = true
)

// The two configurations of the box: one with a pulse to be measured, one with a
// pulse in whose middle things are killed, which is longer than they take.
const (
	short = "/data/short.toml"
	long  = "/data/long.toml"

	pulse     = 2 * time.Second
	longPulse = time.Minute
)

// writeDisk makes the disk image of a box: its configurations and an empty state
// directory. It needs no root: the file system is filled as it is made, and whole,
// or the guest's kernel would write zeros for minutes.
func writeDisk(ctx context.Context, s *stage.Stage, b *board, roots, broker string, wrong fault) (image string, err error) {
	dir := s.Path("disk")
	if err := os.MkdirAll(filepath.Join(dir, "state"), 0o700); err != nil {
		return "", fmt.Errorf("make disk: %w", err)
	}
	for name, length := range map[string]time.Duration{short: pulse, long: longPulse} {
		line := relay
		switch {
		case wrong == wrongPulse && name == short:
			length *= 2
		case wrong == wrongPin:
			line = wrongRelay
		}
		text := configuration(b, roots, broker, line, length)
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(name)), []byte(text), 0o600); err != nil {
			return "", fmt.Errorf("make disk: %w", err)
		}
	}
	image = s.Path("disk.img")
	_, err = s.Must(ctx, "mke2fs", "-q", "-t", "ext4", "-E", "root_owner=0:0,lazy_itable_init=0,lazy_journal_init=0", "-d", dir, image, "64M") // a card's size is a power of two
	return image, err
}

func configuration(b *board, roots, broker, line string, length time.Duration) string {
	return fmt.Sprintf(`[gate]
id = %q
site = %d
state_dir = "/data/state"
socket = "/tmp/gated.sock"

[trust]
%s

[mqtt]
broker = "tcp://%s"

[clock]
trust = "always"

[[lane]]
name = "in"
direction = "in"
scanner = { kind = "serial", device = %q }
door = { kind = "gpio", chip = %q, relay = %q, pulse = %q, contact = { line = %q }, exit_button = { line = %q } }
signal = { kind = "gpio", chip = %[6]q, green = %[11]q, red = %[12]q }

[inputs]
fire = { line = %[13]q, active = "high" }
`, stage.GateID, stage.Site, strings.TrimSpace(roots), broker, b.scanner,
		b.chip, line, length.String(), contact, exitButton, green, red, fire)
}

// setUp makes a box of a board that has just booted: the time, the network, the
// disk.
func (m *machine) setUp(ctx context.Context) error {
	if _, _, err := m.console.wait(ctx, 0, "pi: ready"); err != nil {
		return err
	}
	for _, command := range []string{
		fmt.Sprintf("date -u -s @%d", time.Now().Unix()),
		"until_there /sys/class/net/" + m.board.network,
		"ip addr add 10.0.2.15/24 dev " + m.board.network + " && ip link set " + m.board.network + " up && ip route add default via 10.0.2.2",
		"until_there " + m.board.disk,
		"mount -t ext4 -o noatime " + m.board.disk + " /data",
	} {
		if err := m.console.must(ctx, command); err != nil {
			return err
		}
	}
	return nil
}

// gated runs a command of gated on the board.
func (m *machine) gated(ctx context.Context, args string) (string, error) {
	out, code, err := m.console.do(ctx, "gated "+args)
	if err == nil && code != 0 {
		err = fmt.Errorf("gated %s: exit status %d: %s", args, code, out)
	}
	return out, err
}

// start starts the daemon and waits until it is ready for riders. Then is
// "relay-safe" if that is to be run when it has ended, as systemd would.
func (m *machine) start(ctx context.Context, config, then string) error {
	said := m.console.mark()
	if err := m.console.must(ctx, fmt.Sprintf("keep %s %s &", config, then)); err != nil {
		return err
	}
	// Its log first: to ask it costs an emulated processor more than to wait.
	for _, line := range []string{`msg="scanner found"`, `msg="connected to the broker"`} {
		if _, _, err := m.console.wait(ctx, said, line); err != nil {
			return err
		}
	}
	_, err := m.status(ctx, config, func(s stage.Status) bool { return s.Ready && s.Online && s.Lanes[0].Scanner.Up })
	return err
}

// status waits until the daemon's status is as wanted.
func (m *machine) status(ctx context.Context, config string, wanted func(stage.Status) bool) (stage.Status, error) {
	var last stage.Status
	err := stage.Until(ctx, 100*time.Millisecond, func() (bool, error) {
		out, code, err := m.console.do(ctx, "gated status --json -c "+config)
		if err != nil || code != 0 {
			return false, err // the daemon may not answer yet
		}
		last = stage.Status{}
		if err := json.Unmarshal([]byte(out), &last); err != nil {
			return false, fmt.Errorf("read status %q: %w", out, err)
		}
		return len(last.Lanes) > 0 && wanted(last), nil
	})
	if err != nil {
		return last, fmt.Errorf("wait for status, newest is %+v: %w", last, err)
	}
	return last, nil
}

// count lets a command on the board count the records on its disk, one a line. The
// console is no place for them: the log of gated may come between.
func (m *machine) count(ctx context.Context, command string) (int, error) {
	out, _, err := m.console.do(ctx, "gated journal list --json -c "+short+" | "+command)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(strings.TrimSpace(out))
	if err != nil {
		return 0, fmt.Errorf("count records: %w", err)
	}
	return n, nil
}

// answered shows a code and waits for what the gate says about it.
func (m *machine) answered(ctx context.Context, config, code string) (sent time.Time, last stage.Last, err error) {
	before, err := m.status(ctx, config, func(stage.Status) bool { return true })
	if err != nil {
		return sent, last, err
	}
	if sent, err = m.scan(code); err != nil {
		return sent, last, err
	}
	was := string(before.Lanes[0].Last.At)
	after, err := m.status(ctx, config, func(s stage.Status) bool { return string(s.Lanes[0].Last.At) != was })
	if err != nil {
		return sent, last, fmt.Errorf("no answer to the code: %w", err)
	}
	return sent, after.Lanes[0].Last, nil
}
