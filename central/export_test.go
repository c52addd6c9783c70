package central_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"gated/central"
)

// bodies are the documents of an export.
func bodies(files []central.File) (list [][]byte) {
	for _, f := range files {
		list = append(list, f.Body)
	}
	return list
}

func TestAnExportBringsABoxUpToDateInAnyOrder(t *testing.T) {
	w := newWorld(t, afternoon())
	for rider := range uint32(120) { // two snapshots, and deltas since
		w.now = w.now.Add(time.Second)
		_, err := w.Hold(t.Context(), "", central.Rider(1, rider))
		must(t, err)
	}
	w.now = w.now.Add(10 * time.Minute)
	files, err := w.Export(t.Context(), gateID)
	must(t, err)
	if len(files) != 24 { // trust, site, a part, the deltas 102 to 121, heartbeat
		t.Errorf("%d files", len(files))
	}
	for seed := range uint64(20) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			shuffled := bodies(files)
			rand.New(rand.NewPCG(seed, 0)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			b := newBox(t, w)
			b.hears(t, shuffled)
			wantCaughtUp(t, b, 121, 120)
			if b.docs.Proof.IssuedAt != w.now.Unix() {
				t.Errorf("the heartbeat is of %d, not of now, %d", b.docs.Proof.IssuedAt, w.now.Unix())
			}
		})
	}
}

func TestAnExportIsOneStreamWithWhatIsPublished(t *testing.T) {
	w := newWorld(t, afternoon())
	w.now = w.now.Add(time.Minute)
	files, err := w.Export(t.Context(), gateID)
	must(t, err)
	carried, connected := newBox(t, w), newBox(t, w)
	carried.hears(t, bodies(files))
	broker, _ := published(t, w)
	connected.hears(t, broker.documents())
	if string(carried.docs.Heartbeat.Raw) != string(connected.docs.Heartbeat.Raw) {
		t.Errorf("carried: %+v, published: %+v", carried.docs.Heartbeat, connected.docs.Heartbeat)
	}
	// A box that was carried to goes on with what is published.
	w.now = w.now.Add(time.Minute)
	_, err = w.Hold(t.Context(), "", central.Rider(1, 42))
	must(t, err)
	broker, _ = published(t, w)
	carried.at = w.now
	carried.hears(t, broker.documents())
	wantCaughtUp(t, carried, 2, 1)
}

// Two changes in one second leave the heartbeat behind; an export may not.
func TestAnExportIsWholeInTheSecondOfAChange(t *testing.T) {
	w := newWorld(t, afternoon())
	for rider := range uint32(3) {
		_, err := w.Hold(t.Context(), "", central.Rider(1, rider))
		must(t, err)
	}
	files, err := w.Export(t.Context(), gateID)
	must(t, err)
	b := newBox(t, w)
	b.hears(t, bodies(files))
	wantCaughtUp(t, b, 4, 3)
}

func TestAnExportRenewsAnOldSiteDocument(t *testing.T) {
	w := newWorld(t, afternoon())
	w.now = w.now.Add(25 * time.Hour)
	files, err := w.Export(t.Context(), gateID)
	must(t, err)
	b := newBox(t, w)
	b.hears(t, bodies(files))
	if b.docs.Site.IssuedAt != w.now.Unix() {
		t.Errorf("the site document is of %d", b.docs.Site.IssuedAt)
	}
}

func TestExportForAnUnknownGate(t *testing.T) {
	w := newWorld(t, afternoon())
	_, err := w.Export(t.Context(), "west-1")
	wantErr(t, err, central.ErrNoGate)
}
