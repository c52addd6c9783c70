package doctor

import (
	"path/filepath"
	"slices"
	"time"

	"gated/gate"
)

// ReadBattery is the battery-backed clock of the machine, below root.
func ReadBattery(root string) Reading[string] {
	if _, ok := line(root, "sys/class/rtc/rtc0/name"); !ok {
		return Reading[string]{}
	}
	name, _ := line(root, "sys/class/rtc/rtc0/name")
	return Reading[string]{Value: name}
}

// keepers are the programs that set a clock by the network, as the kernel names
// them: it cuts a name off after 15 letters.
var keepers = []string{"systemd-timesyn", "chronyd", "ntpd", "ptp4l"}

// ReadKeeper is the program that keeps the clock; empty: none runs.
func ReadKeeper(root string) string {
	names, _ := filepath.Glob(filepath.Join(root, "proc/[0-9]*/comm"))
	for _, name := range names {
		if comm, _ := line(name); slices.Contains(keepers, comm) {
			return comm
		}
	}
	return ""
}

// behindMost is how far a wall clock may be behind a time that has certainly
// passed (DESIGN 4).
const behindMost = time.Minute

func clockRight(f *Facts) Result {
	c := &f.Clock
	shown := f.Now.Local().Format("2006-01-02 15:04:05 MST")
	next := say("让盒子连上能校时的网络（timedatectl 应显示 synchronized: yes）；若时间其实没错，是中心签发的文件超前，请联系中心",
		"let the box reach a network that sets its clock (timedatectl must say synchronized: yes); if the time is right, the central server's documents are ahead: tell its operator")
	if !c.Floor.Known() {
		return fine(say("%[1]s；%[2]s", "%[1]s; %[3]s", shown, c.Floor.Unknown.ZH, c.Floor.Unknown.EN))
	}
	behind := c.Floor.Value.Sub(f.Now)
	switch {
	case behind > behindMost:
		return fail(say("时钟显示 %s，比确知已过去的时间（%s）还早 %s", "the clock shows %[1]s, %[3]s before a time that has certainly passed (%[2]s)",
			shown, c.Floor.Value.Local().Format(time.DateTime), behind.Round(time.Second)), next)
	case c.Alarm != "":
		return fail(say("时钟 %s 未被采信：%s", "%s: %s", shown, c.Alarm), next)
	}
	return fine(say("%s", "%s", shown))
}

func clockState(f *Facts) Result {
	s := f.Clock.State
	set := say("让盒子连上校时服务器：timedatectl set-ntp true，再看 timedatectl", "let the box reach a time server: timedatectl set-ntp true, then look at timedatectl")
	switch {
	case f.Clock.Always:
		return fine(say("配置说明由别人校时（[clock] trust = \"always\"）", "somebody else keeps it, says the configuration ([clock] trust = \"always\")"))
	case !s.Known():
		if f.Clock.Synced {
			return fine(say("内核说已同步", "the kernel says that it is synchronised"))
		}
		return warn(say("内核说未同步", "the kernel says that it is not synchronised"), set)
	case s.Value == gate.ClockSynced, s.Value == gate.ClockRTC:
		return fine(say("%s", "%s", s.Value))
	case s.Value == gate.ClockLost:
		return fail(say("盒子不知道时间", "the box does not know the time"), set)
	}
	return warn(say("%s：只知道时间的下限", "%s: only a time that has passed is known", s.Value), set)
}

func clockKeeper(f *Facts) Result {
	switch {
	case f.Clock.Always:
		return skip(say("由别人校时", "somebody else keeps it"))
	case f.Clock.Keeper == "":
		return warn(say("没有校时程序在运行", "no program that keeps the time is running"),
			say("apt-get install systemd-timesyncd && timedatectl set-ntp true", "apt-get install systemd-timesyncd && timedatectl set-ntp true"))
	}
	return fine(say("%s 在运行", "%s runs", f.Clock.Keeper))
}

func battery(f *Facts) Result {
	b := f.Clock.Battery
	switch {
	case f.Clock.Always:
		return skip(say("由别人校时", "somebody else keeps it"))
	case b.Value == "":
		return warn(say("没有带电池的时钟", "there is none"),
			say("停电后没有网络时盒子不知道时间；加一块 DS3231（dtoverlay=i2c-rtc,ds3231）或接受之", "after a power cut without network the box does not know the time; add a DS3231 (dtoverlay=i2c-rtc,ds3231), or live with it"))
	}
	return fine(say("%s", "%s", b.Value))
}
