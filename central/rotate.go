package central

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/note"

	"gated/verify/trust"
)

// signerOf signs for a role.
func (t *tx) signerOf(ctx context.Context, role trust.Role) (note.Signer, error) {
	var name string
	if err := t.QueryRowContext(ctx, "SELECT name FROM authorities WHERE role = ?", string(role)).Scan(&name); err != nil {
		return nil, fmt.Errorf("find authority for the role %s: %w", role, err)
	}
	return t.c.signer(name)
}

// RotateAuthority gives a role to a new key and returns its name. The trust list
// that says so, and all current documents of the role signed anew, are one
// change, published in the order of PROTOCOL 4. The old key's file is kept, and
// no list names it any more. The error wraps ErrAsked.
func (c *Central) RotateAuthority(ctx context.Context, role trust.Role) (name string, err error) {
	if !slices.Contains(roles, role) {
		return "", fmt.Errorf("there is no role %q: %w", role, ErrAsked)
	}
	err = c.write(ctx, "rotate authority", func(ctx context.Context, t *tx) error {
		if name, err = t.succeed(ctx, role); err != nil {
			return err
		}
		if err := t.issueTrust(ctx); err != nil {
			return err
		}
		return t.signAnew(ctx, role)
	})
	return name, err
}

// succeed puts a new key in the role's place.
func (t *tx) succeed(ctx context.Context, role trust.Role) (name string, err error) {
	name, key, err := t.c.makeNext(string(role))
	if err != nil {
		return "", err
	}
	var seal []byte
	if role == trust.RoleRecords {
		if seal, err = t.c.makeSeal(name + ".x25519"); err != nil {
			return "", err
		}
	}
	return name, t.exec(ctx, "UPDATE authorities SET name = ?, key = ?, seal = ? WHERE role = ?", name, key, seal, string(role))
}

// RotateRoot puts a new key in the root's place and returns its name. The list
// that says so is signed by the old root and the new one, and stays retained for
// boxes that miss it; the lists after it are signed by the new root alone. Boxes
// to be provisioned need the new root in their configuration.
func (c *Central) RotateRoot(ctx context.Context) (name string, err error) {
	err = c.write(ctx, "rotate root", func(ctx context.Context, t *tx) error {
		var key string
		if name, key, err = t.c.makeNext(rootStem); err != nil {
			return err
		}
		if err := t.exec(ctx, "UPDATE roots SET key = ?", key); err != nil {
			return err
		}
		return t.issueTrust(ctx)
	})
	return name, err
}

// VoidKey ends a key for ever: its passes are refused at once, the key stays
// in its list, and never becomes active again. Why is kept here and goes nowhere.
// It is false if the key was void already. The error wraps ErrNoKey.
func (c *Central) VoidKey(ctx context.Context, kid uint16, why string) (changed bool, err error) {
	err = c.write(ctx, "void key", func(ctx context.Context, t *tx) error {
		var site uint32
		known, err := oneRow(t.QueryRowContext(ctx, "SELECT COALESCE(site, 0), state <> 'void' FROM keys WHERE kid = ?", kid).Scan(&site, &changed))
		if err == nil && !known {
			err = fmt.Errorf("key %d: %w", kid, ErrNoKey)
		}
		if err != nil || !changed {
			return err
		}
		if err := t.exec(ctx, "UPDATE keys SET state = 'void' WHERE kid = ?", kid); err != nil {
			return err
		}
		err = t.exec(ctx, "INSERT INTO acts (at, verb, target, seq, why) SELECT ?, 'void', ?, seq, ? FROM revocation", t.at, fmt.Sprintf("key %d", kid), why)
		if err != nil {
			return fmt.Errorf("keep why: %w", err)
		}
		return t.issueKeys(ctx, site)
	})
	return changed, err
}
