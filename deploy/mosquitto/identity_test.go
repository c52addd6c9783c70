package mosquitto_test

import (
	"errors"
	"net"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"gated/deploy/mosquitto"
)

// TestWhoIsLetIn tries every way to be somebody else.
func TestWhoIsLetIn(t *testing.T) {
	b := newBroker(t)
	observer := b.named(t, mosquitto.Central).must(t)
	observer.subscribe("gated/v1/#")
	other := newAuthority(t)
	withdrawn := b.ca.client(t, "east-1", time.Now().Add(time.Hour))
	put(t, b.dir, "crl.pem", b.ca.withdrawn(t, withdrawn))
	b.Reload()
	b.until(t, b.by(withdrawn), false)

	good := b.named(t, "east-1")
	as := func(change func(*caller)) caller {
		c := good
		change(&c)
		return c
	}
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	for _, row := range []struct {
		what  string
		by    caller
		taken string // whose rights he has; empty: not let in
	}{
		{"the gate's own certificate", good, "east-1"},
		{"the id of another gate", as(func(c *caller) { c.id = "east-2" }), "east-1"},
		{"the central server's id", as(func(c *caller) { c.id = "central" }), "east-1"},
		{"the name of another gate as user name", as(func(c *caller) { c.user, c.password = "east-2", "two" }), "east-1"},
		{"a user's password", b.user("east-1", "one"), "east-1"},
		{"a user's password, another gate's id", func() caller { c := b.user("east-1", "one"); c.id = "east-2"; return c }(), "east-1"},
		{"a certificate of nobody in the fleet", b.named(t, "north-1"), "north-1"},

		{"no client id", as(func(c *caller) { c.id = "" }), ""},
		{"no certificate", as(func(c *caller) { c.cert = nil }), ""},
		{"no certificate, but user name and password", as(func(c *caller) { c.cert, c.user, c.password = nil, "east-1", "one" }), ""},
		{"an expired certificate", b.by(b.ca.client(t, "east-1", time.Now().Add(-time.Minute))), ""},
		{"a withdrawn certificate", b.by(withdrawn), ""},
		{"a certificate of another authority", b.by(other.client(t, "east-1", time.Now().Add(time.Hour))), ""},
		{"a certificate that signed itself", b.by(other.own), ""},
		{"a wrong password", b.user("east-1", "two"), ""},
		{"an unknown user", b.user("north-1", "one"), ""},
		{"a certificate at the port for passwords", as(func(c *caller) { c.addr = b.at(b.settings.PasswordPort) }), ""},
		{"nobody at the port for passwords", caller{addr: b.at(b.settings.PasswordPort), roots: b.roots(), id: "east-1"}, ""},
	} {
		taken, how := b.whose(t, row.by, observer)
		if taken != row.taken {
			t.Errorf("%s: taken as %q, want %q", row.what, taken, row.taken)
		}
		_, _ = w.Write([]byte(row.what + "\t" + how + "\n"))
	}
	_ = w.Flush()
	t.Logf("\n%s", table.String())
}

// whose finds out whom the broker takes somebody for: his will and his own words
// reach the observer on that gate's topics alone.
func (b *broker) whose(t *testing.T, by caller, observer *client) (name, how string) {
	t.Helper()
	victim := b.named(t, "east-2").must(t)
	m, err := by.dial(t)
	if err != nil {
		return "", "refused: " + err.Error()
	}
	observer.received()
	for _, g := range []string{"east-1", "east-2", "west-1"} {
		m.publish("gated/v1/gates/"+g+"/status", "whose", false)
	}
	heard := observer.received()
	victim.publish("gated/v1/gates/east-2/status", "still here", false) // fails if it was thrown off
	if observer.received()["gated/v1/gates/east-2/status"] != "still here" {
		t.Error("gate east-2 is not heard any more")
	}
	for topic := range heard {
		name += strings.Split(topic, "/")[3]
	}
	if name == "" {
		return by.cert.x509.Subject.CommonName, "let in, without any right"
	}
	return name, "let in as " + name
}

// until waits until somebody is let in, or no more: the broker reads its files
// again in its own time.
func (b *broker) until(t *testing.T, by caller, in bool) {
	t.Helper()
	for end := time.Now().Add(patience); ; {
		m, err := by.dial(t)
		if err == nil {
			m.cut()
		}
		if (err == nil) == in {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s is let in: %v, want %v (%v)", by.id, !in, in, err)
		}
	}
}

// TestWildcardsAreNoTopics: nobody publishes to many gates at once.
func TestWildcardsAreNoTopics(t *testing.T) {
	b := newBroker(t)
	observer := b.named(t, mosquitto.Central).must(t)
	observer.subscribe("gated/v1/#")
	for _, topic := range []string{"gated/v1/gates/+/status", "gated/v1/gates/#", "#"} {
		m := b.named(t, "east-1").must(t)
		p := message(topic, "all", false)
		p.MessageID = 1
		m.write(p)
		b.named(t, "east-1").must(t) // by now the broker has read it
		if got := observer.received(); len(got) != 0 {
			t.Errorf("published to %s: %v came", topic, got)
		}
	}
}

// TestReload: a gate that is registered while the broker runs may speak after a
// reload. One that is no more in the fleet keeps its connection, which is worth
// nothing: it says nothing to anybody, and hears nothing.
func TestReload(t *testing.T) {
	b := newBroker(t)
	observer := b.named(t, mosquitto.Central).must(t)
	observer.subscribe("gated/v1/gates/+/status")
	gone, fresh := b.named(t, "east-1").must(t), b.named(t, "north-1").must(t)
	gone.subscribe("gated/v1/trust", "gated/v1/gates/east-1/command")
	hears := func() int {
		observer.publish("gated/v1/trust", "to all", false)
		observer.publish("gated/v1/gates/east-1/command", "to one", false)
		return len(gone.received())
	}
	speak := func() map[string]string {
		gone.publish("gated/v1/gates/east-1/status", "x", false)
		fresh.publish("gated/v1/gates/north-1/status", "x", false)
		return observer.received()
	}
	if got := speak(); len(got) != 1 || got["gated/v1/gates/east-1/status"] == "" {
		t.Fatalf("before: %v", got)
	}
	if n := hears(); n != 2 {
		t.Fatalf("before, the gate hears %d messages of 2", n)
	}
	b.fleet = mosquitto.Fleet{Gates: append([]mosquitto.Gate{{ID: "north-1", Site: 1003}}, fleet.Gates[1:]...)}
	b.configure(t)
	b.Reload()
	for end := time.Now().Add(patience); ; {
		got := speak()
		if len(got) == 1 && got["gated/v1/gates/north-1/status"] != "" {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("after the reload: %v", got)
		}
	}
	if n := hears(); n != 0 {
		t.Errorf("after the reload, the gate that is gone hears %d messages", n)
	}
}

// TestBigMessagesEndTheConnection: a client that sends more than the largest
// document is cut off.
func TestBigMessagesEndTheConnection(t *testing.T) {
	b := newBroker(t)
	m := b.named(t, "east-1").must(t)
	m.publish("gated/v1/gates/east-1/records", strings.Repeat("x", 1<<20), false)
	p := message("gated/v1/gates/east-1/records", strings.Repeat("x", 1<<20+1<<17), false)
	p.MessageID = 9
	_ = p.Write(m.conn)
	var late net.Error
	if _, err := m.conn.Read(make([]byte, 1)); err == nil || (errors.As(err, &late) && late.Timeout()) {
		t.Errorf("1.1 MiB in one message did not end the connection: %v", err)
	}
}
