package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	"gated/drivers/scanner"
	"gated/drivers/signal"
	"gated/gate"
	"gated/verify/document"
)

// keyed is a problem before its line is known.
type keyed struct{ key, text string }

// findings collects problems while the parts of a configuration are looked at.
type findings []keyed

func (f *findings) add(key, format string, args ...any) {
	for i, a := range args {
		if err, ok := a.(error); ok {
			args[i] = sentence(err, terminalLanguage())
		}
	}
	*f = append(*f, keyed{key, fmt.Sprintf(format, args...)})
}

// longestSocket is how long a socket's name may be in bytes (unix(7)).
const longestSocket = 107

var validName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// check lists what is wrong with a configuration that could be read. It touches
// no device.
func (c *Config) check() findings {
	var f findings
	c.checkGate(&f)
	c.checkTrust(&f)
	c.checkMQTT(&f)
	c.checkJournal(&f)
	c.checkMetrics(&f)
	if c.Clock.Trust != "kernel" && c.Clock.Trust != "always" {
		f.add("clock.trust", `%q is neither "kernel" (a board) nor "always" (somebody else keeps the clock)`, c.Clock.Trust)
	}
	if len(c.Lanes) == 0 {
		f.add("", "no [[lane]]: the box has no door to open; add one with name, direction, scanner and door")
	}
	for i := range c.Lanes {
		c.checkLane(&f, i)
	}
	c.checkInputs(&f)
	c.checkAirlocks(&f)
	c.checkLines(&f)
	return f
}

func (c *Config) checkGate(f *findings) {
	if !validName.MatchString(c.Gate.ID) {
		f.add("gate.id", "%q is no gate id: 1 to 63 of a-z, 0-9 and -, beginning with a letter or digit", c.Gate.ID)
	}
	if c.Gate.Site == 0 || c.Gate.Site == 0xFFFFFFFF {
		f.add("gate.site", "%d is no community's number: ask the central server's operator for yours", c.Gate.Site)
	}
	if n := len(c.Gate.Socket); n > longestSocket {
		f.add("gate.socket", "a name of %d bytes is longer than the %d bytes that the kernel takes for a socket: choose a shorter one", n, longestSocket)
	}
	if c.Gate.Language != "zh" && c.Gate.Language != "en" {
		f.add("gate.language", `%q is neither "zh" nor "en"`, c.Gate.Language)
	}
}

func (c *Config) checkTrust(f *findings) {
	if len(c.Trust.Roots) == 0 {
		f.add("trust.roots", "no root key: the box would believe nobody; copy the line that gate-central roots prints")
	}
	var keys []document.Key
	for _, text := range c.Trust.Roots {
		k, err := document.ParseKey(text)
		if err != nil {
			f.add("trust.roots", "%q is no verifier key: %v; copy the line that gate-central roots prints", text, err)
			continue
		}
		if slices.ContainsFunc(keys, k.Same) {
			f.add("trust.roots", "%q is there twice: each root counts once", k.Name)
		}
		keys = append(keys, k)
	}
	if c.Trust.Threshold < 1 || c.Trust.Threshold > max(1, len(c.Trust.Roots)) {
		f.add("trust.threshold", "%d of %d roots cannot be asked for: use 1 to %[2]d", c.Trust.Threshold, len(c.Trust.Roots))
	}
}

func (c *Config) checkMQTT(f *findings) {
	if c.MQTT.Broker == "" {
		return // a box may work alone; it is fed with gated import
	}
	known := len(*f)
	u, err := url.Parse(c.MQTT.Broker)
	switch {
	case err == nil && u.User != nil: // and the address is not repeated
		f.add("mqtt.broker", "a name and password do not belong into the address: use username and password_file")
	case err != nil || u.Host == "" || !slices.Contains([]string{"tcp", "tls", "ws", "wss"}, u.Scheme):
		f.add("mqtt.broker", "%q is no broker's address: write tls://name:8883, tcp://name:1883, ws:// or wss://", c.MQTT.Broker)
	}
	if (c.MQTT.Cert == "") != (c.MQTT.Key == "") {
		f.add("mqtt", "cert and key belong together: name both files or neither")
	}
	ours := true // the files are for us to read: a technician of the group may ask, and not read the daemon's keys
	for key, file := range map[string]string{"ca": c.MQTT.CA, "cert": c.MQTT.Cert, "key": c.MQTT.Key, "password_file": c.MQTT.PasswordFile} {
		r, err := os.Open(file) //nolint:gosec // the operator names the file
		switch {
		case file == "":
		case errors.Is(err, os.ErrPermission) && os.Geteuid() != 0:
			ours = false
		case err != nil:
			f.add("mqtt."+key, "file cannot be used: %v", err)
		default:
			_ = r.Close()
		}
	}
	if len(*f) == known && ours {
		if err := c.broker().Check(); err != nil {
			f.add("mqtt", "%v", err)
		}
	}
	if strings.ContainsAny(c.MQTT.Prefix, "+#") || strings.HasSuffix(c.MQTT.Prefix, "/") {
		f.add("mqtt.prefix", "%q is no topic prefix: it may not hold + or # nor end with /", c.MQTT.Prefix)
	}
}

func (c *Config) checkLane(f *findings, i int) {
	l, at := &c.Lanes[i], laneKey(i)
	if !validName.MatchString(l.Name) {
		f.add(at+".name", "%q is no lane's name: 1 to 63 of a-z, 0-9 and -", l.Name)
	}
	for _, other := range c.Lanes[:i] {
		if other.Name == l.Name {
			f.add(at+".name", "%q is the name of another lane: give each its own", l.Name)
		}
		if other.Scanner.Device == l.Scanner.Device {
			f.add(at+".scanner.device", "%s is the scanner of lane %q already", l.Scanner.Device, other.Name)
		}
	}
	for j, other := range c.Lanes {
		if d := l.Signal.Device; d != "" && (d == other.Scanner.Device || j < i && d == other.Signal.Device) {
			f.add(at+".signal.device", "%s is a port of lane %q already: the voice needs one of its own", d, other.Name)
		}
	}
	switch gate.Direction(l.Direction) {
	case gate.In, gate.Out, gate.Both:
	default:
		f.add(at+".direction", `%q is no direction: write "in", "out" or "both"`, l.Direction)
	}
	checkDoor(f, l, at)
	if err := signal.Check(l.signal(gate.Language(c.Gate.Language), nil)); err != nil {
		f.add(at+".signal", "%v", err)
	}
	if err := scanner.Check(l.scanner(nil)); err != nil {
		f.add(at+".scanner", "%v", err)
	}
}
