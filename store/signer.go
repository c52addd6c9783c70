package store

import (
	"context"
	"fmt"

	"gated/gate"
	"gated/verify/document"
	"gated/verify/record"
)

// begin counts the start and, if the gate has another key than before, notes it
// and records both: all in one transaction, before anything is signed.
func (s *Store) begin(o *Options) error {
	var entries []record.Entry
	newKey := o.Key != "" && (len(s.keys) == 0 || s.keys[len(s.keys)-1].Text != o.Key)
	if newKey && len(s.keys) > 0 {
		at := o.At
		at.Start = s.start + 1
		e, err := s.encode(nil, s.size.Load(), []gate.Record{{
			Kind: gate.KindSystem, At: at, Fresh: -1, Event: gate.KeyChanged,
			Detail: keysDetail(s.keys[len(s.keys)-1].Text, o.Key),
		}})
		if err != nil {
			return fmt.Errorf("record the change of key: %w", err)
		}
		entries = e
	}
	err := s.transact(true, func() error {
		if err := s.w.exec("UPDATE meta SET value = value + 1 WHERE name = 'starts'"); err != nil {
			return fmt.Errorf("count start: %w", err)
		}
		if newKey {
			k, err := document.ParseKey(o.Key)
			if err != nil {
				return err
			}
			// A journal may be empty when the key changes again.
			if err := s.w.exec("INSERT OR REPLACE INTO signer(since, key) VALUES(?, ?)", int64(s.size.Load()), k.Text); err != nil { //nolint:gosec // rows of one table
				return fmt.Errorf("note key: %w", err)
			}
			s.keys = append(s.keys, k)
		}
		return s.insertEntries(entries)
	})
	if err != nil {
		return err
	}
	s.grow(entries, true)
	s.start++
	return nil
}

// keysDetail is what the record of a change says.
func keysDetail(before, after string) string {
	return fmt.Sprintf("the gate's key was %s and is %s", before, after)
}

// signers are the gate's own keys, in the order of their use.
func (s *Store) signers(ctx context.Context) (keys []document.Key, err error) {
	rows, err := s.readers.QueryContext(ctx, "SELECT key FROM signer ORDER BY since")
	if err != nil {
		return nil, fmt.Errorf("read the gate's keys: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err has said it
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, fmt.Errorf("read the gate's keys: %w", err)
		}
		k, err := document.ParseKey(text)
		if err != nil {
			k = document.Key{Text: text} // Damaged: it has signed nothing, Verify says so.
		}
		keys = append(keys, k)
	}
	return keys, rows.Err()
}

// ours says whether the checkpoint is signed by this gate, with the key of now or
// one before.
func (s *Store) ours(c record.Checkpoint, msg []byte) bool {
	if s.signer != nil && c.SignedBy(msg, s.signer) {
		return true
	}
	_, signers, err := record.SignedOnlyBy(msg, s.keys...)
	return err == nil && len(signers) > 0
}
