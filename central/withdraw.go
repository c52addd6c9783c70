package central

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"time"
)

// WithdrawGate ends a gate whose box was stolen, or is no longer needed: its
// certificates are withdrawn, and its key leaves the site document. It keeps its
// id and its tag, and may be invited again. Of a gate that has not enrolled yet
// the file is withdrawn: its token counts no more. The error wraps ErrNoGate.
func (c *Central) WithdrawGate(ctx context.Context, id string) error {
	return c.write(ctx, "withdraw gate", func(ctx context.Context, t *tx) error {
		var site uint32
		invited, err := oneRow(t.QueryRowContext(ctx, "DELETE FROM invitations WHERE gate = ? AND used IS NULL RETURNING site", id).Scan(&site))
		if err != nil {
			return err
		}
		known, err := oneRow(t.QueryRowContext(ctx, "UPDATE gates SET key = '' WHERE id = ? RETURNING site", id).Scan(&site))
		switch {
		case err != nil:
			return err
		case !known && invited:
			return nil
		case !known:
			return fmt.Errorf("gate %s: %w", id, ErrNoGate)
		}
		if err := t.exec(ctx, "UPDATE logs SET waiting = NULL WHERE gate = ?", id); err != nil {
			return err
		}
		if err := t.withdraw(ctx, id); err != nil {
			return err
		}
		return t.issueSite(ctx, site)
	})
}

// withdraw withdraws every certificate of a name.
func (t *tx) withdraw(ctx context.Context, name string) error {
	err := t.exec(ctx, "UPDATE certificates SET withdrawn_at = ? WHERE name = ? AND withdrawn_at IS NULL", t.at, name)
	if err != nil {
		return fmt.Errorf("withdraw certificates of %s: %w", name, err)
	}
	return t.writeCRL(ctx)
}

// writeCRL writes the list of what was withdrawn. It does not end by itself: a
// broker with a list that has ended lets nobody in. Each is a second newer than
// the one before, so that a broker that has read both goes by the right one. A
// change that fails after this leaves a list that says more than the database
// does, which the next one mends.
func (t *tx) writeCRL(ctx context.Context) error {
	ca, signer, err := t.c.ca()
	if err != nil {
		return err
	}
	list := &x509.RevocationList{NextUpdate: ca.NotAfter}
	err = t.each(ctx, "SELECT serial, withdrawn_at FROM certificates WHERE withdrawn_at IS NOT NULL ORDER BY withdrawn_at, serial", func(scan func(...any) error) error {
		var text string
		var at int64
		if err := scan(&text, &at); err != nil {
			return err
		}
		b, err := hex.DecodeString(text)
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: new(big.Int).SetBytes(b), RevocationTime: time.Unix(at, 0)})
		return err
	})
	if err != nil {
		return fmt.Errorf("read withdrawn certificates: %w", err)
	}
	var number, at int64
	err = t.QueryRowContext(ctx, "UPDATE network SET crl = crl + 1, crl_at = MAX(crl_at + 1, ?) RETURNING crl, crl_at", t.at).Scan(&number, &at)
	if err != nil {
		return fmt.Errorf("number the list of withdrawn certificates: %w", err)
	}
	list.Number, list.ThisUpdate = big.NewInt(number), time.Unix(at, 0)
	der, err := x509.CreateRevocationList(rand.Reader, list, ca, signer)
	if err != nil {
		return fmt.Errorf("sign the list of withdrawn certificates: %w", err)
	}
	return replaceFile(t.c.CRLPath(), pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der}))
}

// replaceFile writes a public file so that a power cut leaves the old or the new
// one, whole.
func replaceFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
