package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"gated/gate"
	"gated/store"
)

// What tells the test binary that it is the child of TestMigrationsKilled…:
// the database, the step and the number of statements before the end.
const (
	migrateFile = "STORE_TEST_MIGRATE_FILE"
	migrateAt   = "STORE_TEST_MIGRATE_AT"
)

// undo takes the newest step back, from the version that is its index.
var undo = map[int]string{
	2: "DROP TABLE signer; DROP TABLE age; PRAGMA user_version = 1",
}

// migrateAndDie begins one step of the schema as migrate does and is killed after
// so many of its statements.
func migrateAndDie(file string) error {
	var step, statements int
	if _, err := fmt.Sscanf(os.Getenv(migrateAt), "%d/%d", &step, &statements); err != nil {
		return err
	}
	// A cache of one page writes into the log what is not committed yet.
	db, err := sql.Open("sqlite3", "file:"+file+"?_journal_mode=WAL&_synchronous=FULL&_secure_delete=1&_cache_size=1")
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	all := append([]string{"BEGIN IMMEDIATE"}, store.Migrations()[step]...)
	all = append(all, fmt.Sprintf("PRAGMA user_version = %d", step+1), "COMMIT")
	for _, q := range all[:statements] {
		if _, err := db.Exec(q); err != nil {
			return fmt.Errorf("%s: %w", q, err)
		}
	}
	return syscall.Kill(os.Getpid(), syscall.SIGKILL)
}

// TestMigrationsKilledAtEveryStep: whatever was done of a step when the process
// died, the next start finds everything that there was, and goes on.
func TestMigrationsKilledAtEveryStep(t *testing.T) {
	for step := 1; step < len(store.Migrations()); step++ {
		for n := range len(store.Migrations()[step]) + 4 {
			o := options(t)
			b := start(t, o)
			b.fill(t, 40)
			if err := ackAll(t, b); err != nil {
				t.Fatal(err)
			}
			b.mustStop(t)
			want := schemaOf(t, o.Dir)
			for v := len(store.Migrations()); v > step; v-- {
				schemaOf(t, o.Dir, undo[v])
			}
			cmd := exec.Command(os.Args[0], "-test.run=^$")
			cmd.Env = append(os.Environ(), migrateFile+"="+filepath.Join(o.Dir, "gated.db"), fmt.Sprintf("%s=%d/%d", migrateAt, step, n))
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
				t.Fatalf("the child was to be killed: %v\n%s", err, out)
			}
			b = start(t, o)
			if r, err := b.Verify(t.Context(), store.Expect{}); err != nil || r.Records != 40 || r.Cosigned != 40 {
				t.Errorf("step %d killed after %d statements: %+v: %v", step, n, r, err)
			}
			if uses, err := b.Uses(t.Context()); err != nil || len(uses) != 20 {
				t.Errorf("step %d killed after %d statements: %d uses: %v", step, n, len(uses), err)
			}
			b.commit(t, door(gate.RelayOn))
			b.mustStop(t)
			if got := schemaOf(t, o.Dir); got != want {
				t.Errorf("step %d leads to\n%s\na new file has\n%s", step, got, want)
			}
		}
	}
}

// schemaOf runs the statements, and returns the tables of a store at rest.
func schemaOf(t *testing.T, dir string, queries ...string) (all string) {
	t.Helper()
	db, err := sql.Open("sqlite3", filepath.Join(dir, "gated.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, q := range queries {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.QueryRow("SELECT group_concat(sql, char(10)) FROM (SELECT sql FROM sqlite_schema ORDER BY name)").Scan(&all); err != nil {
		t.Fatal(err)
	}
	return all
}
