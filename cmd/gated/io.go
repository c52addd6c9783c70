package main

import (
	"time"

	"gated/drivers/door"
	"gated/local"
)

// io is every wire of the box as it is now.
func (b *box) io(lanes []*lane, w *boxWires) local.IO {
	s := local.IO{At: time.Now(), Running: true, Lines: []local.Line{}}
	for i, l := range lanes {
		s.Lines = append(s.Lines, relayLine(&b.cfg.Lanes[i], l.door.Story()))
		s.Lines = append(s.Lines, laneInputs(&b.cfg.Lanes[i], l.contact, l.exit)...)
	}
	s.Lines = append(s.Lines, boxInputs(&b.cfg.Inputs, w)...)
	return s
}

// relayLine is a lane's relay.
func relayLine(cfg *LaneConfig, s door.Story) local.Line {
	line := storyLine(cfg.Door.Relay, cfg.Door.Active == "low", s, s)
	line.Lane, line.Name = cfg.Name, "relay"
	return line
}

// laneInputs are the wires that a lane's door hears, as far as there are any.
func laneInputs(cfg *LaneConfig, contact, exit *door.Input) (lines []local.Line) {
	for _, wire := range []struct {
		name string
		cfg  InputConfig
		in   *door.Input
	}{{"contact", cfg.Door.Contact, contact}, {"exit_button", cfg.Door.ExitButton, exit}} {
		if wire.in != nil {
			line := inputLine(wire.cfg, wire.in)
			line.Lane, line.Name = cfg.Name, wire.name
			lines = append(lines, line)
		}
	}
	return lines
}

// boxInputs are the wires of the box, as far as there are any.
func boxInputs(cfg *InputsConfig, w *boxWires) (lines []local.Line) {
	ins := map[string]*door.Input{"fire": w.fire, "tamper": w.tamper, "mains": w.mains}
	for _, i := range cfg.all() {
		if in := ins[i.key]; in != nil {
			line := inputLine(i.InputConfig, in)
			line.Name = i.key
			lines = append(lines, line)
		}
	}
	return lines
}

func inputLine(cfg InputConfig, in *door.Input) local.Line {
	raw, taken := in.Stories()
	return storyLine(cfg.Line, cfg.Active != "high", raw, taken)
}

// storyLine is a line in the socket's words; low: it is active at the low level.
func storyLine(name string, low bool, raw, taken door.Story) local.Line {
	line := local.Line{
		Line: name, Level: "low", Raw: raw.On, Active: taken.On,
		Edges: raw.Count, Rate: raw.Second, Changes: taken.Count, Recent: []local.Change{},
	}
	if raw.On != low {
		line.Level = "high"
	}
	if n := len(raw.Last); n > 0 {
		line.Last = &local.Change{At: raw.Last[n-1].At, Active: raw.Last[n-1].On}
	}
	for _, c := range taken.Last {
		line.Recent = append(line.Recent, local.Change{At: c.At, Active: c.On})
	}
	return line
}
