package main

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"gated/doctor"
	"gated/gate"
	"gated/local"
	"gated/store"
)

// bundleCmd is `gated support-bundle`.
type bundleCmd struct {
	File string `arg:"" optional:"" help:"Where to write it; - is standard output. Left out: gated-support-GATE-TIME.tar.gz in this directory. A file that is there is not overwritten."`
	JSON bool   `help:"Print JSON: where it is, and what is in it."`
	Root string `hidden:"" default:"/" help:"Where /sys, /proc and /etc are looked for: for tests."`
}

// bundled is what support-bundle prints as JSON; docs/json.md describes it.
type bundled struct {
	File    string       `json:"file"`
	Bytes   int64        `json:"bytes"` // of the file
	Members []packedFile `json:"members"`
	Missing []notThere   `json:"missing"` // what could not be had
}

type packedFile struct {
	Name  string `json:"name"`
	Bytes int    `json:"bytes"` // unpacked
}

type notThere struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

// bundle is one while it is filled.
type bundle struct {
	patient  *patient
	lang     gate.Language
	stateDir string // also of a configuration with a fault elsewhere
	scrub    *scrubber
	members  []member
	missing  []notThere
}

type member struct {
	name string
	data []byte
}

// Run fills a bundle with what can be had, with the daemon running or not.
func (cmd *bundleCmd) Run(c *common) (err error) {
	if cmd.JSON && cmd.File == "-" {
		return askedWrongly("standard output holds the bundle or JSON, not both: name a FILE")
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	b := newBundle(c, cmd.Root)
	out, path := os.Stdout, cmd.File
	if path != "-" {
		if path == "" {
			path = fmt.Sprintf("gated-support-%s-%s.tar.gz", b.gate(), b.patient.now.UTC().Format("20060102T150405Z"))
		}
		if out, err = b.open(path); err != nil {
			return err
		}
		defer func() {
			if err != nil {
				err = errors.Join(err, os.Remove(path))
			}
		}()
	}
	b.fill(ctx, os.Stderr)
	if err := ctx.Err(); err != nil {
		return errors.Join(errors.New(bundleWords["ended"].In(b.lang)), closed(out, path))
	}
	n, err := b.write(out)
	if err = errors.Join(err, closed(out, path)); err != nil {
		return fmt.Errorf(bundleWords["not-written"].In(b.lang), pick(path == "-", "to standard output", path), err)
	}
	return cmd.say(b, path, n)
}

// closed puts a file on stable storage; standard output is left as it is.
func closed(f *os.File, path string) error {
	if path == "-" {
		return nil
	}
	return errors.Join(f.Sync(), f.Close())
}

// say ends with where it is and how large.
func (cmd *bundleCmd) say(b *bundle, path string, n int64) error {
	if cmd.JSON {
		r := bundled{File: path, Bytes: n, Members: []packedFile{}, Missing: append([]notThere{}, b.missing...)}
		for _, m := range b.members {
			r.Members = append(r.Members, packedFile{m.name, len(m.data)})
		}
		return printJSON(r)
	}
	to := os.Stdout
	if path == "-" {
		to = os.Stderr
	}
	fmt.Fprintf(to, bundleWords["done"].In(b.lang)+"\n", path, n)
	return nil
}

// newBundle looks at the configuration, which says what must not be in it.
func newBundle(c *common, root string) *bundle {
	b := &bundle{patient: newPatient(c, root)}
	cfg, err := showConfig(c.Config)
	if p := b.patient; p.cfg.Gate.ID == "" && cfg.Gate.ID != "" { // nothing of it was taken for a configuration
		p.cfg.Gate = cfg.Gate
		p.client = local.NewClient(cfg.Gate.Socket)
	}
	b.lang = language(b.patient.cfg)
	b.stateDir = cmp.Or(cfg.Gate.StateDir, b.patient.cfg.Gate.StateDir)
	b.scrub = newScrubber(append(cfg.secrets, pick(ownPath(c.Config) == "", c.Config, "")), cfg.kept)
	if cfg.text != "" {
		b.add("config.txt", []byte(cfg.text))
	}
	if err != nil {
		b.lack("config.txt", err)
	}
	for i, p := range b.patient.problems {
		b.patient.problems[i] = b.scrub.text(shownProblem(p, cfg.kept))
	}
	return b
}

func (b *bundle) gate() string {
	if id := b.patient.cfg.Gate.ID; validName.MatchString(id) {
		return id
	}
	return "unknown"
}

func (b *bundle) add(name string, data []byte) { b.members = append(b.members, member{name, data}) }

// lack says why something is not there.
func (b *bundle) lack(name string, err error) {
	b.missing = append(b.missing, notThere{name, b.scrub.text(sentence(err, b.lang))})
}

// open makes the file. Nobody else may read it, and nothing is overwritten.
func (b *bundle) open(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the operator names the file
	if errors.Is(err, os.ErrExist) {
		return nil, askedWrongly(fmt.Sprintf(bundleWords["exists"].In(b.lang), path))
	}
	if err != nil {
		return nil, fmt.Errorf(bundleWords["not-written"].In(b.lang), path, err)
	}
	return f, nil
}

// part is one thing that a bundle holds.
type part struct {
	name string
	get  func(context.Context) error // adds its members
}

// fill gets one part after another and says how it goes.
func (b *bundle) fill(ctx context.Context, progress io.Writer) {
	for i, p := range []part{
		{"versions", b.versions}, {"doctor", b.doctor}, {"status", b.status}, {"records", b.records}, {"logs", b.logs},
	} {
		if ctx.Err() != nil {
			return
		}
		fmt.Fprintf(progress, "%d/5  %s … ", i+1, bundleWords[p.name].In(b.lang))
		if err := p.get(ctx); err != nil {
			b.lack(p.name, err)
			fmt.Fprintf(progress, bundleWords["left-out"].In(b.lang)+"\n", b.missing[len(b.missing)-1].Why)
			continue
		}
		fmt.Fprintln(progress, bundleWords["got"].In(b.lang))
	}
	b.members = append([]member{{"README.txt", b.readme()}}, b.members...)
}

// doctor adds its checks for people and for programs. It comes before status,
// because it asks the daemon.
func (b *bundle) doctor(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, doctorLimit)
	defer cancel()
	found := doctor.Examine(b.patient.facts(ctx))
	b.scrub.value(&found)
	var text bytes.Buffer
	printFindings(&text, found, b.lang, false)
	b.add("doctor.txt", text.Bytes())
	d := diagnosis(b.patient, found, b.lang)
	d.Gate = b.gate()
	return b.json("doctor.json", d)
}

// status adds what the daemon said.
func (b *bundle) status(context.Context) error {
	s := b.patient.status
	if s == nil {
		return errors.New(bundleWords["silent"].In(b.lang))
	}
	b.scrub.value(s)
	var text bytes.Buffer
	printStatus(&text, *s, b.lang)
	b.add("status.txt", text.Bytes())
	return b.json("status.json", s)
}

func (b *bundle) logs(ctx context.Context) error {
	text, err := systemLog(ctx, b.scrub)
	if err == nil {
		b.add("log.txt", text)
	}
	return err
}

// records adds the newest records.
func (b *bundle) records(ctx context.Context) (err error) {
	st, err := store.OpenReadOnly(b.stateDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	text, err := newestRecords(ctx, st, b.scrub)
	if len(text) > 0 {
		b.add("records.jsonl", text)
	}
	return err
}

// write packs everything, and says how many bytes it came to.
func (b *bundle) write(to io.Writer) (int64, error) {
	n := &counting{w: to}
	packed := gzip.NewWriter(n)
	w := tar.NewWriter(packed)
	dir := fmt.Sprintf("gated-support-%s-%s", b.gate(), b.patient.now.UTC().Format("20060102T150405Z"))
	for _, m := range b.members {
		h := &tar.Header{Name: filepath.Join(dir, m.name), Mode: 0o600, Size: int64(len(m.data)), ModTime: b.patient.now.Truncate(time.Second)}
		err := w.WriteHeader(h)
		if err == nil {
			_, err = w.Write(m.data)
		}
		if err != nil {
			return 0, err
		}
	}
	err := errors.Join(w.Close(), packed.Close())
	return n.bytes, err
}

// counting counts what goes through it.
type counting struct {
	w     io.Writer
	bytes int64
}

func (c *counting) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.bytes += int64(n)
	return n, err
}
