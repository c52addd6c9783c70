package central

import "context"

// Fleet is who has a line to the broker: gates by id, and platforms by number.
type Fleet struct {
	Gates     []FleetGate
	Platforms []uint32
}

// FleetGate is one gate and its community.
type FleetGate struct {
	ID   string
	Site uint32
}

// Fleet lists every gate that is registered or invited, and every platform, in
// order.
func (c *Central) Fleet(ctx context.Context) (f Fleet, err error) {
	err = c.read(ctx, "list gates and platforms", func(ctx context.Context, t *tx) error {
		err := t.each(ctx, `SELECT id, site FROM gates WHERE key <> ''
			UNION SELECT gate, site FROM invitations WHERE used IS NULL ORDER BY 1`, func(scan func(...any) error) error {
			var g FleetGate
			err := scan(&g.ID, &g.Site)
			f.Gates = append(f.Gates, g)
			return err
		})
		if err != nil {
			return err
		}
		return t.each(ctx, "SELECT id FROM issuers ORDER BY id", func(scan func(...any) error) error {
			var id uint32
			err := scan(&id)
			f.Platforms = append(f.Platforms, id)
			return err
		})
	})
	return f, err
}
