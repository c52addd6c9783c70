package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"gated/gate"
	"gated/verify/enrolment"
)

// enrolCmd is `gated enrol`.
type enrolCmd struct {
	File    string `arg:"" optional:"" help:"What gate-central gate add has written. Left out: gated-enrol.toml on the card's boot partition, which is removed afterwards."`
	Request string `xor:"way" placeholder:"OUT" help:"Without a network: make the keys and write the request there, for gate-central gate sign."`
	Answer  string `xor:"way" placeholder:"ANSWER" help:"Without a network: take the answer that gate-central gate sign has written."`
	JSON    bool   `help:"Print JSON."`
}

// enrolled is what came of it, and what `gated enrol --json` prints.
type enrolled struct {
	State   string `json:"state"` // enrolled, already (nothing was changed) or requested
	Gate    string `json:"gate"`
	Site    uint32 `json:"site"`
	Config  string `json:"config"`            // its file
	Request string `json:"request,omitempty"` // the file that was written for gate-central gate sign
	Say     string `json:"say"`               // what it means and what to do, in the gate's language
}

// say prints it.
func (cmd *enrolCmd) say(e enrolled) error {
	if cmd.JSON {
		return printJSON(e)
	}
	fmt.Println(e.Say)
	return nil
}

// onCard is where the boot partition of a card is mounted, by the age of the
// system, and the file in it.
var onCard = []string{"/boot/firmware/gated-enrol.toml", "/boot/gated-enrol.toml"}

// Run enrols the box. It may be cut off at any point, and done again: keys that
// are there are kept, the central server gives the same keys the same answer, and
// the configuration is written last.
func (cmd *enrolCmd) Run(c *common) error {
	if cmd.File != "" {
		done, err := cmd.enrol(c, cmd.File)
		if err == nil {
			err = cmd.say(done)
		}
		return err
	}
	for _, file := range onCard {
		if _, err := os.Stat(file); err != nil {
			continue
		}
		done, err := cmd.enrol(c, file)
		if err == nil {
			err = errors.Join(cmd.say(done), os.Remove(file))
		}
		leaveWord(filepath.Join(filepath.Dir(file), "gated-enrol.txt"), done.Say, err)
		return err
	}
	return askedWrongly("no FILE is named, and there is no gated-enrol.toml on the card's boot partition")
}

// leaveWord tells whoever reads the card on a PC what came of it. A card is
// written only if there is something else to say.
func leaveWord(path, said string, err error) {
	if err != nil {
		said = sentence(err, terminalLanguage())
	}
	if old, err := os.ReadFile(path); err == nil && string(old) == said+"\n" { //nolint:gosec // one of two names
		return
	}
	_ = os.WriteFile(path, []byte(said+"\n"), 0o644) //nolint:gosec // the boot partition knows no modes; whoever reads it has lost nothing
}

// enrol does what the file and the flags ask for, and says what was done.
func (cmd *enrolCmd) enrol(c *common, file string) (done enrolled, err error) {
	i, err := readInvitation(file)
	if err != nil {
		return done, err
	}
	done = enrolled{State: "enrolled", Gate: i.cfg.Gate.ID, Site: i.cfg.Gate.Site, Config: c.Config}
	if done.Say, err = enrolledAlready(c.Config, i); done.Say != "" || err != nil {
		done.State = "already"
		return done, err
	}
	var request, answer []byte
	var keys *boxKeys
	err = duringOwner(i.cfg.Gate.StateDir, func() error {
		if keys, err = makeKeys(i.cfg); err == nil {
			request, err = keys.request(i)
		}
		return err
	})
	if err != nil {
		return done, err
	}
	if cmd.Request != "" {
		if err := writeWhole(cmd.Request, request, 0o600); err != nil {
			return done, fmt.Errorf("write request: %w", err)
		}
		done.State, done.Request = "requested", cmd.Request
		done.Say = gate.Text{
			EN: fmt.Sprintf("%s is the request: gate-central gate sign answers it, then gated enrol --answer ANSWER %s goes on", cmd.Request, file),
			ZH: fmt.Sprintf("%s 是请求文件：由 gate-central gate sign 签发后，用 gated enrol --answer ANSWER %s 继续", cmd.Request, file),
		}.In(language(i.cfg))
		return done, nil
	}
	if cmd.Answer != "" {
		answer, err = os.ReadFile(cmd.Answer)
	} else {
		answer, err = postRequest(context.Background(), i, request)
	}
	if err != nil {
		return done, fmt.Errorf("%s: %w", gate.Text{EN: "the box is not enrolled", ZH: "本机未能注册"}.In(language(i.cfg)), err)
	}
	if err := enrolment.CheckCertificate(answer, i.ca, i.cfg.Gate.ID, &keys.tls.PublicKey); err != nil {
		return done, fmt.Errorf("the answer was not taken, and nothing is enrolled: %w", err)
	}
	done.Say, err = i.keep(c.Config, answer)
	return done, err
}

// enrolledAlready says so if there is a configuration of this gate: it was written
// last, so all the rest is there. One of another gate is not replaced.
func enrolledAlready(path string, i *invitation) (said string, err error) {
	data, err := os.ReadFile(path) //nolint:gosec // our own configuration
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look for a configuration: %w", err)
	}
	old, err := decodeConfig(path, data)
	if err != nil || old.Gate.ID != i.cfg.Gate.ID || old.Gate.Site != i.cfg.Gate.Site {
		return "", fmt.Errorf("%s is there, and not that of gate %s: nothing was changed; move it away to enrol this box anew", path, i.cfg.Gate.ID)
	}
	return gate.Text{
		EN: fmt.Sprintf("this box is enrolled as gate %s already; nothing was changed (to enrol it anew, move %s away first)", old.Gate.ID, path),
		ZH: fmt.Sprintf("本机已经注册为门 %s，未作任何改动（如需重新注册，请先移走 %s）", old.Gate.ID, path),
	}.In(language(i.cfg)), nil
}

// keep stores the answer, and the configuration after it.
func (i *invitation) keep(path string, answer []byte) (said string, err error) {
	m := i.cfg.MQTT
	err = duringOwner(i.cfg.Gate.StateDir, func() error {
		return errors.Join(writeWhole(m.CA, i.caText, 0o644), writeWhole(m.Cert, answer, 0o644))
	})
	if err != nil {
		return "", fmt.Errorf("store certificate: %w", err)
	}
	if err := placeConfig(path, i.config); err != nil {
		return "", fmt.Errorf("write configuration: %w", err)
	}
	return gate.Text{
		EN: fmt.Sprintf("this box is enrolled as gate %s of site %d. Its configuration is %s: gated check says whether it fits the wires; systemctl start gated starts the gate",
			i.cfg.Gate.ID, i.cfg.Gate.Site, path),
		ZH: fmt.Sprintf("本机已注册为小区 %[2]d 的门 %[1]s。配置文件为 %[3]s：用 gated check 核对接线，用 systemctl start gated 启动门控",
			i.cfg.Gate.ID, i.cfg.Gate.Site, path),
	}.In(language(i.cfg)), nil
}

// placeConfig writes gated.toml for root and the group of its directory, the
// daemon's: it may name passwords' files.
func placeConfig(path string, text []byte) error {
	dir := filepath.Dir(path)
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && os.Geteuid() == 0 {
		err = errors.Join(err, f.Chown(0, int(owner.Gid)))
	}
	return finish(f, path, 0o640, err)
}
