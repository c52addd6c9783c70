package main

import (
	"os"
	"path/filepath"
	"strings"

	"gated/drivers/door"
	"gated/gate"
)

// gpioLine is one line that the doors or the box use: the key that names it, and
// how to look for it.
type gpioLine struct {
	key  string
	find func() (looked bool, err error)
}

// gpioLines are the lines of doors, inputs and lights.
func (c *Config) gpioLines() []gpioLine {
	var all []gpioLine
	input := func(key, kind, chip string, in InputConfig) {
		if in.Line != "" && kind == "gpio" {
			all = append(all, gpioLine{key, func() (bool, error) { return door.FindInput(in.input(kind, chip)) }})
		}
	}
	for i := range c.Lanes {
		d, at := &c.Lanes[i].Door, laneKey(i)
		if d.Kind == "gpio" && d.Relay != "" {
			all = append(all, gpioLine{at + ".door.relay", func() (bool, error) { return door.FindRelay(c.Lanes[i].door()) }})
		}
		input(at+".door.contact", d.Kind, d.Chip, d.Contact)
		input(at+".door.exit_button", d.Kind, d.Chip, d.ExitButton)
		s := &c.Lanes[i].Signal
		for _, light := range []struct{ key, line string }{{"green", s.Green}, {"red", s.Red}, {"buzzer", s.Buzzer}} {
			if light.line != "" {
				all = append(all, gpioLine{at + ".signal." + light.key, func() (bool, error) { return door.FindLamp(s.Chip, light.line) }})
			}
		}
	}
	for _, in := range c.Inputs.all() {
		input("inputs."+in.key, c.Inputs.Kind, c.Inputs.Chip, in.InputConfig)
	}
	return all
}

// look is check for the machine at hand: whether it has the lines that the
// configuration names. It claims none.
func (c *Config) look() findings {
	var f findings
	for _, l := range c.gpioLines() {
		if _, err := l.find(); err != nil {
			f.add(l.key, text("%v", "%v", err))
		}
	}
	return f
}

// machineNotes says what nobody can read in the configuration: whether the lines
// were looked for, and what the kernel does with a relay whose program has died.
func (c *Config) machineNotes(lang gate.Language) []string {
	lines := c.gpioLines()
	if len(lines) == 0 {
		return nil
	}
	if looked, err := lines[0].find(); !looked && err == nil {
		return []string{gate.Text{
			ZH: "本机没有GPIO芯片：未能核对线路是否存在，请在门禁盒上再运行一次 gated check。",
			EN: "This machine has no GPIO chip: whether the lines exist was not looked at. Run gated check on the gate's own box.",
		}.In(lang)}
	}
	cmdline, _ := os.ReadFile("/proc/cmdline")
	files, _ := filepath.Glob("/sys/module/pinctrl_*/parameters/persist_gpio_outputs")
	var kept []string
	for _, name := range files {
		b, err := os.ReadFile(name) //nolint:gosec // a kernel's parameter
		if err == nil {
			kept = append(kept, strings.TrimSpace(string(b)))
		}
	}
	return []string{persistence(kept, string(cmdline)).In(lang)}
}

// persistence says what persist_gpio_outputs and strict_gpiod come to. kept are
// the parameters of the kernel's drivers, as far as they can be read.
func persistence(kept []string, cmdline string) gate.Text {
	for _, k := range kept {
		if k == "Y" || k == "1" {
			return gate.Text{
				ZH: "内核在程序结束后保持GPIO电平（persist_gpio_outputs=Y）：gated若被强行结束，继电器保持原状直到 relay-safe 运行。请在 /boot/firmware/config.txt 加一行 dtparam=strict_gpiod 并重启。",
				EN: "The kernel keeps a line's level when its program ends (persist_gpio_outputs=Y): if gated is killed, the relay stays as it was until relay-safe has run. Add the line dtparam=strict_gpiod to /boot/firmware/config.txt and restart the box.",
			}
		}
	}
	if len(kept) > 0 || strings.Contains(cmdline, "persist_gpio_outputs=n") || strings.Contains(cmdline, "persist_gpio_outputs=0") {
		return gate.Text{
			ZH: "程序结束后GPIO线变为输入（strict_gpiod已生效）：配合下拉电阻，gated结束时继电器断开。",
			EN: "A line becomes an input when its program ends (strict_gpiod is in force): with its resistor to ground the relay goes off when gated ends, however it ends.",
		}
	}
	return gate.Text{
		ZH: "内核没有说明程序结束后GPIO线的电平（没有 persist_gpio_outputs 参数）：不要依赖它，请保留 relay-safe 和下拉电阻。",
		EN: "The kernel does not say what a line's level is after its program has ended (it has no persist_gpio_outputs): do not rely on it, and keep relay-safe in the unit and the resistor at the relay.",
	}
}
