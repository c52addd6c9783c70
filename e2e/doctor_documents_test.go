package e2e_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gated/stage"
	"gated/verify/verifytest"
)

// stop ends the box if it runs.
func (p *patient) stop(t *testing.T) {
	t.Helper()
	if !p.Box.Running() {
		return
	}
	if err := p.Box.Stop(soon(t)); err != nil {
		t.Fatal(err)
	}
}

// start starts the box that stands still, and waits until it takes codes.
func (p *patient) start(t *testing.T) {
	t.Helper()
	if err := p.Box.Start(); err != nil {
		t.Fatal(err)
	}
	status(t, p.World, func(s stage.Status) bool { return s.Ready && len(s.Lanes) > 0 && s.Lanes[0].Scanner.Up })
}

// replaced is the box with an empty state directory of that name.
func (p *patient) replaced(t *testing.T, name string, change ...string) string {
	t.Helper()
	p.restart(t, strings.NewReplacer(append(change, `/state"`, "/"+name+`"`)...).Replace(p.config))
	if err := p.Box.Ready(soon(t)); err != nil {
		t.Fatal(err)
	}
	return ""
}

// sections are those of the configuration that say whom the box believes.
var sections = regexp.MustCompile(`(?s)\[trust\].*\[\[lane\]\]`)

// by has the box believe another world, from whose documents it works alone.
func (p *patient) by(t *testing.T, w *verifytest.World, name string) {
	t.Helper()
	p.stop(t)
	config := sections.ReplaceAllString(p.config, fmt.Sprintf("[trust]\nroots = [%q]\nthreshold = 1\n\n[[lane]]", w.Trust.Roots[0]))
	config = strings.NewReplacer(`/state"`, "/"+name+`"`, `id = "east"`, fmt.Sprintf("id = %q", verifytest.GateID)).Replace(config)
	if err := os.WriteFile(p.Box.Config, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	key, err := p.Box.Do(soon(t), "key", "show")
	if err != nil {
		t.Fatal(err)
	}
	f := strings.Fields(key)
	w.Site.Gates[0].Key = f[len(f)-1]
}

// date makes a world of that time.
func date(w *verifytest.World, at time.Time) {
	w.At, w.Trust.IssuedAt, w.Site.IssuedAt = at.Unix(), at.Unix(), at.Unix()
	for _, keys := range []*int64{&w.Trust.Keys[0].NotBefore, &w.Site.Keys[0].NotBefore} {
		*keys = at.Add(-15 * 24 * time.Hour).Unix()
	}
	for _, keys := range []*int64{&w.Trust.Keys[0].NotAfter, &w.Site.Keys[0].NotAfter} {
		*keys = at.Add(60 * 24 * time.Hour).Unix()
	}
}

// bring brings a world's documents to the box that stands still, as from a stick.
func (p *patient) bring(t *testing.T, w *verifytest.World) {
	t.Helper()
	args := []string{"import"}
	for i, raw := range w.Notes() {
		file := filepath.Join(t.TempDir(), fmt.Sprintf("%d.note", i))
		if err := os.WriteFile(file, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	if out, err := p.Box.Do(soon(t), args...); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

func (p *patient) documentFaults() []fault {
	return []fault{
		{"the card was replaced", "gate-key", "another key", func(t *testing.T) string { return p.replaced(t, "empty") }, p.well},
		{"the site does not list the gate", "gate-listed", "", func(t *testing.T) string { return p.replaced(t, "unlisted", `id = "east"`, `id = "west"`) }, p.well},
		{"the list is ten days old", "list-age", "240h", func(t *testing.T) string {
			w := verifytest.New(t)
			p.by(t, w, "stale")
			date(w, time.Now())
			w.At -= 10 * 24 * 3600
			p.bring(t, w)
			p.start(t)
			return ""
		}, p.well},
		{"the clock is a day behind", "clock", "before a time that has certainly passed", func(t *testing.T) string {
			w := verifytest.New(t)
			p.by(t, w, "behind")
			date(w, time.Now())
			p.bring(t, w)
			w.Trust.Epoch, w.Site.Epoch = 2, 2
			date(w, time.Now().Add(24*time.Hour))
			p.bring(t, w)
			p.start(t)
			return ""
		}, p.well},
		{"the server does not know the log", "log-known", "no cosigned checkpoint of this log", p.forget, func(t *testing.T) {
			if err := p.Central.Connect(soon(t), p.Broker.Addr); err != nil {
				t.Fatal(err)
			}
		}},
		{"two configurations, one card", "second-daemon", "gated (process", func(t *testing.T) string {
			next := strings.Replace(p.config, "gated.sock", "other.sock", 1)
			if err := os.WriteFile(p.Box.Config, []byte(next), 0o600); err != nil {
				t.Fatal(err)
			}
			return ""
		}, p.well},
	}
}

// forget is a central server that has lost what it cosigned, and does not run
// for the moment.
func (p *patient) forget(t *testing.T) string {
	t.Helper()
	p.well(t)
	status(t, p.World, func(s stage.Status) bool { return s.Cosigned > 0 })
	if err := p.Central.Process().Stop(soon(t)); err != nil {
		t.Fatal(err)
	}
	p.stop(t) // its last checkpoint is not cosigned
	host, port, _ := net.SplitHostPort(p.Broker.Addr)
	run(t, "mosquitto_pub", "-h", host, "-p", port, "-r", "-n", "-t", "gated/v1/gates/"+stage.GateID+"/cosigned")
	p.start(t)
	return ""
}
