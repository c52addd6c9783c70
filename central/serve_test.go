package central_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gated/central"
	"gated/verify/document"
	"gated/verify/revocation"
)

func quietLog() *slog.Logger { return slog.New(slog.DiscardHandler) }

// serve runs a server on a fake broker in the bubble until the test ends.
func serve(t *testing.T, w *world, b *fakeBroker) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- central.NewServer(w.Central, "gated/v1", quietLog()).Serve(ctx, b, b.in, func() { close(ready) })
	}()
	select {
	case <-ready:
	case err := <-ended:
		t.Fatalf("the server ended: %v", err)
	}
	return func() error {
		cancel()
		return <-ended
	}
}

func TestServePublishesTheWholeStateInOrder(t *testing.T) {
	w := newWorld(t, afternoon())
	w.now = w.now.Add(time.Minute)
	_, err := w.Hold(t.Context(), "", central.Rider(1, 42))
	must(t, err)
	b, _ := published(t, w)
	want := []string{
		"trust/1", "trust", "sites/1001/rules", "revocation/snapshot/1/1", "revocation/delta/2", "revocation/heartbeat",
	}
	if diff := cmp.Diff(want, b.topics()); diff != "" {
		t.Errorf("published on connecting (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"gates/+/records", "gates/+/checkpoint"}, b.subscribed); diff != "" {
		t.Errorf("subscribed (-want +got):\n%s", diff)
	}
}

func TestServePublishesWhatOthersChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Time{})
		// Another process: its own connection to the same directory.
		other, err := central.Open(t.Context(), central.Options{Dir: w.dir})
		must(t, err)
		defer other.Close()
		b := newFakeBroker()
		stop := serve(t, w, b)
		time.Sleep(2500 * time.Millisecond) // until the heartbeat about the last change of the trust list is out
		synctest.Wait()
		b.topics()
		_, err = other.Hold(t.Context(), "", central.Rider(1, 42))
		must(t, err)
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		want := []string{"revocation/live", "revocation/delta/2", "revocation/heartbeat"}
		if diff := cmp.Diff(want, b.topics()); diff != "" {
			t.Errorf("published within 100 ms of a hold (-want +got):\n%s", diff)
		}
		time.Sleep(time.Second)
		must(t, other.AddIssuer(t.Context(), 2, "Quick"))
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		if diff := cmp.Diff([]string{"trust", "revocation/heartbeat"}, b.topics()); diff != "" {
			t.Errorf("published within 100 ms of another issuer (-want +got):\n%s", diff)
		}
		must(t, stop())
	})
}

func TestServeBeatsEveryMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Time{})
		b := newFakeBroker()
		stop := serve(t, w, b)
		var last int64
		for i := range 5 {
			beat := parseBeat(t, b.get("revocation/heartbeat"))
			if age := time.Now().Unix() - beat.IssuedAt; age > 62 || age < 0 {
				t.Errorf("minute %d: the heartbeat is %d s old", i, age)
			}
			if i > 0 && (beat.IssuedAt-last < 60 || beat.IssuedAt-last > 62) {
				t.Errorf("minute %d: %d s after the one before", i, beat.IssuedAt-last)
			}
			last = beat.IssuedAt
			time.Sleep(61500 * time.Millisecond)
			synctest.Wait()
		}
		must(t, stop())
	})
}

func TestServeCatchesUpTheHeartbeatOfASecondChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Time{})
		b := newFakeBroker()
		stop := serve(t, w, b)
		for rider := range uint32(20) {
			_, err := w.Hold(t.Context(), "", central.Rider(1, rider))
			must(t, err)
		}
		time.Sleep(2500 * time.Millisecond)
		synctest.Wait()
		beat := parseBeat(t, b.get("revocation/heartbeat"))
		if beat.Seq != 21 || beat.IssuedAt > time.Now().Unix() {
			t.Errorf("heartbeat of state %d, issued at %d, at %d", beat.Seq, beat.IssuedAt, time.Now().Unix())
		}
		must(t, stop())
	})
}

func TestServeBeatsOnWhenTheClockGoesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now().Add(time.Hour)) // a clock that the test turns
		b := newFakeBroker()
		stop := serve(t, w, b)
		first := parseBeat(t, b.get("revocation/heartbeat"))
		w.turn(-30 * time.Minute)
		time.Sleep(70 * time.Second)
		synctest.Wait()
		second := parseBeat(t, b.get("revocation/heartbeat"))
		if second.IssuedAt != first.IssuedAt+1 {
			t.Errorf("the next heartbeat was issued at %d, the one before at %d", second.IssuedAt, first.IssuedAt)
		}
		must(t, stop())
	})
}

func TestUpkeepRenewsSiteDocumentsEveryDay(t *testing.T) {
	w := newWorld(t, afternoon())
	after := func(d time.Duration) string {
		w.now = afternoon().Add(d)
		must(t, w.Upkeep(t.Context(), false))
		b, _ := published(t, w)
		return string(b.get("sites/1001/rules"))
	}
	first := after(0)
	if after(23*time.Hour) != first {
		t.Error("the site document was issued anew before its day was over")
	}
	second := after(24 * time.Hour)
	if second == first {
		t.Error("the site document was not issued anew after a day")
	}
	b := newBox(t, w)
	broker, _ := published(t, w)
	b.hears(t, broker.documents())
	if b.docs.Site == nil || b.docs.Site.IssuedAt != w.now.Unix() {
		t.Error("the box does not take the new one")
	}
}

func TestServeReturnsWhenTheBrokerIsGone(t *testing.T) {
	w := newWorld(t, time.Time{})
	b := newFakeBroker()
	close(b.gone)
	err := central.NewServer(w.Central, "gated/v1", quietLog()).Serve(t.Context(), b, b.in, nil)
	wantErr(t, err, central.ErrBroker)

	b = newFakeBroker()
	b.refuse = errors.New("no")
	err = central.NewServer(w.Central, "gated/v1", quietLog()).Serve(t.Context(), b, b.in, nil)
	wantErr(t, err, central.ErrBroker)
	if !strings.Contains(err.Error(), "trust") {
		t.Errorf("the error does not name the topic: %v", err)
	}
}

func parseBeat(t testing.TB, raw []byte) revocation.Heartbeat {
	t.Helper()
	d, err := document.Parse(raw)
	must(t, err)
	beat, err := revocation.ParseHeartbeat(d)
	must(t, err)
	return beat
}

func TestServeTakesInRecordsAndPutsOutTheCosignature(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Time{})
		l := newLog(t, w, "log1")
		l.grow(t, 10)
		b := newFakeBroker()
		stop := serve(t, w, b)
		b.fromGate(l.records(t, 0, 10))
		b.fromGate(l.checkpoint(t, 10))
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		if b.get("gates/"+gateID+"/cosigned") == nil {
			t.Error("no cosignature within 100 ms")
		}
		must(t, stop())
	})
}

func TestServeAsksForCheckpointsAgainWhenAKeyIsListed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Time{})
		l := newLog(t, w, "log1")
		l.grow(t, 10)
		var key string
		l.signer, key = newKey(t, gateID)
		b := newFakeBroker()
		stop := serve(t, w, b)
		b.fromGate(l.records(t, 0, 10))
		b.fromGate(l.checkpoint(t, 10)) // stays on the broker
		time.Sleep(time.Second)
		synctest.Wait()
		if b.get("gates/"+gateID+"/cosigned") != nil {
			t.Fatal("cosigned for a key that is not listed")
		}
		_, err := w.AddGate(t.Context(), gateID, site, key)
		must(t, err)
		time.Sleep(time.Second)
		synctest.Wait()
		if b.get("gates/"+gateID+"/cosigned") == nil {
			t.Error("not cosigned although the key is listed now")
		}
		must(t, stop())
	})
}

func TestInboxDropsWhatDoesNotFit(t *testing.T) {
	in := central.NewInbox()
	big := central.Message{Payload: make([]byte, 1<<20)}
	for i := range 64 {
		if !in.Put(big) {
			t.Fatalf("message %d was dropped", i)
		}
	}
	if in.Put(big) {
		t.Error("more than the bound was taken")
	}
}
