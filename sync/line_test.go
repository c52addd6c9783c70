package sync_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gated/sync"
)

func TestACutLineIsMadeAgainAndNothingIsLost(t *testing.T) {
	virtual(t, func(r *rig) {
		r.start()
		for range 50 {
			r.out.add(7)
			pass(300 * time.Millisecond)
			r.broker.cut()
			pass(700 * time.Millisecond)
		}
		pass(time.Minute)
		if whole, _, _ := r.central.count(); whole != 350 || r.out.Cosigned() != 350 {
			t.Errorf("%d records at the server, %d cosigned; want 350", whole, r.out.Cosigned())
		}
	})
}

// The connection may end just when records are read for it: with it ends the
// reading, and that is no reason to try again on this connection, for ever. (Found
// by make outages.)
func TestALineThatEndsWhileRecordsAreReadIsMadeAgain(t *testing.T) {
	for what, after := range map[string]time.Duration{"records": 0, "checkpoint": time.Second} {
		t.Run(what, func(t *testing.T) {
			virtual(t, func(r *rig) {
				r.start()
				pass(time.Second)
				r.out.add(3)
				pass(after)
				r.out.stall(true)
				pass(2 * time.Minute)
				r.broker.cut()
				pass(0)
				r.out.stall(false) // for the next connection
				pass(3 * time.Minute)
				if whole, _, _ := r.central.count(); whole != 3 || r.out.Cosigned() != 3 {
					t.Errorf("%d records at the server, %d cosigned; want 3", whole, r.out.Cosigned())
				}
			})
		})
	}
}

// A stop does not wait for an outbox that stands still.
func TestAStopDoesNotWaitForTheOutbox(t *testing.T) {
	virtual(t, func(r *rig) {
		r.start()
		pass(time.Second)
		r.out.stall(true)
		r.out.add(3)
		began := time.Now()
		r.stop()
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("the stop took %s", took)
		}
	})
}

func TestNoBoxTriesMoreThanOnceASecond(t *testing.T) {
	virtual(t, func(r *rig) {
		r.broker.away(true)
		r.start()
		pass(time.Hour)
		// With a mean pause of 30 s there are about 125 attempts in an hour.
		if n := r.broker.attempts(); n < 60 || n > 250 {
			t.Errorf("%d attempts in an hour without a broker", n)
		}
		if gap := r.broker.closest(); gap < time.Second {
			t.Errorf("two attempts within %v", gap)
		}
		r.broker.away(false)
		pass(61 * time.Second)
		if !r.sync.Online() {
			t.Error("not back a minute after the broker")
		}
	})
}

func TestALostLineIsToldByTheWill(t *testing.T) {
	virtual(t, func(r *rig) {
		r.start()
		if got := r.broker.retained(gateTopic("status")); !strings.Contains(got, `"online":true`) {
			t.Errorf("the status after the connection is %s", got)
		}
		r.broker.away(true)
		pass(time.Second)
		if got := r.broker.retained(gateTopic("status")); !strings.Contains(got, `"online":false`) {
			t.Errorf("the status after the line is cut is %s", got)
		}
		if r.sync.Online() {
			t.Error("still online")
		}
	})
}

func TestAStopIsToldOnceAndByTheBoxItself(t *testing.T) {
	virtual(t, func(r *rig) {
		status := make(chan string, 10)
		r.broker.watch(gateTopic("status"), func(m sync.Message) { status <- string(m.Payload) })
		r.start()
		pass(time.Second)
		r.stop()
		pass(time.Minute)
		close(status)
		var told []string
		for s := range status {
			told = append(told, s)
		}
		if len(told) != 2 || !strings.Contains(told[0], "true") || !strings.Contains(told[1], "false") {
			t.Errorf("told %q, want online and then offline, once", told)
		}
	})
}

func TestStopIsBoundedOnADeadLine(t *testing.T) {
	virtual(t, func(r *rig) {
		r.start()
		pass(time.Second)
		r.broker.rules.set(func() { r.broker.rules.silent = true })
		r.out.add(1)
		began := time.Now()
		r.stop()
		if took := time.Since(began); took > 2500*time.Millisecond {
			t.Errorf("the stop took %v", took)
		}
	})
}

func TestABrokerThatForgetsSubscriptionsIsNoticed(t *testing.T) {
	virtual(t, func(r *rig) {
		r.retain(heartTopic, "heartbeat 0")
		r.start()
		pass(time.Minute)
		r.broker.forget()
		r.retain(deltaTopic(1), "delta 0 1", heartTopic, "heartbeat 1")
		pass(4 * time.Minute)
		r.wantState(1, 1)
		if n := r.broker.attempts(); n != 2 {
			t.Errorf("%d connections, want 2", n)
		}
	})
}

func TestASilentServerIsNoReasonToReconnect(t *testing.T) {
	virtual(t, func(r *rig) {
		r.retain(heartTopic, "heartbeat 0")
		r.start()
		pass(3 * time.Hour)
		if n := r.broker.attempts(); n != 1 {
			t.Errorf("%d connections in three hours without a heartbeat, want 1", n)
		}
	})
}

func TestARefusedSubscriptionIsNoConnection(t *testing.T) {
	virtual(t, func(r *rig) {
		r.broker.rules.set(func() { r.broker.rules.forbid[liveTopic] = true })
		r.start()
		pass(10 * time.Second)
		if r.sync.Online() {
			t.Error("online without the revocations that come live")
		}
		if n := r.broker.attempts(); n < 2 || n > 10 {
			t.Errorf("%d attempts in 10 s", n)
		}
		r.broker.rules.set(func() { clear(r.broker.rules.forbid) })
		pass(time.Minute)
		if !r.sync.Online() {
			t.Error("not online though the access list was mended")
		}
	})
}

func TestTheStatusIsToldHourly(t *testing.T) {
	virtual(t, func(r *rig) {
		var told atomic.Int64
		r.cfg.Status = func(online bool) []byte { return fmt.Appendf(nil, `{"online":%t}`, online) }
		r.broker.watch(gateTopic("status"), func(sync.Message) { told.Add(1) })
		r.start()
		pass(59 * time.Minute)
		if n := told.Load(); n != 1 {
			t.Errorf("told %d times in an hour without a change, want 1", n)
		}
		pass(2 * time.Minute)
		if n := told.Load(); n != 2 {
			t.Errorf("told %d times after 61 minutes, want 2", n)
		}
	})
}

func TestTheStatusIsToldWhenItMatters(t *testing.T) {
	virtual(t, func(r *rig) {
		var told atomic.Int64
		r.broker.watch(gateTopic("status"), func(sync.Message) { told.Add(1) })
		r.start()
		expect := func(want int, after string) {
			t.Helper()
			if got := told.Load(); got != int64(want) {
				t.Errorf("%s: told %d times, want %d", after, got, want)
			}
		}
		expect(1, "after the connection")
		pass(4 * time.Minute)
		expect(1, "after four minutes in which only rev changed")
		r.lane.Store(1)
		pass(3 * time.Second)
		expect(2, "after a lane changed")
		r.lane.Store(2)
		pass(3 * time.Second)
		expect(2, "after another change at once")
		pass(10 * time.Second)
		expect(3, "ten seconds later")
		pass(time.Hour)
		expect(15, "after an hour in which rev changed all the time")
	})
}
