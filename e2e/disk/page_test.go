package disk_test

import (
	"bytes"
	"database/sql"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gated/gate"
	"gated/stage"
	"gated/verify/record"
)

// A page is not what it was, and opening the database has not shown it: the start
// finds out when it reads what the page holds, or the writer when a document comes.
// The database is set aside, and the next rider is recorded in another log. Nobody
// has to come by.
func TestAPageIsDamaged(t *testing.T) {
	for table, use := range map[string]func(t *testing.T, w *world){
		"used": func(*testing.T, *world) {},
		"spare": func(t *testing.T, w *world) {
			if _, err := w.Central.Do(soon(t), "revoke", "--issuer", "1", "--rider", "666"); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(table, func(t *testing.T) {
			w := newWorld(t, nil)
			w.show(t, w.issue(t, 1), gate.OK)
			st, err := w.Box.Status(soon(t))
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Box.Stop(soon(t)); err != nil {
				t.Fatal(err)
			}
			damage(t, filepath.Join(w.Path(stage.GateID, "state"), "gated.db"), table)
			w.restart(t)
			use(t, w)
			w.anotherLog(t, st.Log)
		})
	}
}

// The same under a record that waits for the network: whoever is to send it finds
// out, and not the check of the whole journal days later. What stands on other pages
// reaches the central server, in the other log.
func TestAPageOfUnsentRecordsIsDamaged(t *testing.T) {
	const openings = 12
	w := newWorld(t, nil)
	w.show(t, w.issue(t, 1), gate.OK)
	w.settled(t, 1)
	w.Line.Cut()
	st, err := w.Box.Status(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	for rider := range openings {
		w.show(t, w.issue(t, 100+rider), gate.OK)
	}
	w.settled(t, openings+1)
	if err := w.Box.Stop(soon(t)); err != nil {
		t.Fatal(err)
	}
	damageLeaf(t, filepath.Join(w.Path(stage.GateID, "state"), "gated.db"), st.Records+6)
	w.restart(t)
	w.Line.Mend()
	w.anotherLog(t, st.Log)
	// Each page holds a handful of records, of which three are an opening's.
	if _, err := w.Central.WaitRecords(soon(t), func(r stage.Records) bool {
		return r.Count(func(l record.Leaf) bool { return l.Verdict == string(gate.Open) && l.Log != st.Log }) >= openings-4
	}); err != nil {
		t.Errorf("the records of the other pages are not at the central server: %v", err)
	}
}

// anotherLog insists that the database with that log is set aside, that people are
// told, and that the gate works.
func (w *world) anotherLog(t *testing.T, old string) {
	t.Helper()
	st, err := w.Box.WaitStatus(soon(t), func(s stage.Status) bool { return s.Log != old && s.Ready && s.Lanes[0].Scanner.Up })
	if err != nil {
		t.Fatal(err)
	}
	if alarms := strings.Join(st.Alarms, "\n"); !st.Durable || !strings.Contains(alarms, "The database was damaged") {
		t.Errorf("durable %v, alarms %q", st.Durable, alarms)
	}
	w.show(t, w.issue(t, 2), gate.OK)
	leaves, err := w.Box.Journal(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	if leaves[0].Event != string(gate.NewLog) || !strings.Contains(leaves[0].Detail, "after log "+old) {
		t.Errorf("record 0 is %+v", leaves[0])
	}
	if out, err := w.Box.Do(soon(t), "journal", "verify"); err != nil {
		t.Errorf("verify: %v\n%s", err, out)
	}
}

// damage makes nonsense of the first page of a table in a database that is at rest.
func damage(t *testing.T, file, table string) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+file+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var page, size int64
	if err := db.QueryRow("SELECT s.rootpage, p.page_size FROM sqlite_schema s, pragma_page_size p WHERE s.name = ?", table).Scan(&page, &size); err != nil {
		t.Fatal(err)
	}
	spoil(t, file, (page-1)*size)
}

// damageLeaf does the same to the page with the leaf of that number.
func damageLeaf(t *testing.T, file string, seq uint64) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(raw, fmt.Appendf(nil, `,"seq":%d,`, seq))
	if at < 0 {
		t.Fatalf("record %d is not in the file as one piece", seq)
	}
	size := int64(binary.BigEndian.Uint16(raw[16:])) // https://sqlite.org/fileformat.html, 1.3.2
	spoil(t, file, int64(at)/size*size)
}

// spoil makes nonsense of the page that begins there.
func spoil(t *testing.T, file string, page int64) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte{0xff}, page); err != nil { // no kind of page
		t.Fatal(err)
	}
}
