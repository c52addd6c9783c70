package main

// Config is the whole of gated.toml. The toml names are fixed: property managers
// have files of them.
type Config struct {
	Gate  GateConfig  `toml:"gate"`
	Trust TrustConfig `toml:"trust"`
	MQTT  MQTTConfig  `toml:"mqtt"`
	Clock ClockConfig `toml:"clock"`

	Journal JournalConfig `toml:"journal"`
	Lanes   []LaneConfig  `toml:"lane"`
	Inputs  InputsConfig  `toml:"inputs"`
}

// InputsConfig is what the box as a whole is told by its wires.
type InputsConfig struct {
	Kind   string      `toml:"kind"`   // gpio (default) or sim
	Chip   string      `toml:"chip"`   // gpio: chip's label, of those that name none
	Fire   InputConfig `toml:"fire"`   // active: fire; every door is released
	Tamper InputConfig `toml:"tamper"` // active: the housing is open
	Mains  InputConfig `toml:"mains"`  // active: there is mains
}

// InputConfig is one input.
type InputConfig struct {
	Line   string `toml:"line"`   // gpio: line, by name or number; sim: file that holds 0 or 1
	Chip   string `toml:"chip"`   // gpio: chip's label
	Active string `toml:"active"` // low (default) or high: the wire's level that means yes
	Pull   string `toml:"pull"`   // gpio: up (default), down or none
}

// GateConfig is the box itself.
type GateConfig struct {
	ID       string `toml:"id"`        // [a-z0-9][a-z0-9-]{0,62}
	Site     uint32 `toml:"site"`      // number of the community, 1 to 4294967294
	StateDir string `toml:"state_dir"` // default /var/lib/gated
	Language string `toml:"language"`  // zh or en; default en
	Socket   string `toml:"socket"`    // of the commands; default /run/gated/gated.sock
}

// TrustConfig is who is believed before the first trust list.
type TrustConfig struct {
	Roots     []string `toml:"roots"`     // verifier keys
	Threshold int      `toml:"threshold"` // how many of them must sign; default 1
}

// MQTTConfig is the way to the broker. Without a broker the box works alone.
type MQTTConfig struct {
	Broker       string `toml:"broker"` // tcp, tls, ws or wss URL
	Prefix       string `toml:"prefix"` // default gated/v1
	CA           string `toml:"ca"`     // file
	Cert         string `toml:"cert"`   // file
	Key          string `toml:"key"`    // file
	Username     string `toml:"username"`
	PasswordFile string `toml:"password_file"`
	Metered      bool   `toml:"metered"` // mobile data: fewer checkpoints
}

// ClockConfig is who keeps the time.
type ClockConfig struct {
	Trust string `toml:"trust"` // kernel (default) or always
}

// JournalConfig is how long what was recorded is kept.
type JournalConfig struct {
	PersonsDays int `toml:"persons_days"` // who it was; default 30
	LeavesDays  int `toml:"leaves_days"`  // everything else, once cosigned; default 400
	SizeMB      int `toml:"size_mb"`      // of the database, above which cosigned records go earlier; default 1024
	MostMB      int `toml:"most_mb"`      // above which records go that nobody has cosigned; default 2048
}

// LaneConfig is one lane.
type LaneConfig struct {
	Name      string        `toml:"name"`
	Direction string        `toml:"direction"` // in, out or both
	Airlock   string        `toml:"airlock"`   // lanes of one name open one at a time
	Scanner   ScannerConfig `toml:"scanner"`
	Door      DoorConfig    `toml:"door"`
	Signal    SignalConfig  `toml:"signal"`
}

// ScannerConfig is a QR scanner.
type ScannerConfig struct {
	Kind    string `toml:"kind"`    // serial
	Device  string `toml:"device"`  // a stable name: /dev/serial/by-path/…
	Baud    string `toml:"baud"`    // a number in quotes, or auto (default)
	Profile string `toml:"profile"` // plain (default) or gm65
}

// DoorConfig is a door's relay.
type DoorConfig struct {
	Kind    string `toml:"kind"`   // gpio or sim
	Relay   string `toml:"relay"`  // gpio: line, by name or number
	Chip    string `toml:"chip"`   // gpio: chip's label; default the first that has the line
	Active  string `toml:"active"` // high (default) or low
	Trace   string `toml:"trace"`  // sim: file that gets a line at each edge
	Mode    string `toml:"mode"`   // hold (default) or impulse
	Pulse   string `toml:"pulse"`  // this and the next two: durations, as "3s"
	Longest string `toml:"longest"`
	Gap     string `toml:"gap"`

	Contact    InputConfig `toml:"contact"`     // active: the door is shut
	ExitButton InputConfig `toml:"exit_button"` // active: pressed
	Step       bool        `toml:"step"`        // impulse: none while the contact says open
	HeldOpen   string      `toml:"held_open"`   // duration
	PreAlarm   string      `toml:"pre_alarm"`   // duration
}

// SignalConfig is what tells the rider.
type SignalConfig struct {
	Kind   string `toml:"kind"` // gpio, voice, sim, none (default), or several joined by +
	Green  string `toml:"green"`
	Red    string `toml:"red"`
	Buzzer string `toml:"buzzer"`
	Chip   string `toml:"chip"`
	Device string `toml:"device"` // voice: its port
	Module string `toml:"module"` // voice: xfs5152 or syn6288
	Baud   string `toml:"baud"`   // voice: default the factory's
	Trace  string `toml:"trace"`  // sim: file that gets a line at each verdict
}

// setDefaults fills in what was left out.
func (c *Config) setDefaults() {
	orElse(&c.Gate.StateDir, "/var/lib/gated")
	orElse(&c.Gate.Language, "en")
	orElse(&c.Gate.Socket, "/run/gated/gated.sock")
	orElse(&c.MQTT.Prefix, "gated/v1")
	orElse(&c.Clock.Trust, "kernel")
	orElse(&c.Journal.PersonsDays, 30)
	orElse(&c.Journal.LeavesDays, 400)
	orElse(&c.Journal.SizeMB, 1024)
	orElse(&c.Journal.MostMB, 2048)
	if c.Trust.Threshold == 0 {
		c.Trust.Threshold = 1
	}
	orElse(&c.Inputs.Kind, "gpio")
	for i := range c.Lanes {
		l := &c.Lanes[i]
		orElse(&l.Scanner.Kind, "serial")
		orElse(&l.Scanner.Baud, "auto")
		orElse(&l.Door.Active, "high")
		orElse(&l.Signal.Kind, "none")
	}
}

func orElse[T comparable](v *T, def T) {
	if zero := *new(T); *v == zero {
		*v = def
	}
}

func pick[T any](cond bool, yes, no T) T {
	if cond {
		return yes
	}
	return no
}
