package sync

import (
	"strconv"
	"strings"

	"gated/verify/document"
)

// topics are the names of PROTOCOL 4 under one prefix, for one gate.
type topics struct {
	prefix string // without a slash at its end
	gate   string
	site   uint32
}

func (t topics) trust() string     { return t.prefix + "/trust" }
func (t topics) heartbeat() string { return t.prefix + "/revocation/heartbeat" }
func (t topics) live() string      { return t.prefix + "/revocation/live" }
func (t topics) rules() string     { return t.ofSite("rules") }

func (t topics) ofSite(name string) string {
	return t.prefix + "/sites/" + strconv.FormatUint(uint64(t.site), 10) + "/" + name
}

func (t topics) own(name string) string { return t.prefix + "/gates/" + t.gate + "/" + name }
func (t topics) records() string        { return t.own("records") }
func (t topics) checkpoint() string     { return t.own("checkpoint") }
func (t topics) cosigned() string       { return t.own("cosigned") }
func (t topics) status() string         { return t.own("status") }
func (t topics) command() string        { return t.own("command") }
func (t topics) present() string        { return t.own("present") }
func (t topics) verdict() string        { return t.own("verdict") }
func (t topics) used() string           { return t.ofSite("used") }

// standing are the subscriptions that a box always has, in the order in which
// it makes them: who may sign comes before what was signed.
func (t topics) standing() []string {
	return []string{t.trust(), t.rules(), t.heartbeat(), t.live(), t.cosigned()}
}

// acting are the subscriptions of a box on which others may act.
func (t topics) acting() []string { return []string{t.command(), t.present(), t.used()} }

// kind is what a fetched document is: its number counts within it.
type kind int

const (
	trustList kind = iota
	delta
	part
)

// piece is one document that is fetched by its full topic.
type piece struct {
	kind   kind
	number int64 // version, to, or part
	of     int64 // the snapshot's seq, for a part
}

// topic is where the piece is retained.
func (t topics) topic(p piece) string {
	n := strconv.FormatInt(p.number, 10)
	switch p.kind {
	case trustList:
		return t.trust() + "/" + n
	case delta:
		return t.prefix + "/revocation/delta/" + n
	default:
		return t.prefix + "/revocation/snapshot/" + strconv.FormatInt(p.of, 10) + "/" + n
	}
}

// anyTrust is the filter for all trust lists that are retained by version, for a
// box whose gap is too wide to name them.
func (t topics) anyTrust() string { return t.trust() + "/+" }

// piece reads the topic of a fetched document.
func (t topics) piece(topic string) (piece, bool) {
	rest, ok := strings.CutPrefix(topic, t.prefix+"/")
	if !ok {
		return piece{}, false
	}
	var p piece
	if n, found := strings.CutPrefix(rest, "trust/"); found {
		p, ok = number(trustList, n, "0")
	} else if n, found := strings.CutPrefix(rest, "revocation/delta/"); found {
		p, ok = number(delta, n, "0")
	} else if n, found := strings.CutPrefix(rest, "revocation/snapshot/"); found {
		of, n, _ := strings.Cut(n, "/")
		p, ok = number(part, n, of)
	} else {
		return piece{}, false
	}
	return p, ok && t.topic(p) == topic
}

func number(k kind, n, of string) (piece, bool) {
	p := piece{kind: k}
	var err1, err2 error
	p.number, err1 = strconv.ParseInt(n, 10, 64)
	p.of, err2 = strconv.ParseInt(of, 10, 64)
	return p, err1 == nil && err2 == nil
}

// wanted are the pieces of w in the order in which they are of use.
func wanted(w document.Wants) []piece {
	var all []piece
	for _, v := range w.Trust {
		all = append(all, piece{kind: trustList, number: v})
	}
	for _, to := range w.Deltas {
		all = append(all, piece{kind: delta, number: to})
	}
	for _, n := range w.Parts {
		all = append(all, piece{kind: part, number: n, of: w.Snapshot})
	}
	return all
}
