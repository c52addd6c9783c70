package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"gated/gate"
)

// problem is one thing wrong with a configuration file, and where.
type problem struct {
	File string `json:"file"`
	Line int    `json:"line"`    // 0: the file as a whole
	Text string `json:"problem"` // what it is, and what to write instead
}

func (p problem) Error() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, p.Text)
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
}

// loadConfig reads and checks a configuration. Its error joins every problem
// that was found, each with file, line and what to do, in the language of the
// environment or the file; more are further checks.
func loadConfig(file string, more ...func(*Config) findings) (*Config, error) {
	data, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, unreadable(file, err)
	}
	c, err := decodeConfig(file, data)
	if err != nil {
		return nil, err
	}
	return c, c.problems(file, data, more...)
}

// unreadable says why there is no configuration.
func unreadable(file string, err error) error {
	lang := terminalLanguage()
	switch {
	case errors.Is(err, os.ErrNotExist):
		return worded{fmt.Sprintf(gate.Text{
			EN: "there is no configuration %s, so this box is no gate yet: enrol it (gated enrol FILE), or name another file with -c",
			ZH: "没有配置文件 %s，本机还不是门：请注册（gated enrol FILE），或用 -c 指定别的文件",
		}.In(lang), file), err}
	case errors.Is(err, os.ErrPermission):
		return worded{fmt.Sprintf(gate.Text{
			EN: "the configuration %s is not for this user to read: use sudo, or join the group gated (sudo usermod -aG gated $USER) and log in again",
			ZH: "此用户无权读取配置文件 %s：请用 sudo，或加入组 gated（sudo usermod -aG gated $USER）后重新登录",
		}.In(lang), file), err}
	}
	return fmt.Errorf("%s: %w", gate.Say("读取配置", "read configuration").In(lang), err)
}

// decodeConfig reads a configuration that is not checked yet.
func decodeConfig(file string, data []byte) (*Config, error) {
	var c Config
	d := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return nil, syntaxProblems(file, data, err)
	}
	c.setDefaults()
	return &c, nil
}

// problems checks what data, the text of file, was decoded to.
func (c *Config) problems(file string, data []byte, more ...func(*Config) findings) error {
	lines, lang := keyLines(data), language(c)
	var all []error
	for _, check := range append([]func(*Config) findings{(*Config).check}, more...) {
		for _, p := range check(c) {
			all = append(all, problem{file, lines.of(p.key), p.what.In(lang)})
		}
	}
	return errors.Join(all...)
}

// syntaxProblems says in sentences what the TOML library found. The language is
// that of the environment alone: the file's was not read.
func syntaxProblems(file string, data []byte, err error) error {
	lang := terminalLanguage()
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) {
		var all []error
		lines := keyLines(data)
		for _, e := range strict.Errors {
			line, _ := e.Position()
			key := e.Key()
			all = append(all, problem{file, line, unknownKey(lines.whole(line, key[len(key)-1])).In(lang)})
		}
		return errors.Join(all...)
	}
	var syntax *toml.DecodeError
	if errors.As(err, &syntax) {
		line, _ := syntax.Position()
		what := plainly(strings.TrimPrefix(syntax.Error(), "toml: "))
		if key := strings.Join(syntax.Key(), "."); key != "" {
			what = text("%s：%[2]s", "%s: %[3]s", key, what.ZH, what.EN)
		}
		return problem{file, line, what.In(lang)}
	}
	return problem{file, 0, text("无法读懂这个文件：%v", "%v", err).In(lang)}
}
