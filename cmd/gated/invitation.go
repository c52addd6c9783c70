package main

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"regexp"
	"time"

	"github.com/pelletier/go-toml/v2"

	"gated/verify/enrolment"
)

// invitation is the file that gate-central gate add writes: a configuration, and
// after it the section [enrol], which does not become part of it.
type invitation struct {
	config []byte // the text of the configuration
	cfg    *Config
	url    string // where to enrol; empty: by files alone
	token  []byte
	ca     *x509.Certificate
	caText []byte // PEM
}

// enrolSection is [enrol] in the file.
type enrolSection struct {
	Enrol struct {
		URL   string    `toml:"url"`
		Token string    `toml:"token"`
		Until time.Time `toml:"until"` // for people: a box does not know the time
		CA    string    `toml:"ca"`
	} `toml:"enrol"`
}

// enrolHeading begins the section, with the comment before it.
var enrolHeading = regexp.MustCompile(`(?m)(^#.*\n)*^\[enrol\]\s*$`)

// readInvitation reads the file, which somebody may have edited on any PC, and
// checks the configuration in it, but for the files that are not there yet.
func readInvitation(file string) (*invitation, error) {
	data, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("read the file to enrol with: %w", err)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // as some editors put it
	at := enrolHeading.FindIndex(data)
	if at == nil {
		return nil, fmt.Errorf("%s: it has no section [enrol]: it is not a file of gate-central gate add, or was used already", file)
	}
	i := &invitation{config: append(bytes.TrimRight(data[:at[0]], "\r\n"), '\n')}
	if err := i.section(file, data[at[0]:]); err != nil {
		return nil, err
	}
	if i.cfg, err = decodeConfig(file, i.config); err != nil {
		return nil, err
	}
	orElse(&i.cfg.MQTT.CA, i.cfg.Gate.StateDir+"/ca.pem")
	orElse(&i.cfg.MQTT.Cert, i.cfg.Gate.StateDir+"/gate.pem")
	orElse(&i.cfg.MQTT.Key, i.cfg.Gate.StateDir+"/tls.key")
	later := *i.cfg
	later.MQTT.CA, later.MQTT.Cert, later.MQTT.Key = "", "", ""
	return i, later.problems(file, i.config)
}

// section reads [enrol].
func (i *invitation) section(file string, data []byte) error {
	var s enrolSection
	if err := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields().Decode(&s); err != nil {
		return fmt.Errorf("%s: the section [enrol] is not as it was written: %w", file, err)
	}
	token, err := base64.StdEncoding.DecodeString(s.Enrol.Token)
	if err == nil && len(token) != enrolment.TokenBytes {
		err = fmt.Errorf("it has %d bytes", len(token))
	}
	if err != nil {
		return fmt.Errorf("%s: the token is not as it was written: %w", file, err)
	}
	block, _ := pem.Decode([]byte(s.Enrol.CA))
	if block == nil {
		return fmt.Errorf("%s: ca is not as it was written: no certificate in it", file)
	}
	ca, err := x509.ParseCertificate(block.Bytes)
	if err == nil && !ca.IsCA {
		err = errors.New("it is no authority's")
	}
	if err != nil {
		return fmt.Errorf("%s: ca is not as it was written: %w", file, err)
	}
	i.url, i.token, i.ca, i.caText = s.Enrol.URL, token, ca, pem.EncodeToMemory(block)
	return nil
}
