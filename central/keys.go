package central

import (
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Private keys are one line of text each, in files under keys/ that only their
// owner may read: note signer keys for whoever signs documents, the hex seed of
// an issuer's key, and the base64 X25519 key that opens persons. On a network
// that matters the root key is somewhere else, and so are the issuers'.
const sealFile = "records.x25519"

func (c *Central) keyPath(name string) string { return filepath.Join(c.dir, "keys", name) }

// writeKey makes a key file and returns when it is on stable storage. A file
// that exists is never replaced.
func (c *Central) writeKey(name, text string) error {
	f, err := os.OpenFile(c.keyPath(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("make key file: %w", err)
	}
	_, err = f.WriteString(text + "\n")
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = syncDir(filepath.Join(c.dir, "keys"))
	}
	if err != nil {
		return fmt.Errorf("write key file %s: %w", name, err)
	}
	return nil
}

func (c *Central) readKey(name string) (string, error) {
	b, err := os.ReadFile(c.keyPath(name))
	if err != nil {
		return "", fmt.Errorf("read key: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}

// makeSigner makes the signing key of a root or an authority and returns its
// verifier key.
func (c *Central) makeSigner(name string) (verifier string, err error) {
	private, verifier, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return "", fmt.Errorf("make key %s: %w", name, err)
	}
	return verifier, c.writeKey(name+".key", private)
}

func (c *Central) signer(name string) (note.Signer, error) {
	text, err := c.readKey(name + ".key")
	if err != nil {
		return nil, err
	}
	s, err := note.NewSigner(text)
	if err != nil {
		return nil, fmt.Errorf("read key %s: %w", name, err)
	}
	return s, nil
}

// makeNext makes the signing key that follows those with that stem. A number
// whose file is there is passed over, so the file of a change that failed at its
// end stands in nobody's way.
func (c *Central) makeNext(stem string) (name, verifier string, err error) {
	for n := 2; ; n++ {
		name = fmt.Sprintf("%s-%d", stem, n)
		verifier, err = c.makeSigner(name)
		if !errors.Is(err, os.ErrExist) {
			return name, verifier, err
		}
	}
}

// makeSeal makes the key to which gates seal persons, in a file of that name, and
// returns its public half.
func (c *Central) makeSeal(file string) ([]byte, error) {
	k, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key of the records: %w", err)
	}
	return k.PublicKey().Bytes(), c.writeKey(file, base64.StdEncoding.EncodeToString(k.Bytes()))
}

// seals are the keys to which gates have ever been told to seal persons: a batch
// that was sealed before a rotation may come long after it.
func (c *Central) seals() ([]*ecdh.PrivateKey, error) {
	paths, err := filepath.Glob(c.keyPath("records*.x25519"))
	if err != nil {
		return nil, fmt.Errorf("find keys of the records: %w", err)
	}
	all := make([]*ecdh.PrivateKey, len(paths))
	for i, path := range paths {
		if all[i], err = c.seal(filepath.Base(path)); err != nil {
			return nil, err
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("read key of the records: %w", os.ErrNotExist)
	}
	return all, nil
}

func (c *Central) seal(file string) (*ecdh.PrivateKey, error) {
	text, err := c.readKey(file)
	if err != nil {
		return nil, err
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("read key of the records: %w", err)
	}
	k, err := ecdh.X25519().NewPrivateKey(b)
	if err != nil {
		return nil, fmt.Errorf("read key of the records: %w", err)
	}
	return k, nil
}

func issuerFile(kid uint16) string { return fmt.Sprintf("issuer-%d.key", kid) }

func (c *Central) issuerKey(kid uint16) (ed25519.PrivateKey, error) {
	text, err := c.readKey(issuerFile(kid))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("key %d is not kept here, its platform issues by itself: %w", kid, ErrLimit)
	}
	if err != nil {
		return nil, err
	}
	seed, err := hex.DecodeString(text)
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("read key %d: not the hex of %d bytes", kid, ed25519.SeedSize)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// syncDir makes a change of the directory's entries durable.
func syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // our own directory
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
