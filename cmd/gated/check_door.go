package main

import (
	"fmt"
	"strings"
	"time"

	"gated/drivers/door"
	"gated/gate"
)

// checkDoor looks at a lane's door: its relay, its times, its wires.
func checkDoor(f *findings, l *LaneConfig, at string) {
	checkTiming(f, l, at)
	if err := door.Check(l.door()); err != nil {
		f.add(at+".door", text("%v", "%v", err))
	}
	checkInput(f, at+".door.contact", l.Door.Contact, l.Door.Kind, l.Door.Chip)
	checkInput(f, at+".door.exit_button", l.Door.ExitButton, l.Door.Kind, l.Door.Chip)
}

func checkInput(f *findings, at string, c InputConfig, kind, chip string) {
	if !c.wired() {
		return
	}
	if err := door.CheckInput(c.input(kind, chip)); err != nil {
		f.add(at, text("%v", "%v", err))
	}
}

// checkInputs looks at the wires of the box.
func (c *Config) checkInputs(f *findings) {
	if c.Inputs.Kind != "gpio" && c.Inputs.Kind != "sim" {
		f.add("inputs.kind", text("不认识 %q；请写 gpio 或 sim", "%q is not known; write gpio or sim", c.Inputs.Kind))
		return
	}
	for _, in := range c.Inputs.all() {
		checkInput(f, "inputs."+in.key, in.InputConfig, c.Inputs.Kind, c.Inputs.Chip)
	}
}

// boxInput is an input of the box with its key.
type boxInput struct {
	key string
	InputConfig
}

// all is the inputs of the box.
func (c *InputsConfig) all() []boxInput {
	return []boxInput{{"fire", c.Fire}, {"tamper", c.Tamper}, {"mains", c.Mains}}
}

// laneKey is how a lane is called in findings.
func laneKey(i int) string { return fmt.Sprintf("lane[%d]", i) }

// checkAirlocks wants two doors of each airlock, and each with a contact.
func (c *Config) checkAirlocks(f *findings) {
	lanes := map[string]int{}
	for i := range c.Lanes {
		lanes[c.Lanes[i].Airlock]++
	}
	for i := range c.Lanes {
		l, at := &c.Lanes[i], laneKey(i)
		switch {
		case l.Airlock == "":
		case !validName.MatchString(l.Airlock):
			f.add(at+".airlock", text("%q 不能作名称：须为 1 到 63 个 a-z、0-9 和 -；同名的通道一次只开一扇门", "%q is no name: 1 to 63 of a-z, 0-9 and -; lanes of one name open one at a time", l.Airlock))
		case lanes[l.Airlock] < 2:
			f.add(at+".airlock", text("没有别的通道属于互锁 %q：请在另一扇门的通道写同样的名称", "no other lane is in airlock %q: write the same name at the lane of the other door", l.Airlock))
		case !l.Door.Contact.wired():
			f.add(at+".airlock", text("互锁的每扇门都须有门磁：没有门磁就无从知道门已关；请接上并写 contact = { line = … }", "an airlock needs a contact at each door: without one nobody knows that it is shut; wire one and write contact = { line = … }"))
		}
	}
}

// checkLines wants each line of a GPIO chip to be named once.
func (c *Config) checkLines(f *findings) {
	type place struct{ chip, line string }
	taken := map[place]string{}
	claim := func(key, kind, chip, line string) {
		at := place{chip, line}
		if !strings.Contains(kind, "gpio") || line == "" {
			return
		}
		if by, ok := taken[at]; ok {
			f.add(key, text("%s 已用于 %s：一条线只能作一种用途；请换一条", "%s is %s already: a line does one thing; use another", line, by))
			return
		}
		taken[at] = key
	}
	input := func(key, kind, chip string, in InputConfig) {
		d := in.input(kind, chip)
		claim(key, kind, d.Chip, d.Line)
	}
	for i := range c.Lanes {
		l, at := &c.Lanes[i], laneKey(i)+"."
		claim(at+"door.relay", l.Door.Kind, l.Door.Chip, l.Door.Relay)
		input(at+"door.contact", l.Door.Kind, l.Door.Chip, l.Door.Contact)
		input(at+"door.exit_button", l.Door.Kind, l.Door.Chip, l.Door.ExitButton)
		claim(at+"signal.green", l.Signal.Kind, l.Signal.Chip, l.Signal.Green)
		claim(at+"signal.red", l.Signal.Kind, l.Signal.Chip, l.Signal.Red)
		claim(at+"signal.buzzer", l.Signal.Kind, l.Signal.Chip, l.Signal.Buzzer)
	}
	for _, in := range c.Inputs.all() {
		input("inputs."+in.key, c.Inputs.Kind, c.Inputs.Chip, in.InputConfig)
	}
}

// checkTiming looks at the door's durations, and then at what they come to.
func checkTiming(f *findings, l *LaneConfig, at string) {
	known := len(*f)
	for key, given := range map[string]string{
		"pulse": l.Door.Pulse, "longest": l.Door.Longest, "gap": l.Door.Gap, "held_open": l.Door.HeldOpen, "pre_alarm": l.Door.PreAlarm,
	} {
		if _, err := time.ParseDuration(given); given != "" && err != nil {
			f.add(at+".door."+key, text(`%q 不是时长：请写 "3s"、"500ms" 或 "1m"`, `%q is no duration: write "3s", "500ms" or "1m"`, given))
		}
	}
	if len(*f) > known {
		return
	}
	if err := l.doorTiming().Check(); err != nil {
		f.add(at+".door", text("%v", "%v", err))
	}
}

// doorTiming is the door in the loop's terms. Durations that were left out are 0.
func (l *LaneConfig) doorTiming() gate.DoorConfig {
	read := func(text string) time.Duration {
		d, _ := time.ParseDuration(text) // checkTiming has said what is wrong
		return d
	}
	d := &l.Door
	return gate.DoorConfig{
		Mode: gate.Mode(d.Mode), Pulse: read(d.Pulse), Longest: read(d.Longest), Gap: read(d.Gap),
		Contact: d.Contact.wired(), Step: d.Step, HeldOpen: read(d.HeldOpen), PreAlarm: read(d.PreAlarm),
	}
}
