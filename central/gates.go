package central

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"gated/verify/document"
)

// lastTag is the highest tag of a gate in its site.
const lastTag = 65535

// AddGate registers a gate box with its verifier key, issues its site's document
// and returns the tag that the gate has there. Done again with another key it
// replaces the key, and the gate keeps its tag and its log. The error wraps
// ErrNoSite, ErrTaken (the gate stands in another site) or ErrAsked.
func (c *Central) AddGate(ctx context.Context, id string, site uint32, key string) (tag uint16, err error) {
	if err := checkGateID(id); err != nil {
		return 0, err
	}
	if _, err := document.ParseKey(key); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrAsked, err)
	}
	err = c.write(ctx, "add gate", func(ctx context.Context, t *tx) error {
		tag, err = t.addGate(ctx, id, site, key)
		return err
	})
	return tag, err
}

// checkGateID takes no name that is somebody else's at the broker. The error
// wraps ErrAsked.
func checkGateID(id string) error {
	if !validID(id) {
		return fmt.Errorf("a gate's id is like east-1, of a-z, 0-9 and -, up to 63, not %q: %w", id, ErrAsked)
	}
	if isOther(id) {
		return fmt.Errorf("%s is a name of somebody else at the broker (central, broker, platform-…): %w", id, ErrAsked)
	}
	return nil
}

func (t *tx) addGate(ctx context.Context, id string, site uint32, key string) (tag uint16, err error) {
	if err := t.need(ctx, ErrNoSite, fmt.Sprintf("site %d", site), "SELECT 1 FROM sites WHERE site = ?", site); err != nil {
		return 0, err
	}
	if tag, err = t.tagFor(ctx, id, site); err != nil {
		return 0, err
	}
	err = t.exec(ctx, "INSERT INTO gates VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET key = excluded.key", id, site, tag, key)
	if err != nil {
		return 0, err
	}
	return tag, t.issueSite(ctx, site)
}

// tagFor is the gate's tag, or the next one of its site. Gates are not deleted,
// so no tag is given twice.
func (t *tx) tagFor(ctx context.Context, id string, site uint32) (uint16, error) {
	var stands uint32
	var tag uint16
	known, err := oneRow(t.QueryRowContext(ctx, "SELECT site, tag FROM gates WHERE id = ?", id).Scan(&stands, &tag))
	switch {
	case err != nil:
		return 0, err
	case known && stands != site:
		return 0, fmt.Errorf("gate %s stands in site %d: %w", id, stands, ErrTaken)
	case known:
		return tag, nil
	}
	var next uint32
	if err := t.QueryRowContext(ctx, "SELECT COALESCE(MAX(tag), 0) + 1 FROM gates WHERE site = ?", site).Scan(&next); err != nil {
		return 0, err
	}
	if next > lastTag {
		return 0, fmt.Errorf("site %d has no tag left: %w", site, ErrTaken)
	}
	return uint16(next), nil
}

// Tag is the tag of a gate in that site. The error wraps ErrNoGate.
func (c *Central) Tag(ctx context.Context, id string, site uint32) (tag uint16, err error) {
	err = c.db.QueryRowContext(ctx, "SELECT tag FROM gates WHERE id = ? AND site = ?", id, site).Scan(&tag)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("gate %s in site %d: %w", id, site, ErrNoGate)
	}
	if err != nil {
		return 0, fmt.Errorf("find gate %s: %w", id, err)
	}
	return tag, nil
}
