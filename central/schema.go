package central

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	_ "github.com/mattn/go-sqlite3" // the driver "sqlite3"
)

// schemaVersion is PRAGMA user_version of a database that this code can use.
const schemaVersion = 5

// schemaFive is what version 5 has more than version 4: boxes that enrol, their
// certificates, and what was retired with the box before.
const schemaFive = `
ALTER TABLE network ADD COLUMN crl INTEGER NOT NULL DEFAULT 0;    -- number of the newest list of withdrawn certificates
ALTER TABLE network ADD COLUMN crl_at INTEGER NOT NULL DEFAULT 0; -- its time
CREATE TABLE certificates (
  serial TEXT PRIMARY KEY,             -- hex
  name TEXT NOT NULL,                  -- common name
  issued_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  withdrawn_at INTEGER
) STRICT;
CREATE TABLE invitations (
  token BLOB PRIMARY KEY,              -- its SHA-256
  gate TEXT NOT NULL,
  site INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  replaces INTEGER NOT NULL,
  used BLOB,                           -- hash of the keys that used it; a box may ask again
  certificate BLOB                     -- what it was answered, PEM
) STRICT;
CREATE UNIQUE INDEX invitations_open ON invitations (gate) WHERE used IS NULL;
CREATE TABLE retired_keys (gate TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (gate, key)) STRICT;
ALTER TABLE logs ADD COLUMN retired INTEGER NOT NULL DEFAULT 0;   -- of a box that was replaced
`

// schemaFour is what version 4 has more than version 3: how far the records of a
// log were counted for a checkpoint that waits, and the tree's right edge there.
const schemaFour = `
ALTER TABLE logs ADD COLUMN counted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE logs ADD COLUMN edge BLOB;
`

// schemaThree is what version 3 has more than version 2.
const schemaThree = `
ALTER TABLE network ADD COLUMN command_ms INTEGER NOT NULL DEFAULT 0; -- issued_at_ms of the newest command

-- A key belongs to a platform or to a site, which then issues for itself alone.
CREATE TABLE keys_three (
  kid INTEGER PRIMARY KEY,
  issuer INTEGER REFERENCES issuers(id),
  site INTEGER REFERENCES sites(site),
  public BLOB NOT NULL UNIQUE,
  sites TEXT NOT NULL,                 -- as in the trust list, joined by commas; empty: that of its site
  not_before INTEGER NOT NULL,
  not_after INTEGER NOT NULL,
  max_bearer_ttl INTEGER NOT NULL,
  max_bound_ttl INTEGER NOT NULL,
  state TEXT NOT NULL,
  next_serial INTEGER NOT NULL DEFAULT 1,
  CHECK ((issuer IS NULL) <> (site IS NULL))
) STRICT;
INSERT INTO keys_three SELECT kid, issuer, NULL, public, sites, not_before, not_after, max_bearer_ttl, max_bound_ttl, state, next_serial FROM keys;
DROP TABLE keys;
ALTER TABLE keys_three RENAME TO keys;
`

// schemaTwo is what version 2 has more than version 1.
const schemaTwo = `
-- The property's own holds, each with an end.
CREATE TABLE site_holds (
  site INTEGER NOT NULL REFERENCES sites(site),
  issuer INTEGER NOT NULL,
  rider INTEGER NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY (site, issuer, rider)
) STRICT, WITHOUT ROWID;
`

// schema of version 1. Numbers of PROTOCOL are kept as they are on the wire;
// times are unix seconds.
const schema = `
-- The network's counters, one row.
CREATE TABLE network (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  epoch INTEGER NOT NULL,
  trust_version INTEGER NOT NULL,
  trust_issued_at INTEGER NOT NULL,
  trust BLOB,                          -- the newest list as it was signed
  beat_seq INTEGER NOT NULL,           -- what the newest heartbeat said
  beat_trust INTEGER NOT NULL,
  beat_issued_at INTEGER NOT NULL
) STRICT;

CREATE TABLE roots (key TEXT PRIMARY KEY) STRICT;
CREATE TABLE authorities (name TEXT PRIMARY KEY, key TEXT NOT NULL, role TEXT NOT NULL, seal BLOB) STRICT;
CREATE TABLE issuers (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;

-- Keys are never deleted: one kid, one key, for ever.
CREATE TABLE keys (
  kid INTEGER PRIMARY KEY,
  issuer INTEGER NOT NULL REFERENCES issuers(id),
  public BLOB NOT NULL UNIQUE,
  sites TEXT NOT NULL,                 -- as in the trust list, joined by commas
  not_before INTEGER NOT NULL,
  not_after INTEGER NOT NULL,
  max_bearer_ttl INTEGER NOT NULL,
  max_bound_ttl INTEGER NOT NULL,
  state TEXT NOT NULL,
  next_serial INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE sites (
  site INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  tz TEXT NOT NULL,
  rules TEXT NOT NULL,                 -- JSON
  notices TEXT NOT NULL,               -- JSON
  version INTEGER NOT NULL,            -- of the newest document; 0: none yet
  issued_at INTEGER NOT NULL
) STRICT;

CREATE TABLE gates (
  id TEXT PRIMARY KEY,
  site INTEGER NOT NULL REFERENCES sites(site),
  tag INTEGER NOT NULL,
  key TEXT NOT NULL,                   -- empty: withdrawn
  UNIQUE (site, tag)
) STRICT;

-- The state of revocation, one row, and what of it the broker keeps.
CREATE TABLE revocation (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  seq INTEGER NOT NULL,
  body BLOB NOT NULL                   -- the state's one encoding
) STRICT;
CREATE TABLE snapshots (seq INTEGER PRIMARY KEY, parts INTEGER NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE TABLE deltas (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL) STRICT;
-- Why somebody is listed stays here.
CREATE TABLE acts (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  verb TEXT NOT NULL,
  target TEXT NOT NULL,
  seq INTEGER NOT NULL,
  why TEXT NOT NULL
) STRICT;

-- What is, or is to be, on the broker. Topics are without the prefix.
CREATE TABLE documents (
  ord INTEGER PRIMARY KEY AUTOINCREMENT,
  rank INTEGER NOT NULL,
  topic TEXT NOT NULL,
  retained INTEGER NOT NULL,
  payload BLOB NOT NULL,               -- empty: the topic is to be cleared
  at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX documents_topic ON documents (topic) WHERE retained = 1;

-- What the gates have recorded.
CREATE TABLE logs (
  id INTEGER PRIMARY KEY,
  gate TEXT NOT NULL,
  log TEXT NOT NULL,
  first_at INTEGER NOT NULL,
  waiting BLOB,                        -- a checkpoint of the gate that cannot be cosigned yet
  UNIQUE (gate, log)
) STRICT;
CREATE TABLE records (
  log INTEGER NOT NULL REFERENCES logs(id),
  seq INTEGER NOT NULL,
  leaf BLOB NOT NULL,
  person TEXT,
  salt BLOB,
  at INTEGER NOT NULL,
  PRIMARY KEY (log, seq)
) STRICT, WITHOUT ROWID;
-- What came for a number that was taken, or was here when its root was wrong.
CREATE TABLE aside (
  log INTEGER NOT NULL REFERENCES logs(id),
  seq INTEGER NOT NULL,
  leaf BLOB NOT NULL,
  person TEXT,
  salt BLOB,
  at INTEGER NOT NULL,
  PRIMARY KEY (log, seq, leaf)
) STRICT, WITHOUT ROWID;
CREATE TABLE cosigned (
  log INTEGER NOT NULL REFERENCES logs(id),
  size INTEGER NOT NULL,
  note BLOB NOT NULL,
  edge BLOB NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (log, size)
) STRICT, WITHOUT ROWID;
CREATE TABLE alarms (
  id INTEGER PRIMARY KEY,
  gate TEXT NOT NULL,
  log TEXT NOT NULL,
  kind TEXT NOT NULL,
  about INTEGER NOT NULL,
  words TEXT NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  count INTEGER NOT NULL,
  ended_at INTEGER
) STRICT;
CREATE UNIQUE INDEX alarms_open ON alarms (gate, log, kind, about) WHERE ended_at IS NULL;
`

// openDB opens the database file, which must exist, and reads back what the
// promises rest on: a misspelt parameter is silently ignored by the driver.
func openDB(ctx context.Context, path string) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	q := url.Values{
		"mode": {"rw"}, "_journal_mode": {"WAL"}, "_synchronous": {"FULL"},
		"_busy_timeout": {"10000"}, "_txlock": {"immediate"}, "_foreign_keys": {"1"}, "_secure_delete": {"1"},
		"_stmt_cache_size": {"64"}, // of taking in a message, making statements was a third
	}
	dsn := url.URL{Scheme: "file", Path: abs, RawQuery: q.Encode()}
	db, err := sql.Open("sqlite3", dsn.String())
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	db.SetMaxOpenConns(1)
	if err := readBack(ctx, db); err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, errors.Join(err, db.Close()))
	}
	return db, nil
}

func readBack(ctx context.Context, db *sql.DB) error {
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "secure_delete": "1"} {
		var got string
		if err := db.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(&got); err != nil {
			return fmt.Errorf("read pragma %s: %w", pragma, err)
		}
		if got != want {
			return fmt.Errorf("pragma %s is %s, not %s", pragma, got, want)
		}
	}
	return nil
}
