package e2e_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"gated/drivers/drivertest"
	"gated/stage"
)

// somebody is a user who is in no group, as the daemon is not root's on a box.
const somebody = 65534

// lesser has the daemon run as somebody, to whom all its files belong.
func (p *patient) lesser(t *testing.T) {
	t.Helper()
	setpriv, err := exec.LookPath("setpriv")
	if os.Geteuid() != 0 {
		err = errors.New("the daemon is to run as another user, and we are not root")
	}
	if err != nil {
		drivertest.Missing(t, "root", err)
	}
	p.stop(t)
	p.Box.Under = []string{setpriv, fmt.Sprintf("--reuid=%d", somebody), fmt.Sprintf("--regid=%d", somebody), "--clear-groups"}
	p.own(t, somebody)
	for _, dir := range []string{p.Dir, filepath.Dir(programs.Gated)} {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// own gives the box's files to a user.
func (p *patient) own(t *testing.T, uid int) {
	t.Helper()
	err := filepath.WalkDir(p.Box.Dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, uid, uid)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// greater has the daemon run as before.
func (p *patient) greater(t *testing.T) {
	t.Helper()
	p.stop(t)
	p.Box.Under = nil
	p.own(t, 0)
	p.well(t)
}

// scanner makes another line of the lane's scanner.
func (p *patient) scanner(t *testing.T, line string) {
	t.Helper()
	const key = `scanner = { kind = "serial", device = "`
	at := strings.Index(p.config, key)
	end := at + strings.Index(p.config[at:], "\n")
	p.restart(t, p.config[:at]+key+line+" }"+p.config[end:])
}

// module has the box ask a scanner module that can be asked.
func (p *patient) module(t *testing.T) (*drivertest.GM65, *drivertest.Cable) {
	t.Helper()
	c := drivertest.NewCable(t)
	m := drivertest.NewGM65(t, c)
	p.scanner(t, c.Path()+`", profile = "gm65"`)
	return m, c
}

func (p *patient) scannerFaults() []fault {
	return []fault{
		{"the scanner speaks at another speed", "speed", "baud", func(t *testing.T) string {
			p.scanner(t, p.Box.Scanner.Port+`", baud = "9600"`)
			status(t, p.World, func(s stage.Status) bool { return s.Lanes[0].Scanner.Up })
			if _, err := p.Box.Scanner.Send(bytes.Repeat([]byte{0x86, 0xe6, 0x9e, 0xf8, 0x80}, 20)); err != nil {
				t.Fatal(err)
			}
			return ""
		}, p.well},
		{"another program has the scanner", "port-holder", "another program has the port", func(t *testing.T) string {
			p.stop(t)
			f, err := os.OpenFile(p.Box.Scanner.Port, os.O_RDWR|unix.O_NOCTTY, 0)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = f.Close() })
			if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
				t.Fatal(err)
			}
			p.restart(t, p.config)
			return ""
		}, nil},
		{"the scanner's module is mute", "module", "", func(t *testing.T) string {
			m, _ := p.module(t)
			m.Mute(-1)
			return ""
		}, p.well},
		{"the module's settings changed", "!drift", "settings had changed", func(t *testing.T) string {
			m, c := p.module(t)
			status(t, p.World, func(s stage.Status) bool { return s.Lanes[0].Scanner.Up })
			p.names(t, "", "")
			m.Poke(0x0003, 0) // setup codes are obeyed again
			c.Pull()
			c.Plug()
			return ""
		}, p.well},
		{"the user is not in the port's group", "port-access", "usermod -aG tty", func(t *testing.T) string {
			p.lesser(t)
			port, err := filepath.EvalSymlinks(p.Box.Scanner.Port)
			if err != nil {
				t.Fatal(err)
			}
			const tty = 5
			if err := os.Chown(port, 0, tty); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(port, 0o620); err != nil {
				t.Fatal(err)
			}
			p.restart(t, p.config)
			return ""
		}, p.greater},
		{"root's files in the state directory", "state-directory", "chown -R", func(t *testing.T) string {
			p.lesser(t)
			p.lend(t)
			p.well(t)
			if err := os.Chown(filepath.Join(p.Box.Dir, "state", "gate.key"), 0, 0); err != nil {
				t.Fatal(err)
			}
			return ""
		}, p.greater},
	}
}
