package central

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/note"

	"gated/verify/document"
	"gated/verify/record"
)

// keepCheckpoint notes a checkpoint that its gate has signed, until it can be
// cosigned; id is that of its log, 0 if the message is worth nothing. One that
// the listed key has not signed is not kept, because anybody could fill the disk
// with them: it stays on the broker, and the server asks for it again when a
// site document has changed.
func (t *tx) keepCheckpoint(ctx context.Context, gateID string, m Message) (id int64, err error) {
	if len(m.Payload) == 0 {
		return 0, nil
	}
	stranger := func(about uint64, words string) (int64, error) {
		return 0, t.raise(ctx, Alarm{Gate: gateID, Kind: AlarmStranger, About: about, Words: words})
	}
	site, key, err := t.gateKey(ctx, gateID)
	if errors.Is(err, ErrNoGate) {
		return stranger(0, "a checkpoint of a gate that is not registered")
	}
	if err != nil {
		return 0, err
	}
	c, _, err := record.OpenCheckpoint(m.Payload, key)
	switch {
	case errors.Is(err, record.ErrUnsigned):
		if retired, err := t.byRetired(ctx, gateID, m.Payload); err != nil || retired {
			return 0, err
		}
		return stranger(c.Size, fmt.Sprintf("a checkpoint of size %d that the listed key has not signed", c.Size))
	case err != nil:
		return 0, t.raise(ctx, Alarm{Gate: gateID, Kind: AlarmMalformed, Words: "a checkpoint that cannot be read: " + err.Error()})
	}
	s, g, log, err := record.ParseOrigin(c.Origin)
	if err != nil || s != site || g != gateID {
		return stranger(c.Size, "a checkpoint of "+c.Origin+", which is not this gate's")
	}
	if id, err = t.logID(ctx, gateID, log); err != nil {
		return 0, err
	}
	if err := t.newLog(ctx, gateID, log, id); err != nil {
		return 0, err
	}
	if err := t.exec(ctx, "UPDATE logs SET waiting = ? WHERE id = ?", m.Payload, id); err != nil {
		return 0, fmt.Errorf("keep checkpoint: %w", err)
	}
	return id, nil
}

// gateKey is the site and the listed key of a gate.
func (t *tx) gateKey(ctx context.Context, gateID string) (site uint32, key note.Verifier, err error) {
	var text string
	err = t.QueryRowContext(ctx, "SELECT site, key FROM gates WHERE id = ? AND key <> ''", gateID).Scan(&site, &text)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil, fmt.Errorf("gate %s: %w", gateID, ErrNoGate)
	}
	if err != nil {
		return 0, nil, fmt.Errorf("find gate %s: %w", gateID, err)
	}
	k, err := document.ParseKey(text)
	if err != nil {
		return 0, nil, fmt.Errorf("find gate %s: %w", gateID, err)
	}
	return site, k.Verifier(), nil
}

// byRetired says whether a checkpoint is that of a box that was replaced: the
// broker keeps it until the new box has sent one.
func (t *tx) byRetired(ctx context.Context, gateID string, msg []byte) (bool, error) {
	retired := false
	err := t.each(ctx, "SELECT key FROM retired_keys WHERE gate = ?", func(scan func(...any) error) error {
		var text string
		if err := scan(&text); err != nil {
			return err
		}
		k, err := document.ParseKey(text)
		if err != nil {
			return err
		}
		_, _, err = record.OpenCheckpoint(msg, k.Verifier())
		retired = retired || err == nil
		return nil
	}, gateID)
	if err != nil {
		return false, fmt.Errorf("read retired keys of gate %s: %w", gateID, err)
	}
	return retired, nil
}

// newLog raises the alarm when the log of a signed checkpoint is not the gate's
// first, the first time that it is seen.
func (t *tx) newLog(ctx context.Context, gateID, log string, id int64) error {
	known, err := t.exists(ctx, "SELECT 1 FROM logs WHERE id = ? AND waiting IS NOT NULL UNION ALL SELECT 1 FROM cosigned WHERE log = ?", id, id)
	if err != nil || known {
		return err
	}
	var before string
	ok, err := oneRow(t.QueryRowContext(ctx, `SELECT log FROM logs WHERE gate = ? AND id <> ?
		AND retired = 0 AND (waiting IS NOT NULL OR EXISTS (SELECT 1 FROM cosigned WHERE cosigned.log = logs.id)) ORDER BY id DESC LIMIT 1`, gateID, id).Scan(&before))
	if err != nil || !ok {
		return err
	}
	return t.raise(ctx, Alarm{Gate: gateID, Log: log, Kind: AlarmNewLog, Words: "a new log after " + before})
}
