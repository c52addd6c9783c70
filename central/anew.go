package central

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/note"

	"gated/verify/document"
	"gated/verify/record"
	"gated/verify/trust"
)

// signAnew signs what the role has signed. Commands do not outlive their ten
// seconds, and records are sealed, not signed.
func (t *tx) signAnew(ctx context.Context, role trust.Role) error {
	switch role {
	case trust.RoleRevocation:
		if err := t.signStreamAnew(ctx); err != nil {
			return err
		}
		return t.beatNow(ctx)
	case trust.RoleSite:
		return t.issueSites(ctx)
	case trust.RoleCosign:
		return t.cosignAnew(ctx)
	case trust.RoleCommand, trust.RoleRecords:
	}
	return nil
}

// signStreamAnew signs the snapshots and deltas that are retained.
func (t *tx) signStreamAnew(ctx context.Context) error {
	signer, err := t.signerOf(ctx, trust.RoleRevocation)
	if err != nil {
		return err
	}
	list, err := t.retained(ctx, "rank IN (?, ?)", rankSnapshot, rankDelta)
	if err != nil {
		return err
	}
	for _, d := range list {
		doc, err := document.Parse(d.Payload)
		if err != nil {
			return fmt.Errorf("sign %s anew: %w", d.Topic, err)
		}
		raw, err := note.Sign(&note.Note{Text: string(doc.Type) + "\n" + string(doc.JSON) + "\n"}, signer)
		if err != nil {
			return fmt.Errorf("sign %s anew: %w", d.Topic, err)
		}
		if err := t.put(ctx, d.rank, d.Topic, raw); err != nil {
			return err
		}
	}
	return nil
}

// beatNow sees to it that the retained heartbeat is of the state and the trust
// list in force, though it may be a second ahead of our clock for that: the one
// before it is worth nothing, or is about to be carried away from here.
func (t *tx) beatNow(ctx context.Context) error {
	if err := t.heartbeat(ctx, false); err != nil {
		return err
	}
	behind, err := t.exists(ctx, "SELECT 1 FROM network n, revocation r WHERE n.beat_seq < r.seq OR n.beat_trust < n.trust_version")
	if err != nil || !behind {
		return err
	}
	return t.heartbeat(ctx, true)
}

// cosignAnew adds the new authority's signature to the newest cosigned
// checkpoint of each log, and to those that the gates find on the broker.
func (t *tx) cosignAnew(ctx context.Context) error {
	signer, err := t.signerOf(ctx, trust.RoleCosign)
	if err != nil {
		return err
	}
	newest := map[int64][]byte{}
	err = t.each(ctx, "SELECT log, note FROM cosigned c WHERE size = (SELECT MAX(size) FROM cosigned WHERE log = c.log)", func(scan func(...any) error) error {
		var log int64
		var msg []byte
		err := scan(&log, &msg)
		newest[log] = msg
		return err
	})
	if err != nil {
		return fmt.Errorf("read cosigned checkpoints: %w", err)
	}
	for log, msg := range newest {
		signed, err := record.Cosign(msg, signer)
		if err != nil {
			return err
		}
		err = t.exec(ctx, "UPDATE cosigned SET note = ? WHERE log = ? AND size = (SELECT MAX(size) FROM cosigned WHERE log = ?)", signed, log, log)
		if err != nil {
			return fmt.Errorf("keep cosigned checkpoint: %w", err)
		}
	}
	list, err := t.retained(ctx, "rank = ?", rankCosigned)
	if err != nil {
		return err
	}
	for _, d := range list {
		signed, err := record.Cosign(d.Payload, signer)
		if err != nil {
			return err
		}
		if err := t.put(ctx, rankCosigned, d.Topic, signed); err != nil {
			return err
		}
	}
	return nil
}
