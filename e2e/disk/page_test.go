package disk_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gated/gate"
	"gated/stage"
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
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte{0xff}, (page-1)*size); err != nil { // no kind of page
		t.Fatal(err)
	}
}
