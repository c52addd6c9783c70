package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"

	"gated/gate"
	"gated/local"
)

// worded is an error whose sentence was written for people; what is below it is
// for programs alone.
type worded struct {
	text string
	err  error
}

func (w worded) Error() string { return w.text }
func (w worded) Unwrap() error { return w.err }

// errnoWords are what the kernel's numbers mean at a gate, and what to do. %s is
// the file, device or address.
var errnoWords = map[syscall.Errno]gate.Text{
	syscall.EACCES:  {EN: "this user may not use %s: do it as root (sudo)", ZH: "此用户无权使用 %s：请用 root（sudo）"},
	syscall.EPERM:   {EN: "this user may not do that to %s: do it as root (sudo)", ZH: "此用户无权对 %s 这样做：请用 root（sudo）"},
	syscall.ENOENT:  {EN: "%s is not there (or its folder is not): look at the name", ZH: "%s 不存在（或其文件夹不存在）：请核对名称"},
	syscall.EISDIR:  {EN: "%s is a folder, and a file is wanted: look at the name", ZH: "%s 是文件夹，这里需要文件：请核对名称"},
	syscall.ENOTDIR: {EN: "%s cannot be there, because a part of that path is a file and no folder: look at the name", ZH: "%s 的路径中有一段是文件而不是文件夹：请核对名称"},
	syscall.EEXIST:  {EN: "%s is there already: name another, or move it away", ZH: "%s 已经存在：请换个名字，或先移走它"},
	syscall.EROFS: {
		EN: "%s cannot be written, because the card is mounted read-only: Linux does that when a card has faults; gated doctor looks at it, dmesg says more",
		ZH: "%s 无法写入：存储卡以只读方式挂载，Linux 在卡出错时会这样做；请运行 gated doctor，dmesg 有详情",
	},
	syscall.ENOSPC:        {EN: "%s cannot be written, because the disk is full: df -h shows which, gated doctor how much the gate needs", ZH: "%s 无法写入：磁盘已满；df -h 可查是哪一个，gated doctor 说明需要多少"},
	syscall.EDQUOT:        {EN: "%s cannot be written, because this user's share of the disk is used up", ZH: "%s 无法写入：此用户的磁盘配额已用完"},
	syscall.EIO:           {EN: "the disk or device of %s answers with an error: a card does that at its end, a port when its plug is loose; gated doctor tells which", ZH: "%s 所在的磁盘或设备出错：卡到寿命或插头松动都会如此；gated doctor 可判断是哪一种"},
	syscall.EBUSY:         {EN: "%s is in use by another program: fuser -v %[1]s names it", ZH: "%s 正被别的程序使用：fuser -v %[1]s 可查出是谁"},
	syscall.ENODEV:        {EN: "there is no device behind %s any more: look at plug and power", ZH: "%s 背后的设备已不在：请检查插头和供电"},
	syscall.ENXIO:         {EN: "there is no device behind %s: look at plug and power", ZH: "%s 背后没有设备：请检查插头和供电"},
	syscall.ENOTTY:        {EN: "%s is not a serial port: look at the name", ZH: "%s 不是串口：请核对名称"},
	syscall.EMFILE:        {EN: "%s cannot be opened, because this program has too many files open: end it and try again", ZH: "%s 无法打开：本程序打开的文件太多，请结束后重试"},
	syscall.ENFILE:        {EN: "%s cannot be opened, because the whole box has too many files open: restart the box", ZH: "%s 无法打开：整台设备打开的文件太多，请重启设备"},
	syscall.ENAMETOOLONG:  {EN: "%s is too long for a name: choose a shorter one", ZH: "%s 名称太长：请改短"},
	syscall.ELOOP:         {EN: "%s leads back to itself (symbolic links): look at it with ls -l", ZH: "%s 的符号链接绕回自身：请用 ls -l 查看"},
	syscall.ECONNREFUSED:  {EN: "nobody listens at %s: look at address and port, and whether that program runs", ZH: "%s 无人监听：请核对地址和端口，以及对方程序是否在运行"},
	syscall.ECONNRESET:    {EN: "%s ended the connection: try again, then look at its log", ZH: "%s 中断了连接：请重试，再看对方日志"},
	syscall.EPIPE:         {EN: "%s ended the connection: try again, then look at its log", ZH: "%s 中断了连接：请重试，再看对方日志"},
	syscall.ETIMEDOUT:     {EN: "%s does not answer: a firewall, or the provider; gated doctor goes the way step by step", ZH: "%s 没有应答：可能是防火墙或运营商；gated doctor 会逐步检查线路"},
	syscall.EHOSTUNREACH:  {EN: "there is no way to %s: look at cable, router and address; gated doctor goes the way step by step", ZH: "无法到达 %s：请检查网线、路由器和地址；gated doctor 会逐步检查线路"},
	syscall.ENETUNREACH:   {EN: "there is no way out of this box to %s: look at cable, SIM and router; gated doctor goes the way step by step", ZH: "本机没有通往 %s 的路由：请检查网线、SIM 卡和路由器；gated doctor 会逐步检查线路"},
	syscall.EADDRINUSE:    {EN: "%s is taken by another program: ss -ltnp names it", ZH: "%s 已被别的程序占用：ss -ltnp 可查出是谁"},
	syscall.EADDRNOTAVAIL: {EN: "%s is no address of this machine: ip address shows them", ZH: "%s 不是本机的地址：ip address 可查"},
}

// Words for what is no number of the kernel's.
var (
	noName = gate.Text{
		EN: "the name %s is not known: look at its spelling; if other names are not found either it is the DNS (cat /etc/resolv.conf)",
		ZH: "查不到名称 %s：请核对拼写；若其他名称也查不到，是 DNS 的问题（cat /etc/resolv.conf）",
	}
	noAnswer = gate.Text{EN: "%s does not answer in time: try again; gated doctor goes the way step by step", ZH: "%s 未及时应答：请重试；gated doctor 会逐步检查线路"}
	itself   = gate.Text{EN: "it", ZH: "它"}
)

// inWords is an error's sentence, in which what the kernel and the resolver said
// is put into a person's words. Known says whether anything was.
func inWords(err error, lang gate.Language) (sentence string, known bool) {
	if err == nil {
		return "", false
	}
	sentence = inLanguage(err.Error(), err, lang)
	reword(err, lang, func(was, is string) {
		if strings.Contains(sentence, was) {
			sentence, known = strings.ReplaceAll(sentence, was, is), true
		}
	})
	return sentence, known
}

// inLanguage puts what err says in both languages into text, which is of err.
func inLanguage(text string, err error, lang gate.Language) string {
	if t, ok := errors.AsType[*gate.Trouble](err); ok {
		return strings.ReplaceAll(text, t.Error(), t.Say.In(lang))
	}
	return text
}

// sentence is inWords for whoever needs the sentence alone.
func sentence(err error, lang gate.Language) string {
	s, _ := inWords(err, lang)
	return s
}

// brief leaves out what the kernel and the resolver said, where it stands behind a
// person's words.
func brief(err error, lang gate.Language) string {
	text := err.Error()
	reword(err, lang, func(was, _ string) { text = strings.TrimSuffix(text, ": "+was) })
	if text == err.Error() {
		return sentence(err, lang)
	}
	return inLanguage(text, err, lang)
}

// reword calls replace for each error below err that has words.
func reword(err error, lang gate.Language, replace func(was, is string)) {
	name := ""
	var path *fs.PathError
	var link *os.LinkError
	var op *net.OpError
	var dns *net.DNSError
	switch e := err.(type) { //nolint:errorlint // each level is looked at by itself
	case *net.DNSError:
		dns, name = e, e.Name
	case *fs.PathError:
		path, name = e, e.Path
	case *os.LinkError:
		link, name = e, e.New
	case *net.OpError:
		op = e
		if e.Addr != nil {
			name = e.Addr.String()
		}
	}
	var number syscall.Errno
	switch {
	case dns != nil && !dns.IsTimeout:
		replace(err.Error(), fmt.Sprintf(noName.In(lang), dns.Name))
		return
	case op != nil && errors.As(err, &dns) && !dns.IsTimeout:
		replace(err.Error(), fmt.Sprintf(noName.In(lang), dns.Name))
		return
	case (path != nil || link != nil || op != nil || isNumber(err)) && errors.As(err, &number) && errnoWords[number] != gate.Text{}:
		if name == "" {
			name = itself.In(lang)
		}
		replace(err.Error(), fmt.Sprintf(errnoWords[number].In(lang), name))
		return
	case (op != nil || path != nil || dns != nil) && isTimeout(err):
		if dns != nil {
			name = dns.Name
		}
		replace(err.Error(), fmt.Sprintf(noAnswer.In(lang), name))
		return
	}
	switch e := err.(type) { //nolint:errorlint // as above
	case interface{ Unwrap() error }:
		reword(nonNil(e.Unwrap()), lang, replace)
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			reword(one, lang, replace)
		}
	}
}

func nonNil(err error) error {
	if err == nil {
		return errors.New("")
	}
	return err
}

// isNumber says whether err is the kernel's number itself, or with the call's name.
func isNumber(err error) bool {
	switch err.(type) { //nolint:errorlint // this level alone
	case syscall.Errno, *os.SyscallError:
		return true
	}
	return false
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout() || errors.Is(err, context.DeadlineExceeded)
}

// meanings say what an error means for the gate, by command; the rest only look.
var meanings = map[string]gate.Text{
	"run": {
		EN: "The gate is not run by this: no code opens it until gated runs. systemctl status gated says whether another one does.",
		ZH: "本命令没有运行大门：gated 运行之前任何码都不开门。systemctl status gated 可看是否另有一个在运行。",
	},
	"relay-safe": {
		EN: "A relay may still be on: look at the door, and take the lock's power away if it stands open.",
		ZH: "继电器可能仍接通：请查看门；若门开着，请断开锁的电源。",
	},
	"enrol":  {EN: "The box is not enrolled by this; do it again when that is put right, nothing is lost.", ZH: "本机未能注册；排除后再做一次即可，不会丢失什么。"},
	"import": {EN: "What was not accepted has changed nothing: the gate goes on with what it holds.", ZH: "未被接受的文件没有改变任何东西：大门按已有名单继续工作。"},
	"":       {EN: "The gate goes on as it was: this command only looks at it.", ZH: "大门照常工作：本命令只是查看。"},
}

// whileStopped is what it means that the daemon does not run.
var whileStopped = gate.Text{
	EN: "While it is stopped no code opens the gate; the wires of exit button and fire that go past the box still do.",
	ZH: "停止期间任何码都不开门；不经过盒子的出门按钮和消防接线仍然有效。",
}

// explained is what to print of a command's error: one line each, the last what it
// means for the gate, if the error does not say so itself.
func explained(err error, command string, lang gate.Language) []string {
	text, known := inWords(err, lang)
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = "gated: error: " + lines[i]
	}
	meaning, ok := meanings[command]
	if !ok {
		meaning = meanings[""]
	}
	switch {
	case errors.Is(err, local.ErrNotRunning) && command != "door test":
		lines = append(lines, "gated: "+whileStopped.In(lang))
	case (known || errors.Is(err, os.ErrPermission)) && command != "door test":
		lines = append(lines, "gated: "+meaning.In(lang))
	}
	return lines
}
