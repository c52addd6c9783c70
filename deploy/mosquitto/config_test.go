package mosquitto_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gated/deploy/mosquitto"
)

var update = flag.Bool("update", false, "write example/ anew")

// plain are settings as gate-central broker-config has them.
func plain() mosquitto.Settings {
	return mosquitto.Settings{Prefix: "gated/v1", At: "/etc/mosquitto", State: "/var/lib/mosquitto", Port: 8883, PasswordPort: 8884, Revoked: true}
}

// TestExampleIsWhatIsGenerated: what a reader sees in example/ is what he gets.
func TestExampleIsWhatIsGenerated(t *testing.T) {
	got, err := mosquitto.Generate(fleet, plain())
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := got.Write("example"); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string][]byte{"mosquitto.conf": got.Conf, "acl": got.ACL} {
		want, err := os.ReadFile("example/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(text)); diff != "" {
			t.Errorf("%s differs, go test -update writes it:\n%s", name, diff)
		}
	}
}

// TestNamesThatMeanMore: nothing that is generated may give a right that nobody
// meant.
func TestNamesThatMeanMore(t *testing.T) {
	for _, row := range []struct {
		what   string
		gate   string
		change func(*mosquitto.Settings)
	}{
		{"a gate called as the central server", "central", nil},
		{"a gate called as a platform", "platform-7", nil},
		{"a gate of every name", "+", nil},
		{"a gate that is two levels", "east/1", nil},
		{"a gate with a line of its own", "east\ntopic readwrite #", nil},
		{"a gate without a name", "", nil},
		{"a prefix with a wildcard", "east-1", func(s *mosquitto.Settings) { s.Prefix = "gated/+" }},
		{"a prefix with a space", "east-1", func(s *mosquitto.Settings) { s.Prefix = "gated v1" }},
		{"a folder with a space", "east-1", func(s *mosquitto.Settings) { s.At = "/etc/my mosquitto" }},
		{"a folder from anywhere", "east-1", func(s *mosquitto.Settings) { s.At = "etc" }},
		{"an address with a space", "east-1", func(s *mosquitto.Settings) { s.Host = "0.0.0.0 x" }},
		{"no port", "east-1", func(s *mosquitto.Settings) { s.Port = 0 }},
		{"one port for both", "east-1", func(s *mosquitto.Settings) { s.PasswordPort = s.Port }},
	} {
		s := plain()
		if row.change != nil {
			row.change(&s)
		}
		if f, err := mosquitto.Generate(mosquitto.Fleet{Gates: []mosquitto.Gate{{ID: row.gate, Site: 1}}}, s); err == nil {
			t.Errorf("%s: not refused, but\n%s", row.what, f.ACL)
		}
	}
}

// TestRoomGrowsWithTheFleet: ten thousand gates that come back at once.
func TestRoomGrowsWithTheFleet(t *testing.T) {
	f, err := mosquitto.Generate(mosquitto.Fleet{Gates: make10000()}, plain())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"max_connections 20100\n", "max_queued_messages 200000\n", "max_queued_bytes 655360000\n"} {
		if !strings.Contains(string(f.Conf), want) {
			t.Errorf("no %q in\n%s", want, f.Conf)
		}
	}
}

func make10000() []mosquitto.Gate {
	all := make([]mosquitto.Gate, 10_000)
	for i := range all {
		all[i] = mosquitto.Gate{ID: "east-" + strings.Repeat("1", 1+i%9), Site: 1}
	}
	return all
}
