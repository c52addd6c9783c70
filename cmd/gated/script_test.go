package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"gated/drivers/scanner"
	"gated/verify/pass"
	"gated/verify/revocation"
	"gated/verify/trust"
	"gated/verify/verifytest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"gated": main})
}

// TestScripts plays testdata/script, one file a story, each in a folder with a
// sound configuration (gated.toml), the documents of a small world (0.doc and so
// on), one that was tampered with (bad.doc), a bearer pass ($GOOD), one that was
// tampered with ($FORGED), and the others of badCodes.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:   "testdata/script",
		Setup: setStage,
		Cmds:  map[string]func(*testscript.TestScript, bool, []string){"stock": stock, "spoil": spoil},
	})
}

// setStage writes the files of a story.
func setStage(env *testscript.Env) error {
	w, err := worldOfToday()
	if err != nil {
		return err
	}
	cfg := strings.NewReplacer("STATE", filepath.Join(env.WorkDir, "state"), "ROOT", w.Roots.Keys[0].Text,
		`id = "east"`, `id = "`+verifytest.GateID+`"`, "broker = ", "# broker = ").Replace(sound)
	cfg = strings.Replace(cfg, "[trust]", "socket = \""+filepath.Join(env.WorkDir, "sock")+"\"\n\n[trust]", 1)
	w.List(revocation.Section{Kind: revocation.Riders, ID: verifytest.Issuer, Class: revocation.HoldClass}, onHold)
	w.Site.Held = []trust.Hold{{Issuer: verifytest.Issuer, Rider: heldHere, Until: w.At + 86400}}
	files := map[string]string{"gated.toml": cfg + "\n[clock]\ntrust = \"always\"\n"}
	for i, raw := range w.Notes() {
		files[fmt.Sprintf("%d.doc", i)] = string(raw)
	}
	good := w.Header()
	good.NotBefore = uint32(w.At)
	files["good.code"] = w.Bearer(good)
	// The last whole character of the signature, so that the spelling stays canonical.
	files["forged.code"] = files["good.code"][:60] + flip(files["good.code"][60]) + files["good.code"][61:]
	files["bad.doc"] = strings.Replace(files["0.doc"], `"version":1`, `"version":9`, 1)
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(env.WorkDir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	for name, code := range badCodes(w) {
		env.Setenv(name, code)
	}
	env.Setenv("LANG", "C")
	env.Setenv("COSIGNER", cosigner().text)
	env.Setenv("STRANGER", w.Trust.Authorities[0].Key)
	env.Setenv("GOOD", files["good.code"])
	env.Setenv("FORGED", files["forged.code"])
	return nil
}

// Riders whom the revocation list and the property hold.
const (
	onHold   = 7
	heldHere = 8
)

// badCodes are codes that the lane in refuses, each for one reason.
func badCodes(w *verifytest.World) map[string]string {
	now := time.Unix(w.At, 0)
	header := func(change func(*pass.Header)) pass.Header {
		h := w.Header()
		h.NotBefore = uint32(w.At)
		change(&h)
		return h
	}
	bearer := func(change func(*pass.Header)) string { return w.Bearer(header(change)) }
	phone := w.Phone(header(func(h *pass.Header) { h.NotBefore, h.TTL, h.Window = h.NotBefore-3600, 720, 1 }))
	return map[string]string{
		"TESTCODE":   scanner.TestCode,
		"NEWER":      "G1:AQ",
		"UNLISTED":   bearer(func(h *pass.Header) { h.Kid = 999 }),
		"ENDED":      bearer(func(h *pass.Header) { h.NotBefore, h.TTL = h.NotBefore-3600, 1 }),
		"LATER":      bearer(func(h *pass.Header) { h.NotBefore += 3600 }),
		"ELSEWHERE":  bearer(func(h *pass.Header) { h.Site = verifytest.SiteNumber + 1 }),
		"WAYOUT":     bearer(func(h *pass.Header) { h.Direction = pass.Out }),
		"OTHERGATE":  phone.Show(now, verifytest.Tag+1),
		"SCREENSHOT": phone.Show(now.Add(-10*time.Minute), verifytest.Tag),
		"ONHOLD":     bearer(func(h *pass.Header) { h.Rider = onHold }),
		"HELDHERE":   bearer(func(h *pass.Header) { h.Rider = heldHere }),
	}
}

// flip is another letter of base32.
func flip(c byte) string {
	if c == 'A' {
		return "B"
	}
	return "A"
}

// worldOfToday is a small world in which everything was issued just now.
func worldOfToday() (*verifytest.World, error) {
	w, err := verifytest.Make()
	if err != nil {
		return nil, err
	}
	if err := letCosign(w); err != nil {
		return nil, err
	}
	now := time.Now().Unix()
	w.At, w.Trust.IssuedAt, w.Site.IssuedAt = now, now, now
	for _, keys := range [][]trust.KeyJSON{w.Trust.Keys, w.Site.Keys} {
		for i := range keys {
			keys[i].NotBefore, keys[i].NotAfter = now-86400, now+86400
		}
	}
	return w, nil
}
