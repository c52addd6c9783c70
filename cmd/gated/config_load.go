package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
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
// that was found, each with file, line and what to do; more are further checks.
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
	return fmt.Errorf("read configuration: %w", err)
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
	lines := keyLines(data)
	var all []error
	for _, check := range append([]func(*Config) findings{(*Config).check}, more...) {
		for _, p := range check(c) {
			all = append(all, problem{file, lines.of(p.key), p.text})
		}
	}
	return errors.Join(all...)
}

// syntaxProblems says in sentences what the TOML library found.
func syntaxProblems(file string, data []byte, err error) error {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) {
		var all []error
		lines := keyLines(data)
		for _, e := range strict.Errors {
			line, _ := e.Position()
			key := e.Key()
			all = append(all, problem{file, line, unknownKey(lines.whole(line, key[len(key)-1]))})
		}
		return errors.Join(all...)
	}
	var syntax *toml.DecodeError
	if errors.As(err, &syntax) {
		line, _ := syntax.Position()
		text := plainly(strings.TrimPrefix(syntax.Error(), "toml: "))
		if key := strings.Join(syntax.Key(), "."); key != "" {
			text = fmt.Sprintf("%s: %s", key, text)
		}
		return problem{file, line, text}
	}
	return problem{file, 0, err.Error()}
}

// wrongType is how the TOML library says that a value is of another type.
var wrongType = regexp.MustCompile(`^cannot decode TOML (\w+) into (?:struct field \S+ of type|a Go value of type) (\S+)$`)

// expected is what to write for each type of our configuration.
var expected = map[string]string{
	"uint32": "a whole number without quotes", "int": "a whole number without quotes", "bool": "true or false without quotes",
	"string": "text in quotes", "[]string": "a list of texts in quotes, in [ ]",
}

// plainly says what the TOML library found in words that name no Go type.
func plainly(text string) string {
	if m := wrongType.FindStringSubmatch(text); m != nil && expected[m[2]] != "" {
		return fmt.Sprintf("a TOML %s stands here; write %s", m[1], expected[m[2]])
	}
	return text + "; see docs/configuration.md for what is expected"
}

// unknownKey names the nearest key that exists where the unknown one stands.
func unknownKey(key []string) string {
	wrong := key[len(key)-1]
	known := knownKeys(reflect.TypeFor[Config](), key[:len(key)-1])
	text := fmt.Sprintf("unknown key %q", strings.Join(key, "."))
	if len(known) == 0 {
		return text + "; take it out"
	}
	best := slices.MinFunc(known, func(a, b string) int { return distance(a, wrong) - distance(b, wrong) })
	if distance(best, wrong) <= max(2, len(wrong)/2) {
		return fmt.Sprintf("%s: did you mean %q?", text, best)
	}
	return fmt.Sprintf("%s: known here are %s", text, strings.Join(known, ", "))
}

// knownKeys lists the keys of the table at path.
func knownKeys(t reflect.Type, path []string) []string {
	for t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	var names []string
	for f := range t.Fields() {
		name := f.Tag.Get("toml")
		if len(path) > 0 && name == path[0] {
			return knownKeys(f.Type, path[1:])
		}
		names = append(names, name)
	}
	if len(path) > 0 {
		return nil
	}
	return names
}

// distance is the number of single letters to change, put in or take out
// between a and b (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
