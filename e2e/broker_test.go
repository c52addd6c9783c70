package e2e_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"gated/gate"
	"gated/stage"
)

// Story 2: Mosquitto is killed while records flow, and comes back having
// forgotten everything. Riders notice nothing; each record arrives once.
func TestBrokerIsKilledWithRecordsFlowing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var codes []string
	for rider := range 12 {
		codes = append(codes, issue(t, w, 100+rider))
	}
	admit := func(n int) {
		for range n {
			show(t, w, codes[0], gate.OK)
			codes = codes[1:]
		}
	}

	admit(4)
	w.Broker.Kill() // the records of the fourth are on their way
	admit(4)
	status(t, w, func(s stage.Status) bool { return !s.Online })
	revive(t, w)
	admit(2)
	status(t, w, func(s stage.Status) bool { return s.Online })
	w.Broker.Kill()
	admit(2)
	revive(t, w)

	if _, err := w.Box.Trace.Rest(soon(t)); err != nil {
		t.Fatal(err)
	}
	st := status(t, w, func(s stage.Status) bool { return s.Online && !s.Lanes[0].Relay })
	got := cosigned(t, w, st.Records)
	if n := opened(got); n != 12 {
		t.Errorf("%d openings at the central server, want 12", n)
	}
	if id := got.Gate(stage.GateID).Log; id != st.Log {
		t.Errorf("the central server has log %s, the box writes %s", id, st.Log)
	}

	// The blank broker holds the whole current state again: a new box could
	// begin from it, and this one hears of the next hold.
	for _, topic := range []string{"gated/v1/trust", "gated/v1/sites/1001/rules", "gated/v1/revocation/heartbeat"} {
		if doc, err := w.Broker.Retained(soon(t), topic); err != nil || len(doc) == 0 {
			t.Errorf("%s is not on the new broker: %v", topic, err)
		}
	}
	if _, err := w.Central.Do(soon(t), "hold", "--issuer", "1", "--rider", "7"); err != nil {
		t.Fatal(err)
	}
	status(t, w, func(s stage.Status) bool { return s.Rev > st.Rev })
	show(t, w, issue(t, w, 7), gate.OnHold)
}

// revive starts the broker, and lets the box to it once the central server has
// published everything there: then nothing is lost between the two, and the
// story need not wait until it is sent again.
func revive(t *testing.T, w *stage.World) {
	t.Helper()
	w.Line.Cut()
	if err := w.Broker.Start(soon(t)); err != nil {
		t.Fatal(err)
	}
	heartbeat(t, w)
	w.Line.Mend()
}

// heartbeat waits until the broker retains one: the last that the central server
// publishes after it has connected.
func heartbeat(t *testing.T, w *stage.World) {
	t.Helper()
	if err := stage.Until(soon(t), 50*time.Millisecond, func() (bool, error) {
		_, err := w.Broker.Retained(soon(t), "gated/v1/revocation/heartbeat")
		return err == nil, nil
	}); err != nil {
		t.Fatalf("the central server has not come back to its broker: %v", err)
	}
}

// The broker acknowledges records while nobody listens, and forgets them. The
// box does not take its word for it.
func TestRecordsThatTheBrokerSwallowedAreSentAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	codes := []string{issue(t, w, 42), issue(t, w, 43)}
	show(t, w, codes[0], gate.OK)
	w.Central.Process().Kill()
	<-w.Central.Process().Done()
	show(t, w, codes[1], gate.OK)
	if _, err := w.Box.Trace.Rest(soon(t)); err != nil {
		t.Fatal(err)
	}
	// A start sends what is not cosigned and, right behind it, a checkpoint over
	// it: once that is there, the records have been, too.
	if err := w.Box.Stop(soon(t)); err != nil {
		t.Fatal(err)
	}
	if err := w.Box.Start(); err != nil {
		t.Fatal(err)
	}
	st := status(t, w, func(s stage.Status) bool { return s.Online })
	checkpointed(t, w, st.Records)
	if err := w.Central.Connect(soon(t), w.Broker.Addr); err != nil {
		t.Fatal(err)
	}
	if n := opened(cosigned(t, w, st.Records)); n != 2 {
		t.Errorf("%d openings at the central server, want 2", n)
	}
}

// checkpointed waits until the broker retains a checkpoint of at least so many
// records.
func checkpointed(t *testing.T, w *stage.World, records uint64) {
	t.Helper()
	if err := stage.Until(soon(t), 50*time.Millisecond, func() (bool, error) {
		note, err := w.Broker.Retained(soon(t), "gated/v1/gates/"+stage.GateID+"/checkpoint")
		if err != nil {
			return false, nil
		}
		lines := strings.Split(string(note), "\n") // origin, size, root
		if len(lines) < 3 {
			return false, fmt.Errorf("no checkpoint: %q", note)
		}
		size, err := strconv.ParseUint(lines[1], 10, 64)
		return size >= records, err
	}); err != nil {
		t.Fatalf("wait for a checkpoint of %d records: %v", records, err)
	}
}
