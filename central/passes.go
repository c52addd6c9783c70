package central

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"gated/verify/pass"
)

// Order is what a pass is made for.
type Order struct {
	Kid       uint16
	Site      uint32 // or pass.EverySite
	Rider     uint32
	TTL       time.Duration // in whole units of 10 s
	NotBefore time.Time     // zero: now
	Direction pass.Direction
	Unlimited bool  // bearer only
	Window    uint8 // bound only: 0 15 s, 1 30 s, 2 60 s, 3 120 s
}

// Issue makes a bearer pass: the code for the rider's phone, and its header. Its
// serial is on stable storage when Issue returns, and is not used again even if
// the signing fails. The code is neither kept nor logged. Errors wrap ErrNoKey,
// ErrLimit or ErrAsked.
func (c *Central) Issue(ctx context.Context, o Order) (code string, h pass.Header, err error) {
	if h, err = c.number(ctx, pass.Bearer, o); err != nil {
		return "", h, err
	}
	key, err := c.issuerKey(o.Kid)
	if err != nil {
		return "", h, err
	}
	code, err = pass.SignBearer(h, key)
	return code, h, err
}

// IssueBound makes the credential of a bound pass for the phone whose public key
// holder is. Promises and errors are those of Issue.
func (c *Central) IssueBound(ctx context.Context, o Order, holder ed25519.PublicKey) (pass.Credential, error) {
	h, err := c.number(ctx, pass.Bound, o)
	if err != nil {
		return pass.Credential{}, err
	}
	key, err := c.issuerKey(o.Kid)
	if err != nil {
		return pass.Credential{}, err
	}
	return pass.SignCredential(h, holder, key)
}

// number checks the order against its key and takes the next serial.
func (c *Central) number(ctx context.Context, kind pass.Type, o Order) (pass.Header, error) {
	if o.NotBefore.IsZero() {
		o.NotBefore = c.now()
	}
	h := pass.Header{
		Type: kind, Kid: o.Kid, Site: o.Site, Rider: o.Rider, Direction: o.Direction, Unlimited: o.Unlimited, Window: o.Window,
	}
	if err := setTimes(&h, o); err != nil {
		return h, err
	}
	err := c.write(ctx, "issue pass", func(ctx context.Context, t *tx) error {
		if err := t.limits(ctx, h); err != nil {
			return err
		}
		return t.QueryRowContext(ctx, "UPDATE keys SET next_serial = next_serial + 1 WHERE kid = ? RETURNING next_serial - 1", h.Kid).Scan(&h.Serial)
	})
	return h, err
}

// setTimes puts the order's times into the header's units.
func setTimes(h *pass.Header, o Order) error {
	const unit = 10 * time.Second
	units, begin := o.TTL/unit, o.NotBefore.Unix()
	switch {
	case o.TTL%unit != 0 || units < 1 || units > math.MaxUint16:
		return fmt.Errorf("a pass lasts a multiple of 10 s, up to %s, not %s: %w", math.MaxUint16*unit, o.TTL, ErrAsked)
	case begin < 0 || begin > math.MaxUint32:
		return fmt.Errorf("a pass cannot begin at %d: %w", begin, ErrAsked)
	}
	h.TTL, h.NotBefore = uint16(units), uint32(begin)
	return nil
}

// limits refuses a pass that no gate would take because of its key.
func (t *tx) limits(ctx context.Context, h pass.Header) error {
	var begin, end, bearer, bound, next int64
	var site uint32
	var state string
	err := t.QueryRowContext(ctx, "SELECT not_before, not_after, max_bearer_ttl, max_bound_ttl, next_serial, state, COALESCE(site, 0) FROM keys WHERE kid = ?", h.Kid).
		Scan(&begin, &end, &bearer, &bound, &next, &state, &site)
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("key %d: %w", h.Kid, ErrNoKey)
	}
	if err != nil {
		return err
	}
	longest := bearer
	if h.Type == pass.Bound {
		longest = bound
	}
	switch {
	case state != "active":
		return fmt.Errorf("key %d is %s: %w", h.Kid, state, ErrLimit)
	case site != 0 && h.Site != site:
		return fmt.Errorf("key %d is that of site %d, and opens no other: %w", h.Kid, site, ErrLimit)
	case int64(h.TTL)*10 > longest:
		return fmt.Errorf("%d s is longer than the %d s of key %d: %w", int64(h.TTL)*10, longest, h.Kid, ErrLimit)
	case int64(h.NotBefore) < begin || h.End() > end:
		return fmt.Errorf("the pass would reach beyond the life of key %d (%d to %d): %w", h.Kid, begin, end, ErrLimit)
	case next > math.MaxUint32:
		return fmt.Errorf("key %d has no serial left: %w", h.Kid, ErrLimit)
	}
	return nil
}
