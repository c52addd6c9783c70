package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"gated/central"
	"gated/verify/pass"
)

// wallet is what a phone keeps of one bound pass.
type wallet struct {
	credential pass.Credential
	holder     ed25519.PrivateKey
}

// walletFile is a wallet on disk.
type walletFile struct {
	Credential []byte `json:"credential"` // base64 of 118 bytes
	Holder     []byte `json:"holder"`     // base64 of the 32 bytes that the phone's key is made from
}

// newWallet makes a phone's key and has a credential issued for it.
func newWallet(ctx context.Context, s *central.Central, o central.Order) (wallet, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return wallet{}, fmt.Errorf("make phone's key: %w", err)
	}
	credential, err := s.IssueBound(ctx, o, public)
	return wallet{credential, private}, err
}

// readWallet reads a wallet; ok is false if there is none.
func readWallet(path string) (w wallet, ok bool, err error) {
	b, err := os.ReadFile(path) //nolint:gosec // the file that the user names
	if errors.Is(err, os.ErrNotExist) {
		return w, false, nil
	}
	if err != nil {
		return w, false, fmt.Errorf("read credential: %w", err)
	}
	var f walletFile
	if err := json.Unmarshal(b, &f); err != nil {
		return w, false, fmt.Errorf("read credential %s: %w", path, err)
	}
	if len(f.Credential) != len(w.credential) || len(f.Holder) != ed25519.SeedSize {
		return w, false, fmt.Errorf("read credential %s: not a credential with its phone's key", path)
	}
	w.holder = ed25519.NewKeyFromSeed(f.Holder)
	copy(w.credential[:], f.Credential)
	return w, true, nil
}

// write keeps a wallet where there is none, for its owner alone.
func (w wallet) write(path string) error {
	b, err := json.Marshal(walletFile{w.credential[:], w.holder.Seed()})
	if err != nil {
		return fmt.Errorf("write credential: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the file that the user names
	if err != nil {
		return fmt.Errorf("write credential: %w", err)
	}
	_, err = f.Write(append(b, '\n'))
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("write credential: %w", err)
	}
	return nil
}

// check refuses a wallet that is not what was ordered: it would be shown in
// somebody else's name.
func (w wallet) check(path string, o central.Order) error {
	h, err := w.credential.Header()
	if err != nil {
		return fmt.Errorf("read credential %s: %w", path, err)
	}
	if h.Kid != o.Kid || h.Rider != o.Rider || h.Site != o.Site {
		return hinted(fmt.Errorf("credential %s is of key %d, site %d and rider %d", path, h.Kid, h.Site, h.Rider),
			"name another file with --credential, or ask for what it is")
	}
	return nil
}
