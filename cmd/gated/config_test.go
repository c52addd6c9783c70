package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sound is a configuration without a fault; each test breaks one line of it.
const sound = `[gate]
id = "east"
site = 1001
state_dir = "STATE"

[trust]
roots = ["ROOT"]

[mqtt]
broker = "tcp://127.0.0.1:1883"

[[lane]]
name = "in"
direction = "in"
scanner = { kind = "serial", device = "/dev/ttyNONE", baud = "115200" }
door = { kind = "sim", mode = "hold", pulse = "3s" }

[[lane]]
name = "out"
direction = "out"
scanner = { device = "/dev/ttyNONE2" }
door = { kind = "sim" }
signal = { kind = "sim" }
`

// testRoot is a verifier key of the seed of 32 zero bytes.
const testRoot = "root+6c856ef2+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"

func writeConfig(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "gated.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// speak sets what the environment says of the language.
func speak(t *testing.T, lang string) {
	t.Helper()
	t.Setenv("LC_ALL", "")
	t.Setenv("LC_MESSAGES", "")
	t.Setenv("LANG", lang)
}

func TestSoundConfigurationIsFine(t *testing.T) {
	cfg, err := loadConfig(writeConfig(t, strings.ReplaceAll(sound, "ROOT", testRoot)))
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Lanes[1].Scanner.Baud != "auto" || cfg.MQTT.Prefix != "gated/v1" || cfg.Trust.Threshold != 1 {
		t.Errorf("defaults are missing: %+v", cfg)
	}
}

func TestBrokenConfigurationSaysWhereAndWhatToDo(t *testing.T) {
	tests := []struct {
		name, old, new string
		want           string // after the file's name
	}{
		{"a misspelt key", `site = 1001`, `sit = 1001`, `:3: unknown key "gate.sit": did you mean "site"?`},
		{"a misspelt key in an inline table", `pulse = "3s"`, `pulze = "3s"`, `:16: unknown key "lane.door.pulze": did you mean "pulse"?`},
		{"a misspelt table", "[trust]", "[trsut]", `:6: unknown key "trsut": did you mean "trust"?`},
		{"a wrong type", `site = 1001`, `site = "1001"`, `:3: gate.site: a TOML string stands here; write a whole number without quotes`},
		{"text without quotes", `baud = "115200"`, `baud = 115200`, `:15: lane.scanner: a TOML integer stands here; write text in quotes`},
		{"a duration without quotes", `pulse = "3s"`, `pulse = 3`, `:16: lane.door: a TOML integer stands here; write text in quotes`},
		{"no duration", `pulse = "3s"`, `pulse = "3 sec"`, `:16: "3 sec" is no duration: write "3s", "500ms" or "1m"`},
		{"a syntax error", `id = "east"`, `id = east`, `:2: `},
		{"a gate without a name", `id = "east"`, `id = "East Gate"`, `:2: "East Gate" is no gate id`},
		{"no site", `site = 1001`, `site = 0`, `:3: 0 is no community's number`},
		{"no root", `["ROOT"]`, `[]`, `:7: no root key: the box would believe nobody`},
		{"a root that is no key", `"ROOT"`, `"root"`, `:7: "root" is no verifier key`},
		{"a root twice", `["ROOT"]`, `["ROOT", "ROOT"]`, `:7: "root" is there twice`},
		{"a threshold that cannot be met", `["ROOT"]`, "[\"ROOT\"]\nthreshold = 2", `:8: 2 of 1 roots cannot be asked for`},
		{"an address that is none", `tcp://127.0.0.1:1883`, `127.0.0.1:1883`, `:10: "127.0.0.1:1883" is no broker's address`},
		{"a password in the address", `tcp://127`, `tcp://east:secret@127`, `:10: a name and password do not belong into the address`},
		{"a direction that is none", `direction = "in"`, `direction = "inward"`, `:14: "inward" is no direction: write "in", "out" or "both"`},
		{"two lanes of one name", `name = "out"`, `name = "in"`, `:19: "in" is the name of another lane`},
		{"a voice at a scanner's port", `signal = { kind = "sim" }`, `signal = { kind = "voice", module = "xfs5152", device = "/dev/ttyNONE" }`, `:23: /dev/ttyNONE is a port of lane "in" already`},
		{"a voice that cannot speak the language", `signal = { kind = "sim" }`, `signal = { kind = "voice", module = "syn6288", device = "/dev/ttyNONE3" }`, `letter by letter`},
		{"a profile that is no known", `baud = "115200" }`, `profile = "gm66" }`, `write one of gm65, plain`},
		{"a speed that the module lacks", `baud = "115200" }`, `baud = "4800", profile = "gm65" }`, `a module of profile "gm65" cannot do that`},
		{"two lanes at one scanner", `/dev/ttyNONE2`, `/dev/ttyNONE`, `:21: /dev/ttyNONE is the scanner of lane "in" already`},
		{"a pulse without an end", `pulse = "3s"`, `pulse = "3m"`, `:16: pulse 3m0s is not between 0 and 1m0s: the gate would stay open`},
		{"a baud rate that does not exist", `baud = "115200"`, `baud = "115201"`, `:15: `},
		{"a door of no kind", `door = { kind = "sim", mode`, `door = { kind = "relay", mode`, `:16: `},
		{"a relay on a pin that floats", `{ kind = "sim", mode = "hold", pulse = "3s" }`, `{ kind = "gpio", relay = "GPIO2" }`, `:16: `},
		{"persons for ever", `[[lane]]
name = "in"`, "[journal]\npersons_days = 99999\n[[lane]]\nname = \"in\"", `:13: 99999 is not between 1 and 3650`},
		{"leaves that go before their persons", `[[lane]]
name = "in"`, "[journal]\nleaves_days = 7\n[[lane]]\nname = \"in\"", `:13: 7 is not between 30`},
		{"a file that is not there", `[[lane]]
name = "in"`, "ca = \"/nonexistent.pem\"\n[[lane]]\nname = \"in\"", `:12: file cannot be used`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			speak(t, "C")
			text := strings.Replace(sound, tt.old, tt.new, 1)
			if text == sound {
				t.Fatal("the test breaks nothing")
			}
			file := writeConfig(t, strings.ReplaceAll(text, "ROOT", testRoot))
			_, err := loadConfig(file)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), file) {
				t.Errorf("loadConfig: %v\nwant the file and %q", err, tt.want)
			}
		})
	}
}

// TestAProblemIsSaidInChinese where the environment asks for it, or the file and
// not the environment; a file that cannot be parsed has no say.
func TestAProblemIsSaidInChinese(t *testing.T) {
	const inChinese = "[gate]\nlanguage = \"zh\""
	for _, tt := range []struct {
		name, lang    string
		old, new      string
		want, wantNot string
	}{
		{"the environment asks", "zh_CN.UTF-8", `id = "east"`, `id = "East Gate"`, `:2: "East Gate" 不能作门的编号`, "gate id"},
		{"the file asks", "", "[gate]\nid = \"east\"", inChinese + "\nid = \"E\"", `:3: "E" 不能作门的编号`, "gate id"},
		{"the environment is asked before the file", "C", "[gate]\nid = \"east\"", inChinese + "\nid = \"E\"", `:3: "E" is no gate id`, "编号"},
		{"a misspelt key", "zh_CN.UTF-8", `site = 1001`, `sit = 1001`, `:3: 没有 "gate.sit" 这一项：是否应为 "site"？`, "unknown"},
		{"a key like no other", "zh_CN.UTF-8", `site = 1001`, `quantity = 1001`, `此处可用的有 id、site、`, "known"},
		{"a key in a table that there is not", "zh_CN.UTF-8", `site = 1001`, `site.of.city = 1`, `:3: `, "unknown"},
		{"a wrong type", "zh_CN.UTF-8", `site = 1001`, `site = "1001"`, `:3: gate.site：此处写的是字符串；请写整数，不加引号`, "TOML string"},
		{"a quote without its end", "zh_CN.UTF-8", `id = "east"`, `id = "east`, `:2: 字符串缺少结尾的引号；应写什么见 docs/configuration.zh-CN.md`, "unterminated"},
		{"a syntax error that is rare", "zh_CN.UTF-8", `site = 1001`, `site = 0x`, `:3: 此处不符合 TOML 的写法（`, "see docs"},
		{"a door's time", "zh_CN.UTF-8", `pulse = "3s"`, `pulse = "3m"`, `:16: pulse 3m0s 不在 0 到 1m0s 之间：门会一直开着`, "between"},
		{"a door of no kind", "zh_CN.UTF-8", `door = { kind = "sim", mode`, `door = { kind = "relay", mode`, `:16: kind "relay"：不认识；请写 gpio, sim 之一`, "known"},
		{"a relay on a pin that floats", "zh_CN.UTF-8", `{ kind = "sim", mode = "hold", pulse = "3s" }`, `{ kind = "gpio", relay = "GPIO2" }`, `:16: 继电器 relay：GPIO2 上电后被板上的`, "pulled"},
		{"a contact on the console", "zh_CN.UTF-8", `{ kind = "sim", mode = "hold", pulse = "3s" }`, `{ kind = "gpio", relay = "GPIO17", contact = { line = "GPIO14" } }`, `:16: line：GPIO14 是控制台`, "letters"},
		{"a voice that cannot speak the language", "zh_CN.UTF-8", `signal = { kind = "sim" }`, `signal = { kind = "voice", module = "syn6288", device = "/dev/ttyNONE3" }`, `:23: module "syn6288"：它把英文逐个字母念出`, "letter"},
		{"a speed that the module lacks", "zh_CN.UTF-8", `baud = "115200" }`, `baud = "4800", profile = "gm65" }`, `:15: baud "4800"：profile 为 "gm65" 的模块不支持这个速率`, "cannot"},
		{"a syntax error in a file that asks", "", "[gate]\nid = \"east\"", inChinese + "\nid = east", `see docs/configuration.md`, "docs/configuration.zh-CN.md"},
		{"a file that is not there", "zh_CN.UTF-8", "\n[[lane]]\nname = \"in\"", "ca = \"/nonexistent.pem\"\n[[lane]]\nname = \"in\"", `文件不能用：/nonexistent.pem 不存在`, "cannot"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			speak(t, tt.lang)
			broken := strings.Replace(sound, tt.old, tt.new, 1)
			if broken == sound {
				t.Fatal("the test breaks nothing")
			}
			_, err := loadConfig(writeConfig(t, strings.ReplaceAll(broken, "ROOT", testRoot)))
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), tt.wantNot) {
				t.Errorf("loadConfig: %v\nwant %q and not %q", err, tt.want, tt.wantNot)
			}
		})
	}
}

func TestNoLane(t *testing.T) {
	speak(t, "C")
	text, _, _ := strings.Cut(strings.ReplaceAll(sound, "ROOT", testRoot), "[[lane]]")
	if _, err := loadConfig(writeConfig(t, text)); err == nil || !strings.Contains(err.Error(), "no [[lane]]") {
		t.Errorf("loadConfig: %v", err)
	}
}

func TestAllProblemsAreSaidAtOnce(t *testing.T) {
	text := strings.NewReplacer("ROOT", testRoot, `id = "east"`, `id = "E"`, "site = 1001", "site = 0").Replace(sound)
	_, err := loadConfig(writeConfig(t, text))
	if err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("loadConfig: %v, want two lines", err)
	}
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"site", "sit", 1}, {"trsut", "trust", 2}, {"kitten", "sitting", 3}, {"", "abc", 3}} {
		if got := distance(tt.a, tt.b); got != tt.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}
