package central

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"gated/gate"
	"gated/verify/document"
	"gated/verify/trust"
)

// threshold of the roots. A network begins with one root.
const threshold = 1

// issueTrust signs and puts out a trust list of what is registered now, and a
// heartbeat that asks the gates for it.
func (t *tx) issueTrust(ctx context.Context) error {
	var old []byte
	list := trust.ListJSON{Threshold: threshold}
	err := t.QueryRowContext(ctx, "SELECT epoch, trust_version, trust_issued_at, trust FROM network").Scan(&list.Epoch, &list.Version, &list.IssuedAt, &old)
	if err != nil {
		return fmt.Errorf("issue trust list: %w", err)
	}
	list.Version++
	list.IssuedAt = max(list.IssuedAt, t.at)
	if err := t.entries(ctx, &list); err != nil {
		return fmt.Errorf("issue trust list: %w", err)
	}
	raw, newRoots, err := t.signTrust(list, old)
	if err != nil {
		return fmt.Errorf("issue trust list: %w", err)
	}
	if err := checkTrust(raw, old, list.Roots); err != nil {
		return err
	}
	err = t.exec(ctx, "UPDATE network SET trust_version = ?, trust_issued_at = ?, trust = ?", list.Version, list.IssuedAt, raw)
	if err != nil {
		return fmt.Errorf("issue trust list: %w", err)
	}
	if newRoots { // one that changes the roots stays for those who miss it
		if err := t.put(ctx, rankTrust, topicTrustVersion(list.Version), raw); err != nil {
			return err
		}
	}
	if err := t.put(ctx, rankTrust, topicTrust, raw); err != nil {
		return err
	}
	return t.heartbeat(ctx, false)
}

// signTrust signs a list with its own roots and, if those are not the roots of
// the list before it, with the latter's too.
func (t *tx) signTrust(list trust.ListJSON, old []byte) (raw []byte, newRoots bool, err error) {
	now, err := trust.ParseRoots(list.Roots, list.Threshold)
	if err != nil {
		return nil, false, err
	}
	keys := now.Keys
	if old == nil {
		newRoots = true
	} else {
		before, err := readTrust(old)
		if err != nil {
			return nil, false, err
		}
		if newRoots = !before.Roots.Same(now); newRoots {
			keys = slices.Concat(before.Roots.Keys, keys)
		}
	}
	signers := make([]note.Signer, len(keys))
	for i, k := range keys {
		if signers[i], err = t.c.signer(k.Name); err != nil {
			return nil, false, err
		}
	}
	raw, err = document.Sign(document.Trust, list, signers...)
	return raw, newRoots, err
}

// entries fills in roots, issuers, keys and authorities.
func (t *tx) entries(ctx context.Context, l *trust.ListJSON) error {
	err := t.each(ctx, "SELECT key FROM roots ORDER BY key", func(scan func(...any) error) error {
		var key string
		err := scan(&key)
		l.Roots = append(l.Roots, key)
		return err
	})
	if err != nil {
		return err
	}
	err = t.each(ctx, "SELECT id, name FROM issuers ORDER BY id", func(scan func(...any) error) error {
		var i trust.Issuer
		err := scan(&i.ID, &i.Name)
		l.Issuers = append(l.Issuers, i)
		return err
	})
	if err != nil {
		return err
	}
	if l.Keys, err = t.keysOf(ctx, "issuer IS NOT NULL"); err != nil {
		return err
	}
	return t.each(ctx, "SELECT name, key, role, seal FROM authorities ORDER BY name", func(scan func(...any) error) error {
		a := trust.AuthorityJSON{Sites: []string{"*"}, Roles: make([]trust.Role, 1)}
		var seal []byte
		err := scan(&a.Name, &a.Key, &a.Roles[0], &seal)
		a.Seal = base64.StdEncoding.EncodeToString(seal)
		l.Authorities = append(l.Authorities, a)
		return err
	})
}

// keysOf are the keys for which that holds, as documents list them.
func (t *tx) keysOf(ctx context.Context, which string, args ...any) (list []trust.KeyJSON, err error) {
	err = t.each(ctx, `SELECT kid, COALESCE(issuer, 0), public, sites, not_before, not_after, max_bearer_ttl, max_bound_ttl, state
		FROM keys WHERE `+which+" ORDER BY kid", func(scan func(...any) error) error {
		k := trust.KeyJSON{Algorithm: "ed25519"}
		var public []byte
		var sites string
		err := scan(&k.Kid, &k.Issuer, &public, &sites, &k.NotBefore, &k.NotAfter, &k.MaxBearerTTL, &k.MaxBoundTTL, &k.State)
		k.Key = base64.StdEncoding.EncodeToString(public)
		if sites != "" {
			k.Sites = strings.Split(sites, ",")
		}
		list = append(list, k)
		return err
	}, args...)
	if err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	return list, nil
}

// checkTrust puts a list through the gate's own checks, after the one before it.
// An entry that a gate would disable is as bad as a list that it would refuse.
func checkTrust(raw, old []byte, roots []string) error {
	r, err := trust.ParseRoots(roots, threshold)
	if err != nil {
		return fmt.Errorf("check trust list: %w: %w", ErrRefused, err)
	}
	var inForce *trust.List
	if old != nil {
		if inForce, err = readTrust(old); err != nil {
			return err
		}
	}
	l, err := acceptTrust(raw, inForce, r)
	if err != nil {
		return err
	}
	if len(l.Alarms) > 0 {
		return fmt.Errorf("check trust list: %w: %s", ErrRefused, english(l.Alarms))
	}
	return nil
}

func acceptTrust(raw []byte, inForce *trust.List, roots trust.Roots) (*trust.List, error) {
	d, err := document.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("check trust list: %w: %w", ErrRefused, err)
	}
	l, err := trust.Accept(d, inForce, roots)
	if err != nil {
		return nil, fmt.Errorf("check trust list: %w: %w", ErrRefused, err)
	}
	return l, nil
}

// inForce is the newest trust list, as a gate reads it.
func (t *tx) inForce(ctx context.Context) (*trust.List, error) {
	var raw []byte
	if err := t.QueryRowContext(ctx, "SELECT trust FROM network").Scan(&raw); err != nil {
		return nil, fmt.Errorf("read trust list: %w", err)
	}
	return readTrust(raw)
}

// readTrust reads a list that we have signed.
func readTrust(raw []byte) (*trust.List, error) {
	d, err := document.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("read trust list: %w", err)
	}
	return trust.Restore(d, nil)
}

// Roots are the verifier keys that a gate's configuration begins with, and how
// many of them must sign.
func (c *Central) Roots(ctx context.Context) (keys []string, of int, err error) {
	err = c.read(ctx, "read roots", func(ctx context.Context, t *tx) error {
		return t.each(ctx, "SELECT key FROM roots ORDER BY key", func(scan func(...any) error) error {
			var key string
			err := scan(&key)
			keys = append(keys, key)
			return err
		})
	})
	return keys, threshold, err
}

// english is what a box would say of entries that it disables.
func english(alarms []gate.Text) string {
	var all gate.Text
	for _, a := range alarms {
		all = all.And(a)
	}
	return all.EN
}
