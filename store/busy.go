package store

import "time"

// Busy is how long the writer has been at the transaction that it is at; 0 while
// it rests, and when it does not run.
func (s *Store) Busy() time.Duration {
	since := s.busy.Load()
	if since == nil {
		return 0
	}
	return time.Since(*since)
}

// at notes that a transaction begins.
func (s *Store) at() {
	now := time.Now()
	s.busy.Store(&now)
}
