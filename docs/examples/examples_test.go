package examples_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gated/verify/pass"
)

// The worked examples of PROTOCOL 1.1 and 1.2.
const (
	bearerCode = "G1:AEAQCAAAAPUQAAAAAFVUTUQAABNACAAAAAVAALZLIQMDV4TSVWQL6ICQZEIRZXQ2YUJZTQYLHFW3A73SFLE7XFOC2447KMBPZ7NBGR6NY4QAKBLHYB3T7FMIUT3JM4CLAESBUVVIB4"
	boundCode  = "G1:AIAQCAAAAPUQAAAAAJVUTUQAEHABAAAAAAVCTLF24FA3ZSXQWIXBVFGTJUF4ONQ6KJWQX7QSZCLZJPETEKLG3VZWCTNPYLAJXY2GBU6AH6DQWBC53BCMHVWZDVG2XA5JQDOPPXTELF75CM5BTH32TSG26FVABYFPSJ6DK6W6ECPXGLHMQ2XDHHXIBUWQ622J2RMGWBO22SLCFBLZJIQ42UNB3NDLQJPZPFJJP7Y42PQ6V27UJ5CKX2Z737TK2666CTMAAKGFKR6Q2PIJXEU3STBZ7WHHBL2SZGSV4LDQAY"
)

var (
	bearerHeader = pass.Header{Type: pass.Bearer, Kid: 257, Site: 1001, Serial: 1, NotBefore: 1800000000, TTL: 90, Direction: pass.In, Rider: 42}
	boundHeader  = pass.Header{Type: pass.Bound, Kid: 257, Site: 1001, Serial: 2, NotBefore: 1800000000, TTL: 8640, Window: 1, Rider: 42}
)

// counting is the private key whose seed counts up from first.
func counting(first byte) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	for i := range seed {
		seed[i] = first + byte(i)
	}
	return ed25519.NewKeyFromSeed(seed)
}

func public(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

// program is how one language's program is started.
type program struct {
	name  string
	ready func(t *testing.T) []string // the command, or a skip
}

// programs is one row a language.
var programs = []program{
	{"go", func(t *testing.T) []string {
		bin := filepath.Join(t.TempDir(), "issue")
		build(t, "go", "build", "-o", bin, "./issue-go")
		return []string{bin}
	}},
	{"node", func(t *testing.T) []string { return []string{installed(t, "node", "node"), "issue.mjs"} }},
	{"python", func(t *testing.T) []string { return []string{python(t), "issue.py"} }},
	{"java", func(t *testing.T) []string {
		javac, java := installed(t, "java", "javac"), installed(t, "java", "java")
		classes := t.TempDir()
		build(t, javac, "-d", classes, "Issue.java")
		return []string{java, "-XX:TieredStopAtLevel=1", "-cp", classes, "Issue"}
	}},
}

// missing skips the test, or fails it if GATED_MUST_RUN, a list with commas,
// names the language.
func missing(t *testing.T, language, what string) {
	t.Helper()
	if slices.Contains(strings.Split(os.Getenv("GATED_MUST_RUN"), ","), language) {
		t.Fatalf("%s: %s is not installed, and GATED_MUST_RUN asks for it", language, what)
	}
	t.Skipf("%s: %s is not installed", language, what)
}

func installed(t *testing.T, language, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		missing(t, language, name)
	}
	return path
}

// python is the first interpreter that has the package cryptography: Debian's is
// in /usr/bin, whatever else is in front of it.
func python(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		const ask = "import sys, cryptography.hazmat.primitives.asymmetric.ed25519; print(sys.executable)"
		if out, errs, status := run(t, "", path, "-c", ask); status == 0 && errs == "" {
			return strings.TrimSpace(out)
		}
	}
	missing(t, "python", "python3 with the package cryptography")
	return ""
}

func build(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

func TestPrograms(t *testing.T) {
	for _, p := range programs {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			command := p.ready(t)
			t.Run("the worked examples", func(t *testing.T) { checkWorkedExamples(t, command) })
			t.Run("passes like package pass", func(t *testing.T) { checkLikePackagePass(t, command) })
			t.Run("one sentence for who asks wrongly", func(t *testing.T) { checkAskedWrongly(t, command) })
		})
	}
}

// run runs a command to its end.
func run(t *testing.T, stdin string, command ...string) (stdout, stderr string, status int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%v: %v", command, err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// arguments are the command line for a header. Holder is nil for a bearer pass.
func arguments(issuer ed25519.PrivateKey, h pass.Header, holder ed25519.PublicKey) []string {
	flags := uint64(h.Direction) | uint64(h.Window)<<4
	if h.Unlimited {
		flags |= 4
	}
	args := []string{"--seed", hex.EncodeToString(issuer.Seed())}
	for _, a := range []struct {
		name  string
		value uint64
	}{
		{"--kid", uint64(h.Kid)},
		{"--site", uint64(h.Site)},
		{"--serial", uint64(h.Serial)},
		{"--not-before", uint64(h.NotBefore)},
		{"--ttl10", uint64(h.TTL)},
		{"--flags", flags},
		{"--rider", uint64(h.Rider)},
	} {
		args = append(args, a.name, strconv.FormatUint(a.value, 10))
	}
	if holder != nil {
		args = append([]string{"credential", "--holder", hex.EncodeToString(holder)}, args...)
	}
	return args
}

// issued runs the program for a header and returns the one line that it prints.
func issued(t *testing.T, command, args []string) string {
	t.Helper()
	out, errs, status := run(t, "", slices.Concat(command, args)...)
	line, ended := strings.CutSuffix(out, "\n")
	if status != 0 || errs != "" || !ended || strings.Contains(line, "\n") {
		t.Fatalf("%v: status %d, printed %q, and said %q", args, status, out, errs)
	}
	return line
}

// checkBearer issues a bearer pass and holds it to what package pass makes and
// accepts.
func checkBearer(t *testing.T, command []string, issuer ed25519.PrivateKey, h pass.Header) (code string) {
	t.Helper()
	want, err := pass.SignBearer(h, issuer)
	if err != nil {
		t.Fatal(err)
	}
	code = issued(t, command, arguments(issuer, h, nil))
	if code != want {
		t.Errorf("%+v: printed %s, want %s", h, code, want)
	}
	p, err := pass.Parse(code)
	if err != nil || p.Header != h || !p.IssuerSigned(public(issuer)) {
		t.Errorf("%+v: the code parses to %+v, %v, or is not signed", h, p.Header, err)
	}
	return code
}

// checkCredential issues a credential, draws a code from it, and holds both to
// what package pass makes and accepts.
func checkCredential(t *testing.T, command []string, issuer, holder ed25519.PrivateKey, h pass.Header, shownAt, site uint32, tag uint16) (code string) {
	t.Helper()
	want, err := pass.SignCredential(h, public(holder), issuer)
	if err != nil {
		t.Fatal(err)
	}
	b, err := hex.DecodeString(issued(t, command, arguments(issuer, h, public(holder))))
	if err != nil || !bytes.Equal(b, want[:]) {
		t.Fatalf("%+v: printed %x, %v, want %x", h, b, err, want)
	}
	code, err = pass.Credential(b).Show(shownAt, site, tag, holder)
	if err != nil {
		t.Fatal(err)
	}
	p, err := pass.Parse(code)
	if err != nil || p.Header != h || !p.IssuerSigned(public(issuer)) || pass.CheckKey(p.Holder) != nil || !p.HolderSigned(site, tag) {
		t.Errorf("%+v: the code parses to %+v, %v, or is not signed", h, p.Header, err)
	}
	return code
}

func checkWorkedExamples(t *testing.T, command []string) {
	if code := checkBearer(t, command, counting(0), bearerHeader); code != bearerCode {
		t.Errorf("bearer pass %s, want %s", code, bearerCode)
	}
	if code := checkCredential(t, command, counting(0), counting(0x20), boundHeader, 1800000600, 1001, 3); code != boundCode {
		t.Errorf("bound pass %s, want %s", code, boundCode)
	}
}

func checkLikePackagePass(t *testing.T, command []string) {
	smallest := pass.Header{Kid: 1, Site: 1, TTL: 1}
	largest := pass.Header{
		Kid: math.MaxUint16, Site: pass.EverySite, Serial: math.MaxUint32, NotBefore: math.MaxUint32, TTL: math.MaxUint16,
		Direction: pass.Out, Rider: math.MaxUint32,
	}
	for _, h := range []pass.Header{smallest, largest, header(), header()} {
		bearer, bound := h, h
		bearer.Type, bearer.Unlimited = pass.Bearer, h.Serial%2 == 1
		bound.Type, bound.Window = pass.Bound, uint8(h.Serial%4)
		checkBearer(t, command, key(t), bearer)
		checkCredential(t, command, key(t), key(t), bound, rand.Uint32(), rand.Uint32N(pass.EverySite), uint16(rand.Uint32N(1<<16)))
	}
}

// header is one of any.
func header() pass.Header {
	return pass.Header{
		Kid: uint16(1 + rand.UintN(math.MaxUint16)), Site: uint32(1 + rand.Uint64N(math.MaxUint32)), Serial: rand.Uint32(),
		NotBefore: rand.Uint32(), TTL: uint16(1 + rand.UintN(math.MaxUint16)), Direction: pass.Direction(rand.UintN(3)), Rider: rand.Uint32(),
	}
}

func key(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	_, k, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func checkAskedWrongly(t *testing.T, command []string) {
	bearer := arguments(counting(0), bearerHeader, nil)
	credential := arguments(counting(0), boundHeader, public(counting(0x20)))
	with := func(args []string, name, value string) []string {
		changed := slices.Clone(args)
		changed[slices.Index(args, name)+1] = value
		return changed
	}
	weak := [][]byte{make([]byte, 32), bytes.Repeat([]byte{0xff}, 32), append([]byte{2}, make([]byte, 31)...)}
	for _, k := range weak {
		if pass.CheckKey(k) == nil {
			t.Fatalf("%x is a good key", k)
		}
	}
	const notAKey = "--holder is not a key that a gate would take"
	tests := []struct {
		args []string
		want string
	}{
		{nil, "--seed is missing"},
		{bearer[2:], "--seed is missing"},
		{bearer[:len(bearer)-1], "--rider has no value"},
		{append(slices.Clone(bearer), "--kid", "257"), "--kid stands there twice"},
		{append(slices.Clone(bearer), "--colour", "1"), "there is no --colour"},
		{bearer[1:], "each value stands after its name, like --kid 257"},
		{append(slices.Clone(bearer), "--holder", strings.Repeat("0", 64)), "--holder is for a credential alone"},
		{append([]string{"credential"}, bearer...), "--holder is missing"},
		{with(bearer, "--seed", "0001"), "--seed must be 64 hexadecimal digits"},
		{with(bearer, "--kid", "65536"), "--kid must be a number from 1 to 65535"},
		{with(bearer, "--ttl10", "0"), "--ttl10 must be a number from 1 to 65535"},
		{with(bearer, "--not-before", "1800000000000"), "--not-before must be a number from 0 to 4294967295"},
		{with(bearer, "--rider", "1e3"), "--rider must be a number from 0 to 4294967295"},
		{with(bearer, "--flags", "0x10"), "--flags has bits that mean nothing in a bearer pass"},
		{with(credential, "--flags", "4"), "--flags has bits that mean nothing in a credential"},
		{with(credential, "--flags", "3"), "--flags has bits that mean nothing in a credential"},
		{with(credential, "--holder", hex.EncodeToString(weak[0])), notAKey},
		{with(credential, "--holder", hex.EncodeToString(weak[1])), notAKey},
		{with(credential, "--holder", hex.EncodeToString(weak[2])), notAKey},
	}
	for _, tt := range tests {
		out, errs, status := run(t, "", slices.Concat(command, tt.args)...)
		if want := "issue: error: " + tt.want + "\n"; out != "" || errs != want || status != 2 {
			t.Errorf("%v: status %d, printed %q, said %q; want status 2 and %q", tt.args, status, out, errs, want)
		}
	}
}

func TestPhone(t *testing.T) {
	node := installed(t, "node", "node")
	out, errs, status := run(t, "", node, "phone/test.mjs")
	if !regexp.MustCompile(`^[1-9][0-9]* passed, 0 failed\n$`).MatchString(out) || errs != "" || status != 0 {
		t.Errorf("status %d, printed %q, said:\n%s", status, out, errs)
	}
}

// drawer draws a code from each line of its input.
const drawer = `
const { draw } = require('./phone/pass.js');
const bytes = (hex) => Uint8Array.from(Buffer.from(hex, 'hex'));
for (const line of require('fs').readFileSync(0, 'utf8').trim().split('\n')) {
  const [credential, seed, shownAt, site, tag] = line.split(' ');
  console.log(draw(bytes(credential), bytes(seed), Number(shownAt), Number(site), Number(tag)));
}`

func TestPhoneDrawsLikePackagePass(t *testing.T) {
	node := installed(t, "node", "node")
	var input, want strings.Builder
	for n := range 20 {
		h, issuer, holder := header(), key(t), key(t)
		site, shownAt, tag := 1+rand.Uint32N(pass.EverySite-1), rand.Uint32(), uint16(rand.Uint32N(3))
		h.Site, h.Window = site, uint8(n%4)
		if n%5 == 0 {
			h.Site = pass.EverySite
		}
		c, err := pass.SignCredential(h, public(holder), issuer)
		if err != nil {
			t.Fatal(err)
		}
		code, err := c.Show(shownAt, site, tag, holder)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&input, "%x %x %d %d %d\n", c, holder.Seed(), shownAt, site, tag)
		want.WriteString(code + "\n")
	}
	out, errs, status := run(t, input.String(), node, "-e", drawer)
	if out != want.String() || errs != "" || status != 0 {
		t.Errorf("status %d, said %q, drew\n%s\nwant\n%s", status, errs, out, want.String())
	}
}
