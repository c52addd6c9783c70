package sync_test

import (
	"crypto/ecdh"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"gated/gate"
	"gated/sync"
	"gated/verify/record"
)

func TestRecordsReachTheCentralServer(t *testing.T) {
	virtual(t, func(r *rig) {
		r.out.add(3)
		r.start()
		pass(time.Second)
		if got := r.out.Cosigned(); got != 3 {
			t.Errorf("cosigned %d of 3 records a second after the connection", got)
		}
		if !r.sync.Online() {
			t.Error("not online")
		}
		if p := r.central.person(1); p != `{"issuer":1,"kid":257,"serial":1,"rider":42}` {
			t.Errorf("the person came as %q", p)
		}
	})
}

func TestRecordsWaitForQuietButNotForLong(t *testing.T) {
	virtual(t, func(r *rig) {
		r.start()
		pass(time.Second)
		r.out.add(1)
		pass(190 * time.Millisecond)
		if got, _, _ := r.central.count(); got != 0 {
			t.Errorf("%d records arrived before the quiet was over", got)
		}
		pass(20 * time.Millisecond)
		if got, _, _ := r.central.count(); got != 1 {
			t.Errorf("%d records arrived after 210 ms of quiet, want 1", got)
		}
		for range 6 { // One every 190 ms: there is never a quiet of 200.
			r.out.add(1)
			pass(190 * time.Millisecond)
		}
		if got, _, _ := r.central.count(); got < 6 {
			t.Errorf("%d records after 1.1 s of a steady stream, want 6 at least", got)
		}
	})
}

// What a door does after an admission waits for the checkpoint that will cover it,
// and on a metered line so does the admission. What is pressing waits for nothing,
// and takes along what waits.
func TestWhatIsNotPressingWaitsForItsCheckpoint(t *testing.T) {
	for name, c := range map[string]struct {
		metered      bool
		now, waiting gate.Record
		until        time.Duration
	}{
		"a relay":                          {false, admission(), gate.Record{Kind: gate.KindDoor, Lane: "in", Event: gate.RelayOff}, 60 * time.Second},
		"an admission on a metered line":   {true, gate.Record{Kind: gate.KindSystem, Event: gate.Alarm}, admission(), 300 * time.Second},
		"an exit button on a metered line": {true, gate.Record{Kind: gate.KindDoor, Event: gate.DoorForced}, gate.Record{Kind: gate.KindDoor, Event: gate.ExitButton}, 300 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(r *rig) {
				r.cfg.Metered = c.metered
				r.start()
				pass(time.Second)
				r.out.keep(c.waiting)
				pass(c.until - 200*time.Millisecond)
				if got, _, _ := r.central.count(); got != 0 {
					t.Errorf("%d records came before their checkpoint was due", got)
				}
				pass(400 * time.Millisecond)
				if got := r.out.Cosigned(); got != 1 {
					t.Errorf("%d records cosigned after the checkpoint was due, want 1", got)
				}
				r.out.keep(c.waiting)
				pass(time.Second)
				r.out.keep(c.now)
				pass(210 * time.Millisecond)
				if got, _, _ := r.central.count(); got != 3 {
					t.Errorf("%d records came after one that does not wait, want all 3", got)
				}
			})
		})
	}
}

func TestABurstDoesNotWaitForQuiet(t *testing.T) {
	virtual(t, func(r *rig) {
		r.start()
		pass(time.Second)
		r.out.add(300)
		pass(time.Millisecond)
		if got, _, _ := r.central.count(); got == 0 {
			t.Error("300 records wait as if one more could be gained by it")
		}
	})
}

func TestCheckpointAfterFiftyRecordsOrAMinute(t *testing.T) {
	for name, c := range map[string]struct {
		records int
		metered bool
		before  time.Duration
		after   time.Duration
	}{
		"fifty records":                   {50, false, 150 * time.Millisecond, 300 * time.Millisecond},
		"one record":                      {1, false, 59 * time.Second, 61 * time.Second},
		"one record on a metered line":    {1, true, 299 * time.Second, 301 * time.Second},
		"fifty records on a metered line": {50, true, 150 * time.Millisecond, 300 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(r *rig) {
				r.cfg.Metered = c.metered
				r.start()
				pass(time.Second)
				r.out.add(c.records)
				pass(c.before)
				if got := r.out.Cosigned(); got != 0 {
					t.Errorf("cosigned %d after %v", got, c.before)
				}
				pass(c.after - c.before)
				if got := r.out.Cosigned(); got != uint64(c.records) {
					t.Errorf("cosigned %d after %v, want %d", got, c.after, c.records)
				}
			})
		})
	}
}

// What a checkpoint itself has put on the disk goes before it, and asks for no
// other checkpoint.
func TestACheckpointComesAfterAllThatItCovers(t *testing.T) {
	virtual(t, func(r *rig) {
		r.start()
		pass(time.Second)
		r.out.add(1)
		r.out.follow(2)
		pass(61 * time.Second)
		if got := r.out.Cosigned(); got != 3 {
			t.Errorf("cosigned %d of 3 records after a minute", got)
		}
		pass(10 * time.Minute)
		if _, again, offers := r.central.count(); again != 0 || offers != 1 || r.central.early != 0 {
			t.Errorf("%d records again, %d checkpoints, %d before their records; want 0, 1, 0", again, offers, r.central.early)
		}
	})
}

// So does what the last checkpoint has put there, when the box stops.
func TestTheLastCheckpointComesAfterAllThatItCovers(t *testing.T) {
	virtual(t, func(r *rig) {
		r.start()
		pass(time.Second)
		r.out.add(1)
		r.out.follow(2)
		r.stop()
		if got, _, _ := r.central.count(); got != 3 || r.central.early != 0 {
			t.Errorf("%d records came, and %d checkpoints before their records; want 3, 0", got, r.central.early)
		}
	})
}

func TestALostCosignatureMakesTheBoxSendAgain(t *testing.T) {
	virtual(t, func(r *rig) {
		r.central.silence(1)
		r.out.add(10)
		r.start()
		pass(119 * time.Second)
		if _, again, offers := r.central.count(); again != 0 || offers != 1 {
			t.Errorf("after 119 s: %d records again, %d checkpoints; want none and 1", again, offers)
		}
		pass(3 * time.Second)
		if _, again, offers := r.central.count(); again != 10 || offers != 2 {
			t.Errorf("after 122 s: %d records again, %d checkpoints; want 10 and 2", again, offers)
		}
		if got := r.out.Cosigned(); got != 10 {
			t.Errorf("cosigned %d, want 10", got)
		}
	})
}

func TestSendingAgainBacksOffToAnHour(t *testing.T) {
	virtual(t, func(r *rig) {
		r.central.silence(1 << 30)
		r.out.add(1)
		r.start()
		began := time.Now()
		var at []time.Duration
		for last := 0; len(at) < 9; pass(time.Second) {
			if _, _, offers := r.central.count(); offers > last {
				last = offers
				at = append(at, time.Since(began))
			}
		}
		var gaps []int
		for i := 1; i < len(at); i++ {
			gaps = append(gaps, int((at[i] - at[i-1]).Round(time.Minute).Minutes()))
		}
		if want := []int{2, 4, 8, 16, 32, 60, 60, 60}; !slices.Equal(gaps, want) {
			t.Errorf("minutes between checkpoints %v, want %v", gaps, want)
		}
		// Once the server is back, the patience is short again.
		r.central.silence(0)
		pass(time.Hour)
		r.central.silence(1)
		r.out.add(1)
		pass(60*time.Second + 125*time.Second)
		if got := r.out.Cosigned(); got != 2 {
			t.Errorf("cosigned %d, want 2", got)
		}
	})
}

func TestAServerRestoredFromABackupGetsWhatItLacks(t *testing.T) {
	virtual(t, func(r *rig) {
		r.out.add(60)
		r.start()
		pass(time.Second)
		old := r.broker.retained(gateTopic("cosigned"))
		r.out.add(60)
		pass(time.Second)
		if got := r.out.Cosigned(); got != 120 {
			t.Fatalf("cosigned %d, want 120", got)
		}
		r.central.restore(60)
		r.broker.publish(gateTopic("cosigned"), []byte(old), true)
		r.out.add(50)
		pass(121 * time.Second)
		if whole, _, _ := r.central.count(); whole != 170 {
			t.Errorf("the server holds %d records without a gap, want 170", whole)
		}
		if got := r.out.Cosigned(); got != 170 {
			t.Errorf("cosigned %d, want 170", got)
		}
		if _, again, _ := r.central.count(); again != 50 { // Those that came before the gap was noticed.
			t.Errorf("%d records came that the server had, want 50", again)
		}
	})
}

func TestAServerSetUpAnewGetsEverythingOnceItIsThere(t *testing.T) {
	virtual(t, func(r *rig) {
		r.out.add(60)
		r.start()
		pass(time.Second)
		r.stop()
		r.central.restore(0)
		r.broker.publish(gateTopic("cosigned"), nil, true)
		r.broker.rules.set(func() { r.broker.rules.swallow[gateTopic("records")] = true })
		r.out.add(1)
		r.start()
		pass(3 * time.Minute) // Nobody is there: the whole log would go nowhere.
		if _, from := r.out.reads(); from != 60 {
			t.Errorf("sent again from %d, want 60: no heartbeat showed that anybody is there", from)
		}
		r.broker.rules.set(func() { clear(r.broker.rules.swallow) })
		r.broker.publish(prefix+"/revocation/heartbeat", []byte("heartbeat 1"), false)
		pass(5 * time.Minute)
		if whole, _, _ := r.central.count(); whole != 61 {
			t.Errorf("the new server holds %d records, want 61", whole)
		}
	})
}

// The backup is older than the gate's first cosigned checkpoint, so the server has
// none to send, and the broker goes on retaining one of the life before.
func TestACheckpointOfTheLifeBeforeIsDoubted(t *testing.T) {
	virtual(t, func(r *rig) {
		r.out.add(1800)
		r.start()
		pass(time.Minute)
		if got := r.out.Cosigned(); got != 1800 {
			t.Fatalf("cosigned %d, want 1800", got)
		}
		r.stop()
		r.central.restore(14)
		r.out.add(1)
		r.start()
		r.broker.publish(prefix+"/revocation/heartbeat", []byte("heartbeat 1"), false)
		pass(3 * time.Minute)
		if _, from := r.out.reads(); from != 1800 {
			t.Errorf("sent again from %d at first, want 1800", from)
		}
		pass(2 * time.Hour)
		if whole, _, _ := r.central.count(); whole != 1801 {
			t.Errorf("the server holds %d records, want 1801", whole)
		}
		if got := r.out.Cosigned(); got != 1801 {
			t.Errorf("cosigned %d, want 1801", got)
		}
	})
}

// A server that was set up anew cannot get what the box keeps no more: it gets
// the rest, and what is new.
func TestWhatWasDroppedHoldsUpNothing(t *testing.T) {
	for name, dropped := range map[string]uint64{"a part": 30, "all that it once had": 62} {
		virtual(t, func(r *rig) {
			r.out.add(60)
			r.start()
			pass(time.Second)
			r.stop()
			r.central.restore(0)
			r.broker.publish(gateTopic("cosigned"), nil, true)
			r.out.add(5)
			r.out.dropped = dropped
			r.start()
			r.broker.publish(prefix+"/revocation/heartbeat", []byte("heartbeat 1"), false)
			pass(10 * time.Minute)
			r.out.add(1)
			pass(time.Second)
			for seq := dropped; seq < 66; seq++ {
				if !r.central.has(seq) {
					t.Errorf("%s dropped: record %d is not at the server", name, seq)
				}
			}
		})
	}
}

func TestAPubackIsNoReceipt(t *testing.T) {
	virtual(t, func(r *rig) {
		r.broker.rules.set(func() { r.broker.rules.swallow[gateTopic("records")] = true })
		r.out.add(300)
		r.start()
		pass(time.Minute)
		if whole, _, _ := r.central.count(); whole != 0 {
			t.Fatalf("%d records arrived through a broker that swallows them", whole)
		}
		r.broker.rules.set(func() { clear(r.broker.rules.swallow) })
		pass(2 * time.Minute)
		if whole, _, _ := r.central.count(); whole != 300 || r.out.Cosigned() != 300 {
			t.Errorf("%d records at the server, %d cosigned; want 300", whole, r.out.Cosigned())
		}
	})
}

func TestWithoutASealNothingIsSent(t *testing.T) {
	virtual(t, func(r *rig) {
		var known atomic.Bool
		r.cfg.Seal = func() *ecdh.PublicKey {
			if !known.Load() {
				return nil
			}
			return r.keys.seal.PublicKey()
		}
		r.out.add(5)
		r.start()
		pass(time.Hour + 2*time.Second)
		if n, _ := r.out.reads(); n != 0 {
			t.Errorf("%d batches made without a key to seal persons to", n)
		}
		known.Store(true)
		r.broker.publish(prefix+"/trust", []byte("trust 2"), true)
		pass(time.Second)
		if got := r.out.Cosigned(); got != 5 {
			t.Errorf("cosigned %d a second after the trust list that names the key, want 5", got)
		}
	})
}

func TestABrokenOutboxDoesNotHoldUpDocuments(t *testing.T) {
	virtual(t, func(r *rig) {
		r.out.broken = errors.New("input/output error")
		r.out.add(1)
		r.start()
		pass(time.Minute)
		r.broker.publish(prefix+"/trust", []byte("trust 2"), true)
		pass(time.Second)
		if trust, _ := r.docs.at(); trust != 2 {
			t.Error("the trust list did not come through")
		}
		if n, _ := r.out.reads(); r.broker.attempts() != 1 || n > 4 {
			t.Errorf("%d connections, %d attempts to read in a minute", r.broker.attempts(), n)
		}
		r.out.fix()
		pass(time.Minute)
		if got := r.out.Cosigned(); got != 1 {
			t.Errorf("cosigned %d once the outbox works again, want 1", got)
		}
	})
}

func TestAnotherLogBeginsAnew(t *testing.T) {
	virtual(t, func(r *rig) {
		r.out.add(60)
		r.start()
		pass(time.Second)
		r.out.begin(record.NewLogID())
		r.central.restore(0)
		r.out.add(1)
		pass(time.Second)
		if whole, _, _ := r.central.count(); whole != 1 {
			t.Errorf("the server holds %d records of the new log, want 1", whole)
		}
	})
}

func TestAtStopTheRestIsSentAndCheckpointed(t *testing.T) {
	virtual(t, func(r *rig) {
		r.start()
		pass(time.Second)
		r.out.add(3)
		r.stop()
		whole, _, offers := r.central.count()
		if whole != 3 || offers != 1 {
			t.Errorf("%d records and %d checkpoints at the server after the stop, want 3 and 1", whole, offers)
		}
	})
}

func TestAThinLineIsSharedWithTheStatus(t *testing.T) {
	virtual(t, func(r *rig) {
		r.broker.rate = 20_000 // Bytes a second.
		r.out.add(5000)        // About 2 MB: more than a minute.
		r.start()
		pass(30 * time.Second)
		r.lane.Store(7)
		pass(4 * time.Second) // Two until it is looked at, two to be sent.
		if got := r.broker.retained(gateTopic("status")); !contains(got, `"lanes":7`) {
			t.Errorf("4 s after a change, with a backlog under way, the status is %s", got)
		}
		if whole, _, _ := r.central.count(); whole == 0 || whole == 5000 {
			t.Fatalf("%d records arrived: the backlog is not under way", whole)
		}
		pass(5 * time.Minute)
		if got := r.out.Cosigned(); got != 5000 {
			t.Errorf("cosigned %d of the backlog, want 5000", got)
		}
		if _, again, _ := r.central.count(); again != 0 {
			t.Errorf("%d records were sent twice", again)
		}
	})
}

func TestFreshRecordsDoNotWaitForABacklog(t *testing.T) {
	virtual(t, func(r *rig) {
		r.broker.rate = 20_000
		r.out.add(5000)
		r.start()
		pass(20 * time.Second)
		for fresh := uint64(5000); fresh < 5020; fresh++ {
			r.out.add(1)
			pass(2 * time.Second)
			if !r.central.has(fresh) {
				t.Errorf("record %d is not at the server 2 s after it was made", fresh)
			}
		}
		if r.central.has(4999) {
			t.Error("the backlog is through: nothing was in the way")
		}
		pass(5 * time.Minute)
		if _, again, _ := r.central.count(); r.out.Cosigned() != 5020 || again != 0 {
			t.Errorf("cosigned %d of 5020, %d sent twice", r.out.Cosigned(), again)
		}
	})
}

func TestABacklogGetsThroughALineThatKeepsBreaking(t *testing.T) {
	virtual(t, func(r *rig) {
		r.broker.rate = 20_000
		r.out.add(8000)
		r.start()
		for range 40 { // The whole would take well over two minutes.
			pass(20 * time.Second)
			r.broker.cut()
		}
		pass(time.Minute)
		if got := r.out.Cosigned(); got != 8000 {
			t.Errorf("cosigned %d after 13 minutes on a line that breaks every 20 s, want 8000", got)
		}
	})
}

func TestABrokerThatStopsAnsweringIsLeft(t *testing.T) {
	virtual(t, func(r *rig) {
		r.start()
		pass(time.Second)
		r.broker.rules.set(func() { r.broker.rules.silent = true })
		r.out.add(1)
		pass(61 * time.Second)
		r.broker.rules.set(func() { r.broker.rules.silent = false })
		pass(65 * time.Second) // It may have fallen silent on the next one too.
		if r.broker.attempts() < 2 {
			t.Error("still on the connection whose broker acknowledges nothing")
		}
		if got := r.out.Cosigned(); got != 1 {
			t.Errorf("cosigned %d, want 1", got)
		}
	})
}

var _ sync.Outbox = (*outbox)(nil)
