package central

import (
	"context"
	"database/sql"
	"fmt"
)

// rank is a document's place in the order of publication (PROTOCOL 4): who may
// sign before what they signed, a state before the heartbeat that names it. A
// new delta goes out live before it is retained, because somebody waits for it.
type rank int

const (
	rankTrust rank = iota
	rankSite
	rankSnapshot
	rankLive
	rankDelta
	rankHeartbeat
	rankCosigned
	rankCleared
)

// The topics that the central server writes, without the prefix.
const (
	topicTrust     = "trust"
	topicHeartbeat = "revocation/heartbeat"
	topicLive      = "revocation/live"
)

func topicTrustVersion(version int64) string { return fmt.Sprintf("trust/%d", version) }
func topicSite(site uint32) string           { return fmt.Sprintf("sites/%d/rules", site) }
func topicDelta(to int64) string             { return fmt.Sprintf("revocation/delta/%d", to) }
func topicCosigned(gateID string) string     { return "gates/" + gateID + "/cosigned" }
func topicCommand(gateID string) string      { return "gates/" + gateID + "/command" }

func topicPart(seq, part int64) string {
	return fmt.Sprintf("revocation/snapshot/%d/%d", seq, part)
}

// liveFor is how long a message that is not retained waits for a server to
// publish it, in seconds. A box that missed it asks for what is retained.
const liveFor = 15 * 60

// outgoing is one document to publish.
type outgoing struct {
	ord  int64
	rank rank
	Message
}

// put makes payload what the topic is to carry from this change on.
func (t *tx) put(ctx context.Context, r rank, topic string, payload []byte) error {
	if err := t.exec(ctx, "DELETE FROM documents WHERE topic = ? AND retained = 1", topic); err != nil {
		return fmt.Errorf("put %s: %w", topic, err)
	}
	err := t.exec(ctx, "INSERT INTO documents (rank, topic, retained, payload, at) VALUES (?, ?, 1, ?, ?)", r, topic, payload, t.at)
	if err != nil {
		return fmt.Errorf("put %s: %w", topic, err)
	}
	return nil
}

// clear takes the topic off the broker.
func (t *tx) clear(ctx context.Context, topic string) error {
	return t.put(ctx, rankCleared, topic, []byte{})
}

// putLive says payload once, to whoever listens.
func (t *tx) putLive(ctx context.Context, topic string, payload []byte) error {
	err := t.exec(ctx, "DELETE FROM documents WHERE retained = 0 AND at < ?", t.at-liveFor)
	if err == nil {
		err = t.exec(ctx, "INSERT INTO documents (rank, topic, retained, payload, at) VALUES (?, ?, 0, ?, ?)", rankLive, topic, payload, t.at)
	}
	if err != nil {
		return fmt.Errorf("put %s: %w", topic, err)
	}
	return nil
}

// after lists the documents that were put after ord, in the order in which they
// are to be published, and the ord to ask with next time. It is consistent: a
// change is there with all of its documents or not at all.
func (c *Central) after(ctx context.Context, ord int64) ([]outgoing, int64, error) {
	list, err := c.query(ctx, ord)
	if err != nil {
		return nil, 0, fmt.Errorf("read documents: %w", err)
	}
	for _, d := range list {
		ord = max(ord, d.ord)
	}
	return list, ord, nil
}

func (c *Central) query(ctx context.Context, ord int64) (list []outgoing, err error) {
	var rows *sql.Rows
	rows, err = c.db.QueryContext(ctx, "SELECT ord, rank, topic, retained, payload FROM documents WHERE ord > ? ORDER BY rank, ord", ord)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err has said it
	for rows.Next() {
		var d outgoing
		if err := rows.Scan(&d.ord, &d.rank, &d.Topic, &d.Retained, &d.Payload); err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, rows.Err()
}
