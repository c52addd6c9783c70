package central

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"database/sql"
	"fmt"
	"strings"

	"gated/verify/record"
)

// What the gates say, by the last word of the topic.
const (
	fromRecords    = "records"
	fromCheckpoint = "checkpoint"
)

// Ingest takes in what gates have sent, in one change: records are kept, and the
// checkpoints that they make good are cosigned and put out. It may be given
// anything, in any order and as often as it likes. What is wrong with a message
// is an alarm, of which those that are new are returned; an error means that the
// disk does not keep anything, and that nothing was.
func (c *Central) Ingest(ctx context.Context, msgs ...Message) ([]Alarm, error) {
	seals, err := c.seals()
	if err != nil {
		return nil, err
	}
	var raised []Alarm
	err = c.write(ctx, "take in records", func(ctx context.Context, t *tx) error {
		touched := make(map[int64]bool)
		for _, m := range msgs {
			if err := t.ingest(ctx, m, seals, touched); err != nil {
				return err
			}
		}
		for id := range touched {
			if err := t.settle(ctx, id); err != nil {
				return err
			}
		}
		raised = t.raised
		return nil
	})
	return raised, err
}

// ingest takes in one message and notes the log that it touched.
func (t *tx) ingest(ctx context.Context, m Message, seals []*ecdh.PrivateKey, touched map[int64]bool) error {
	gateID, what, ok := fromGate(m.Topic)
	if !ok {
		return nil
	}
	var id int64
	var err error
	switch what {
	case fromRecords:
		id, err = t.keepBatch(ctx, gateID, m.Payload, seals)
	case fromCheckpoint:
		id, err = t.keepCheckpoint(ctx, gateID, m)
	}
	if id != 0 {
		touched[id] = true
	}
	return err
}

// fromGate takes a topic gates/{gate}/{what} apart.
func fromGate(topic string) (gateID, what string, ok bool) {
	parts := strings.Split(topic, "/")
	if len(parts) != 3 || parts[0] != "gates" || !validID(parts[1]) {
		return "", "", false
	}
	return parts[1], parts[2], true
}

// keepBatch keeps the records of one message; id is that of their log, 0 if the
// message is worth nothing.
func (t *tx) keepBatch(ctx context.Context, gateID string, payload []byte, seals []*ecdh.PrivateKey) (id int64, err error) {
	if len(payload) == 0 {
		return 0, nil
	}
	b, err := openBatch(payload, seals)
	if err != nil {
		return 0, t.raise(ctx, Alarm{Gate: gateID, Kind: AlarmMalformed, Words: "records that cannot be read: " + err.Error()})
	}
	if id, err = t.logID(ctx, gateID, b.Log); err != nil {
		return 0, err
	}
	for n := 0; n < len(b.Entries); n += recordsAtOnce {
		page := b.Entries[n:min(n+recordsAtOnce, len(b.Entries))]
		if err := t.keepRecords(ctx, gateID, b.Log, id, b.First+uint64(n), page); err != nil {
			return 0, err
		}
	}
	return id, nil
}

// openBatch reads a batch with whichever key it was sealed to.
func openBatch(payload []byte, seals []*ecdh.PrivateKey) (b record.Batch, err error) {
	for _, seal := range seals {
		if b, err = record.DecodeBatch(payload, seal); err == nil {
			return b, nil
		}
	}
	return b, err
}

// recordsAtOnce is how many records one statement keeps: with one a statement,
// half of the time of a backlog would go into making statements.
const recordsAtOnce = 32

// keepRecords keeps records from number first on, at most recordsAtOnce. What
// came first stays: another one of the same number is put aside.
func (t *tx) keepRecords(ctx context.Context, gateID, log string, id int64, first uint64, entries []record.Entry) error {
	fresh, err := t.insertRecords(ctx, id, first, entries)
	if err != nil {
		return fmt.Errorf("keep records from %d: %w", first, err)
	}
	if fresh {
		return nil
	}
	for i, e := range entries {
		if err := t.compareRecord(ctx, gateID, log, id, first+uint64(i), e); err != nil {
			return err
		}
	}
	return nil
}

// insertRecords inserts those whose number is free, and says whether all were.
func (t *tx) insertRecords(ctx context.Context, id int64, first uint64, entries []record.Entry) (fresh bool, err error) {
	size := 1
	if len(entries) == recordsAtOnce {
		size = recordsAtOnce
	}
	stmt, err := t.inserting(ctx, size) //nolint:sqlclosecheck // it ends with its transaction
	if err != nil {
		return false, err
	}
	fresh = true
	args := make([]any, 0, 6*size)
	for i, e := range entries {
		args = append(args, id, first+uint64(i), e.Leaf, nullable(e.Person), e.Salt, t.at)
		if len(args) < cap(args) {
			continue
		}
		res, err := stmt.ExecContext(ctx, args...)
		if err != nil {
			return false, err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return false, err
		}
		fresh = fresh && n == int64(size)
		args = args[:0]
	}
	return fresh, nil
}

// inserting is the statement that inserts so many records, made once a change.
func (t *tx) inserting(ctx context.Context, size int) (stmt *sql.Stmt, err error) {
	slot := &t.insert[min(size-1, 1)]
	if *slot == nil {
		*slot, err = t.PrepareContext(ctx, "INSERT OR IGNORE INTO records VALUES "+strings.Repeat("(?, ?, ?, ?, ?, ?), ", size-1)+"(?, ?, ?, ?, ?, ?)") //nolint:sqlclosecheck // as above
	}
	return *slot, err
}

// compareRecord looks at a record whose number was perhaps taken.
func (t *tx) compareRecord(ctx context.Context, gateID, log string, id int64, seq uint64, e record.Entry) error {
	var leaf []byte
	if err := t.QueryRowContext(ctx, "SELECT leaf FROM records WHERE log = ? AND seq = ?", id, seq).Scan(&leaf); err != nil {
		return fmt.Errorf("compare record %d: %w", seq, err)
	}
	if bytes.Equal(leaf, e.Leaf) {
		return nil
	}
	if err := t.exec(ctx, "INSERT OR IGNORE INTO aside VALUES (?, ?, ?, ?, ?, ?)", id, seq, e.Leaf, nullable(e.Person), e.Salt, t.at); err != nil {
		return fmt.Errorf("put record %d aside: %w", seq, err)
	}
	return t.raise(ctx, Alarm{
		Gate: gateID, Log: log, Kind: AlarmFork, About: seq,
		Words: fmt.Sprintf("record %d came with two contents; the first is kept, the other is aside", seq),
	})
}

// logID finds or makes the row of a log.
func (t *tx) logID(ctx context.Context, gateID, log string) (id int64, err error) {
	err = t.exec(ctx, "INSERT OR IGNORE INTO logs (gate, log, first_at) VALUES (?, ?, ?)", gateID, log, t.at)
	if err == nil {
		err = t.QueryRowContext(ctx, "SELECT id FROM logs WHERE gate = ? AND log = ?", gateID, log).Scan(&id)
	}
	if err != nil {
		return 0, fmt.Errorf("find log: %w", err)
	}
	return id, nil
}

// nullable keeps what is not there as NULL.
func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// validID says whether s can be the id of a gate, a lane or a log.
func validID(s string) bool {
	for i, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && (r != '-' || i == 0) {
			return false
		}
	}
	return len(s) >= 1 && len(s) <= 63
}
