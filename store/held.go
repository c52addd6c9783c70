package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"

	"gated/verify/document"
)

// maxSpare is the largest body in bytes that is kept twice: every document but a
// large revocation state, which the broker can always give again.
const maxSpare = 256 << 10

// Hold keeps documents, each in place of the one of its name, all in one
// transaction. They are on stable storage when it returns nil. The caller leaves
// the bodies alone until then. If ctx ends first they may be kept all the same.
func (s *Store) Hold(ctx context.Context, held ...document.Held) error {
	size := 0
	s.mu.Lock()
	for _, h := range held {
		delete(s.carried.held, h.Name)
		size += 2 * len(h.Body)
	}
	s.mu.Unlock()
	err := s.submit(ctx, size, func(c *conn) error {
		for _, h := range held {
			if err := keep(c, h); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("hold documents: %w", err)
	}
	return nil
}

// Carry keeps documents with the next commit of records, or when Run ends, and
// returns at once: for what is worth a place in a transaction but none of its
// own, as a heartbeat that only renews or the floor of the clock. One of the same
// name that was not yet written is replaced, by Carry and by Hold. The bodies are
// the store's from now on.
func (s *Store) Carry(held ...document.Held) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range held {
		s.carried.held[h.Name] = h
	}
}

// keep writes one document, and its second copy if it is small.
func keep(c *conn, h document.Held) error {
	sum, body := sumOf(h.Name, h.Body), h.Body
	if body == nil {
		body = []byte{}
	}
	if err := c.exec("INSERT OR REPLACE INTO held(name, sum, body) VALUES(?, ?, ?)", h.Name, sum, body); err != nil {
		return fmt.Errorf("keep %s: %w", h.Name, err)
	}
	var err error
	if len(body) <= maxSpare && !h.Once {
		err = c.exec("INSERT OR REPLACE INTO spare(name, sum, body) VALUES(?, ?, ?)", h.Name, sum, body)
	} else {
		err = c.exec("DELETE FROM spare WHERE name = ?", h.Name)
	}
	if err != nil {
		return fmt.Errorf("keep spare %s: %w", h.Name, err)
	}
	return nil
}

// Held returns the document of that name as it was held, from its second copy if
// the first is damaged. It is false if there is none, or if no copy is whole. The
// caller owns the bytes.
func (s *Store) Held(name string) ([]byte, bool) {
	for _, query := range []string{"SELECT sum, body FROM held WHERE name = ?", "SELECT sum, body FROM spare WHERE name = ?"} {
		var sum, body []byte
		err := s.readers.QueryRowContext(context.Background(), query, name).Scan(&sum, &body)
		if err == nil && bytes.Equal(sum, sumOf(name, body)) {
			return body, true
		}
	}
	return nil, false
}

// sumOf binds a body to its name.
func sumOf(name string, body []byte) []byte {
	h := sha256.New()
	h.Write([]byte(name))
	h.Write([]byte{0})
	h.Write(body)
	return h.Sum(nil)
}
