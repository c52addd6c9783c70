package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gated/gate"
	"gated/local"
	"gated/store"
	"gated/verify/record"
	"gated/verify/verifytest"
)

// needles are what a bundle must not hold: the fixture has each of them in the
// configuration, its files, the records or the log.
type needles map[string]string

const (
	hiddenUser     = "wang-xiaoming-gate"
	hiddenPassword = "Tr0ub4dor & 3 \"quoted\""
	hiddenName     = "Zhang Wei"
	hiddenChinese  = "张伟"
	hiddenPhone    = "13812345678"
	hiddenFriend   = "+86 139-8765-4321"
	hiddenMail     = "zhangwei@example.org"
	hiddenOrder    = "order-77-of-zhangwei"
	hiddenPIN      = "483920174"
	hiddenKey      = "wurzelpeter-77"
	hiddenRider    = 3987654321
	hiddenSerial   = 2876543210
)

// haystack is the fixture: a gate at rest with everything in the wrong places.
type haystack struct {
	dir, root, config string
	found             needles
}

// fillHaystack makes it. Change is made to the configuration's text.
func fillHaystack(t *testing.T, change ...string) *haystack {
	t.Helper()
	h := &haystack{dir: t.TempDir(), root: t.TempDir(), found: needles{
		"user": hiddenUser, "password": hiddenPassword, "name": hiddenName, "Chinese name": hiddenChinese, "phone": hiddenPhone,
		"friend's phone": hiddenFriend, "mail": hiddenMail, "order": hiddenOrder, "PIN": hiddenPIN, "key": hiddenKey,
		"rider": fmt.Sprint(hiddenRider), "serial": fmt.Sprint(hiddenSerial), "file's name": "of-zhangwei",
	}}
	w, err := worldOfToday()
	if err != nil {
		t.Fatal(err)
	}
	code := w.Bearer(w.Header())
	h.found["code"], h.found["code's end"] = code, code[len(code)-30:]
	tlsKey := strings.Repeat("MC4CAQAwBQYDK2VwBCIEIKq8", 2) + "x9Zk\nQm5Tz8w=\n"
	h.found["TLS key"], h.found["TLS key's end"] = tlsKey[:48], "Qm5Tz8w="
	h.put(t, "of-zhangwei.password", hiddenPassword+"\n")
	h.put(t, "of-zhangwei.key", "-----BEGIN PRIVATE KEY-----\n"+tlsKey+"-----END PRIVATE KEY-----\n")
	cfg := strings.NewReplacer("STATE", filepath.Join(h.dir, "state"), "ROOT", w.Roots.Keys[0].Text, `id = "east"`, `id = "`+verifytest.GateID+`"`,
		"[trust]", `socket = "`+filepath.Join(h.dir, "sock")+"\"\n\n[trust]",
		`broker = "tcp://127.0.0.1:1883"`, `broker = "tcp://127.0.0.1:1"`+"\nusername = \""+hiddenUser+"\"\npassword_file = \""+filepath.Join(h.dir, "of-zhangwei.password")+"\"\n# "+hiddenName+" "+hiddenPhone,
	).Replace(sound)
	cfg = strings.NewReplacer(append(change, "\x00", "")...).Replace(cfg)
	h.config = h.put(t, "gated.toml", cfg)
	h.records(t, code)
	h.put(t, "bin/journalctl", "#!/bin/sh\ncat <<'END'\n"+h.log(code)+"END\n")
	if err := os.Chmod(filepath.Join(h.dir, "bin/journalctl"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", filepath.Join(h.dir, "bin")+":"+os.Getenv("PATH"))
	return h
}

func (h *haystack) put(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(h.dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
	return path
}

// records has persons, a platform's id, and a detail that says too much.
func (h *haystack) records(t *testing.T, code string) {
	t.Helper()
	dir := filepath.Join(h.dir, "state")
	key, err := loadGateKey(dir, verifytest.GateID)
	if err != nil {
		t.Fatal(err)
	}
	private, err := os.ReadFile(filepath.Join(dir, "gate.key"))
	if err != nil {
		t.Fatal(err)
	}
	h.found["gate's key"] = strings.TrimSpace(string(private))
	h.found["gate's key's end"] = h.found["gate's key"][len(h.found["gate's key"])-30:]
	st, err := store.Open(store.Options{Dir: dir, Site: verifytest.SiteNumber, Gate: verifytest.GateID, Signer: key.signer, Key: key.verifier, Create: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- st.Run(ctx) }()
	at := gate.Moment{Time: time.Now(), State: gate.ClockSynced, Start: st.Start()}
	access := gate.Record{
		Kind: gate.KindAccess, At: at, Lane: "in", Verdict: gate.Open, Reason: gate.OK, Source: gate.FromPresent, Ref: hiddenOrder,
		Person: &gate.Person{Issuer: 1, Kid: 257, Serial: hiddenSerial, Rider: hiddenRider},
	}
	r := <-st.Commit(access, gate.Record{Kind: gate.KindSystem, At: at, Event: gate.Alarm, Fresh: -1, Detail: hiddenChinese + " called " + hiddenPhone + " about " + code})
	err = errors.Join(r.Err, st.Each(t.Context(), 0, 99, func(e record.Entry) error {
		l, err := record.ParseLeaf(e.Leaf)
		if l.Who != nil {
			h.found["fingerprint"] = base64.StdEncoding.EncodeToString(l.Who)
		}
		return err
	}))
	stop()
	if err = errors.Join(err, <-ran, st.Close()); err != nil {
		t.Fatal(err)
	}
	if h.found["fingerprint"] == "" {
		t.Fatal("no record has a person: the test hides nothing")
	}
}

// log is what journald might have, whoever wrote it.
func (h *haystack) log(code string) string {
	var b strings.Builder
	for _, l := range []struct{ who, said string }{
		{"systemd", "Started gated.service."},
		{"gated", `time=2026-11-21T09:00:00.123+08:00 level=INFO msg="gated is up" version=v1 gate=` + verifytest.GateID + ` site=1001 start=3`},
		{"gated", `time=2026-11-21T09:00:01.123+08:00 level=WARN msg="command" lane=in id=` + hiddenOrder + ` rider="` + hiddenName + `" verb=open`},
		{"gated", `time=2026-11-21T09:00:02.123+08:00 level=WARN msg="` + code + `" err="` + hiddenChinese + `: ` + hiddenFriend + ` or ` + hiddenMail + `, password=` + hiddenPIN + `"`},
		{"gated", "panic: index out of range"},
		{"gated", "\t/src/gated/cmd/gated/run.go:71 +0x1f4"},
		{"gated", hiddenName + " stood at the gate"},
		{"sshd", "Accepted password for " + hiddenName},
		{"gated", "gated: error: tls://" + hiddenUser + ":" + hiddenPIN + "@central.example:8883: " + hex.EncodeToString([]byte(code)) + " " + spaced(hex.EncodeToString([]byte(code)))},
		{"gated", "gated: error: " + h.found["gate's key"] + " and " + h.found["TLS key"] + " " + base64.StdEncoding.EncodeToString([]byte(hiddenPassword))},
	} {
		entry, _ := json.Marshal(map[string]string{"__REALTIME_TIMESTAMP": "1795568400123456", "SYSLOG_IDENTIFIER": l.who, "MESSAGE": l.said})
		b.Write(append(entry, '\n'))
	}
	return b.String()
}

// bundle makes one and unpacks it; it looks for every needle in it.
func (h *haystack) bundle(t *testing.T) map[string]string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "b.tar.gz")
	if err := (&bundleCmd{File: path, Root: h.root}).Run(&common{Config: h.config}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
	packed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(plain)
	if err != nil {
		t.Fatal(err)
	}
	for what, needle := range h.found {
		for _, spelt := range spelled(needle) {
			if i := strings.Index(strings.ToLower(string(all)), strings.ToLower(spelt)); i >= 0 {
				t.Errorf("the bundle holds the %s as %q: %q", what, spelt, all[max(0, i-60):min(len(all), i+60)])
			}
		}
	}
	members := map[string]string{}
	for r := tar.NewReader(bytes.NewReader(all)); ; {
		m, err := r.Next()
		if errors.Is(err, io.EOF) {
			return members
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		members[filepath.Base(m.Name)] = string(text)
	}
}

// spelled is a needle as it is, in hex, and in base64 at each of the places where
// it may stand in a longer text.
func spelled(s string) []string {
	all := []string{s, hex.EncodeToString([]byte(s)), spaced(hex.EncodeToString([]byte(s)))}
	for shift := range 3 {
		b := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), s...))
		all = append(all, b[min(len(b), 4):max(4, len(b)-4)])
	}
	return slices.DeleteFunc(all, func(s string) bool { return len(s) < 6 })
}

// has says what a member lacks of what support needs.
func has(t *testing.T, members map[string]string, name string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(members[name], w) {
			t.Errorf("%s lacks %q:\n%s", name, w, members[name])
		}
	}
}

func TestNoSecretLeavesInABundle(t *testing.T) {
	h := fillHaystack(t)
	m := h.bundle(t)
	has(t, m, "config.txt", "gate.id = "+verifytest.GateID, "mqtt.broker = tcp://127.0.0.1:1\n", "mqtt.username = (set; not shown)", "door.pulse = 3s", "trust.roots[0] = root")
	has(t, m, "records.jsonl", `"verdict":"open","reason":"ok","source":"present"`, `"event":"alarm"`)
	has(t, m, "log.txt", "systemd: Started gated.service.", `msg="gated is up" version=v1`, "panic: index", "run.go:71", "lane=in id=(removed) rider=(removed) verb=open", "level=WARN")
	has(t, m, "doctor.txt", "failed", "config")
	has(t, m, "doctor.json", `"name": "tcp"`)
	has(t, m, "versions.txt", "gated ", "kernel ", "github.com/alecthomas/kong v")
	has(t, m, "README.txt", "Not in it: passwords", "不包含：密码", "Could not be had", "status: gated does not answer")
	var d diagnosed
	if err := json.Unmarshal([]byte(m["doctor.json"]), &d); err != nil || len(d.Checks) < 40 {
		t.Errorf("doctor.json: %d checks, %v", len(d.Checks), err)
	}
}

// TestABundleOfARunningGate: what the daemon says is made harmless as well.
func TestABundleOfARunningGate(t *testing.T) {
	h := fillHaystack(t)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	defer func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}()
	s := local.Status{Version: "v1", Gate: verifytest.GateID, Alarms: []string{"tell " + hiddenPhone + " of " + h.found["code"]}, Lanes: []local.LaneStatus{{
		Name: "in", Scanner: local.ScannerStatus{Error: filepath.Join(h.dir, "of-zhangwei.key") + ": no such port"},
	}}}
	go func() {
		served <- local.New(filepath.Join(h.dir, "sock"), map[string]local.Answer{
			"GET /v1/status": func(context.Context, local.Caller, []byte) (any, error) { return s, nil },
			"GET /v1/live":   func(context.Context, local.Caller, []byte) (any, error) { return local.Live{}, nil },
			"GET /v1/io":     func(context.Context, local.Caller, []byte) (any, error) { return local.IO{}, nil },
		}, slog.New(slog.DiscardHandler)).Run(ctx)
	}()
	for up := false; !up && t.Context().Err() == nil; {
		up = local.NewClient(filepath.Join(h.dir, "sock")).Ask(t.Context(), "/v1/status", nil, &local.Status{}) == nil
	}
	m := h.bundle(t)
	has(t, m, "status.json", `"tell (removed) of (removed)"`)
	has(t, m, "status.txt", "tell (removed)")
	has(t, m, "doctor.txt", "tell (removed)")

	text, err := os.ReadFile(h.config)
	if err != nil {
		t.Fatal(err)
	}
	h.put(t, "gated.toml", "what is this\n"+string(text)) // after the daemon's start
	m = h.bundle(t)
	has(t, m, "status.txt", "tell (removed)")
	has(t, m, "records.jsonl", `"verdict":"open"`)
}

// TestABundleOfABrokenGate: what cannot be read is said, and not quoted.
func TestABundleOfABrokenGate(t *testing.T) {
	for _, tt := range []struct {
		name, old, new string
		problem        string
	}{
		{"a password in the address", "tcp://127.0.0.1:1\"", "tls://" + hiddenUser + ":" + hiddenPIN + "@central.example:8883\"", "do not belong into the address"},
		{"an address that is none", "tcp://127.0.0.1:1\"", hiddenPIN + "\"", `"(removed)" is no broker's address`},
		{"a secret under an unknown key", "site = 1001", "site = 1001\npassword = \"" + hiddenPIN + "\"", "unknown key"},
		{"a secret as unknown key", "site = 1001", "site = 1001\n" + hiddenKey + " = 1", "unknown key"},
		{"a private key as root", "roots = [", "roots = [\"PRIVATE+KEY+" + hiddenUser + "\", ", "is no verifier key"},
		{"a name as gate", verifytest.GateID, hiddenName, `"(removed)" is no gate id`},
		{"no TOML", "site = 1001", "site = " + hiddenName, "FAIL  config"},
		{"no TOML, at its end", "[trust]", "name = \"" + hiddenPIN + "\nthe rest\n\n[trust]", "FAIL  config"},
		{"a relay's line that is a word", `kind = "sim", mode`, `kind = "gpio", relay = "` + hiddenUser + `", mode`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := fillHaystack(t, tt.old, tt.new)
			m := h.bundle(t)
			has(t, m, "doctor.txt", tt.problem)
			has(t, m, "records.jsonl", `"verdict":"open"`)
		})
	}
	h := fillHaystack(t)
	h.config = filepath.Join(h.dir, "of-zhangwei.toml")
	has(t, h.bundle(t), "README.txt", "config.txt: ")
}

func TestABundleOverwritesNothing(t *testing.T) {
	h := fillHaystack(t)
	path := h.put(t, "there", "precious")
	err := (&bundleCmd{File: path, Root: h.root}).Run(&common{Config: h.config})
	var asked askedWrongly
	if !errors.As(err, &asked) || !strings.Contains(err.Error(), "was not overwritten") {
		t.Errorf("%v", err)
	}
	if b, _ := os.ReadFile(path); string(b) != "precious" {
		t.Error("the file was overwritten")
	}
}

// TestWordsStay: what support needs to read is not taken for a secret.
func TestWordsStay(t *testing.T) {
	s := newScrubber(nil, nil)
	for _, same := range []string{
		"/dev/serial/by-path/platform-3f980000.usb-usb-0:1.2:1.0-port0", "/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0", "time_ms 1796003200000",
		"dial tcp 192.168.1.20:8883: connect: connection refused", "systemctl start gated; journalctl -u gated -n 30", "github.com/eclipse/paho.mqtt.golang v1.5.1",
		"records 38123456789 of 2026-11-30T09:46:37.123456789+08:00", "gated/v1/guanggu-huijing-east/records",
	} {
		if got := s.text(same); got != same {
			t.Errorf("%q became %q", same, got)
		}
	}
}
