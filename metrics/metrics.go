// Package metrics counts what happens and writes it in the text format of
// Prometheus (version 0.0.4), which every monitoring program reads.
//
// It promises that counting neither allocates without bound nor waits: the
// combinations of labels are those that the caller counts, and he counts only
// what the configuration and the code name (lanes, reasons, causes), never a
// person, a pass or a code.
//
// It refuses to know what is counted, and serves nothing: the daemon has a table
// of families and says where they are read.
package metrics

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// ContentType is that of what [Page] writes.
const ContentType = "text/plain; version=0.0.4; charset=utf-8"

// Kind is how a monitoring program takes a family.
type Kind string

// The kinds that we have. A counter begins at 0 with the daemon and never falls.
const (
	Counter   Kind = "counter"
	Gauge     Kind = "gauge"
	Histogram Kind = "histogram"
)

// Family is one name with its meaning.
type Family struct {
	Name   string
	Kind   Kind
	Labels []string
	Help   string // one line
}

// Sample is one value of a family that is no histogram.
type Sample struct {
	Labels []string // values, in the family's order
	Value  float64
}

// One is a family without labels.
func One(v float64) []Sample { return []Sample{{Value: v}} }

// Bool is 1 for yes and 0 for no.
func Bool(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// Counts is a family of counters. The zero value is ready. Safe for concurrent
// use.
type Counts struct {
	mu sync.Mutex
	n  map[string]uint64 // by the labels' values, which hold no zero byte
}

// Add adds n at those values of the labels; 0 makes the sample appear.
func (c *Counts) Add(n uint64, labels ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[string]uint64{}
	}
	c.n[strings.Join(labels, "\x00")] += n
}

// Samples are all that were counted, in the order of their labels.
func (c *Counts) Samples() []Sample {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []Sample
	for labels, n := range c.n {
		all = append(all, Sample{strings.Split(labels, "\x00"), float64(n)})
	}
	slices.SortFunc(all, func(a, b Sample) int { return slices.Compare(a.Labels, b.Labels) })
	return all
}

// Times is a histogram of durations in seconds. [NewTimes] makes it. Safe for
// concurrent use.
type Times struct {
	bounds []float64 // ascending, without +Inf

	mu sync.Mutex
	of map[string]*spread // by the values of the labels
}

// spread is one series of a histogram.
type spread struct {
	n     uint64
	sum   time.Duration
	below []uint64 // by bound: those at most so long and longer than the bound before
}

// NewTimes makes a histogram with these upper bounds in seconds, ascending.
func NewTimes(bounds ...float64) *Times {
	return &Times{bounds: bounds, of: map[string]*spread{}}
}

// Observe takes one duration in.
func (t *Times) Observe(d time.Duration, labels ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.series(labels)
	s.n++
	s.sum += d
	if i, _ := slices.BinarySearch(t.bounds, d.Seconds()); i < len(t.bounds) {
		s.below[i]++
	}
}

// Show makes the series appear before anything was observed.
func (t *Times) Show(labels ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.series(labels)
}

func (t *Times) series(labels []string) *spread {
	key := strings.Join(labels, "\x00")
	if t.of[key] == nil {
		t.of[key] = &spread{below: make([]uint64, len(t.bounds))}
	}
	return t.of[key]
}

// Page is a text that is being written.
type Page struct{ b bytes.Buffer }

// Bytes is what was written so far.
func (p *Page) Bytes() []byte { return p.b.Bytes() }

// Family writes a family with its samples. One without samples is there by its
// name and meaning alone.
func (p *Page) Family(f Family, samples []Sample) {
	p.head(f)
	for _, s := range samples {
		p.line(f.Name, f.Labels, s.Labels, s.Value)
	}
}

// Times writes a histogram.
func (p *Page) Times(f Family, t *Times) {
	p.head(f)
	names := append(slices.Clone(f.Labels), "le")
	t.mu.Lock()
	defer t.mu.Unlock()
	keys := make([]string, 0, len(t.of))
	for key := range t.of {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, cmp.Compare[string])
	for _, key := range keys {
		var labels []string
		if len(f.Labels) > 0 {
			labels = strings.Split(key, "\x00")
		}
		s, total := t.of[key], uint64(0)
		for i, bound := range t.bounds {
			total += s.below[i]
			p.line(f.Name+"_bucket", names, append(slices.Clone(labels), number(bound)), float64(total))
		}
		p.line(f.Name+"_bucket", names, append(slices.Clone(labels), "+Inf"), float64(s.n))
		p.line(f.Name+"_sum", f.Labels, labels, s.sum.Seconds())
		p.line(f.Name+"_count", f.Labels, labels, float64(s.n))
	}
}

func (p *Page) head(f Family) {
	help := strings.NewReplacer(`\`, `\\`, "\n", `\n`).Replace(f.Help)
	fmt.Fprintf(&p.b, "# HELP %s %s\n# TYPE %s %s\n", f.Name, help, f.Name, f.Kind)
}

func (p *Page) line(name string, names, values []string, v float64) {
	p.b.WriteString(name)
	for i, n := range names {
		fmt.Fprintf(&p.b, "%c%s=\"%s\"", "{,"[min(i, 1)], n, escape.Replace(values[i]))
	}
	if len(names) > 0 {
		p.b.WriteByte('}')
	}
	p.b.WriteString(" " + number(v) + "\n")
}

// escape is how a label's value is written.
var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func number(v float64) string {
	if math.IsInf(v, 1) {
		return "+Inf"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
