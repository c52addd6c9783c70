package central

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"gated/verify/pass"
	"gated/verify/trust"
)

// lastIssuerKid is the highest kid of a platform; those above, up to lastKid, are
// properties'. A property's kid is given once in the network too, because the
// revocation list names passes by it.
const (
	lastIssuerKid = 32767
	lastKid       = 65535
)

// backdate is how long before its registration a key's life begins, so that a
// phone or a platform whose clock is behind does not make passes in vain.
const backdate = 24 * time.Hour

// AddIssuer registers a platform. The error wraps ErrTaken or ErrAsked.
func (c *Central) AddIssuer(ctx context.Context, id uint32, name string) error {
	if id < 1 || name == "" {
		return fmt.Errorf("an issuer has a number from 1 and a name: %w", ErrAsked)
	}
	return c.write(ctx, "add issuer", func(ctx context.Context, t *tx) error {
		taken, err := t.exists(ctx, "SELECT 1 FROM issuers WHERE id = ?", id)
		if err != nil {
			return err
		}
		if taken {
			return fmt.Errorf("issuer %d: %w", id, ErrTaken)
		}
		if err := t.exec(ctx, "INSERT INTO issuers VALUES (?, ?)", id, name); err != nil {
			return err
		}
		return t.issueTrust(ctx)
	})
}

// Key is a key to be: that of a platform, or, with Site, a property's own.
type Key struct {
	Kid          uint16 // 1…32767; a property's 32768…65535
	Issuer       uint32
	Site         uint32        // the property, whose visitors it lets in at its own gates; 0: it is a platform's
	Sites        []string      // as in the trust list; a property's: none
	MaxBearerTTL time.Duration // whole seconds; 0: may not issue bearer passes
	MaxBoundTTL  time.Duration
	Life         time.Duration // from now on
	Seed         []byte        // 32 bytes; nil: random
	Public       []byte        // 32 bytes: the platform keeps the private half, and nothing is issued here; nil: made from Seed
}

// AddKey lists an issuer's key, in the trust list or in the document of its site.
// Unless the issuer gave its public half, both are made here, and the private
// half is kept in the directory. The error wraps ErrTaken, ErrNoIssuer, ErrNoSite
// or ErrAsked.
func (c *Central) AddKey(ctx context.Context, k Key) error {
	if err := k.check(); err != nil {
		return err
	}
	public := ed25519.PublicKey(k.Public)
	if public == nil {
		if k.Seed == nil {
			k.Seed = make([]byte, ed25519.SeedSize)
			rand.Read(k.Seed)
		}
		public = ed25519.NewKeyFromSeed(k.Seed).Public().(ed25519.PublicKey)
	}
	return c.write(ctx, "add key", func(ctx context.Context, t *tx) error {
		if err := t.needOwner(ctx, k); err != nil {
			return err
		}
		taken, err := t.exists(ctx, "SELECT 1 FROM keys WHERE kid = ? OR public = ?", k.Kid, []byte(public))
		if err != nil {
			return err
		}
		if taken {
			return fmt.Errorf("key %d, or its public half: %w", k.Kid, ErrTaken)
		}
		err = t.exec(ctx, `INSERT INTO keys (kid, issuer, site, public, sites, not_before, not_after, max_bearer_ttl, max_bound_ttl, state)
			VALUES (?, NULLIF(?, 0), NULLIF(?, 0), ?, ?, ?, ?, ?, ?, 'active')`, k.Kid, k.Issuer, k.Site, []byte(public), strings.Join(k.Sites, ","),
			t.at-int64(backdate.Seconds()), t.at+int64(k.Life.Seconds()), int64(k.MaxBearerTTL.Seconds()), int64(k.MaxBoundTTL.Seconds()))
		if err != nil {
			return err
		}
		if err := t.issueKeys(ctx, k.Site); err != nil {
			return err
		}
		if k.Seed == nil {
			return nil
		}
		// Last, so that a refused key leaves no file. If the commit fails after
		// it, the file stands in the way of another key of that number, aloud.
		return c.writeKey(issuerFile(k.Kid), hex.EncodeToString(k.Seed))
	})
}

// needOwner refuses a key of nobody who is registered.
func (t *tx) needOwner(ctx context.Context, k Key) error {
	if k.Site != 0 {
		return t.need(ctx, ErrNoSite, fmt.Sprintf("site %d", k.Site), "SELECT 1 FROM sites WHERE site = ?", k.Site)
	}
	return t.need(ctx, ErrNoIssuer, fmt.Sprintf("issuer %d", k.Issuer), "SELECT 1 FROM issuers WHERE id = ?", k.Issuer)
}

// issueKeys puts out the document that lists the keys of that site; 0: those of
// the platforms.
func (t *tx) issueKeys(ctx context.Context, site uint32) error {
	if site != 0 {
		return t.issueSite(ctx, site)
	}
	return t.issueTrust(ctx)
}

// checkOwner refuses what does not go with whose key it is.
func (k Key) checkOwner() error {
	if k.Site != 0 {
		if k.Kid <= lastIssuerKid || k.Issuer != 0 || len(k.Sites) > 0 {
			return fmt.Errorf("a property's kid is %d to %d, and it issues for itself and its own site alone: %w", lastIssuerKid+1, lastKid, ErrAsked)
		}
		return nil
	}
	if k.Kid < 1 || k.Kid > lastIssuerKid {
		return fmt.Errorf("a platform's kid is 1 to %d, not %d: %w", lastIssuerKid, k.Kid, ErrAsked)
	}
	if _, err := trust.ParseSites(k.Sites); err != nil || len(k.Sites) == 0 {
		return fmt.Errorf("sites %q are not like 1001,2000-2999 or *: %w", strings.Join(k.Sites, ","), ErrAsked)
	}
	return nil
}

func (k Key) check() error {
	if err := k.checkOwner(); err != nil {
		return err
	}
	if k.Seed != nil && len(k.Seed) != ed25519.SeedSize {
		return fmt.Errorf("a seed is %d bytes: %w", ed25519.SeedSize, ErrAsked)
	}
	if k.Public != nil && k.Seed != nil {
		return fmt.Errorf("a seed makes its own public key: give one of them: %w", ErrAsked)
	}
	if k.Public != nil {
		if err := pass.CheckKey(k.Public); err != nil {
			return fmt.Errorf("public key: %w: %w", err, ErrAsked)
		}
	}
	if k.Life <= 0 || k.MaxBearerTTL < 0 || k.MaxBoundTTL < 0 {
		return fmt.Errorf("a key's life and limits are not negative: %w", ErrAsked)
	}
	return nil
}
