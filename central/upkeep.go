package central

import (
	"context"
	"fmt"
	"time"
)

// clearedFor is how long we go on telling a broker that a topic is empty, in
// seconds: one that was away may have kept what was there.
const clearedFor = 7 * 24 * 3600

// Upkeep does what is due by the clock: the heartbeat, each minute and after
// what changed while one was not allowed; the site documents, each day; the
// clearing of what snapshots cover. It is cheap when nothing is due, and is the
// server's alone to call: without a server nobody hears a heartbeat. With
// atAllCosts there is a heartbeat even if the clock has gone back, for a server
// that has not sent one for too long.
func (c *Central) Upkeep(ctx context.Context, atAllCosts bool) error {
	beat, sites, err := c.due(ctx, c.now())
	if err != nil {
		return err
	}
	if !beat && !sites && !atAllCosts {
		return nil
	}
	return c.write(ctx, "keep up", func(ctx context.Context, t *tx) error {
		if sites {
			if err := t.renewSites(ctx); err != nil {
				return err
			}
		}
		if err := t.tidy(ctx); err != nil {
			return err
		}
		return t.heartbeat(ctx, atAllCosts)
	})
}

// due says what is to be done at that time.
func (c *Central) due(ctx context.Context, at time.Time) (beat, sites bool, err error) {
	now := at.Unix()
	err = c.db.QueryRowContext(ctx, `SELECT
		n.beat_issued_at < ? AND (n.beat_issued_at <= ? OR n.beat_seq < r.seq OR n.beat_trust < n.trust_version),
		EXISTS (SELECT 1 FROM sites WHERE issued_at <= ?)
		FROM network n, revocation r`, now, now-beatEvery, now-siteLife).Scan(&beat, &sites)
	if err != nil {
		return false, false, fmt.Errorf("look what is due: %w", err)
	}
	return beat, sites, nil
}

// tidy clears from the broker the deltas and snapshots that a newer snapshot has
// covered for long enough, and whatever exceeds the bounds.
func (t *tx) tidy(ctx context.Context) error {
	var covered, newest int64
	err := t.QueryRowContext(ctx, "SELECT COALESCE(MAX(CASE WHEN at <= ? THEN seq END), 0), MAX(seq) FROM snapshots", t.at-coveredFor).
		Scan(&covered, &newest)
	if err != nil {
		return fmt.Errorf("read snapshots: %w", err)
	}
	if err := t.tidyDeltas(ctx, covered, newest); err != nil {
		return fmt.Errorf("clear deltas: %w", err)
	}
	if err := t.tidySnapshots(ctx, covered); err != nil {
		return fmt.Errorf("clear snapshots: %w", err)
	}
	if err := t.exec(ctx, "DELETE FROM documents WHERE rank = ? AND at < ?", rankCleared, t.at-clearedFor); err != nil {
		return fmt.Errorf("forget cleared topics: %w", err)
	}
	return nil
}

func (t *tx) tidyDeltas(ctx context.Context, covered, newest int64) error {
	gone, err := t.numbers(ctx, `SELECT seq FROM deltas WHERE seq <= ?1
		UNION SELECT seq FROM (SELECT seq FROM deltas ORDER BY seq DESC LIMIT -1 OFFSET ?2) WHERE seq <= ?3`, covered, mostDeltas, newest)
	if err != nil {
		return err
	}
	for _, seq := range gone {
		if err := t.clear(ctx, topicDelta(seq)); err != nil {
			return err
		}
		if err := t.exec(ctx, "DELETE FROM deltas WHERE seq = ?", seq); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) tidySnapshots(ctx context.Context, covered int64) error {
	gone, err := t.numbers(ctx, `SELECT seq FROM snapshots WHERE seq < ?1
		UNION SELECT seq FROM (SELECT seq FROM snapshots ORDER BY seq DESC LIMIT -1 OFFSET ?2)`, covered, mostSnapshots)
	if err != nil {
		return err
	}
	for _, seq := range gone {
		var parts int64
		if err := t.QueryRowContext(ctx, "DELETE FROM snapshots WHERE seq = ? RETURNING parts", seq).Scan(&parts); err != nil {
			return err
		}
		for part := int64(1); part <= parts; part++ {
			if err := t.clear(ctx, topicPart(seq, part)); err != nil {
				return err
			}
		}
	}
	return nil
}

// numbers lists the first column of a query.
func (t *tx) numbers(ctx context.Context, query string, args ...any) (list []int64, err error) {
	err = t.each(ctx, query, func(scan func(...any) error) error {
		var n int64
		err := scan(&n)
		list = append(list, n)
		return err
	}, args...)
	return list, err
}
