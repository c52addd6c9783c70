package doctor

import (
	"gated/gate"
)

func pins(f *Facts) []Result {
	if len(f.Pins) == 0 {
		return []Result{skip(say("配置中没有GPIO线", "no GPIO line is configured"))}
	}
	var all []Result
	for _, p := range f.Pins {
		r := fine(say("在", "there"))
		switch {
		case p.Problem != "":
			r = fail(say("%s", "%s", p.Problem), say("gated check 列出可用的线；改 %s", "gated check names the lines that may be used; change %s", p.Key))
		case !p.Looked:
			r = skip(say("本机没有GPIO芯片", "this machine has no GPIO chip"))
		}
		r.Of = p.Key
		all = append(all, r)
	}
	return all
}

// flutter is how many changes a second no finger and no door makes: a wire that
// hangs in the air hears the mains.
const flutter = 8

func inputs(f *Facts) []Result {
	if len(f.Inputs) == 0 {
		return []Result{skip(say("没有接输入线", "no input is wired"))}
	}
	var all []Result
	for _, in := range f.Inputs {
		level := say("无效", "inactive")
		if in.Active {
			level = say("有效", "active")
		}
		n := in.Changes.Value
		measured := join(level, say("%d 次变化，历时 %.1f 秒", "%d change(s) in %.1f s", n, in.Span.Seconds()))
		r := fine(measured)
		switch {
		case !in.Changes.Known():
			r = skip(in.Changes.Unknown)
		case n > 2 && float64(n) > flutter*in.Span.Seconds():
			r = fail(measured, say("线悬空或接触不良：检查接头；用 pull = \"up\" 并接到地的触点，长线加 1 kΩ 外接上拉",
				"the wire hangs in the air or its contact is bad: check the terminals; use pull = \"up\" with a contact to ground, and on a long wire a resistor of 1 kOhm to 3.3 V"))
		}
		r.Of = in.Name
		all = append(all, r)
	}
	return all
}

func doorState(_ *Facts, l *Lane) Result {
	switch l.Fault {
	case "":
		return fine(say("没有异常", "nothing unusual"))
	case "forced":
		return warn(say("门在无人获准时被打开", "opened although nobody had been let in"), say("看门口是谁，关上门，检查锁和门磁", "see who is there, shut it, and look at lock and contact"))
	}
	return warn(say("门开着已久（%s）", "open for long (%s)", l.Fault), say("关上门；若已关，检查门磁的线", "shut it; if it is shut, check the contact's wire"))
}

// garbled is how much noise without a code says that the speed is wrong: a
// single code at a wrong speed is more.
const garbled = 16

func speed(_ *Facts, l *Lane) Result {
	noise, bytes := l.Counts["noise"]+l.Counts["partial"]+l.Counts["too-long"], l.Counts["bytes"]
	measured := say("%d baud：码 %d 字节，乱码 %d 字节", "%d baud: %d bytes of codes, %d of noise", l.Baud, bytes, noise)
	set := say("把 scanner.baud 写成 \"auto\"，systemctl restart gated，再扫一次", "write scanner.baud = \"auto\", systemctl restart gated, and show a code again")
	if !l.Fixed {
		set = say("再扫一次码，等几秒；仍不行就把模块的速率写入 scanner.baud，并检查地线", "show a code again and wait some seconds; if that does not help, write the module's speed as scanner.baud, and check the ground wire")
	}
	switch {
	case l.Cause == "garbled":
		return fail(say("%d baud 收到的不是文本", "what arrives at %d baud is no text", l.Baud), set)
	case noise >= garbled && noise > bytes:
		return fail(measured, set)
	case noise > bytes/10 && noise > garbled:
		return warn(measured, say("检查扫码器的线、接地和供电", "check the scanner's cable, ground and power"))
	case noise+bytes == 0:
		return skip(say("还没有扫过码", "no code was shown yet"))
	}
	return fine(measured)
}

func scannerUp(_ *Facts, l *Lane) Result {
	switch {
	case l.Untried != gate.Text{}:
		return skip(l.Untried)
	case l.Up:
		return fine(say("已打开", "open"))
	}
	return fail(say("%s", "%s", l.Error), say("按所述处理，再运行 gated doctor", "do as it says, and run gated doctor again"))
}

func module(_ *Facts, l *Lane) Result {
	switch {
	case l.Profile == "" || l.Profile == "plain":
		return skip(say("profile = plain：不问模块", "profile = plain: the module is not asked"))
	case l.Module != "":
		return fail(say("%s", "%s", l.Module), say("gated scanner probe %s；接好 TX 到模块的 RX", "gated scanner probe %s; see that our TX is wired to its RX", l.Name))
	case l.Model == "":
		return skip(say("还没有应答", "it has not answered yet"))
	}
	return fine(say("%s，设置已核对", "%s, settings read back", l.Model))
}

func drift(_ *Facts, l *Lane) Result {
	if l.Drift != "" {
		return warn(say("设置曾被改动并已恢复：%s", "settings had changed and were put right: %s", l.Drift),
			say("看谁碰过扫码器；若反复出现，换供电或换模块", "see who had a hand on it; if it happens again, change its supply or the module"))
	}
	return fine(say("没有", "none"))
}

func setupCodes(_ *Facts, l *Lane) Result {
	if n := l.Counts["setup-codes"]; n > 0 {
		return warn(say("被出示过 %d 次设置码", "setup codes were shown %d time(s)", n), say("看门口是谁；扫一次有效的码试试", "see who was at the gate, and try a pass"))
	}
	return fine(say("没有", "none"))
}

func lateCodes(_ *Facts, l *Lane) Result {
	if n := l.Counts["late"]; n > 0 {
		return warn(say("%d 个码因通道忙而丢弃", "%d code(s) were dropped because the lane was busy", n), say("看 card-sync 和 temperature", "look at card-sync and temperature"))
	}
	return fine(say("没有", "none"))
}

func modem(f *Facts) Result {
	m := &f.Modem
	switch {
	case m.PID == 0:
		return fine(say("没有运行", "not running"))
	case m.Rule:
		return fine(say("在运行（进程 %d），udev 规则让它不碰扫码器", "runs (process %d), and a udev rule keeps it off the scanners", m.PID))
	}
	return fail(say("ModemManager 在运行（进程 %d），会向扫码器发 AT 命令", "ModemManager runs (process %d) and talks to a scanner as to a modem", m.PID),
		say("systemctl disable --now ModemManager；或用 gated doctor --fix 装上 udev 规则", "systemctl disable --now ModemManager, or have gated doctor --fix install the udev rule"))
}
