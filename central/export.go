package central

import (
	"context"
	"fmt"
	"strings"
)

// File is one document to be carried to a gate.
type File struct {
	Name string // of the file, unique in one export
	Body []byte // the signed note
}

// Export gives what a gate without a network needs, as documents that it takes
// in any order: the trust list and those before it that have changed the roots,
// its site's document, the newest snapshot, the deltas since, and a heartbeat of
// this moment. It signs that heartbeat, and whatever has reached its age, and a
// running server publishes both: the gates hear one stream, whatever way it
// comes. The error wraps ErrNoGate.
func (c *Central) Export(ctx context.Context, gateID string) (files []File, err error) {
	err = c.write(ctx, "export", func(ctx context.Context, t *tx) error {
		var site uint32
		known, err := oneRow(t.QueryRowContext(ctx, "SELECT site FROM gates WHERE id = ?", gateID).Scan(&site))
		if err != nil {
			return err
		}
		if !known {
			return fmt.Errorf("gate %s: %w", gateID, ErrNoGate)
		}
		if err := t.renewSites(ctx); err != nil {
			return err
		}
		if err := t.beatNow(ctx); err != nil {
			return err
		}
		files, err = t.files(ctx, site)
		return err
	})
	return files, err
}

// files are the documents for a gate of that site. The very first trust list is
// not among them: it has changed no roots.
func (t *tx) files(ctx context.Context, site uint32) (files []File, err error) {
	const newest = "(SELECT MAX(seq) FROM snapshots)"
	list, err := t.retained(ctx, `topic IN (?, ?, ?) OR topic LIKE 'trust/%' AND topic <> 'trust/1'
		OR topic LIKE 'revocation/snapshot/' || `+newest+` || '/%'
		OR topic IN (SELECT 'revocation/delta/' || seq FROM deltas WHERE seq > `+newest+")", topicTrust, topicSite(site), topicHeartbeat)
	if err != nil {
		return nil, err
	}
	name := strings.NewReplacer("revocation/", "", "sites/", "site-", "/rules", "", "/", "-")
	for _, d := range list {
		files = append(files, File{Name: name.Replace(d.Topic) + ".note", Body: d.Payload})
	}
	return files, nil
}

// retained lists the documents that are, or are to be, on the broker, in the
// order of publication.
func (t *tx) retained(ctx context.Context, which string, args ...any) (list []outgoing, err error) {
	err = t.each(ctx, "SELECT ord, rank, topic, payload FROM documents WHERE retained = 1 AND length(payload) > 0 AND ("+which+") ORDER BY rank, ord",
		func(scan func(...any) error) error {
			var d outgoing
			err := scan(&d.ord, &d.rank, &d.Topic, &d.Payload)
			list = append(list, d)
			return err
		}, args...)
	if err != nil {
		return nil, fmt.Errorf("read documents: %w", err)
	}
	return list, nil
}
