package main

import (
	"errors"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	"gated/drivers/scanner"
	"gated/drivers/signal"
	"gated/gate"
	"gated/verify/document"
)

// keyed is a problem before its line is known.
type keyed struct {
	key  string
	what gate.Text
}

// findings collects problems while the parts of a configuration are looked at.
type findings []keyed

// add takes what text says, so that no problem is without its Chinese: a test of
// the house looks.
func (f *findings) add(key string, what gate.Text) { *f = append(*f, keyed{key, what}) }

// longestSocket is how long a socket's name may be in bytes (unix(7)).
const longestSocket = 107

var validName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// check lists what is wrong with a configuration that could be read. It touches
// no device.
func (c *Config) check() findings {
	var f findings
	c.checkGate(&f)
	c.checkTrust(&f)
	c.checkMQTT(&f)
	c.checkJournal(&f)
	c.checkMetrics(&f)
	if c.Clock.Trust != "kernel" && c.Clock.Trust != "always" {
		f.add("clock.trust", text(`%q 既不是 "kernel"（实机）也不是 "always"（时钟由别处保证）`, `%q is neither "kernel" (a board) nor "always" (somebody else keeps the clock)`, c.Clock.Trust))
	}
	if len(c.Lanes) == 0 {
		f.add("", text("没有 [[lane]]：本机没有可开的门；请添加一条，写明 name、direction、scanner 和 door", "no [[lane]]: the box has no door to open; add one with name, direction, scanner and door"))
	}
	for i := range c.Lanes {
		c.checkLane(&f, i)
	}
	c.checkInputs(&f)
	c.checkAirlocks(&f)
	c.checkLines(&f)
	return f
}

func (c *Config) checkGate(f *findings) {
	if !validName.MatchString(c.Gate.ID) {
		f.add("gate.id", text("%q 不能作门的编号：须为 1 到 63 个 a-z、0-9 和 -，以字母或数字开头", "%q is no gate id: 1 to 63 of a-z, 0-9 and -, beginning with a letter or digit", c.Gate.ID))
	}
	if c.Gate.Site == 0 || c.Gate.Site == 0xFFFFFFFF {
		f.add("gate.site", text("%d 不是小区编号：请向中心服务器的运营方索取", "%d is no community's number: ask the central server's operator for yours", c.Gate.Site))
	}
	if n := len(c.Gate.Socket); n > longestSocket {
		f.add("gate.socket", text("名称有 %d 字节，超过内核允许的套接字名长度 %d 字节：请改短", "a name of %d bytes is longer than the %d bytes that the kernel takes for a socket: choose a shorter one", n, longestSocket))
	}
	if c.Gate.Language != "zh" && c.Gate.Language != "en" {
		f.add("gate.language", text(`%q 既不是 "zh" 也不是 "en"`, `%q is neither "zh" nor "en"`, c.Gate.Language))
	}
}

func (c *Config) checkTrust(f *findings) {
	if len(c.Trust.Roots) == 0 {
		f.add("trust.roots", text("没有根密钥：本机将不相信任何人；请复制 gate-central roots 打印的那一行", "no root key: the box would believe nobody; copy the line that gate-central roots prints"))
	}
	var keys []document.Key
	for _, root := range c.Trust.Roots {
		k, err := document.ParseKey(root)
		if err != nil {
			f.add("trust.roots", text("%[1]q 不是验证密钥；请复制 gate-central roots 打印的那一行", "%q is no verifier key: %v; copy the line that gate-central roots prints", root, err))
			continue
		}
		if slices.ContainsFunc(keys, k.Same) {
			f.add("trust.roots", text("%q 写了两次：每个根只算一次", "%q is there twice: each root counts once", k.Name))
		}
		keys = append(keys, k)
	}
	if c.Trust.Threshold < 1 || c.Trust.Threshold > max(1, len(c.Trust.Roots)) {
		f.add("trust.threshold", text("根只有 %[2]d 个，不能要求 %[1]d 个签名：请写 1 到 %[2]d", "%d of %d roots cannot be asked for: use 1 to %[2]d", c.Trust.Threshold, len(c.Trust.Roots)))
	}
}

func (c *Config) checkMQTT(f *findings) {
	if c.MQTT.Broker == "" {
		return // a box may work alone; it is fed with gated import
	}
	known := len(*f)
	u, err := url.Parse(c.MQTT.Broker)
	switch {
	case err == nil && u.User != nil: // and the address is not repeated
		f.add("mqtt.broker", text("用户名和密码不能写在地址里：请用 username 和 password_file", "a name and password do not belong into the address: use username and password_file"))
	case err != nil || u.Host == "" || !slices.Contains([]string{"tcp", "tls", "ws", "wss"}, u.Scheme):
		f.add("mqtt.broker", text("%q 不是代理地址：请写 tls://名称:8883、tcp://名称:1883、ws:// 或 wss://", "%q is no broker's address: write tls://name:8883, tcp://name:1883, ws:// or wss://", c.MQTT.Broker))
	}
	if (c.MQTT.Cert == "") != (c.MQTT.Key == "") {
		f.add("mqtt", text("cert 和 key 须成对：两个文件都写，或都不写", "cert and key belong together: name both files or neither"))
	}
	ours := true // the files are for us to read: a technician of the group may ask, and not read the daemon's keys
	for key, file := range map[string]string{"ca": c.MQTT.CA, "cert": c.MQTT.Cert, "key": c.MQTT.Key, "password_file": c.MQTT.PasswordFile} {
		r, err := os.Open(file) //nolint:gosec // the operator names the file
		switch {
		case file == "":
		case errors.Is(err, os.ErrPermission) && os.Geteuid() != 0:
			ours = false
		case err != nil:
			f.add("mqtt."+key, text("文件不能用：%v", "file cannot be used: %v", err))
		default:
			_ = r.Close()
		}
	}
	if len(*f) == known && ours {
		if err := c.broker().Check(); err != nil {
			f.add("mqtt", text("%v", "%v", err))
		}
	}
	if strings.ContainsAny(c.MQTT.Prefix, "+#") || strings.HasSuffix(c.MQTT.Prefix, "/") {
		f.add("mqtt.prefix", text("%q 不能作主题前缀：不能含 + 或 #，也不能以 / 结尾", "%q is no topic prefix: it may not hold + or # nor end with /", c.MQTT.Prefix))
	}
}

func (c *Config) checkLane(f *findings, i int) {
	l, at := &c.Lanes[i], laneKey(i)
	if !validName.MatchString(l.Name) {
		f.add(at+".name", text("%q 不能作通道名：须为 1 到 63 个 a-z、0-9 和 -", "%q is no lane's name: 1 to 63 of a-z, 0-9 and -", l.Name))
	}
	for _, other := range c.Lanes[:i] {
		if other.Name == l.Name {
			f.add(at+".name", text("%q 已是另一条通道的名称：每条通道须各有名称", "%q is the name of another lane: give each its own", l.Name))
		}
		if other.Scanner.Device == l.Scanner.Device {
			f.add(at+".scanner.device", text("%s 已是通道 %q 的扫码器", "%s is the scanner of lane %q already", l.Scanner.Device, other.Name))
		}
	}
	for j, other := range c.Lanes {
		if d := l.Signal.Device; d != "" && (d == other.Scanner.Device || j < i && d == other.Signal.Device) {
			f.add(at+".signal.device", text("%s 已是通道 %q 的端口：语音须用自己的端口", "%s is a port of lane %q already: the voice needs one of its own", d, other.Name))
		}
	}
	switch gate.Direction(l.Direction) {
	case gate.In, gate.Out, gate.Both:
	default:
		f.add(at+".direction", text(`%q 不是方向：请写 "in"、"out" 或 "both"`, `%q is no direction: write "in", "out" or "both"`, l.Direction))
	}
	checkDoor(f, l, at)
	if err := signal.Check(l.signal(gate.Language(c.Gate.Language), nil)); err != nil {
		f.add(at+".signal", text("%v", "%v", err))
	}
	if err := scanner.Check(l.scanner(nil)); err != nil {
		f.add(at+".scanner", text("%v", "%v", err))
	}
}
