package doctor

import (
	"path/filepath"
	"slices"
	"strings"

	"gated/gate"
)

// Unit is gated.service as systemd reads it.
type Unit struct {
	Path    string            // empty: none is installed
	Set     map[string]string // the last value of each key
	Enabled bool
}

// ReadUnit reads the unit and what was added to it, below root.
func ReadUnit(root string) Unit {
	var u Unit
	for _, dir := range []string{"etc/systemd/system", "run/systemd/system", "usr/lib/systemd/system", "lib/systemd/system"} {
		if text, ok := line(root, dir, "gated.service"); ok {
			u = Unit{Path: filepath.Join("/", dir, "gated.service"), Set: map[string]string{}}
			u.read(text)
			break
		}
	}
	if u.Path == "" {
		return u
	}
	for _, dir := range []string{"usr/lib", "lib", "run", "etc"} {
		more, _ := filepath.Glob(filepath.Join(root, dir, "systemd/system/gated.service.d/*.conf"))
		slices.Sort(more)
		for _, file := range more {
			if text, ok := line(file); ok {
				u.read(text)
			}
		}
	}
	wants, _ := filepath.Glob(filepath.Join(root, "etc/systemd/system/*.wants/gated.service"))
	u.Enabled = len(wants) > 0
	return u
}

// read takes the assignments of one file (systemd.syntax(7)).
func (u *Unit) read(text string) {
	for l := range strings.Lines(text) {
		l = strings.TrimSpace(l)
		if key, value, ok := strings.Cut(l, "="); ok && !strings.HasPrefix(l, "#") && !strings.HasPrefix(l, ";") {
			u.Set[key] = value
		}
	}
}

// off says whether a key is set to nothing, or not at all.
func (u *Unit) off(key string) bool {
	return slices.Contains([]string{"", "0", "no", "false", "off", "infinity"}, u.Set[key])
}

// hardening is the keys of the shipped unit without which a fault in the daemon
// could reach more than the gate.
var hardening = []string{
	"User", "NoNewPrivileges", "ProtectSystem", "ProtectHome", "PrivateTmp", "MemoryDenyWriteExecute",
	"RestrictAddressFamilies", "SystemCallFilter", "DevicePolicy", "ProtectKernelTunables", "ProtectKernelModules",
}

func unitInstalled(f *Facts) Result {
	u := &f.Program.Unit
	switch {
	case u.Path == "":
		return skip(say("没有安装 gated.service，服务由别的方式启动", "no gated.service is installed: the daemon is started another way"))
	case !u.Enabled:
		return warn(say("%s 未设为开机启动", "%s does not start with the box", u.Path), say("systemctl enable gated", "systemctl enable gated"))
	case u.Set["Restart"] != "always":
		return warn(say("Restart=%s", "Restart=%s", u.Set["Restart"]), say("删掉改动它的文件（systemctl cat gated），systemctl daemon-reload && systemctl restart gated",
			"remove what changes it (systemctl cat gated), then systemctl daemon-reload && systemctl restart gated"))
	}
	return fine(say("%s，开机启动", "%s, starts with the box", u.Path))
}

func unitWatchdog(f *Facts) Result {
	u, p := &f.Program.Unit, f.Program.Process
	next := say("删掉改动 WatchdogSec 的文件（systemctl cat gated），systemctl daemon-reload && systemctl restart gated",
		"remove what changes WatchdogSec (systemctl cat gated), then systemctl daemon-reload && systemctl restart gated")
	switch {
	case u.Path == "":
		return skip(say("没有安装 gated.service", "no gated.service is installed"))
	case u.off("WatchdogSec"):
		return fail(say("WatchdogSec 未设置", "WatchdogSec is not set"), next)
	case f.Program.Running && p.Known() && p.Value.ByUnit && !p.Value.Watchdog:
		return fail(say("正在运行的服务没有看门狗", "the running daemon has none"), next)
	}
	return fine(say("WatchdogSec=%s", "WatchdogSec=%s", u.Set["WatchdogSec"]))
}

func unitHardening(f *Facts) Result {
	u, p := &f.Program.Unit, f.Program.Process
	next := say("恢复安装包中的单元文件（systemctl revert gated；systemctl cat gated 显示改动），再 systemctl restart gated",
		"bring the package's unit back (systemctl revert gated; systemctl cat gated shows what changes it), then systemctl restart gated")
	if u.Path == "" {
		return skip(say("没有安装 gated.service", "no gated.service is installed"))
	}
	var open []string
	for _, key := range hardening {
		if u.off(key) {
			open = append(open, key)
		}
	}
	var missing gate.Text
	if len(open) > 0 {
		missing = say("未生效：%s", "not in force: %s", strings.Join(open, ", "))
	}
	if p.Known() && p.Value.ByUnit && (!p.Value.NoNewPrivileges || p.Value.Capabilities != "" || !p.Value.Seccomp) {
		missing = join(missing, say("运行中的进程不受限（能力 %q）", "the running process is not confined (capabilities %q)", p.Value.Capabilities))
	}
	if missing != (gate.Text{}) {
		return warn(missing, next)
	}
	return fine(say("%d 项保护生效", "%d protections in force", len(hardening)))
}
