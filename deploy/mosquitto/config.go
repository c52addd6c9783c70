package mosquitto

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"
)

// Central is the name in the certificate of the central server.
const Central = "central"

// Platform is the name in the certificate of a delivery platform, by its number
// as an issuer.
func Platform(issuer uint32) string { return fmt.Sprintf("platform-%d", issuer) }

// Gate is one gate of the fleet.
type Gate struct {
	ID   string // the name in its certificate
	Site uint32
}

// Fleet is who may connect.
type Fleet struct {
	Gates     []Gate
	Platforms []string // by name
}

// Settings say where the broker finds what. Paths are absolute, and those of the
// machine on which the broker runs.
type Settings struct {
	Prefix       string // of all topics, without a slash at its end
	At           string // the folder with acl, ca.pem, broker.pem, broker.key and, as needed, crl.pem and passwords
	State        string // the folder where the broker keeps what is retained
	Host         string // what it listens at; empty: everywhere
	Port         int    // for clients with certificates
	PasswordPort int    // for clients with user name and password; 0: none
	Revoked      bool   // crl.pem is there: certificates that are withdrawn are refused
}

// Files are the two that are generated, by their names in [Settings.At].
type Files struct {
	Conf []byte // mosquitto.conf
	ACL  []byte // acl
}

//go:embed mosquitto.conf.tmpl
var confText string

//go:embed acl.tmpl
var aclText string

var texts = template.Must(template.Must(template.New("conf").Parse(confText)).New("acl").Parse(aclText))

// words are what may stand in a topic or path of these files: Mosquitto cuts
// lines at spaces and knows no quoting, and a wildcard would widen a right.
var words = regexp.MustCompile(`^[A-Za-z0-9._/@:-]+$`)

// Generate makes the files. It refuses names that would mean more than they
// should.
func Generate(f Fleet, s Settings) (Files, error) {
	if err := s.check(); err != nil {
		return Files{}, err
	}
	for _, g := range f.Gates {
		if g.ID == Central || strings.HasPrefix(g.ID, "platform-") || !words.MatchString(g.ID) || strings.Contains(g.ID, "/") {
			return Files{}, fmt.Errorf("a gate must not be called %q: the broker would give it another's rights", g.ID)
		}
	}
	in := struct {
		Fleet
		Settings
		Connections, QueuedMessages, QueuedBytes int
	}{f, s, 2*len(f.Gates) + 100, max(20_000, 20*len(f.Gates)), max(64<<20, len(f.Gates)<<16)}
	var conf, acl bytes.Buffer
	if err := texts.ExecuteTemplate(&conf, "conf", in); err != nil {
		return Files{}, fmt.Errorf("write broker's configuration: %w", err)
	}
	if err := texts.ExecuteTemplate(&acl, "acl", in); err != nil {
		return Files{}, fmt.Errorf("write broker's access list: %w", err)
	}
	return Files{conf.Bytes(), acl.Bytes()}, nil
}

func (s Settings) check() error {
	for _, text := range []string{s.Prefix, s.At, s.State, cmp.Or(s.Host, "localhost")} {
		if !words.MatchString(text) {
			return fmt.Errorf("%q cannot stand in Mosquitto's files: only letters, digits and ._/@:- can", text)
		}
	}
	if !filepath.IsAbs(s.At) || !filepath.IsAbs(s.State) {
		return fmt.Errorf("%s and %s must be absolute: Mosquitto takes them from where it was started", s.At, s.State)
	}
	if s.Port < 1 || s.Port > 65535 || s.PasswordPort < 0 || s.PasswordPort > 65535 || s.Port == s.PasswordPort {
		return fmt.Errorf("ports are 1 to 65535, and two that differ, not %d and %d", s.Port, s.PasswordPort)
	}
	return nil
}

// Write writes the files into dir, each whole or not at all: a broker that reads
// them meanwhile reads the old or the new. What else lies there stays.
func (f Files) Write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // the broker's user must read it
		return fmt.Errorf("make folder: %w", err)
	}
	for _, file := range []struct {
		name string
		text []byte
	}{{"mosquitto.conf", f.Conf}, {"acl", f.ACL}} {
		path := filepath.Join(dir, file.name)
		if err := os.WriteFile(path+".new", file.text, 0o644); err != nil { //nolint:gosec // no secret, and the broker's user must read it
			return fmt.Errorf("write broker's files: %w", err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			return fmt.Errorf("write broker's files: %w", err)
		}
	}
	return nil
}
