package mosquitto_test

import (
	"fmt"
	"strings"
	"testing"
	"text/tabwriter"

	"gated/deploy/mosquitto"
)

// topics are all of PROTOCOL 4, seen from gate east-1 of site 1001: its own, its
// neighbour's (east-2), and those of another community's gate (west-1); and some
// of nobody's.
func topics() []string {
	all := []string{
		"gated/v1/trust", "gated/v1/trust/7", "gated/v1/revocation/heartbeat", "gated/v1/revocation/live", "gated/v1/revocation/delta/9",
		"gated/v1/revocation/snapshot/9/1", "gated/v1/sites/1001/rules", "gated/v1/sites/1002/rules", "gated/v1/sites/1001/used", "gated/v1/sites/1002/used",
	}
	for _, g := range fleet.Gates {
		for _, what := range []string{"command", "present", "verdict", "records", "checkpoint", "cosigned", "status"} {
			all = append(all, "gated/v1/gates/"+g.ID+"/"+what)
		}
	}
	return append(all, "gated/v1/gates/east-1", "gated/v1/gates/east-1/status/more", "gated/v1/sites/1001/more", "gated/v1/trust/7/more", "gated/v1/more")
}

// rights is what somebody may do, written from PROTOCOL 4 and not from our
// access list.
type rights struct{ says, hears func(topic string) bool }

// of says yes to those topics, a last * standing for any one level.
func of(filters ...string) func(string) bool {
	return func(topic string) bool {
		for _, f := range filters {
			if topic == f || (strings.HasSuffix(f, "/*") && strings.HasPrefix(topic, f[:len(f)-1]) && !strings.Contains(topic[len(f)-1:], "/")) {
				return true
			}
		}
		return false
	}
}

var gateRights = rights{
	says: of("gated/v1/gates/east-1/records", "gated/v1/gates/east-1/checkpoint", "gated/v1/gates/east-1/status", "gated/v1/gates/east-1/verdict",
		"gated/v1/sites/1001/used"),
	hears: of("gated/v1/trust", "gated/v1/trust/*", "gated/v1/sites/1001/rules", "gated/v1/sites/1001/used", "gated/v1/revocation/heartbeat",
		"gated/v1/revocation/live", "gated/v1/revocation/delta/*", "gated/v1/revocation/snapshot/9/*",
		"gated/v1/gates/east-1/command", "gated/v1/gates/east-1/present", "gated/v1/gates/east-1/cosigned"),
}

// The verbs of the matrix, one letter each.
const verbs = "PRWSK*"

const legend = "P publish, R publish retained, W will, S subscribe and hear, K hear what is kept, * hear through wildcards; a dot is refused: nothing was delivered"

// TestACL tries every verb on every topic, for each kind of client, on the real
// Mosquitto. MQTT 3.1.1 answers nothing to what is refused: so it is looked for
// at an observer who may hear everything, or at the client itself.
func TestACL(t *testing.T) {
	b := newBroker(t)
	observer := b.named(t, mosquitto.Central).must(t)
	observer.subscribe("gated/v1/#")
	people := []struct {
		what string
		by   caller
		may  rights
	}{
		{"gate east-1", b.named(t, "east-1"), gateRights},
		{"east-1 by password", b.user("east-1", "one"), gateRights},
		{"platform-1", b.named(t, "platform-1"), rights{
			says:  of("gated/v1/gates/east-1/present", "gated/v1/gates/east-2/present", "gated/v1/gates/west-1/present"),
			hears: of("gated/v1/gates/east-1/verdict", "gated/v1/gates/east-2/verdict", "gated/v1/gates/west-1/verdict"),
		}},
		{"a stranger", b.named(t, "north-1"), rights{of(), of()}},
		{"platform-2, unknown", b.named(t, "platform-2"), rights{of(), of()}},
	}
	seen := make([]map[string]string, len(people))
	for i, p := range people {
		seen[i] = try(t, p.by, observer, fmt.Sprint(i))
	}
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "TOPIC")
	for _, p := range people {
		fmt.Fprint(w, "\t", p.what)
	}
	fmt.Fprintln(w)
	for _, topic := range topics() {
		fmt.Fprint(w, topic)
		for i, p := range people {
			fmt.Fprint(w, "\t", seen[i][topic])
			if want := p.may.want(topic); seen[i][topic] != want {
				t.Errorf("%s on %s: %s, want %s", p.what, topic, seen[i][topic], want)
			}
		}
		fmt.Fprintln(w)
	}
	_ = w.Flush()
	t.Logf("%s\n%s", legend, table.String())
}

// want is the cell of the matrix.
func (r rights) want(topic string) string {
	cell := []byte("......")
	if r.says(topic) {
		copy(cell, verbs[:3])
	}
	if r.hears(topic) {
		copy(cell[3:], verbs[3:])
	}
	return string(cell)
}

// try has somebody do everything, and returns the cells of his column. Observer
// is the central server's own client, which hears everything and may say it.
func try(t *testing.T, by caller, observer *client, mark string) map[string]string {
	t.Helper()
	cells := make(map[string][]byte)
	for _, topic := range topics() {
		cells[topic] = []byte("......")
	}
	note := func(verb byte, got map[string]string) {
		for topic, payload := range got {
			if payload == string(verb)+mark {
				cells[topic][strings.IndexByte(verbs, verb)] = verb
			}
		}
	}
	who := by.must(t)
	for _, verb := range []byte("PR") {
		for _, topic := range topics() {
			who.publish(topic, string(verb)+mark, verb == 'R')
		}
		note(verb, observer.received())
	}
	for _, topic := range topics() {
		dying := by
		dying.will = message(topic, "W"+mark, false)
		dying.must(t) // throws off the one before, whose will goes out first
	}
	by.must(t)
	note('W', observer.received())

	for _, topic := range topics() {
		observer.publish(topic, "K"+mark, true)
	}
	who = by.must(t)
	who.subscribe(topics()...)
	note('K', who.received())
	for _, topic := range topics() {
		observer.publish(topic, "S"+mark, false)
	}
	note('S', who.received())
	who = by.must(t)
	who.subscribe("#", "+/#", "gated/v1/#", "gated/v1/+", "gated/v1/gates/+/+", "gated/v1/gates/east-2/#", "gated/v1/sites/+/used", "gated/+/trust/#", "$SYS/#")
	for _, topic := range topics() {
		observer.publish(topic, "*"+mark, false)
	}
	got := who.received()
	note('*', got)
	for topic := range got {
		if strings.HasPrefix(topic, "$SYS") {
			t.Errorf("%s hears of the broker itself: %s", by.id, topic)
		}
	}
	observer.received() // what it said itself
	out := make(map[string]string)
	for topic, cell := range cells {
		out[topic] = string(cell)
	}
	return out
}
