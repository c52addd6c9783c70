package central

import (
	"context"
	"fmt"
	"time"

	"gated/verify/trust"
)

// mostHolds is how many holds a property may have at a time (PROTOCOL 2.2).
const mostHolds = 1000

// HoldAtSite is the property's own hold: the site's gates refuse the rider until
// that time, and nobody else's do. Done again it sets another end. The error
// wraps ErrNoSite, ErrNoIssuer or ErrAsked.
func (c *Central) HoldAtSite(ctx context.Context, site uint32, issuer, rider uint32, until time.Time) error {
	return c.write(ctx, "hold at site", func(ctx context.Context, t *tx) error {
		if until.Unix() <= t.at {
			return fmt.Errorf("a hold ends in the future, not at %s: %w", until.Format(time.RFC3339), ErrAsked)
		}
		if err := t.need(ctx, ErrNoSite, fmt.Sprintf("site %d", site), "SELECT 1 FROM sites WHERE site = ?", site); err != nil {
			return err
		}
		if err := t.need(ctx, ErrNoIssuer, fmt.Sprintf("issuer %d", issuer), "SELECT 1 FROM issuers WHERE id = ?", issuer); err != nil {
			return err
		}
		if err := t.exec(ctx, "INSERT OR REPLACE INTO site_holds VALUES (?, ?, ?, ?)", site, issuer, rider, until.Unix()); err != nil {
			return err
		}
		return t.issueSite(ctx, site)
	})
}

// ReleaseAtSite ends a property's own hold before its time. It is false if there
// was none. It does not touch the holds of the revocation list. The error wraps
// ErrNoSite.
func (c *Central) ReleaseAtSite(ctx context.Context, site uint32, issuer, rider uint32) (changed bool, err error) {
	err = c.write(ctx, "release at site", func(ctx context.Context, t *tx) error {
		if err := t.need(ctx, ErrNoSite, fmt.Sprintf("site %d", site), "SELECT 1 FROM sites WHERE site = ?", site); err != nil {
			return err
		}
		const it = "FROM site_holds WHERE site = ? AND issuer = ? AND rider = ?"
		if changed, err = t.exists(ctx, "SELECT 1 "+it+" AND until > ?", site, issuer, rider, t.at); err != nil || !changed {
			return err
		}
		if err := t.exec(ctx, "DELETE "+it, site, issuer, rider); err != nil {
			return err
		}
		return t.issueSite(ctx, site)
	})
	return changed, err
}

// holdsOf lists the holds of a site that have not ended, and forgets those that
// have.
func (t *tx) holdsOf(ctx context.Context, site uint32) (list []trust.Hold, err error) {
	if err := t.exec(ctx, "DELETE FROM site_holds WHERE until <= ?", t.at); err != nil {
		return nil, fmt.Errorf("forget ended holds: %w", err)
	}
	err = t.each(ctx, "SELECT issuer, rider, until FROM site_holds WHERE site = ? ORDER BY issuer, rider", func(scan func(...any) error) error {
		var h trust.Hold
		err := scan(&h.Issuer, &h.Rider, &h.Until)
		list = append(list, h)
		return err
	}, site)
	if err != nil {
		return nil, fmt.Errorf("read holds: %w", err)
	}
	if len(list) > mostHolds {
		return nil, fmt.Errorf("a property has at most %d holds at a time: %w", mostHolds, ErrRefused)
	}
	return list, nil
}
