package central

import (
	"context"
	"fmt"

	"gated/verify/document"
	"gated/verify/revocation"
	"gated/verify/trust"
)

// How the stream of revocation is kept on the broker (PROTOCOL 2.3 and 4).
const (
	// snapshotEvery is after how many deltas a snapshot is due.
	snapshotEvery = 50
	// coveredFor is how long what a newer snapshot covers stays, in seconds, for
	// a box that is in the middle of fetching it.
	coveredFor = 15 * 60
	// mostDeltas and mostSnapshots bound what is retained, even if it must go
	// sooner than that: a box that misses it takes the newest snapshot.
	mostDeltas    = 200
	mostSnapshots = mostDeltas/snapshotEvery + 1
	// beatEvery is the time between heartbeats in seconds.
	beatEvery = 60
)

// state is the revocation state in force.
func (t *tx) state(ctx context.Context) (seq int64, set *revocation.Set, err error) {
	var body []byte
	if err := t.QueryRowContext(ctx, "SELECT seq, body FROM revocation").Scan(&seq, &body); err != nil {
		return 0, nil, fmt.Errorf("read revocation state: %w", err)
	}
	if set, err = revocation.Decode(body); err != nil {
		return 0, nil, fmt.Errorf("read revocation state: %w", err)
	}
	return seq, set, nil
}

// follow makes next the state in force and puts out all that tells of it: the
// delta, live and retained, a snapshot if one is due, the heartbeat. It returns
// the state's number, which is seq still if next says the same as now.
func (t *tx) follow(ctx context.Context, seq int64, now, next *revocation.Set) (int64, error) {
	add, remove := now.Diff(next)
	if add.Count()+remove.Count() == 0 {
		return seq, nil
	}
	plus, minus := add.Encode(), remove.Encode()
	if len(plus)+len(minus) > revocation.MaxPart {
		return 0, fmt.Errorf("a change of %d bytes is too large for one message, which takes %d; make several: %w", len(plus)+len(minus), revocation.MaxPart, ErrAsked)
	}
	body := next.Encode()
	if len(body) > revocation.MaxState {
		return 0, fmt.Errorf("the state would have %d bytes, more than %d: %w", len(body), revocation.MaxState, ErrRefused)
	}
	hash := revocation.Sum(body)
	delta := revocation.DeltaJSON{From: seq, To: seq + 1, IssuedAt: t.at, Add: plus, Remove: minus, Hash: hash[:]}
	if err := t.QueryRowContext(ctx, "SELECT epoch FROM network").Scan(&delta.Epoch); err != nil {
		return 0, fmt.Errorf("read epoch: %w", err)
	}
	raw, err := t.signRevocation(ctx, document.Delta, delta)
	if err != nil {
		return 0, err
	}
	if err := t.exec(ctx, "UPDATE revocation SET seq = ?, body = ?", delta.To, body); err != nil {
		return 0, fmt.Errorf("keep revocation state: %w", err)
	}
	if err := t.putDelta(ctx, delta.To, raw); err != nil {
		return 0, err
	}
	return delta.To, t.heartbeat(ctx, false)
}

// putDelta puts out a delta, and a snapshot if enough have come since the last.
func (t *tx) putDelta(ctx context.Context, to int64, raw []byte) error {
	if err := t.putLive(ctx, topicLive, raw); err != nil {
		return err
	}
	if err := t.put(ctx, rankDelta, topicDelta(to), raw); err != nil {
		return err
	}
	if err := t.exec(ctx, "INSERT INTO deltas VALUES (?, ?)", to, t.at); err != nil {
		return fmt.Errorf("keep delta: %w", err)
	}
	var newest int64
	if err := t.QueryRowContext(ctx, "SELECT MAX(seq) FROM snapshots").Scan(&newest); err != nil {
		return fmt.Errorf("read snapshots: %w", err)
	}
	if to-newest >= snapshotEvery {
		if err := t.snapshot(ctx); err != nil {
			return err
		}
	}
	return t.tidy(ctx)
}

// snapshot puts out the state in force as a whole.
func (t *tx) snapshot(ctx context.Context) error {
	var epoch, seq int64
	var body []byte
	if err := t.QueryRowContext(ctx, "SELECT epoch, seq, body FROM network, revocation").Scan(&epoch, &seq, &body); err != nil {
		return fmt.Errorf("read revocation state: %w", err)
	}
	parts := revocation.Split(epoch, seq, t.at, body)
	for _, part := range parts {
		raw, err := t.signRevocation(ctx, document.Snapshot, part)
		if err != nil {
			return err
		}
		if err := t.put(ctx, rankSnapshot, topicPart(seq, part.Part), raw); err != nil {
			return err
		}
	}
	if err := t.exec(ctx, "INSERT INTO snapshots VALUES (?, ?, ?)", seq, len(parts), t.at); err != nil {
		return fmt.Errorf("keep snapshot: %w", err)
	}
	return nil
}

// heartbeat says that the state in force is the newest. Its issued_at rises and
// does not run ahead of our clock, because the boxes' clocks follow it: of two
// changes in one second the second waits for the next one, unless at all costs.
// The deltas do not wait for it.
func (t *tx) heartbeat(ctx context.Context, atAllCosts bool) error {
	var beat revocation.HeartbeatJSON
	var body []byte
	var last int64
	err := t.QueryRowContext(ctx, `SELECT n.epoch, n.trust_version, n.beat_issued_at, r.seq, r.body, s.seq, s.parts
		FROM network n, revocation r, snapshots s ORDER BY s.seq DESC LIMIT 1`).
		Scan(&beat.Epoch, &beat.Trust, &last, &beat.Seq, &body, &beat.Snapshot, &beat.Parts)
	if err != nil {
		return fmt.Errorf("read revocation state: %w", err)
	}
	if t.at <= last && !atAllCosts {
		return nil
	}
	hash := revocation.Sum(body)
	beat.Hash, beat.IssuedAt = hash[:], max(t.at, last+1)
	raw, err := t.signRevocation(ctx, document.Heartbeat, beat)
	if err != nil {
		return err
	}
	err = t.exec(ctx, "UPDATE network SET beat_seq = ?, beat_trust = ?, beat_issued_at = ?", beat.Seq, beat.Trust, beat.IssuedAt)
	if err != nil {
		return fmt.Errorf("keep heartbeat: %w", err)
	}
	return t.put(ctx, rankHeartbeat, topicHeartbeat, raw)
}

func (t *tx) signRevocation(ctx context.Context, kind document.Type, v any) ([]byte, error) {
	signer, err := t.signerOf(ctx, trust.RoleRevocation)
	if err != nil {
		return nil, err
	}
	raw, err := document.Sign(kind, v, signer)
	if err != nil {
		return nil, fmt.Errorf("sign %s: %w", kind, err)
	}
	return raw, nil
}
