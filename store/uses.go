package store

import (
	"context"
	"fmt"
	"time"

	"gated/gate"
)

// keepUse replaces what is remembered of the pass.
func keepUse(c *conn, u *gate.Use) error {
	const query = `INSERT OR REPLACE INTO used(kid, serial, entered, exited, shown_at,
		last_ms, last_clock, last_up, last_boot, last_start, lane, again, until) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	err := c.exec(query, int64(u.Pass.Kid), int64(u.Pass.Serial), u.Entered, u.Left, int64(u.ShownAt),
		u.Last.Time.UnixMilli(), string(u.Last.State), int64(u.Last.Up), u.Last.Boot, int64(u.Last.Start), //nolint:gosec // counted from 1
		u.Lane, int64(u.Again), u.Until)
	if err != nil {
		return fmt.Errorf("keep use: %w", err)
	}
	return nil
}

// CarryUse keeps a use with the next commit of records, or when Run ends, and
// returns at once: for what a neighbour tells, which is worth no transaction of
// its own. It replaces what is remembered of the pass, and one that was not yet
// written.
func (s *Store) CarryUse(u gate.Use) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.carried.uses[u.Pass] = u
}

// Uses returns what is remembered of used passes, in no order. Times have the
// precision of a millisecond. The caller owns the slice.
func (s *Store) Uses(ctx context.Context) ([]gate.Use, error) {
	rows, err := s.readers.QueryContext(ctx, `SELECT kid, serial, entered, exited, shown_at,
		last_ms, last_clock, last_up, last_boot, last_start, lane, again, until FROM used`)
	if err != nil {
		return nil, fmt.Errorf("read uses: %w", s.noticed(err))
	}
	defer rows.Close() //nolint:errcheck // rows.Err has said it
	var uses []gate.Use
	for rows.Next() {
		var u gate.Use
		var ms int64
		err := rows.Scan(&u.Pass.Kid, &u.Pass.Serial, &u.Entered, &u.Left, &u.ShownAt,
			&ms, &u.Last.State, &u.Last.Up, &u.Last.Boot, &u.Last.Start, &u.Lane, &u.Again, &u.Until)
		if err != nil {
			return nil, fmt.Errorf("read uses: %w", s.noticed(err))
		}
		u.Last.Time = time.UnixMilli(ms)
		uses = append(uses, u)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read uses: %w", s.noticed(err))
	}
	return uses, nil
}

// Forget removes the uses whose Until is before that time, in unix seconds: on
// stable storage with the next commit, at the latest after a minute.
func (s *Store) Forget(ctx context.Context, before int64) error {
	err := s.submitLater(ctx, 0, func(c *conn) error { return c.exec("DELETE FROM used WHERE until < ?", before) })
	if err != nil {
		return fmt.Errorf("forget uses: %w", err)
	}
	return nil
}
