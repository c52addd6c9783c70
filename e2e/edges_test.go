package e2e_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	_ "github.com/mattn/go-sqlite3"

	"gated/gate"
	"gated/stage"
)

// Story 3: bad input at each edge gets a clear answer and costs nothing.

func TestMissingScannerIsShownAndPickedUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	gone := func(s stage.Status) bool { return !s.Lanes[0].Scanner.Up }
	up := func(s stage.Status) bool { return s.Lanes[0].Scanner.Up }

	if err := w.Box.Scanner.Unplug(); err != nil {
		t.Fatal(err)
	}
	if s := status(t, w, gone); !strings.Contains(s.Lanes[0].Scanner.Error, w.Box.Scanner.Port) {
		t.Errorf("unplugged, the scanner's error does not name the port: %q", s.Lanes[0].Scanner.Error)
	}
	// A box that starts without its scanner runs, says so, and takes it up.
	if err := w.Box.Stop(soon(t)); err != nil {
		t.Fatal(err)
	}
	if err := w.Box.Start(); err != nil {
		t.Fatal(err)
	}
	s := status(t, w, func(s stage.Status) bool { return s.Ready && s.Online && s.Lanes[0].Scanner.Error != "" })
	if s.Lanes[0].Scanner.Up || !strings.Contains(s.Lanes[0].Scanner.Error, w.Box.Scanner.Port) {
		t.Errorf("without its port the scanner is up (%v), or its error does not name it: %q", s.Lanes[0].Scanner.Up, s.Lanes[0].Scanner.Error)
	}
	if err := w.Box.Scanner.PlugIn(); err != nil {
		t.Fatal(err)
	}
	if s := status(t, w, up); s.Lanes[0].Scanner.Error != "" {
		t.Errorf("plugged in again, the scanner's error is %q", s.Lanes[0].Scanner.Error)
	}
	show(t, w, issue(t, w, 42), gate.OK)
}

func TestGarbageOnTheSerialLineCostsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := issue(t, w, 42)
	noise := make([]byte, 3000)
	_, _ = rand.Read(noise)
	for name, junk := range map[string][]byte{
		"half a code":          []byte(good[:70]),
		"the other half":       []byte(good[70:] + "\r"),
		"bytes of no meaning":  noise,
		"a line without end":   bytes.Repeat([]byte("A"), 3000),
		"a web address":        []byte("https://example.org/\r"),
		"nothing but endings":  []byte("\r\n\r\n\r\r"),
		"a code in lower case": []byte(strings.ToLower(good) + "\r"),
	} {
		before := status(t, w, func(stage.Status) bool { return true }).Lanes[0]
		if _, err := w.Box.Scanner.Send(junk); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		// Something shows that it has come.
		after := status(t, w, func(s stage.Status) bool { return !cmp.Equal(before, s.Lanes[0]) }).Lanes[0]
		if after.Last.Verdict == gate.Open {
			t.Fatalf("%s opened the door", name)
		}
	}
	// A code right behind a line without an end is lost with it. The rider holds
	// the phone there until something happens.
	if err := stage.Until(soon(t), 500*time.Millisecond, func() (bool, error) {
		if _, err := w.Box.Scanner.Read(good); err != nil {
			return false, err
		}
		s, err := w.Box.Status(soon(t))
		return err == nil && s.Lanes[0].Last.Verdict == gate.Open, err
	}); err != nil {
		t.Errorf("a good code after all that does not open: %v", err)
	}
	if _, err := w.Box.Trace.Next(soon(t), 0, true); err != nil {
		t.Error(err)
	}
}

// forgeries are documents that the broker, or whoever has broken into it, could
// make of the genuine one at topic.
var forgeries = []struct {
	name, topic string
	change      func([]byte) []byte
}{
	{"a trust list whose keys are void", "gated/v1/trust", func(b []byte) []byte {
		return raiseVersion(bytes.ReplaceAll(b, []byte(`"active"`), []byte(`"void"`)))
	}},
	{"a site document with another name", "gated/v1/sites/1001/rules", func(b []byte) []byte {
		return raiseVersion(bytes.ReplaceAll(b, []byte("East Garden"), []byte("West Garden")))
	}},
	{"a heartbeat of tomorrow", "gated/v1/revocation/heartbeat", func(b []byte) []byte {
		return issuedAt.ReplaceAll(b, []byte(`"issued_at":${1}9`))
	}},
	{"a delta with the signature of a heartbeat", "gated/v1/revocation/heartbeat", func(b []byte) []byte {
		state := []byte{1, 0, 0, 0, 1, 1, 1, 42} // rider 42 of issuer 1 on hold (PROTOCOL 2.3)
		hash := sha256.Sum256(state)
		_, signatures, _ := bytes.Cut(b, []byte("\n\n"))
		delta := fmt.Sprintf(`{"epoch":1,"from":1,"to":2,"issued_at":%d,"add":%q,"remove":"","hash":%q}`,
			time.Now().Unix(), base64.StdEncoding.EncodeToString(state), base64.StdEncoding.EncodeToString(hash[:]))
		return append([]byte("gated/v1/revocation-delta\n"+delta+"\n\n"), signatures...)
	}},
	{"no document at all", "gated/v1/trust", func([]byte) []byte { return []byte("{}") }},
	{"a document of two megabytes", "gated/v1/trust", func([]byte) []byte { return bytes.Repeat([]byte("x"), 2<<20) }},
	{"nothing", "gated/v1/revocation/heartbeat", func([]byte) []byte { return nil }},
}

var (
	version  = regexp.MustCompile(`"version":\d+`)
	issuedAt = regexp.MustCompile(`"issued_at":(\d+)\d`)
)

func raiseVersion(b []byte) []byte { return version.ReplaceAll(b, []byte(`"version":900`)) }

func TestForgedDocumentsChangeNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := status(t, w, func(stage.Status) bool { return true })
	for _, f := range forgeries {
		genuine, err := w.Broker.Retained(soon(t), f.topic)
		if err != nil {
			t.Fatal(err)
		}
		forged := f.change(genuine)
		if bytes.Equal(forged, genuine) {
			t.Fatalf("%s: nothing was forged in:\n%s", f.name, genuine)
		}
		// Not retained, so that the genuine documents stay; and on the topic of
		// live deltas too, which every box listens to.
		for _, topic := range []string{f.topic, "gated/v1/revocation/live"} {
			if err := w.Broker.Publish(soon(t), topic, forged, false); err != nil {
				t.Fatalf("%s: %v", f.name, err)
			}
		}
	}
	// What comes later on the same connection has been judged later.
	if _, err := w.Central.Do(soon(t), "hold", "--issuer", "1", "--rider", "7"); err != nil {
		t.Fatal(err)
	}
	after := status(t, w, func(s stage.Status) bool { return s.Rev > before.Rev })
	if after.Rev != before.Rev+1 || after.Trust != before.Trust || !after.Ready {
		t.Errorf("lists were revocation %d, trust %d and are %d, %d", before.Rev, before.Trust, after.Rev, after.Trust)
	}
	show(t, w, issue(t, w, 42), gate.OK)
	show(t, w, issue(t, w, 7), gate.OnHold)
}

func TestDatabaseOfANewerVersionIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	show(t, w, issue(t, w, 42), gate.OK)
	if err := w.Box.Stop(soon(t)); err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(w.Box.Dir, "state")
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(state, "gated.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("PRAGMA user_version = 1000000"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before := contents(t, state)
	edges, err := w.Box.Trace.Count()
	if err != nil {
		t.Fatal(err)
	}
	r, err := w.Box.Try(soon(t), "run")
	if err != nil {
		t.Fatal(err)
	}
	if r.Code != 1 || !strings.Contains(r.Stderr, "newer") {
		t.Errorf("exit status %d; it must say in a sentence that the database is newer:\n%s", r.Code, r.Stderr)
	}
	if contents(t, state) != before {
		t.Error("the database has changed")
	}
	if n, err := w.Box.Trace.Count(); err != nil || n != edges {
		t.Errorf("the relay moved: %d edges, then %d (%v)", edges, n, err)
	}
}

// contents is the database, byte for byte. A log beside it that has bytes in it
// would be a change that waits.
func contents(t *testing.T, dir string) [32]byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "gated.db"))
	if err != nil {
		t.Fatal(err)
	}
	if wal, err := os.Stat(filepath.Join(dir, "gated.db-wal")); err == nil && wal.Size() > 0 {
		t.Errorf("the database's log holds %d bytes", wal.Size())
	}
	return sha256.Sum256(b)
}

func TestSecondGatedOnTheSameStateIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, err := w.Box.Try(soon(t), "run")
	if err != nil {
		t.Fatal(err)
	}
	if r.Code != 1 || !strings.Contains(r.Stderr, filepath.Join(w.Box.Dir, "state")) {
		t.Errorf("exit status %d; it must say in a sentence which state directory is taken:\n%s", r.Code, r.Stderr)
	}
	// The first does not notice: neither its socket nor its door nor its scanner.
	show(t, w, issue(t, w, 42), gate.OK)
	if s := status(t, w, func(stage.Status) bool { return true }); !s.Online || len(s.Alarms) > 0 {
		t.Errorf("online %v, alarms %q after the second start", s.Online, s.Alarms)
	}
}
