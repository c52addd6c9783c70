package central

import (
	"context"
	"encoding/json"
)

// Report is what the gates have recorded, as PROTOCOL names it.
type Report struct {
	Gates   []GateReport   `json:"gates"`
	Records []RecordReport `json:"records"`
}

// GateReport is one log of a gate; a gate that has sent nothing has one with an
// empty name, and one with several logs is there several times.
type GateReport struct {
	Gate     string   `json:"gate"`
	Site     uint32   `json:"site"` // 0: the gate is not registered
	Log      string   `json:"log"`
	Records  uint64   `json:"records"`  // held
	Cosigned uint64   `json:"cosigned"` // acknowledged: all below this number
	Alarms   []string `json:"alarms"`   // open ones, "kind: words", the oldest first
}

// RecordReport is one record.
type RecordReport struct {
	Gate     string          `json:"gate"`
	Cosigned bool            `json:"cosigned"` // proved by a checkpoint; else it is only what somebody has sent
	Leaf     json.RawMessage `json:"leaf"`     // byte for byte
	Person   json.RawMessage `json:"person"`   // null: none, or erased
}

// Records reports what one gate, or with an empty id every gate, has recorded,
// by gate, log and number.
func (c *Central) Records(ctx context.Context, gateID string) (Report, error) {
	r := Report{Gates: []GateReport{}, Records: []RecordReport{}}
	err := c.read(ctx, "read records", func(ctx context.Context, t *tx) error {
		if err := t.reportGates(ctx, &r, gateID); err != nil {
			return err
		}
		return t.reportRecords(ctx, &r, gateID)
	})
	return r, err
}

func (t *tx) reportGates(ctx context.Context, r *Report, gateID string) error {
	err := t.each(ctx, `SELECT ids.gate, COALESCE(g.site, 0), COALESCE(l.log, ''),
			(SELECT COUNT(*) FROM records WHERE log = l.id),
			COALESCE((SELECT MAX(size) FROM cosigned WHERE log = l.id), 0)
		FROM (SELECT id AS gate FROM gates UNION SELECT gate FROM logs UNION SELECT gate FROM alarms) ids
		LEFT JOIN gates g ON g.id = ids.gate LEFT JOIN logs l ON l.gate = ids.gate
		WHERE ?1 = '' OR ids.gate = ?1 ORDER BY ids.gate, l.id`, func(scan func(...any) error) error {
		g := GateReport{Alarms: []string{}}
		err := scan(&g.Gate, &g.Site, &g.Log, &g.Records, &g.Cosigned)
		r.Gates = append(r.Gates, g)
		return err
	}, gateID)
	if err != nil {
		return err
	}
	return t.each(ctx, "SELECT gate, log, kind, words FROM alarms WHERE ended_at IS NULL AND (?1 = '' OR gate = ?1) ORDER BY id",
		func(scan func(...any) error) error {
			var a Alarm
			err := scan(&a.Gate, &a.Log, &a.Kind, &a.Words)
			r.alarm(a)
			return err
		}, gateID)
}

// alarm puts an alarm with its log, or if it is about none, or about one that
// nothing has come of, with the gate's newest.
func (r *Report) alarm(a Alarm) {
	at := -1
	for i, g := range r.Gates {
		if g.Gate == a.Gate && (at < 0 || r.Gates[at].Log != a.Log) {
			at = i
		}
	}
	if at >= 0 {
		r.Gates[at].Alarms = append(r.Gates[at].Alarms, a.Kind+": "+a.Words)
	}
}

func (t *tx) reportRecords(ctx context.Context, r *Report, gateID string) error {
	return t.each(ctx, `SELECT l.gate, r.seq < COALESCE((SELECT MAX(size) FROM cosigned WHERE log = l.id), 0), r.leaf, COALESCE(r.person, 'null')
		FROM records r JOIN logs l ON l.id = r.log WHERE ?1 = '' OR l.gate = ?1 ORDER BY l.gate, l.id, r.seq`,
		func(scan func(...any) error) error {
			var rec RecordReport
			var leaf, person []byte
			err := scan(&rec.Gate, &rec.Cosigned, &leaf, &person)
			rec.Leaf, rec.Person = leaf, person
			r.Records = append(r.Records, rec)
			return err
		}, gateID)
}
