package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/pelletier/go-toml/v2"

	"gated/verify/document"
)

// notShown stands for a value that is set and may be known to nobody but the box.
const notShown = "(set; not shown)"

// shown are the keys of the configuration whose values may leave the box, and in
// which form: the form gives what is shown, or empty if this value is not known
// to be harmless. A key that is not here is not shown, so that a new one is a
// secret until somebody has thought about it. A table has the same name wherever
// it stands.
var shown = map[string]func(string) string{
	"gate.id": like(validName), "gate.site": number, "gate.state_dir": ownPath, "gate.language": oneOf("zh", "en"), "gate.socket": ownPath,
	"trust.roots": publicKey, "trust.threshold": number,
	"mqtt.broker": address, "mqtt.prefix": oneOf("gated/v1"), "mqtt.metered": truth,
	"mqtt.ca": ownPath, "mqtt.cert": ownPath, "mqtt.key": ownPath, "mqtt.password_file": ownPath,
	"clock.trust": oneOf("kernel", "always"), "metrics.listen": like(hostName),
	"journal.persons_days": number, "journal.leaves_days": number, "journal.size_mb": number, "journal.most_mb": number,
	"lane.name": like(validName), "lane.direction": oneOf("in", "out", "both"), "lane.airlock": like(validName),
	"scanner.kind": oneOf("serial"), "scanner.device": port, "scanner.baud": like(baud), "scanner.profile": oneOf("plain", "gm65"),
	"door.kind": oneOf("gpio", "sim"), "door.relay": pin, "door.chip": chip, "door.active": oneOf("high", "low"), "door.trace": ownPath,
	"door.mode": oneOf("hold", "impulse"), "door.step": truth, "door.pulse": duration, "door.longest": duration, "door.gap": duration,
	"door.held_open": duration, "door.pre_alarm": duration,
	"signal.kind": like(signalKind), "signal.green": pin, "signal.red": pin, "signal.buzzer": pin, "signal.chip": chip,
	"signal.device": port, "signal.module": oneOf("xfs5152", "syn6288"), "signal.baud": like(baud), "signal.trace": ownPath,
	"inputs.kind": oneOf("gpio", "sim"), "inputs.chip": chip,
	"input.line": pin, "input.chip": chip, "input.active": oneOf("high", "low"), "input.pull": oneOf("up", "down", "none"),
}

var (
	baud       = regexp.MustCompile(`^(?:auto|[0-9]{3,6})$`)
	signalKind = regexp.MustCompile(`^(?:gpio|voice|sim|none)(?:\+(?:gpio|voice|sim))*$`)
	goodPin    = regexp.MustCompile(`^(?:GPIO[0-9]{1,3}|[0-9]{1,3})$`)
	chipName   = regexp.MustCompile(`^(?:pinctrl-(?:bcm[0-9]{4}|rp1)|gpiochip[0-9]{1,3}|raspberrypi-exp-gpio|gpio-sim\.[0-9-]+)$`)
	portName   = regexp.MustCompile(`^/dev/(?:serial/by-(?:path|id)/[A-Za-z0-9_.:-]+|tty[A-Z]{1,4}[0-9]{1,3}|serial[0-9])$`)
	hostName   = regexp.MustCompile(`^[A-Za-z0-9.:-]+$`)
	ourPath    = regexp.MustCompile(`^/(?:etc|var/lib|run)/gated(?:/(?:(?:ca|cert|client|gate|gated|key|mqtt|password|tls)[.-]?)*(?:crt|key|pem|sock|toml|txt)?)?$`)
)

func like(r *regexp.Regexp) func(string) string {
	return func(s string) string { return pick(r.MatchString(s), s, "") }
}

func oneOf(words ...string) func(string) string {
	return func(s string) string { return pick(slices.Contains(words, s), s, "") }
}

func number(s string) string  { _, err := strconv.ParseUint(s, 10, 32); return pick(err == nil, s, "") }
func truth(s string) string   { return oneOf("true", "false")(s) }
func pin(s string) string     { return like(goodPin)(s) }
func chip(s string) string    { return like(chipName)(s) }
func port(s string) string    { return like(portName)(s) }
func ownPath(s string) string { return like(ourPath)(s) }

func duration(s string) string { _, err := time.ParseDuration(s); return pick(err == nil, s, "") }

// publicKey is a verifier key's name and hash, by which people compare it.
func publicKey(s string) string {
	if _, err := document.ParseKey(s); err != nil {
		return ""
	}
	name, rest, _ := strings.Cut(s, "+")
	hash, _, _ := strings.Cut(rest, "+")
	return like(validName)(name) + "+" + hash + "+…"
}

// address is a broker's, without anything that could let somebody in.
func address(s string) string {
	u, err := url.Parse(s)
	if err != nil || !hostName.MatchString(u.Host) || !slices.Contains([]string{"tcp", "tls", "ws", "wss"}, u.Scheme) {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// setting is one key of the configuration that has a value.
type setting struct {
	key   string // in full: lane[0].door.relay
	value string
	shown string // empty: not known to be harmless
}

// settings are those of the configuration, defaults included.
func (c *Config) settings() (all []setting) {
	collect(reflect.ValueOf(c).Elem(), "", "", &all)
	return all
}

// collect walks a table whose full name is at, and whose short one is in shown.
func collect(v reflect.Value, at, short string, all *[]setting) {
	for f, field := range v.Fields() {
		name := f.Tag.Get("toml")
		key := strings.TrimPrefix(at+"."+name, ".")
		table := pick(f.Type == reflect.TypeFor[InputConfig](), "input", name)
		switch {
		case field.Kind() == reflect.Struct:
			collect(field, key, table, all)
		case field.Kind() == reflect.Slice && field.Type().Elem().Kind() == reflect.Struct:
			for i := range field.Len() {
				collect(field.Index(i), fmt.Sprintf("%s[%d]", key, i), table, all)
			}
		case field.Kind() == reflect.Slice:
			for i := range field.Len() {
				*all = append(*all, judged(fmt.Sprintf("%s[%d]", key, i), short+"."+name, field.Index(i)))
			}
		case !field.IsZero():
			*all = append(*all, judged(key, short+"."+name, field))
		}
	}
}

// judged is one setting with what may be seen of it.
func judged(key, short string, v reflect.Value) setting {
	s := setting{key: key, value: fmt.Sprint(v.Interface())}
	if form := shown[short]; form != nil {
		s.shown = form(s.value)
	}
	return s
}

// shownConfig is a configuration for somebody far away, and of which values it is
// to be kept that they are in nothing else that he gets.
type shownConfig struct {
	Config  // as far as it could be read
	text    string
	secrets []string
	kept    []string
}

// showConfig reads a configuration as far as that can be done.
func showConfig(file string) (c shownConfig, err error) {
	data, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return c, fmt.Errorf("read configuration: %w", err)
	}
	err = toml.Unmarshal(data, &c.Config) // what is unknown in it is not shown, and no fault here
	if err != nil {
		c.salvage(string(data))
	}
	c.setDefaults()
	for _, s := range c.settings() {
		c.text += fmt.Sprintf("%s = %s%s\n", s.key, cmp.Or(s.shown, notShown), fileWords(s.key, s.value))
		if s.shown != s.value {
			c.secrets = append(c.secrets, s.value)
			if u, err := url.Parse(s.value); err == nil && u.User != nil {
				password, _ := u.User.Password()
				c.secrets = append(c.secrets, u.User.Username(), password)
			}
		} else {
			c.kept = append(c.kept, s.value)
		}
	}
	for _, m := range quotedText.FindAllStringSubmatch(string(data), -1) { // also what could not be decoded
		c.secrets = append(c.secrets, m[1]+m[2])
	}
	for _, name := range []string{c.MQTT.PasswordFile, c.MQTT.Key, c.Gate.StateDir + "/gate.key"} {
		inside, _ := os.ReadFile(name) //nolint:gosec // the configuration names it; who may not read it cannot tell it either
		c.secrets = append(c.secrets, strings.Split(string(inside), "\n")...)
	}
	if err != nil {
		err = errors.New("the configuration is no TOML: gated check says where")
	}
	return c, err
}

// salvage takes from a text that is no TOML those lines of [gate] that are: they
// say where records and daemon are.
func (c *Config) salvage(text string) {
	table := ""
	for line := range strings.Lines(text) {
		switch line = strings.TrimSpace(line); {
		case strings.HasPrefix(line, "["):
			table = line
		case strings.HasPrefix(table, "[gate]"):
			good := c.Gate
			one := struct {
				Gate *GateConfig `toml:"gate"`
			}{&good}
			if toml.Unmarshal([]byte("[gate]\n"+line), &one) == nil {
				c.Gate = good
			}
		}
	}
}

var quotedText = regexp.MustCompile(`"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'`)

// fileWords says of a file that a key names what can be seen from outside.
func fileWords(key, name string) string {
	if !slices.Contains([]string{"mqtt.ca", "mqtt.cert", "mqtt.key", "mqtt.password_file"}, key) {
		return ""
	}
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "  # is not there"
	case err != nil:
		return "  # cannot be looked at by this user"
	}
	owner := ""
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		owner = fmt.Sprintf(", uid %d, gid %d", st.Uid, st.Gid)
	}
	return fmt.Sprintf("  # a file of %d bytes, %s%s", info.Size(), info.Mode(), owner)
}

// shownProblem is what gated check says of a configuration, without what it quotes
// of it.
func shownProblem(sentence string, kept []string) string {
	return quotedText.ReplaceAllStringFunc(sentence, func(q string) string {
		inner := strings.Trim(q, `"'`)
		if slices.Contains(kept, inner) || slices.Contains(keyWords(), inner) {
			return q
		}
		return `"` + removed + `"`
	})
}

// keyWords are the words that a configuration is made of.
func keyWords() []string {
	words := []string{"zh", "en", "kernel", "always", "in", "out", "both", "high", "low", "up", "down", "none", "3s", "500ms", "1m"}
	for key := range shown {
		table, name, _ := strings.Cut(key, ".")
		words = append(words, table, name)
	}
	return append(words, "username", "contact", "exit_button", "fire", "tamper", "mains")
}
