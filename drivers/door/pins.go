package door

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"gated/gate"
)

// What to use on a Raspberry Pi's header: pins whose pull at power-on keeps the
// relay off, and that nothing else drives.
var (
	fine = gate.Say("请用 GPIO9 至 GPIO13 或 GPIO16 至 GPIO27 之一，并在该引脚与地之间接 10 kΩ 电阻",
		"use one of GPIO9 to GPIO13 or GPIO16 to GPIO27, with a resistor of 10 kOhm from it to ground")
	fineLow = gate.Say("请用 GPIO4 至 GPIO8 之一，并在该引脚与 3.3 V 之间接 10 kΩ 电阻；或把继电器板改为高电平触发，写 active = \"high\"，并用 GPIO9 至 GPIO13 或 GPIO16 至 GPIO27 之一",
		"use one of GPIO4 to GPIO8, with a resistor of 10 kOhm from it to 3.3 V, "+
			"or set the relay board to high-level trigger and write active = \"high\" with one of GPIO9 to GPIO13 or GPIO16 to GPIO27")
)

func checkGPIO(c Config) error {
	switch c.Active {
	case "", "high", "low":
	default:
		return gate.Say("active %q：不认识；请写 \"high\" 或 \"low\"，即继电器吸合的电平",
			"read active %q: it is not known; write \"high\" or \"low\", the level at which the relay is on", c.Active).Trouble(nil)
	}
	if c.Relay == "" {
		return gate.Say("relay 未填；请写线的名称：%[1]s", "read relay: it is empty; write the name of a line: %[2]s", fine.ZH, fine.EN).Trouble(nil)
	}
	n, pi, err := number(c.Relay, c.Chip)
	if err != nil {
		return err
	}
	if pi {
		if err := checkPin(n, c.Active == "low"); err != nil {
			return err
		}
	}
	return checkChip(c.Chip)
}

// number is which pin of a Raspberry Pi's header is meant; pi is false on a board
// that names its lines otherwise, of which is not known here what they do at
// power-on.
func number(line, label string) (n int, pi bool, err error) {
	n, notNumber := strconv.Atoi(strings.TrimPrefix(line, "GPIO"))
	named := strings.HasPrefix(line, "GPIO")
	switch {
	case notNumber != nil:
		return 0, false, nil
	case !named && label == "":
		return 0, false, gate.Say("line %[1]q：序号只对某一芯片有意义；请同时写芯片标签，或写线的名称（GPIO%[1]s）",
			"read line %[1]q: a number is a line of one chip; name the chip's label as well, or the line by its name (GPIO%[1]s)", line).Trouble(nil)
	default:
		return n, named || strings.HasPrefix(label, "pinctrl-"), nil
	}
}

// checkPin refuses the pins of a Raspberry Pi on which a relay would move
// before any program runs. The pulls at power-on are those of the manual
// "BCM2835 ARM Peripherals", table 6-31; the boards have 1.8 kOhm from GPIO2 and
// GPIO3 to 3.3 V, and the firmware talks over GPIO0 and GPIO1 to what is plugged
// on.
func checkPin(n int, low bool) error {
	var why gate.Text
	switch {
	case n < 0 || n > 27:
		why = gate.Say("不在排针上，gated 启动前的状态不明，继电器可能吸合",
			"is not on the header, and what it does before gated starts is not known, so the relay might be on")
	case n == 14 || n == 15:
		why = gate.Say("每次启动时是控制台，会使继电器抖动而开门",
			"carries the console at each boot, which would rattle the relay and open the gate")
	case n <= 3 && low:
		why = gate.Say("是主板启动时通信用的总线，会使继电器抖动而开门",
			"carries a bus that the board talks on while it starts, which would rattle the relay and open the gate")
	case n == 2 || n == 3:
		why = gate.Say("上电后被板上的 1.8 kΩ 电阻上拉，接地电阻也无济于事，每次断电恢复后继电器会吸合、门会打开",
			"is pulled up from power-on by 1.8 kOhm on the board, against which no resistor to ground helps, so the relay would be on and the gate open after each power cut")
	case n <= 8 && !low:
		why = gate.Say("从上电到 gated 启动一直被上拉，每次断电恢复后继电器会吸合、门会打开",
			"is pulled up from power-on until gated starts, so the relay would be on and the gate open after each power cut")
	case n > 8 && low:
		why = gate.Say("从上电到 gated 启动一直被下拉，低电平吸合的继电器每次断电恢复后会吸合、门会打开",
			"is pulled down from power-on until gated starts, so a relay that is on at a low level would be on and the gate open after each power cut")
	default:
		return nil
	}
	instead := fine
	if low {
		instead = fineLow
	}
	return gate.Say("继电器 relay：GPIO%[1]d %[2]s；%[3]s", "read relay: GPIO%[1]d %[4]s; %[5]s", n, why.ZH, instead.ZH, why.EN, instead.EN).Trouble(nil)
}

// anyPin judges no pin.
func anyPin(int) error { return nil }

// headerLabels are what the kernels of Raspberry Pis 0 to 3, 4 and 5 call the
// chip with the header's pins.
var headerLabels = []string{"pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1"}

// checkChip refuses what cannot be the label of a chip.
func checkChip(label string) error {
	if strings.HasPrefix(label, "gpiochip") || strings.HasPrefix(label, "/dev/") {
		return gate.Say("chip %q：这是编号，每次启动都可能改变，届时动作的会是别的继电器；"+
			"请写 gpioinfo 或 gpiodetect 在方括号里显示的芯片标签（树莓派上是 %s 之一），或不填 chip，写线的名称（GPIO17）", "read chip %q: that is a number, which changes from start to start, and the relay of another line would move; "+
			"write the chip's label as gpioinfo or gpiodetect shows it in brackets (on a Raspberry Pi one of %s), or leave chip out and name the line (GPIO17)", label, strings.Join(headerLabels, ", ")).Trouble(nil)
	}
	return nil
}

// FindRelay looks for a relay's line on this machine and claims nothing. Its
// sentence says what gated would do. On a machine without GPIO chips it knows only
// which labels a Raspberry Pi has: looked is then false.
func FindRelay(c Config) (looked bool, err error) {
	return look(c.Chip, c.Relay, func(pin int) error { return checkPin(pin, c.Active == "low") })
}

// FindInput is FindRelay for an input.
func FindInput(c InputConfig) (looked bool, err error) { return look(c.Chip, c.Line, checkInputPin) }

func look(label, line string, fit func(pin int) error) (looked bool, err error) {
	if _, pi, _ := number(line, label); pi {
		fit = anyPin // Check has looked at it
	}
	_, _, err = find(label, line, fit)
	switch {
	case !errors.Is(err, errNoChip):
		if err != nil {
			what := said(err)
			err = gate.Say("查找线 %[1]s：%[2]s；gated 将无法启动，门会一直关着",
				"find line %[1]s: %[3]s; gated would not start and the gate stay shut", line, what.ZH, what.EN).Trouble(err)
		}
		return true, err
	case label == "" || slices.Contains(headerLabels, label):
		return false, nil
	default:
		return false, gate.Say("查找芯片 %q：本机没有GPIO芯片，树莓派也没有这个标签的芯片，gated 将无法启动，门会一直关着；"+
			"请不填 chip、写线的名称（GPIO17），或写 %s 之一", "find chip %q: this machine has no GPIO chip, and no Raspberry Pi has one of that label, so gated would not start and the gate stay shut; "+
			"leave chip out and name the line (GPIO17), or write one of %s", label, strings.Join(headerLabels, ", ")).Trouble(nil)
	}
}

// said is an error's sentence in both languages, if it has both.
func said(err error) gate.Text {
	if t, ok := errors.AsType[*gate.Trouble](err); ok {
		return t.Say
	}
	return gate.Text{ZH: err.Error(), EN: err.Error()}
}
