package doctor

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"gated/gate"
)

// Board is what the board says of itself.
type Board struct {
	Power    Reading[uint32]  // what the Raspberry Pi's firmware has seen: the flags of get_throttled
	Celsius  Reading[float64] // of the processor
	MemoryMB Reading[int]     // that programs may still take
	Watchdog Reading[bool]    // the board's own is fed
	Kept     Reading[bool]    // the kernel keeps a GPIO line's level when its program ends
}

// Flags of get_throttled (raspberrypi.com, "vcgencmd get_throttled"): what is so
// now, and 16 bits above what was so since the start.
const (
	underVoltage = 1 << 0
	capped       = 1 << 1
	throttled    = 1 << 2
	softLimit    = 1 << 3
	since        = 16
)

// ReadBoard reads what the board says, below root.
func ReadBoard(root string) Board {
	return Board{
		Power: readPower(root), Celsius: readCelsius(root), MemoryMB: readMemory(root),
		Watchdog: readWatchdog(root), Kept: readKept(root),
	}
}

// line is a file of one line; ok is false if it cannot be read.
func line(elem ...string) (text string, ok bool) {
	b, err := os.ReadFile(filepath.Join(elem...)) //nolint:gosec // a kernel's file
	return strings.TrimSpace(string(b)), err == nil
}

// first is the first file of a pattern below root that can be read.
func first(root, pattern string) (text string, ok bool) {
	files, _ := filepath.Glob(filepath.Join(root, pattern)) // its only error is a bad pattern
	for _, f := range files {
		if text, ok := line(f); ok {
			return text, true
		}
	}
	return "", false
}

// readPower asks the firmware, or its voltage sensor where the kernel does not
// pass on the flags.
func readPower(root string) Reading[uint32] {
	if text, ok := first(root, "sys/devices/platform/soc*/soc*:firmware/get_throttled"); ok {
		if n, err := strconv.ParseUint(strings.TrimPrefix(text, "0x"), 16, 32); err == nil {
			return Reading[uint32]{Value: uint32(n)}
		}
	}
	names, _ := filepath.Glob(filepath.Join(root, "sys/class/hwmon/hwmon*/name"))
	for _, name := range names {
		if driver, _ := line(name); driver != "rpi_volt" {
			continue
		}
		if text, ok := line(filepath.Dir(name), "in0_lcrit_alarm"); ok {
			n, _ := strconv.ParseUint(text, 10, 1)
			return Reading[uint32]{Value: uint32(n) * underVoltage}
		}
	}
	return unknown[uint32]("这块板没有报告电源状况的固件（不是树莓派）", "this board has no firmware that tells (no Raspberry Pi)")
}

func readCelsius(root string) Reading[float64] {
	text, ok := line(root, "sys/class/thermal/thermal_zone0/temp")
	n, err := strconv.ParseFloat(text, 64)
	if !ok || err != nil {
		return unknown[float64]("这块板没有温度传感器", "this board has no thermometer")
	}
	return Reading[float64]{Value: n / 1000}
}

func readMemory(root string) Reading[int] {
	text, _ := line(root, "proc/meminfo")
	for l := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(l, "MemAvailable:"); ok {
			kb, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
			if err == nil {
				return Reading[int]{Value: kb / 1024}
			}
		}
	}
	return unknown[int]("内核没有说明", "the kernel does not say")
}

func readWatchdog(root string) Reading[bool] {
	text, ok := first(root, "sys/class/watchdog/watchdog*/state")
	if !ok {
		return unknown[bool]("这块板没有看门狗", "this board has none")
	}
	return Reading[bool]{Value: text == "active"}
}

func readKept(root string) Reading[bool] {
	files, _ := filepath.Glob(filepath.Join(root, "sys/module/pinctrl_*/parameters/persist_gpio_outputs"))
	var known, kept bool
	for _, f := range files {
		text, ok := line(f)
		known = known || ok
		kept = kept || text == "Y" || text == "1"
	}
	cmdline, _ := line(root, "proc/cmdline")
	for _, off := range []string{"persist_gpio_outputs=n", "persist_gpio_outputs=0"} {
		known = known || strings.Contains(cmdline, off)
	}
	if !known {
		return unknown[bool]("内核没有 persist_gpio_outputs 参数", "the kernel has no parameter persist_gpio_outputs")
	}
	return Reading[bool]{Value: kept}
}

func power(f *Facts) Result {
	p := f.Board.Power
	measured := say("固件标志 0x%x", "firmware's flags 0x%x", p.Value)
	supply := say("换成 5.1 V、3 A 的电源和短而粗的线，断电重启后再运行 gated doctor",
		"use a supply of 5.1 V and 3 A on a short, thick cable, cut the power once, and run gated doctor again")
	switch {
	case !p.Known():
		return skip(p.Unknown)
	case p.Value&underVoltage != 0:
		return fail(join(say("现在电压不足", "under-voltage now"), measured), supply)
	case p.Value&(underVoltage<<since) != 0:
		return warn(join(say("启动以来曾电压不足", "under-voltage since the start"), measured), supply)
	}
	return fine(measured)
}

func throttling(f *Facts) Result {
	p := f.Board.Power
	cool := say("给盒子通风或加散热片；若同时电压不足，先换电源", "give the box air or a heat sink; if it is short of voltage as well, change the supply first")
	switch {
	case !p.Known():
		return skip(p.Unknown)
	case p.Value&(capped|throttled|softLimit) != 0:
		return warn(say("现在被降速（0x%x）", "slowed down now (0x%x)", p.Value), cool)
	case p.Value&((capped|throttled|softLimit)<<since) != 0:
		return warn(say("启动以来曾被降速（0x%x）", "slowed down since the start (0x%x)", p.Value), cool)
	}
	return fine(say("没有降速", "never slowed down"))
}

// A Raspberry Pi slows down at 80 degrees and hard at 85.
const (
	warm = 75
	hot  = 85
)

func temperature(f *Facts) Result {
	c := f.Board.Celsius
	measured := say("%.1f °C", "%.1f °C", c.Value)
	next := say("给盒子遮阳、通风或加散热片", "shade the box, give it air or a heat sink")
	switch {
	case !c.Known():
		return skip(c.Unknown)
	case c.Value >= hot:
		return fail(measured, next)
	case c.Value >= warm:
		return warn(measured, next)
	}
	return fine(measured)
}

func memory(f *Facts) Result {
	m := f.Board.MemoryMB
	measured := say("可用 %d MB", "%d MB available", m.Value)
	next := say("看是谁占用（ps aux --sort=-rss | head），停掉与门禁无关的程序", "see who has it (ps aux --sort=-rss | head), and stop what the gate does not need")
	switch {
	case !m.Known():
		return skip(m.Unknown)
	case m.Value < 16:
		return fail(measured, next)
	case m.Value < 64:
		return warn(measured, next)
	}
	return fine(measured)
}

func boardWatchdog(f *Facts) Result {
	w := f.Board.Watchdog
	switch {
	case !w.Known():
		return skip(w.Unknown)
	case !w.Value:
		return warn(say("没有启用", "not fed"), say("在 /etc/systemd/system.conf 写 RuntimeWatchdogSec=15 并重启",
			"write RuntimeWatchdogSec=15 into /etc/systemd/system.conf and restart the box"))
	}
	return fine(say("已启用", "fed"))
}

func persistence(f *Facts) Result {
	k := f.Board.Kept
	switch {
	case len(f.Pins) == 0:
		return skip(gate.Text{ZH: "配置中没有GPIO线", EN: "no GPIO line is configured"})
	case !k.Known():
		return skip(k.Unknown)
	case k.Value:
		return warn(say("persist_gpio_outputs=Y：程序结束后线路保持电平", "persist_gpio_outputs=Y: a line keeps its level when its program ends"),
			say("在 /boot/firmware/config.txt 加一行 dtparam=strict_gpiod 并重启", "add the line dtparam=strict_gpiod to /boot/firmware/config.txt and restart the box"))
	}
	return fine(say("程序结束后线路变为输入", "a line becomes an input when its program ends"))
}
