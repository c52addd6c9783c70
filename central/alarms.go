package central

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// What an alarm can be about.
const (
	// AlarmFork: a log says two things for one record, or a gate has signed a
	// tree that what was cosigned does not extend.
	AlarmFork = "fork"
	// AlarmGap: a checkpoint covers records that are not here. It ends by itself
	// when they have come.
	AlarmGap = "gap"
	// AlarmWrongRoot: all records are here, and their root is not the signed
	// one. They were set aside; the gate sends them again.
	AlarmWrongRoot = "wrong-root"
	// AlarmNewLog: a gate has begun another log.
	AlarmNewLog = "new-log"
	// AlarmStranger: a checkpoint is not signed by the key listed for its gate,
	// or names another gate.
	AlarmStranger = "stranger"
	// AlarmMalformed: a message cannot be read.
	AlarmMalformed = "malformed"
)

// Alarm is something that cannot be right. It is kept; the same once more only
// raises its count.
type Alarm struct {
	Gate, Log string
	Kind      string
	About     uint64 // the record or the size, where there is one
	Words     string // one sentence, as it was said the first time
}

// raise keeps an alarm, unless the same one is open.
func (t *tx) raise(ctx context.Context, a Alarm) error {
	var count int64
	err := t.QueryRowContext(ctx, `INSERT INTO alarms (gate, log, kind, about, words, first_at, last_at, count)
		VALUES (?, ?, ?, ?, ?, ?, ?, 1)
		ON CONFLICT (gate, log, kind, about) WHERE ended_at IS NULL DO UPDATE SET last_at = excluded.last_at, count = count + 1
		RETURNING count`, a.Gate, a.Log, a.Kind, a.About, a.Words, t.at, t.at).Scan(&count)
	if err != nil {
		return fmt.Errorf("raise alarm: %w", err)
	}
	if count == 1 {
		t.raised = append(t.raised, a)
	}
	return nil
}

// endGaps ends the alarms about gaps below size.
func (t *tx) endGaps(ctx context.Context, gateID, log string, size uint64) error {
	return t.exec(ctx, "UPDATE alarms SET ended_at = ? WHERE gate = ? AND log = ? AND kind = ? AND about < ? AND ended_at IS NULL",
		t.at, gateID, log, AlarmGap, size)
}

// oneRow turns the absence of a row into ok = false.
func oneRow(err error) (ok bool, _ error) {
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}
