package scanner

import (
	"log/slog"
	"maps"
	"slices"
	"strings"

	"gated/gate"
)

// Config is one scanner, as the configuration names it.
type Config struct {
	Kind    string       // "serial", which is also meant by nothing
	Device  string       // path of the port, best one of /dev/serial/by-path: it is opened anew by this name
	Baud    string       // "auto", which is also meant by nothing, or a speed in bits a second
	Profile string       // the module's make: "gm65", or "plain", which is also meant by nothing: sends codes and is asked nothing
	Log     *slog.Logger // nil: silent
}

var kinds = []string{"serial"}

// Check says what is wrong with the configuration and what is allowed instead,
// or nil. It opens nothing.
func Check(c Config) error {
	if err := known("kind", c.Kind, kinds); err != nil {
		return err
	}
	if err := known("profile", c.Profile, slices.Sorted(maps.Keys(profiles))); err != nil {
		return err
	}
	if c.Device == "" {
		return gate.Say("device 未填；请写扫码器的端口，最好是 /dev/serial/by-path 下的名称", "read device: it is empty; name the scanner's port, best one of /dev/serial/by-path").Trouble(nil)
	}
	bauds, err := parseBaud(c.Baud)
	if p := profiles[c.Profile]; err == nil && p != nil && len(bauds) == 1 && !slices.Contains(p.speeds(), bauds[0]) {
		return gate.Say("baud %q：profile 为 %q 的模块不支持这个速率；请写 \"auto\" 或 %s 之一", "read baud %q: a module of profile %q cannot do that; write \"auto\" or one of %s", c.Baud, c.Profile, list(p.speeds())).Trouble(nil)
	}
	return err
}

// New returns the scanner of that configuration, or the error of [Check]. It
// opens nothing: a port that is missing is found by [Serial.Run], which waits
// for it.
func New(c Config) (*Serial, error) {
	if err := Check(c); err != nil {
		return nil, err
	}
	bauds, err := parseBaud(c.Baud)
	if err != nil {
		return nil, err
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Serial{
		device: c.Device, bauds: bauds, profile: profiles[c.Profile], want: bauds[len(bauds)-1],
		log: c.Log, open: OpenPort, every: readBack, again: again,
	}
	s.fault, s.cause = gate.Say("%s 还没有打开：本通道读不到码，稍候。", "%s is not open yet: no code can be read at this lane. Wait a moment.", c.Device), NotOpenYet
	return s, nil
}

// known refuses a word that is not in the list. No word is fine.
func known(key, word string, list []string) error {
	if word == "" || slices.Contains(list, word) {
		return nil
	}
	return gate.Say("%s %q：不认识；请写 %s 之一", "read %s %q: it is not known; write one of %s", key, word, strings.Join(list, ", ")).Trouble(nil)
}
