package central_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gated/central"
	"gated/gate"
)

func TestAPropertyHoldsAtItsOwnSite(t *testing.T) {
	w := newWorld(t, afternoon())
	b := newBox(t, w)
	onHold := func(rider uint32) bool {
		broker, _ := published(t, w)
		b.at = w.now
		b.hears(t, broker.documents())
		return b.docs.Site.OnHold(1, rider, w.now.Unix())
	}
	must(t, w.HoldAtSite(t.Context(), site, 1, 42, w.now.Add(time.Hour)))
	must(t, w.HoldAtSite(t.Context(), site, 1, 42, w.now.Add(2*time.Hour))) // another end
	if !onHold(42) || onHold(43) || len(b.docs.Site.Held) != 1 || b.docs.Site.Held[0].Until != w.now.Add(2*time.Hour).Unix() {
		t.Errorf("the site holds %+v", b.docs.Site.Held)
	}
	if b.docs.State.Set.Count() != 0 {
		t.Error("a property's hold is on everybody's list")
	}
	must(t, w.SetSite(t.Context(), central.Site{Number: site, Name: "B", Zone: "Asia/Shanghai"}))
	if !onHold(42) {
		t.Error("another name for the site has ended its hold")
	}
	for _, want := range []bool{true, false} {
		changed, err := w.ReleaseAtSite(t.Context(), site, 1, 42)
		must(t, err)
		if changed != want {
			t.Errorf("released: %v", changed)
		}
	}
	if onHold(42) {
		t.Error("released, and still on hold")
	}
	must(t, w.HoldAtSite(t.Context(), site, 1, 7, w.now.Add(time.Minute)))
	w.now = w.now.Add(25 * time.Hour)
	must(t, w.Upkeep(t.Context(), false))
	if onHold(7); len(b.docs.Site.Held) != 0 {
		t.Errorf("what has ended is still said: %+v", b.docs.Site.Held)
	}
}

func TestAPropertyHoldsAThousandAtMost(t *testing.T) {
	w := newWorld(t, afternoon())
	db, err := sql.Open("sqlite3", filepath.Join(w.dir, "central.db"))
	must(t, err)
	_, err = db.Exec("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 1000) INSERT INTO site_holds SELECT 1001, 1, i, 1900000000 FROM n")
	must(t, err)
	must(t, db.Close())
	end := w.now.Add(time.Hour)
	wantErr(t, w.HoldAtSite(t.Context(), site, 1, 5000, end), central.ErrRefused)
	must(t, w.HoldAtSite(t.Context(), site, 1, 1000, end)) // one of them, with another end
	_, err = w.ReleaseAtSite(t.Context(), site, 1, 1)
	must(t, err)
	must(t, w.HoldAtSite(t.Context(), site, 1, 5000, end))
}

func TestHoldsAtSiteThatAreRefused(t *testing.T) {
	w := newWorld(t, afternoon())
	wantErr(t, w.HoldAtSite(t.Context(), site, 1, 42, w.now), central.ErrAsked)
	wantErr(t, w.HoldAtSite(t.Context(), 9, 1, 42, w.now.Add(time.Hour)), central.ErrNoSite)
	wantErr(t, w.HoldAtSite(t.Context(), site, 9, 42, w.now.Add(time.Hour)), central.ErrNoIssuer)
	_, err := w.ReleaseAtSite(t.Context(), 9, 1, 42)
	wantErr(t, err, central.ErrNoSite)
}

// A directory of the first version goes on with this one.
func TestAnOldDatabaseIsUpgraded(t *testing.T) {
	w := newWorld(t, afternoon())
	must(t, w.Close())
	db, err := sql.Open("sqlite3", filepath.Join(w.dir, "central.db"))
	must(t, err)
	_, err = db.Exec("DROP TABLE site_holds; ALTER TABLE network DROP COLUMN command_ms; ALTER TABLE logs DROP COLUMN counted; ALTER TABLE logs DROP COLUMN edge; " +
		"DROP TABLE certificates; DROP TABLE invitations; DROP TABLE retired_keys; ALTER TABLE logs DROP COLUMN retired; ALTER TABLE network DROP COLUMN crl; " +
		"ALTER TABLE network DROP COLUMN crl_at; PRAGMA user_version = 1")
	must(t, err)
	must(t, os.Remove(w.CAPath()))
	err = os.Remove(filepath.Join(w.dir, "keys", "ca.key"))
	must(t, err)
	must(t, db.Close())
	for range 2 {
		c, err := central.Open(t.Context(), central.Options{Dir: w.dir, Now: w.clock})
		must(t, err)
		must(t, c.HoldAtSite(t.Context(), site, 1, 42, w.now.Add(time.Hour)))
		_, err = c.Command(t.Context(), gateID, gate.Command{Verb: gate.VerbOpen})
		must(t, err)
		_, err = c.EnrolmentCertificate() // the authority came with the upgrade
		must(t, err)
		must(t, c.Close())
	}
}
