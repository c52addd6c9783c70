package main

import (
	"crypto/rand"
	"fmt"

	"golang.org/x/mod/sumdb/note"

	"gated/store"
	"gated/verify/verifytest"
)

// openWorld makes a world and, in dir, the store of its gate.
func openWorld(dir string) (*verifytest.World, *store.Store, error) {
	w, err := verifytest.Make()
	if err != nil {
		return nil, nil, fmt.Errorf("make world: %w", err)
	}
	secret, _, err := note.GenerateKey(rand.Reader, w.Box.ID)
	if err != nil {
		return nil, nil, fmt.Errorf("make gate's key: %w", err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		return nil, nil, fmt.Errorf("make gate's key: %w", err)
	}
	st, err := store.Open(store.Options{Dir: dir, Site: w.Box.Site, Gate: w.Box.ID, Signer: signer, Create: true})
	return w, st, err
}
