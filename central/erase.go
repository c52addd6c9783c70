package central

import (
	"context"
	"fmt"
	"time"
)

// EraseOlder erases person and salt of all records that came before a time, by
// the server's clock, also of those that were put aside. Logs, cosignatures and
// proofs of the records stay good. It returns how many records have lost theirs.
// The file is overwritten, and its write-ahead log emptied unless somebody reads
// it just then: done is false if so, and another call will do. A record that comes
// again stays as it is.
func (c *Central) EraseOlder(ctx context.Context, before time.Time) (n int64, done bool, err error) {
	err = c.write(ctx, "erase persons", func(ctx context.Context, t *tx) error {
		for _, table := range []string{"records", "aside"} {
			res, err := t.ExecContext(ctx, "UPDATE "+table+" SET person = NULL, salt = NULL WHERE at < ? AND person IS NOT NULL", before.Unix())
			if err != nil {
				return err
			}
			some, err := res.RowsAffected()
			if err != nil {
				return err
			}
			n += some
		}
		return nil
	})
	if err != nil {
		return 0, false, err
	}
	var busy, pages, folded int
	if err := c.db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &folded); err != nil {
		return n, false, fmt.Errorf("empty the write-ahead log: %w", err)
	}
	return n, busy == 0, nil
}
