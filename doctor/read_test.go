package doctor_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gated/doctor"
)

// stage writes files below a new root.
func stage(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestBoardIsRead(t *testing.T) {
	b := doctor.ReadBoard(stage(t, map[string]string{
		"sys/devices/platform/soc/soc:firmware/get_throttled":               "50005",
		"sys/class/thermal/thermal_zone0/temp":                              "86123",
		"proc/meminfo":                                                      "MemTotal:  900000 kB\nMemAvailable:     81920 kB",
		"sys/class/watchdog/watchdog0/state":                                "inactive",
		"sys/module/pinctrl_bcm2835/parameters/persist_gpio_outputs":        "Y",
		"sys/module/pinctrl_something_else/parameters/persist_gpio_outputs": "N",
	}))
	if b.Power.Value != 0x50005 || b.Celsius.Value != 86.123 || b.MemoryMB.Value != 80 || b.Watchdog.Value || !b.Kept.Value {
		t.Errorf("read %+v", b)
	}
	for name, known := range map[string]bool{"power": b.Power.Known(), "temperature": b.Celsius.Known(), "watchdog": b.Watchdog.Known(), "kept": b.Kept.Known()} {
		if !known {
			t.Errorf("%s is not known", name)
		}
	}
	sensor := doctor.ReadBoard(stage(t, map[string]string{
		"sys/class/hwmon/hwmon1/name": "rpi_volt", "sys/class/hwmon/hwmon1/in0_lcrit_alarm": "1",
		"proc/cmdline": "quiet pinctrl_bcm2835.persist_gpio_outputs=n",
	}))
	if sensor.Power.Value != 1 || !sensor.Kept.Known() || sensor.Kept.Value {
		t.Errorf("by its sensor and command line: %+v", sensor)
	}
}

func TestClockAndRouteAndRulesAreRead(t *testing.T) {
	root := stage(t, map[string]string{
		"sys/class/rtc/rtc0/name": "rtc-ds1307 1-0068", "proc/12/comm": "chronyd", "proc/13/comm": "sh",
		"proc/net/route":                  "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\nwlan0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0",
		"lib/udev/rules.d/60-gated.rules": `SUBSYSTEM=="tty", ENV{ID_MM_DEVICE_IGNORE}="1"`,
	})
	if got := doctor.ReadBattery(root).Value + doctor.ReadKeeper(root) + doctor.ReadRoute(root).Value; got != "rtc-ds1307 1-0068chronydwlan0" {
		t.Errorf("read %q", got)
	}
	if !doctor.ReadModemRule(root) || doctor.ReadModemRule(t.TempDir()) {
		t.Error("the rule about ModemManager is not read")
	}
	if bare := t.TempDir(); doctor.ReadRoute(bare).Known() || doctor.ReadKeeper(bare) != "" || doctor.ReadBattery(bare).Value != "" {
		t.Error("a machine that says nothing has something")
	}
}

func TestUnitIsReadWithWhatWasAddedToIt(t *testing.T) {
	root := stage(t, map[string]string{
		"lib/systemd/system/gated.service":                             "[Service]\n# WatchdogSec=99\nWatchdogSec=10\nUser=gated\n",
		"etc/systemd/system/gated.service.d/a.conf":                    "[Service]\nWatchdogSec=0\n",
		"etc/systemd/system/multi-user.target.wants/gated.service":     "",
		"etc/systemd/system/somebody-else.service.d/watchdog-off.conf": "[Service]\nUser=root\n",
	})
	u := doctor.ReadUnit(root)
	if u.Path != "/lib/systemd/system/gated.service" || !u.Enabled || u.Set["WatchdogSec"] != "0" || u.Set["User"] != "gated" {
		t.Errorf("read %+v", u)
	}
}

func TestAccountsAreRead(t *testing.T) {
	root := stage(t, map[string]string{
		"etc/passwd":    "root:x:0:0::/:/bin/sh\ngated:x:900:901::/:/bin/false",
		"etc/group":     "dialout:x:20:pi,gated\ngpio:x:21:pi",
		"proc/5/status": "Uid:\t900\t900\t900\t900\nGid:\t901\t901\t901\t901\nGroups:\t20 44",
	})
	if u := doctor.ReadUser(root, 0, "gated"); u.UID != 900 || !slices.Equal(u.Groups, []int{901, 20}) || !u.Known {
		t.Errorf("by its files: %+v", u)
	}
	if u := doctor.ReadUser(root, 5, "gated"); u.UID != 900 || u.Name != "gated" || !slices.Contains(u.Groups, 44) {
		t.Errorf("by its process: %+v", u)
	}
	if u := doctor.ReadUser(root, 0, "nobody-here"); u.Known {
		t.Errorf("one that is not there: %+v", u)
	}
	for _, c := range []struct {
		who  doctor.User
		mode os.FileMode
		want bool
	}{
		{doctor.User{UID: 900, Groups: []int{20}, Known: true}, 0o660, true},
		{doctor.User{UID: 900, Groups: []int{30}, Known: true}, 0o660, false},
		{doctor.User{UID: 900, Groups: []int{20}, Known: true}, 0o640, false},
		{doctor.User{UID: 1, Known: true}, 0o060, false}, // its owner has less
		{doctor.User{UID: 0, Known: true}, 0, true},
		{doctor.User{UID: 900, Known: true}, 0o666, true},
	} {
		if got := doctor.Access(c.who, 1, 20, c.mode); got.Value != c.want {
			t.Errorf("%+v at a file of 1:20 %04o: %v", c.who, c.mode, got.Value)
		}
	}
}

func TestWhoHasAFileOpenIsSeen(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(dir, "a"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	p := doctor.ReadProcesses("/", []string{dir, "/nowhere"})
	if h := p.Holders[dir]; len(h) != 1 || h[0].PID != os.Getpid() || h[0].Name == "" {
		t.Errorf("holders %+v, want ourselves", h)
	}
	if len(p.Gated) != 0 {
		t.Errorf("this is no gated: %+v", p.Gated)
	}
	if r := doctor.ReadProtection("/", os.Getpid()); !r.Known() || r.Value.ByUnit {
		t.Errorf("protection %+v", r)
	}
}

func TestCardIsMeasured(t *testing.T) {
	dir := t.TempDir()
	c := doctor.ReadCard("/", filepath.Join(dir, "not", "made", "yet"))
	if c.Size == 0 || c.ReadOnly || !c.Sync.Known() || c.Sync.Value.N == 0 || c.Sync.Value.P50 > c.Sync.Value.P99 {
		t.Errorf("measured %+v", c)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestPortIsLookedAt(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "f")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "l")
	if err := os.Symlink("/dev/null", link); err != nil {
		t.Fatal(err)
	}
	user := doctor.User{Name: "gated", UID: 900, Known: true}
	procs := doctor.Processes{Holders: map[string][]doctor.Process{"/dev/null": {{PID: 3, Name: "gated"}, {PID: 4, Name: "minicom"}}}}
	for path, want := range map[string]string{filepath.Join(dir, "none"): "is not there", file: "is not a serial port", link: ""} {
		if p := doctor.ReadPort("/", path, user, procs, 3); !strings.Contains(p.Problem.EN, want) || p.There() != (want == "") {
			t.Errorf("%s: %+v, want %q", path, p, want)
		}
	}
	if p := doctor.ReadPort("/", link, user, procs, 3); len(p.Holders) != 1 || p.Holders[0].Name != "minicom" || !p.Access.Value || !strings.HasPrefix(p.Owner, "root ") {
		t.Errorf("looked at %+v", p)
	}
}

func TestWhatExplainsAFailureIsACheckBeforeIt(t *testing.T) {
	var order []string
	for _, x := range doctor.Examine(well()) {
		order = append(order, x.Name)
	}
	for name, after := range doctor.Behind() {
		for _, cause := range after {
			if at := slices.Index(order, cause); at < 0 || at >= slices.Index(order, name) {
				t.Errorf("%s is behind %q, which is no check before it", name, cause)
			}
		}
	}
}
