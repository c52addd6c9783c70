package doctor

import (
	"fmt"
	"strings"

	"gated/gate"
)

func configuration(f *Facts) Result {
	p := f.Program.Problems
	if len(p) == 0 {
		return fine(say("%s", "%s", f.Program.Config))
	}
	measured := say("%d 处错误：%s", "%d problem(s): %s", len(p), p[0])
	return fail(measured, say("改好那一行，运行 gated check -c %s，再 systemctl restart gated", "mend that line, run gated check -c %s, then systemctl restart gated", f.Program.Config))
}

func stateDir(f *Facts) Result {
	s := &f.Program.State
	switch {
	case s.Path == "":
		return skip(say("没有配置", "there is no configuration"))
	case s.Problem != gate.Text{}:
		return fail(s.Problem, s.Next)
	case len(s.Foreign) > 0:
		return fail(say("%s 不属于用户 %s", "%s: not of user %s", strings.Join(s.Foreign, ", "), f.Program.User.Name),
			say("chown -R %s: %s（或 gated doctor --fix）", "chown -R %s: %s (or gated doctor --fix)", f.Program.User.Name, s.Path))
	}
	return fine(say("%s", "%s", s.Path))
}

// names are processes for a person.
func names(ps []Process) string {
	var all []string
	for _, p := range ps {
		all = append(all, fmt.Sprintf("%s (process %d)", p.Name, p.PID))
	}
	return strings.Join(all, ", ")
}

func secondDaemon(f *Facts) Result {
	p := &f.Program
	stop := say("用 kill 结束多余的那个，只保留 systemctl start gated 启动的", "end the other one with kill, and keep the one of systemctl start gated")
	switch {
	case len(p.Others) > 0 && p.Running:
		return fail(say("除了进程 %[1]d，还有 %[2]s 在用同一状态目录或串口", "beside process %d, %s uses the same state directory or port", p.PID, names(p.Others)), stop)
	case len(p.Others) > 0:
		return fail(say("%s 占着状态目录，却不在 %s 应答", "%s has the state directory and does not answer at %s", names(p.Others), p.Socket), stop)
	case p.Running && p.Unit.Path != "" && p.Process.Known() && !p.Process.Value.ByUnit:
		return warn(say("进程 %d 是手工启动的，不是 gated.service", "process %d was started by hand, not by gated.service", p.PID),
			say("结束它，再 systemctl restart gated", "end it, then systemctl restart gated"))
	case p.Running:
		return fine(say("只有一个，进程 %d", "one, process %d", p.PID))
	}
	return fine(say("没有别的", "no other one"))
}

func running(f *Facts) Result {
	p := &f.Program
	switch {
	case p.NoEntry:
		return warn(say("此用户不可使用 %s", "%s is not for this user", p.Socket),
			say("用 sudo，或加入组 gated：usermod -aG gated $USER 后重新登录", "use sudo, or join the group: usermod -aG gated $USER, and log in again"))
	case p.Running && p.Version != p.Ours:
		return warn(say("在运行的是 %s，已安装 %s", "%s runs, %s is installed", p.Version, p.Ours), say("systemctl restart gated", "systemctl restart gated"))
	case p.Running:
		return fine(say("进程 %d，版本 %s，用户 %s", "process %d, version %s, user %s", p.PID, p.Version, p.User.Name))
	}
	return fail(say("没有程序在 %s 应答", "nobody answers at %s", p.Socket),
		say("systemctl start gated；若又停了，看 journalctl -u gated -n 30", "systemctl start gated; if it ends again, look at journalctl -u gated -n 30"))
}

func alarms(f *Facts) Result {
	switch {
	case !f.Program.Running:
		return skip(say("服务没有运行", "the daemon is not running"))
	case len(f.Alarms) == 0:
		return fine(say("没有", "none"))
	}
	return warn(say("%d 条：%s", "%d: %s", len(f.Alarms), strings.Join(f.Alarms, " | ")), say("逐条处理；gated status 显示全部", "see to each of them; gated status shows them all"))
}
