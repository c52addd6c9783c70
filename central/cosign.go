package central

import (
	"context"
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
// at that record.
func (t *tx) edgeAt(ctx context.Context, id int64, size uint64) (e edge, complete bool, err error) {
	var from uint64
	var kept []byte
	found, err := oneRow(t.QueryRowContext(ctx, "SELECT size, edge FROM cosigned WHERE log = ? AND size <= ? ORDER BY size DESC LIMIT 1", id, size).Scan(&from, &kept))
	if err != nil {
		return e, false, err
	}
	if found {
		if e, err = decodeEdge(from, kept); err != nil {
			return e, false, err
		}
	}
	rows, err := t.QueryContext(ctx, "SELECT seq, leaf FROM records WHERE log = ? AND seq >= ? AND seq < ? ORDER BY seq", id, from, size)
	if err != nil {
		return e, false, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err has said it
	for rows.Next() {
		var seq uint64
		var leaf []byte
		if err := rows.Scan(&seq, &leaf); err != nil {
			return e, false, err
		}
		if seq != e.size {
			return e, false, nil
		}
		e.add(record.Hash(leaf))
	}
	return e, e.size == size, rows.Err()
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
	if err := t.endGaps(ctx, gateID, log, e.size); err != nil {
		return fmt.Errorf("end alarms: %w", err)
	}
	return t.put(ctx, rankCosigned, topicCosigned(gateID), signed)
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
	a.Kind = AlarmWrongRoot
	a.Words = fmt.Sprintf("the gate has signed root %s at size %d, which is not that of the records here; those from %d on are aside", root, a.About, held)
	return t.raise(ctx, a)
}
