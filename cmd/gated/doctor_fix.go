package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"gated/doctor"
	"gated/gate"
)

// fix is what doctor can put right by itself: nothing that moves a door, loses a
// record or cannot be taken back.
type fix struct {
	what gate.Text
	do   func(*patient) error
	then gate.Text // what is left to do by hand
}

// fixes is every fix by the check that it answers.
var fixes = map[string]fix{
	"state-directory": {
		gate.Text{ZH: "把状态目录中的文件改回服务用户所有", EN: "give the files of the state directory back to the daemon's user"},
		(*patient).giveBack,
		gate.Text{ZH: "systemctl restart gated", EN: "systemctl restart gated"},
	},
	"modem-manager": {
		gate.Text{ZH: "写入 " + modemRuleFile + "，让 ModemManager 不碰扫码器", EN: "write " + modemRuleFile + ", which keeps ModemManager off the scanners"},
		(*patient).writeModemRule,
		gate.Text{ZH: "udevadm control --reload，再拔插扫码器", EN: "udevadm control --reload, then unplug the scanner and plug it in again"},
	},
	"gpio-persistence": {
		gate.Text{ZH: "在 /boot/firmware/config.txt 加一行 dtparam=strict_gpiod", EN: "add the line dtparam=strict_gpiod to /boot/firmware/config.txt"},
		(*patient).strictLines,
		gate.Text{ZH: "在门空闲时重启盒子", EN: "restart the box when nobody is at the gate"},
	},
}

// fixWords are the words around a fix.
var fixWords = map[string]gate.Text{
	"ask":  {ZH: "%s：%s？(y/N) ", EN: "%s: %s? (y/N) "},
	"done": {ZH: "已完成。接着：%s\n", EN: "Done. Then: %s\n"},
	"none": {ZH: "没有可以自动处理的项目，请按上面的下一步处理。", EN: "There is nothing here that can be put right by itself: do as the findings say."},
}

// fix offers the fixes for what was found, each on its own, and does those that
// are answered with y.
func (p *patient) fix(found []doctor.Finding, lang gate.Language, in io.Reader, out io.Writer) error {
	answers := bufio.NewScanner(in)
	offered := false
	for _, f := range found {
		fix, ok := fixes[f.Name]
		if !ok || f.State != doctor.Fail && f.State != doctor.Warn || f.Name == "state-directory" && len(p.stateDir().Foreign) == 0 {
			continue
		}
		offered = true
		fmt.Fprintf(out, fixWords["ask"].In(lang), f.Name, fix.what.In(lang))
		if !answers.Scan() || !strings.EqualFold(strings.TrimSpace(answers.Text()), "y") {
			fmt.Fprintln(out)
			continue
		}
		if err := fix.do(p); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		fmt.Fprintf(out, fixWords["done"].In(lang), fix.then.In(lang))
	}
	if !offered {
		fmt.Fprintln(out, fixWords["none"].In(lang))
	}
	return nil
}

// giveBack makes the daemon's user the owner of the state directory and of what
// lies in it.
func (p *patient) giveBack() error {
	var errs []error
	for _, name := range p.stateDir().Foreign {
		path := name
		if !filepath.IsAbs(name) {
			path = filepath.Join(p.cfg.Gate.StateDir, name)
		}
		errs = append(errs, os.Lchown(path, p.user.UID, p.user.Groups[0]))
	}
	return errors.Join(errs...)
}

// modemRuleFile is no name of the package's: udev would read it instead of the
// package's own file, and the chips would lose their group.
const modemRuleFile = "/etc/udev/rules.d/61-gated-scanner.rules"

// modemRule keeps ModemManager and brltty off serial scanners, as
// systemd/61-gated-scanner.rules does.
const modemRule = `SUBSYSTEM=="tty", KERNEL=="ttyUSB*|ttyACM*", ENV{ID_MM_DEVICE_IGNORE}="1", ENV{BRLTTY_BRAILLE_DRIVER}=""` + "\n"

func (p *patient) writeModemRule() error {
	path := filepath.Join(p.root, modemRuleFile)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // everybody reads rules
		return err
	}
	return writeWhole(path, []byte(modemRule), 0o644)
}

// strictLines has the kernel make a line an input when its program ends. The
// last line counts for the firmware whatever section it stands in, so one for
// all boards comes before it.
func (p *patient) strictLines() error {
	path := filepath.Join(p.root, "boot/firmware/config.txt")
	old, err := os.ReadFile(path) //nolint:gosec // the firmware's file
	if err != nil {
		return err
	}
	text := strings.TrimRight(string(old), "\n") + "\n\n[all]\ndtparam=strict_gpiod\n"
	return writeWhole(path, []byte(text), 0o644)
}
