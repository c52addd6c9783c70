package doctor

import (
	"time"

	"gated/gate"
)

// What an expiry is worth saying.
const certificateSoon = 30 * 24 * time.Hour

// alone is the skip of a box without a broker.
func alone(l *Line) (Result, bool) {
	if l.Broker == "" {
		return skip(say("没有配置 [mqtt] broker：盒子独立工作", "no [mqtt] broker is configured: the box works alone")), true
	}
	return Result{}, false
}

func lasts(f *Facts, c Certificate, renew gate.Text) Result {
	measured := say("%s 有效到 %s", "%s is valid until %s", c.Subject, c.Ends.UTC().Format(time.DateOnly))
	switch {
	case f.Now.After(c.Ends):
		return fail(say("%s 已于 %s 过期", "%s has ended on %s", c.Subject, c.Ends.UTC().Format(time.DateOnly)), renew)
	case f.Now.Before(c.Begins):
		return fail(say("%s 从 %s 才开始有效", "%s begins only on %s", c.Subject, c.Begins.UTC().Format(time.DateOnly)), renew)
	case f.Now.Add(certificateSoon).After(c.Ends):
		return warn(measured, renew)
	}
	return fine(measured)
}

func ownCertificate(f *Facts) Result {
	l := &f.Line
	if r, ok := alone(l); ok {
		return r
	}
	switch {
	case l.Files != gate.Text{}:
		return fail(l.Files, say("改正 [mqtt] 中的 ca、cert、key、password_file；服务的用户须能读取", "correct ca, cert, key and password_file under [mqtt]; the daemon's user must be able to read them"))
	case l.Own.Ends.IsZero():
		return skip(say("没有配置证书", "none is configured"))
	}
	return lasts(f, l.Own, say("向中心要新证书，写入 %s，无需重启", "ask the central server's operator for a new one and put it into %s; no restart is needed", l.Own.File))
}

func authorities(f *Facts) Result {
	l := &f.Line
	switch r, ok := alone(l); {
	case ok:
		return r
	case l.CA.Ends.IsZero():
		return skip(say("没有配置 ca 文件", "no ca file is configured"))
	}
	return lasts(f, l.CA, say("向中心要新的 ca 文件，写入 %s", "ask the central server's operator for a new ca file and put it at %s", l.CA.File))
}

func route(f *Facts) Result {
	l := &f.Line
	switch r, ok := alone(l); {
	case ok:
		return r
	case l.Loopback:
		return skip(say("服务器在本机", "the broker is on this machine"))
	case !l.Route.Known():
		return fail(l.Route.Unknown, say("插好网线或SIM卡；ip route 应有 default 一行；看路由器的DHCP", "plug in the cable or the SIM; ip route must show a line default; look at the router's DHCP"))
	}
	return fine(say("%s", "%s", l.Route.Value))
}

// step is one step of the way to the broker.
func step(s Step, next gate.Text) Result {
	ms := float64(s.Took.Microseconds()) / 1000
	switch {
	case !s.Tried:
		return skip(say("没有走到这一步", "not come so far"))
	case s.Error != "":
		return fail(say("%s", "%s", s.Error), next)
	}
	return fine(say("%s，%.1f ms", "%s, %.1f ms", s.Detail, ms))
}

func lookup(f *Facts) Result {
	l := &f.Line
	if r, ok := alone(l); ok {
		return r
	}
	return step(l.Name, say("看 broker 的名字有没有写错；getent hosts %[1]s；若其他名字也查不到，是 DNS：cat /etc/resolv.conf",
		"see whether the broker's name is right; getent hosts %[1]s; if other names are not found either it is the DNS: cat /etc/resolv.conf", l.Host))
}

func tcp(f *Facts) Result {
	l := &f.Line
	if r, ok := alone(l); ok {
		return r
	}
	return step(l.TCP, say("看端口有没有写错；nc -vz %[1]s；若无人监听，问中心；若没有应答，是防火墙或运营商；若无法到达，看网线、SIM卡和路由器：ip route get %[2]s",
		"see whether the port is right; nc -vz %[1]s; if nothing listens ask the central server's operator, if nothing answers it is a firewall or the provider, if there is no way to it look at cable, SIM and router: ip route get %[2]s",
		l.Host, l.Name.Detail))
}

func tlsChain(f *Facts) Result {
	l := &f.Line
	switch r, ok := alone(l); {
	case ok:
		return r
	case !l.Secure:
		return skip(say("不用 TLS", "no TLS is used"))
	case l.BadDates:
		return skip(say("见 tls-date", "see tls-date"))
	}
	return step(l.TLS, say("名字不对：broker 须写证书上的名字；颁发者不对：换 ca 文件；都对：这不是我们的服务器", "another name: write the one on the certificate as broker; another authority: get the right ca file; if both are right, this is not our broker"))
}

func tlsDate(f *Facts) Result {
	l := &f.Line
	switch r, ok := alone(l); {
	case ok:
		return r
	case !l.Secure:
		return skip(say("不用 TLS", "no TLS is used"))
	case l.Peer.Ends.IsZero():
		return skip(say("没有看到证书", "no certificate was seen"))
	}
	r := lasts(f, l.Peer, say("盒子的时钟是 %[1]s：若时钟对，让中心续证书；若不对，先校时", "the clock of the box is %[1]s: if it is right the broker needs a new certificate, if not set it first", f.Now.Local().Format(time.DateTime)))
	if r.State == Fail && l.Undated && !l.BadDates {
		r.State = Warn // nobody knows the time here, so dates do not count
		r.Measured = join(r.Measured, say("时钟未知，暂不计较", "not held against it, because the time is not known"))
	}
	return r
}

func mqtt(f *Facts) Result {
	l := &f.Line
	if r, ok := alone(l); ok {
		return r
	}
	if l.Online {
		return fine(say("运行中的服务已连接", "the running daemon is connected"))
	}
	return step(l.MQTT, say("核对 username（现为 %q）、password_file 或证书，与中心登记的一致", "see that username (now %q), password_file or certificate are those that the broker's operator knows", l.User))
}

func subscription(f *Facts) Result {
	l := &f.Line
	switch r, ok := alone(l); {
	case ok:
		return r
	case l.Online && !l.Subscribe.Tried:
		return fine(say("运行中的服务已订阅", "the running daemon has subscribed"))
	}
	return step(l.Subscribe, say("让中心在服务器的 ACL 中放行 %s", "have the broker's operator admit %s in its access list", l.User))
}

func documentsArrive(f *Facts) Result {
	l := &f.Line
	switch r, ok := alone(l); {
	case ok:
		return r
	case !l.Online && (!l.Subscribe.Tried || l.Subscribe.Error != ""):
		return skip(say("没有走到这一步", "not come so far"))
	case l.Trust && l.Site && l.Heartbeat:
		return fine(say("信任名单、小区文件、心跳都收到了", "trust list, site document and heartbeat have come"))
	}
	missing := gate.Text{}
	for _, m := range []struct {
		heard bool
		what  gate.Text
	}{{l.Trust, say("信任名单", "trust list")}, {l.Site, say("小区文件", "site document")}, {l.Heartbeat, say("心跳", "heartbeat")}} {
		if !m.heard {
			missing = join(missing, m.what)
		}
	}
	if l.Trust || l.Heartbeat {
		return fail(say("服务器上没有：%s", "the broker does not send: %s", missing), say("核对 [gate] site（%d）；让中心发布本小区文件并在 ACL 中放行", "see that [gate] site is right (%d); have the central server's operator publish this site's document and admit it in the access list", f.Held.SiteNumber))
	}
	return fail(say("连接和订阅都成功，却什么也不来", "connected and subscribed, and nothing comes"),
		say("让中心在 ACL 中放行 %q 读取前缀下的主题；核对 [mqtt] prefix；看中心服务是否在运行", "have the broker's operator let %q read the topics of the prefix; see that [mqtt] prefix is right, and that the central server runs", l.User))
}

func roundTrip(f *Facts) Result {
	l := &f.Line
	switch r, ok := alone(l); {
	case ok:
		return r
	case !l.Subscribe.Tried && l.TCP.Tried && l.TCP.Error == "":
		return fine(say("TCP 连接用了 %.1f ms", "a TCP connection took %.1f ms", float64(l.TCP.Took.Microseconds())/1000))
	case !l.Subscribe.Tried || l.Subscribe.Error != "":
		return skip(say("没有量", "not measured"))
	case l.Subscribe.Took > 3*time.Second:
		return warn(say("%d ms", "%d ms", l.Subscribe.Took.Milliseconds()), say("看信号强度，或设 metered = true", "look at the signal, or set metered = true"))
	}
	return fine(say("%.1f ms", "%.1f ms", float64(l.Subscribe.Took.Microseconds())/1000))
}
