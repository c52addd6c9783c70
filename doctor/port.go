package doctor

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"gated/gate"
)

// ReadPort looks at a scanner's device file without opening it: whether the
// daemon's user may use it, and who has it open. Ours are the processes whose
// right it is.
func ReadPort(root, device string, user User, p Processes, ours ...int) Port {
	port := Port{Device: device}
	path, err := filepath.EvalSymlinks(device)
	var info os.FileInfo
	if err == nil {
		info, err = os.Stat(path)
	}
	switch {
	case errors.Is(err, os.ErrNotExist):
		port.Problem = say("不在", "is not there")
		return port
	case err != nil:
		port.Problem = say("%v", "%v", err)
		return port
	case info.Mode()&os.ModeCharDevice == 0:
		port.Problem = say("不是串口", "is not a serial port")
		return port
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return port
	}
	uid, gid := int(st.Uid), int(st.Gid)
	port.Group = groupName(root, gid)
	port.Owner = fmt.Sprintf("%s %s %04o", userName(root, uid), port.Group, info.Mode().Perm())
	port.Access = access(user, uid, gid, info.Mode().Perm())
	for _, h := range p.Holders[path] {
		if !slices.Contains(ours, h.PID) {
			port.Holders = append(port.Holders, h)
		}
	}
	if strings.HasPrefix(path, "/dev/pts/") {
		port.Holders = nil // whoever made a pseudo-terminal has it open too
	}
	return port
}

// There says whether the port can be opened as far as anybody can tell.
func (p *Port) There() bool { return p.Problem == gate.Text{} }

// access says whether a user may read and write a file, by its mode.
func access(u User, uid, gid int, mode os.FileMode) Reading[bool] {
	const both = 0o6
	switch {
	case !u.Known:
		return unknown[bool]("没有用户 %s", "there is no user %s", u.Name)
	case u.UID == 0:
		return Reading[bool]{Value: true}
	case u.UID == uid:
		return Reading[bool]{Value: mode>>6&both == both}
	case slices.Contains(u.Groups, gid):
		return Reading[bool]{Value: mode>>3&both == both}
	}
	return Reading[bool]{Value: mode&both == both}
}

func portThere(_ *Facts, l *Lane) Result {
	p := &l.Port
	if !p.There() {
		return fail(gate.Text{ZH: p.Device + " " + p.Problem.ZH, EN: p.Device + " " + p.Problem.EN},
			say("检查扫码器的线和供电；ls -l /dev/serial/by-path 看端口名，写入 scanner.device", "check the scanner's cable and power; ls -l /dev/serial/by-path shows the ports: write the right one as scanner.device"))
	}
	return fine(say("%s（%s）", "%s (%s)", p.Device, p.Owner))
}

func portAccess(f *Facts, l *Lane) Result {
	a, u := l.Port.Access, f.Program.User
	switch {
	case !l.Port.There():
		return skip(say("端口不在", "the port is not there"))
	case !a.Known():
		return skip(a.Unknown)
	case !a.Value:
		return fail(say("用户 %s 无权使用 %s（%s）", "user %s may not use %s (%s)", u.Name, l.Port.Device, l.Port.Owner),
			say("usermod -aG %[2]s %[1]s && systemctl restart gated", "usermod -aG %[2]s %[1]s && systemctl restart gated", u.Name, l.Port.Group))
	}
	return fine(say("用户 %s 可以使用", "user %s may use it", u.Name))
}

func portHolder(_ *Facts, l *Lane) Result {
	switch {
	case !l.Port.There():
		return skip(say("端口不在", "the port is not there"))
	case len(l.Port.Holders) > 0:
		return fail(say("%s 也打开了端口", "%s has it open as well", names(l.Port.Holders)),
			say("kill %[1]d（它抢走骑手的码）；若是系统服务，用 systemctl disable --now 停掉", "kill %[1]d (it takes riders' codes away); if it is a service, systemctl disable --now it", l.Port.Holders[0].PID))
	case l.Cause == "held":
		return fail(say("%s", "%s", l.Error), say("停掉那个程序，端口几秒后自动恢复", "stop that program; the port comes back by itself within seconds"))
	}
	return fine(say("只有本服务", "nobody else"))
}
