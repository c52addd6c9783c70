package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"sync"
	"text/tabwriter"
)

// cause is what bytes on the line are for.
type cause string

// Every byte at the socket has one of these causes.
const (
	causeLeaves     cause = "leaves, byte for byte"
	causePersons    cause = "persons, sealed"
	causeFirst      cause = "first line of a message of records"
	causeRecords    cause = "its topic and header"
	causeCheckpoint cause = "checkpoints"
	causeCosigned   cause = "cosigned, back"
	causeUsed       cause = "used notes, there"
	causeEcho       cause = "used notes, back"
	causeAck        cause = "acknowledgements"
	causeOther      cause = "documents, status, pings, connecting"
	causeTLS        cause = "TLS around all that"
)

var causes = []cause{
	causeLeaves, causePersons, causeFirst, causeRecords, causeCheckpoint, causeCosigned, causeUsed, causeEcho, causeAck, causeOther, causeTLS,
}

// tally counts the bytes of one line, before encryption, by cause, and messages
// of records.
type tally struct {
	mu       sync.Mutex
	bytes    map[cause]int64
	messages map[cause]int64
}

func newTally() *tally { return &tally{bytes: make(map[cause]int64), messages: make(map[cause]int64)} }

// now is a copy of what was counted so far, with the bytes at the socket as what
// TLS added.
func (t *tally) now(socket int64) map[cause]int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := map[cause]int64{causeTLS: socket}
	for c, n := range t.bytes {
		out[c] = n
		out[causeTLS] -= n
	}
	return out
}

func (t *tally) add(c cause, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bytes[c] += int64(n)
	t.messages[c]++
}

// packets takes a stream of MQTT apart as it passes.
type packets struct {
	*tally
	down bool
	rest []byte
}

// Write implements io.Writer, for io.TeeReader.
func (p *packets) Write(b []byte) (int, error) {
	p.rest = append(p.rest, b...)
	for {
		length, n := binary.Uvarint(p.rest[min(1, len(p.rest)):])
		if n <= 0 || len(p.rest) < 1+n+int(length) {
			return len(b), nil
		}
		whole := p.rest[:1+n+int(length)]
		p.count(whole, whole[1+n:])
		p.rest = p.rest[len(whole):]
	}
}

// count adds one packet to its cause.
func (p *packets) count(whole, body []byte) {
	const publish, puback = 3, 4
	switch whole[0] >> 4 {
	case puback:
		p.add(causeAck, len(whole))
		return
	case publish:
	default:
		p.add(causeOther, len(whole))
		return
	}
	topic := string(body[2 : 2+binary.BigEndian.Uint16(body)])
	payload := body[2+len(topic)+2:] // QoS 1: a packet identifier
	switch topic[strings.LastIndexByte(topic, '/')+1:] {
	case "records":
		p.records(len(whole), payload)
	case "checkpoint":
		p.add(causeCheckpoint, len(whole))
	case "cosigned":
		p.add(causeCosigned, len(whole))
	case "used":
		if p.down {
			p.add(causeEcho, len(whole))
		} else {
			p.add(causeUsed, len(whole))
		}
	default:
		p.add(causeOther, len(whole))
	}
}

// records divides a message of records.
func (p *packets) records(whole int, payload []byte) {
	first, leaves, _ := bytes.Cut(payload, []byte("\n"))
	_, persons, _ := bytes.Cut(first, []byte(`"persons":"`))
	sealed := max(0, len(persons)-len(`"}`))
	p.add(causeLeaves, len(leaves))
	p.add(causePersons, sealed)
	p.add(causeFirst, len(first)+1-sealed)
	p.add(causeRecords, whole-len(payload))
}

// printCauses prints what an opening costs by cause: what each gate carried more
// than the one at rest, through the number of its openings.
func printCauses(out io.Writer, idle *meteredGate, gates []*meteredGate) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "BYTES AN OPENING, BY CAUSE\t")
	for i := range gates {
		fmt.Fprintf(w, "(%d)\t", i+1)
	}
	fmt.Fprintln(w)
	for _, c := range causes {
		fmt.Fprintf(w, "%s\t", c)
		for _, g := range gates {
			fmt.Fprintf(w, "%.0f\t", (float64(g.causes[c])-float64(idle.causes[c])*g.beside(idle))/float64(max(g.opens, 1)))
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}
