package central

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"gated/verify/revocation"
	"gated/verify/trust"
)

// rootStem is what the names of root keys begin with: root-1, root-2 and so on.
// A network begins with one root and a threshold of one. Those of authorities
// begin with their role.
const rootStem = "root"

// first is the name of the first key with that stem.
func first(stem string) string { return stem + "-1" }

// roles in the order of PROTOCOL 2.1.
var roles = []trust.Role{trust.RoleRevocation, trust.RoleSite, trust.RoleCommand, trust.RoleCosign, trust.RoleRecords}

// Init makes a network in o.Dir: its keys, its certificate authority, its first
// trust list, an empty revocation state with snapshot and heartbeat. The error wraps ErrNotEmpty if
// there are keys or a database: nothing is ever replaced.
func Init(ctx context.Context, o Options) error {
	c := o.central()
	if err := c.makeDir(); err != nil {
		return err
	}
	f, err := os.OpenFile(c.path(), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("make database: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("make database: %w", err)
	}
	if c.db, err = openDB(ctx, c.path()); err != nil {
		return err
	}
	err = c.write(ctx, "make network", func(ctx context.Context, t *tx) error { return t.found(ctx) })
	return errors.Join(err, c.db.Close(), syncDir(c.dir))
}

func (c *Central) makeDir() error {
	keys := filepath.Join(c.dir, "keys")
	if err := os.MkdirAll(keys, 0o700); err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	names, err := os.ReadDir(keys)
	if err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	_, err = os.Stat(c.path())
	if len(names) > 0 || !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s: %w", c.dir, ErrNotEmpty)
	}
	return nil
}

// found fills the empty database.
func (t *tx) found(ctx context.Context) error {
	if err := t.exec(ctx, schema+schemaTwo+schemaThree+schemaFour+schemaFive); err != nil {
		return fmt.Errorf("make tables: %w", err)
	}
	if err := t.exec(ctx, fmt.Sprintf("PRAGMA user_version = %d", schemaVersion)); err != nil {
		return fmt.Errorf("set schema version: %w", err)
	}
	if err := t.exec(ctx, "INSERT INTO network VALUES (1, 1, 0, 0, NULL, 0, 0, 0, 0, 0, 0)"); err != nil {
		return err
	}
	root, err := t.c.makeSigner(first(rootStem))
	if err != nil {
		return err
	}
	if err := t.exec(ctx, "INSERT INTO roots VALUES (?)", root); err != nil {
		return err
	}
	if err := t.appoint(ctx); err != nil {
		return err
	}
	if err := t.makeCA(ctx); err != nil {
		return err
	}
	// The stream begins at 1: 0 is what a box without a state would say.
	body := revocation.Empty().Encode()
	if err := t.exec(ctx, "INSERT INTO revocation VALUES (1, 1, ?)", append([]byte{}, body...)); err != nil {
		return err
	}
	if err := t.snapshot(ctx); err != nil {
		return err
	}
	return t.issueTrust(ctx)
}

// appoint makes one authority a role.
func (t *tx) appoint(ctx context.Context) error {
	for _, role := range roles {
		name := first(string(role))
		key, err := t.c.makeSigner(name)
		if err != nil {
			return err
		}
		var seal []byte
		if role == trust.RoleRecords {
			if seal, err = t.c.makeSeal(sealFile); err != nil {
				return err
			}
		}
		if err := t.exec(ctx, "INSERT INTO authorities VALUES (?, ?, ?, ?)", name, key, string(role), seal); err != nil {
			return err
		}
	}
	return nil
}
