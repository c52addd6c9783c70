package store

import (
	"fmt"
	"strings"
)

// pageSize of a new database in bytes. A commit writes whole pages into the
// write-ahead log: half the usual size is half the wear of the card, and what is
// kept here is small.
const pageSize = 2048

// migrations lead forward only, one transaction each; PRAGMA user_version counts
// those that a file has behind it. Each is a list of statements. One that was
// released is never changed.
var migrations = [][]string{
	{
		`CREATE TABLE meta(name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID`,

		// Numbers are dense. person and salt stand beside the leaf and can be set to
		// NULL without breaking the tree.
		`CREATE TABLE journal(seq INTEGER PRIMARY KEY, leaf BLOB NOT NULL, person TEXT, salt BLOB) STRICT`,

		// Hashes of complete subtrees of 16 leaves and more; see tree.go for idx.
		`CREATE TABLE tree(idx INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT`,

		`CREATE TABLE used(kid INTEGER NOT NULL, serial INTEGER NOT NULL,
		entered INTEGER NOT NULL, exited INTEGER NOT NULL, shown_at INTEGER NOT NULL,
		last_ms INTEGER NOT NULL, last_clock TEXT NOT NULL, last_up INTEGER NOT NULL, last_boot TEXT NOT NULL, last_start INTEGER NOT NULL,
		lane TEXT NOT NULL, again INTEGER NOT NULL, until INTEGER NOT NULL,
		PRIMARY KEY(kid, serial)) STRICT, WITHOUT ROWID`,

		// spare is the second copy of what is small, in pages of its own.
		`CREATE TABLE held(name TEXT PRIMARY KEY, sum BLOB NOT NULL, body BLOB NOT NULL) STRICT`,
		`CREATE TABLE spare(name TEXT PRIMARY KEY, sum BLOB NOT NULL, body BLOB NOT NULL) STRICT`,

		// kind: see checkpoint.go.
		`CREATE TABLE checkpoint(kind TEXT PRIMARY KEY, size INTEGER NOT NULL, note BLOB NOT NULL) STRICT, WITHOUT ROWID`,
	},
	{
		// The gate's own keys; since is the number of the first record after the one
		// before was replaced.
		`CREATE TABLE signer(since INTEGER PRIMARY KEY, key TEXT NOT NULL) STRICT`,

		// When the floor of the time was there, in unix seconds, the log had so many
		// records: what is older than a limit, whatever the records say of their time.
		`CREATE TABLE age(floor INTEGER PRIMARY KEY, size INTEGER NOT NULL) STRICT`,
	},
}

// migrate brings the file to the newest version, step by step.
func migrate(c *conn) error {
	version, err := c.number("PRAGMA user_version")
	if err != nil {
		return fmt.Errorf("read version of the database: %w", err)
	}
	for n := int(version); n < len(migrations); n++ {
		step := fmt.Sprintf("BEGIN IMMEDIATE; %s; PRAGMA user_version = %d; COMMIT", strings.Join(migrations[n], "; "), n+1)
		if err := c.script(step); err != nil {
			return fmt.Errorf("migrate database to version %d: %w", n+1, err)
		}
	}
	return nil
}
