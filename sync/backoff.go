package sync

import (
	"crypto/rand"
	"math/big"
	"time"
)

// The pauses between attempts: the first is up to backoffBase, each further one
// may be twice as long, up to backoffCap (field/trust.md 7).
const (
	backoffBase = 500 * time.Millisecond
	backoffCap  = 60 * time.Second
)

// Backoff is the pause before another attempt, after attempt failures in a row,
// counted from 0: anything between nothing and the smaller of 0.5 s x 2^attempt
// and 60 s. The whole of it is random (full jitter), so that a region that comes
// back after a power cut does not arrive at the broker in step.
func Backoff(attempt int) time.Duration { return jitter(ceiling(attempt)) }

// ceiling is the longest pause after attempt failures.
func ceiling(attempt int) time.Duration {
	d := backoffBase
	for range attempt {
		if d >= backoffCap/2 {
			return backoffCap
		}
		d *= 2
	}
	return d
}

// jitter is a random time from 0 up to and including most.
func jitter(most time.Duration) time.Duration {
	if most <= 0 {
		return 0
	}
	n, err := rand.Int(rand.Reader, big.NewInt(int64(most)+1))
	if err != nil {
		return most // Never happens: crypto/rand ends the process instead.
	}
	return time.Duration(n.Int64())
}
