package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/mod/sumdb/note"

	"gated/gate"
	"gated/store"
	"gated/verify/record"
	"gated/verify/trust"
	"gated/verify/verifytest"
)

// cosigner signs checkpoints in all stories; the trust list of a story names it.
var cosigner = sync.OnceValue(func() (c struct {
	note.Signer
	text string
	err  error
},
) {
	var secret string
	if secret, c.text, c.err = note.GenerateKey(nil, "cosign"); c.err == nil {
		c.Signer, c.err = note.NewSigner(secret)
	}
	return c
})

// letCosign lists the cosigner.
func letCosign(w *verifytest.World) error {
	w.Trust.Authorities = append(w.Trust.Authorities, trust.AuthorityJSON{
		Name: "cosign", Key: cosigner().text, Roles: []trust.Role{trust.RoleCosign}, Sites: []string{"*"},
	})
	return cosigner().err
}

// stock N puts N openings of riders 7000 and up, and the doors' records, into the
// journal of a gate at rest, and has a central server cosign them.
func stock(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	dir := filepath.Join(ts.MkAbs("."), "state")
	key, err := loadGateKey(dir, verifytest.GateID)
	ts.Check(err)
	st, err := store.Open(store.Options{Dir: dir, Site: verifytest.SiteNumber, Gate: verifytest.GateID, Signer: key.signer, Key: key.verifier})
	ts.Check(err)
	ctx, stop := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- st.Run(ctx) }()
	for i := range uint32(n) {
		at := gate.Moment{Time: time.Now(), State: gate.ClockSynced, Start: st.Start()}
		r := <-st.Commit(
			gate.Record{
				Kind: gate.KindAccess, At: at, Lane: "in", Verdict: gate.Open, Reason: gate.OK, Source: gate.FromScanner,
				Person: &gate.Person{Issuer: 1, Kid: 257, Serial: i, Rider: 7000 + i},
			},
			gate.Record{Kind: gate.KindDoor, At: at, Lane: "in", Event: gate.RelayOn, Fresh: -1})
		ts.Check(r.Err)
	}
	msg, err := st.Checkpoint(ctx)
	ts.Check(err)
	msg, err = record.Cosign(msg, cosigner())
	ts.Check(err)
	v, err := note.NewVerifier(cosigner().text)
	ts.Check(err)
	_, err = st.Acknowledge(ctx, msg, v)
	ts.Check(err)
	stop()
	ts.Check(<-ran)
	ts.Check(st.Close())
}

// spoil FILE changes every byte of a file in turn and has each copy judged as a
// proof: none may be accepted.
func spoil(ts *testscript.TestScript, _ bool, args []string) {
	good, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	if r := judgeProof(good, nil); !r.Accepted {
		ts.Fatalf("the proof itself: %s", r.Why)
	}
	for i := range good {
		b := append([]byte(nil), good...)
		b[i] ^= 1
		if r := judgeProof(b, nil); r.Accepted {
			ts.Fatalf("accepted with byte %d changed:\n%s", i, b)
		}
	}
	fmt.Fprintf(ts.Stdout(), "%d bytes, each changed: refused\n", len(good))
}
