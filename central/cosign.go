package central

import (
	"context"
	"database/sql"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"gated/verify/record"
	"gated/verify/trust"
)

// settle looks whether the checkpoint that waits for a log can be cosigned now.
func (t *tx) settle(ctx context.Context, id int64) error {
	var gateID, log string
	var msg []byte
	if err := t.QueryRowContext(ctx, "SELECT gate, log, waiting FROM logs WHERE id = ?", id).Scan(&gateID, &log, &msg); err != nil {
		return fmt.Errorf("settle log: %w", err)
	}
	if msg == nil {
		return nil
	}
	_, key, err := t.gateKey(ctx, gateID)
	if err != nil {
		return err
	}
	c, _, err := record.OpenCheckpoint(msg, key)
	if err != nil {
		return t.done(ctx, id) // signed by a key that has been replaced since
	}
	e, complete, err := t.edgeAt(ctx, id, c.Size)
	if err != nil {
		return fmt.Errorf("settle log %s: %w", log, err)
	}
	if !complete {
		return t.raise(ctx, Alarm{
			Gate: gateID, Log: log, Kind: AlarmGap, About: e.size,
			Words: fmt.Sprintf("a checkpoint of size %d, and record %d is not here", c.Size, e.size),
		})
	}
	if err := t.done(ctx, id); err != nil {
		return err
	}
	held, err := t.cosignedSize(ctx, id)
	switch {
	case err != nil:
		return err
	case e.root() != c.Root:
		return t.wrongRoot(ctx, id, held, Alarm{Gate: gateID, Log: log, About: c.Size}, c.Root)
	case c.Size > held:
		return t.cosign(ctx, id, gateID, log, msg, e)
	}
	return t.repeat(ctx, id, gateID)
}

// done takes the waiting checkpoint away.
func (t *tx) done(ctx context.Context, id int64) error {
	return t.exec(ctx, "UPDATE logs SET waiting = NULL WHERE id = ?", id)
}

// edgeAt is the tree's right edge at size, counted on from the nearest one that
// is kept. It is complete unless a record below size is missing, and then ends
// at that record; what was counted is kept, so that no record of a long backlog
// is read twice.
func (t *tx) edgeAt(ctx context.Context, id int64, size uint64) (e edge, complete bool, err error) {
	if e, err = t.nearestEdge(ctx, id, size); err != nil {
		return e, false, err
	}
	if e, err = t.countOn(ctx, id, e, size); err != nil || e.size == size {
		return e, err == nil, err
	}
	return e, false, t.exec(ctx, "UPDATE logs SET counted = ?, edge = ? WHERE id = ?", e.size, e.encode(), id)
}

// nearestEdge is the kept edge of the largest size up to size.
func (t *tx) nearestEdge(ctx context.Context, id int64, size uint64) (e edge, err error) {
	var from uint64
	var kept []byte
	found, err := oneRow(t.QueryRowContext(ctx, `SELECT size, edge FROM cosigned WHERE log = ?1 AND size <= ?2
		UNION ALL SELECT counted, edge FROM logs WHERE id = ?1 AND edge IS NOT NULL AND counted <= ?2
		ORDER BY 1 DESC LIMIT 1`, id, size).Scan(&from, &kept))
	if err != nil || !found {
		return e, err
	}
	return decodeEdge(from, kept)
}

// countOn adds the records from the edge's size on, below size, as far as there
// is none missing.
func (t *tx) countOn(ctx context.Context, id int64, e edge, size uint64) (edge, error) {
	rows, err := t.QueryContext(ctx, "SELECT seq, leaf FROM records WHERE log = ? AND seq >= ? AND seq < ? ORDER BY seq", id, e.size, size)
	if err != nil {
		return e, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err has said it
	for rows.Next() {
		var seq uint64
		var leaf sql.RawBytes
		if err := rows.Scan(&seq, &leaf); err != nil {
			return e, err
		}
		if seq != e.size {
			return e, nil
		}
		e.add(record.Hash(leaf))
	}
	return e, rows.Err()
}

func (t *tx) cosignedSize(ctx context.Context, id int64) (size uint64, err error) {
	err = t.QueryRowContext(ctx, "SELECT COALESCE(MAX(size), 0) FROM cosigned WHERE log = ?", id).Scan(&size)
	return size, err
}

// cosign acknowledges the checkpoint whose tree e is: the only acknowledgement
// that there is.
func (t *tx) cosign(ctx context.Context, id int64, gateID, log string, msg []byte, e edge) error {
	signer, err := t.signerOf(ctx, trust.RoleCosign)
	if err != nil {
		return err
	}
	signed, err := record.Cosign(msg, signer)
	if err != nil {
		return err
	}
	if err := t.exec(ctx, "INSERT INTO cosigned VALUES (?, ?, ?, ?, ?)", id, e.size, signed, e.encode(), t.at); err != nil {
		return fmt.Errorf("keep cosigned checkpoint: %w", err)
	}
	if err := t.thinOut(ctx, id, e.size); err != nil {
		return fmt.Errorf("forget cosigned checkpoints: %w", err)
	}
	if err := t.endGaps(ctx, gateID, log, e.size); err != nil {
		return fmt.Errorf("end alarms: %w", err)
	}
	return t.put(ctx, rankCosigned, topicCosigned(gateID), signed)
}

// keptEvery is how many records lie at most between two cosigned checkpoints that
// are kept for good. A gate that shows an old one makes us count so many again.
const keptEvery = 10_000

// thinOut forgets the cosigned checkpoints that a larger one stands for, but the
// newest: a gate makes a thousand a day.
func (t *tx) thinOut(ctx context.Context, id int64, newest uint64) error {
	return t.exec(ctx, `DELETE FROM cosigned WHERE log = ?1 AND size < ?2 - ?3 / 2 AND EXISTS (
		SELECT 1 FROM cosigned c WHERE c.log = ?1 AND c.size > cosigned.size AND c.size / ?3 = cosigned.size / ?3)`, id, newest, keptEvery)
}

// repeat puts the newest cosigned checkpoint out again: the gate asks because it
// has not had it.
func (t *tx) repeat(ctx context.Context, id int64, gateID string) error {
	var signed []byte
	ok, err := oneRow(t.QueryRowContext(ctx, "SELECT note FROM cosigned WHERE log = ? ORDER BY size DESC LIMIT 1", id).Scan(&signed))
	if err != nil || !ok {
		return err
	}
	return t.put(ctx, rankCosigned, topicCosigned(gateID), signed)
}

// wrongRoot raises the alarm. Below what was cosigned it is a fork, and our
// records stay. Above it nothing proves that our records are the gate's, who may
// be right: they go aside, and the gate sends them again when no cosignature
// comes.
func (t *tx) wrongRoot(ctx context.Context, id int64, held uint64, a Alarm, root tlog.Hash) error {
	if a.About <= held {
		a.Kind = AlarmFork
		a.Words = fmt.Sprintf("the gate has signed root %s at size %d, which the tree of %d that was cosigned does not extend", root, a.About, held)
		return t.raise(ctx, a)
	}
	if err := t.exec(ctx, "INSERT OR IGNORE INTO aside SELECT log, seq, leaf, person, salt, at FROM records WHERE log = ? AND seq >= ?", id, held); err != nil {
		return fmt.Errorf("put records aside: %w", err)
	}
	if err := t.exec(ctx, "DELETE FROM records WHERE log = ? AND seq >= ?", id, held); err != nil {
		return fmt.Errorf("put records aside: %w", err)
	}
	if err := t.exec(ctx, "UPDATE logs SET counted = 0, edge = NULL WHERE id = ?", id); err != nil {
		return fmt.Errorf("put records aside: %w", err)
	}
	a.Kind = AlarmWrongRoot
	a.Words = fmt.Sprintf("the gate has signed root %s at size %d, which is not that of the records here; those from %d on are aside", root, a.About, held)
	return t.raise(ctx, a)
}
