package sync_test

import (
	"crypto/tls"
	"strings"
	"testing"

	"gated/sync"
)

// probe goes the way to a broker as a doctor does.
func probe(t *testing.T, b sync.Broker) sync.Probed {
	t.Helper()
	b.ClientID = gateID
	return sync.Probe(t.Context(), sync.Config{Broker: b, Prefix: "gated/v1", Gate: gateID, Site: 1001}, true)
}

func TestAProbeNamesTheStepThatFails(t *testing.T) {
	a := newAuthority(t, year(2000), year(2100))
	e, _ := newBroker(t)
	listen := func(host string, from, to int) string {
		return "tls://" + e.listen(&tls.Config{Certificates: []tls.Certificate{a.issue("broker", host, year(from), year(to))}, MinVersion: tls.VersionTLS12})
	}
	plain := "tcp://" + e.listen(nil)
	ca := a.file("ca.pem")
	for name, c := range map[string]struct {
		b    sync.Broker
		step func(sync.Probed) sync.Step
		want string
	}{
		"a name that is nowhere":   {sync.Broker{URL: "tcp://broker.invalid"}, func(p sync.Probed) sync.Step { return p.Name }, "broker.invalid"},
		"nobody listens":           {sync.Broker{URL: "tcp://127.0.0.1:1"}, func(p sync.Probed) sync.Step { return p.TCP }, "nothing listens"},
		"another name":             {sync.Broker{URL: listen("broker.example", 2020, 2090), CA: ca}, func(p sync.Probed) sync.Step { return p.TLS }, "another name"},
		"a certificate that ended": {sync.Broker{URL: listen("127.0.0.1", 2020, 2021), CA: ca}, func(p sync.Probed) sync.Step { return p.TLS }, "not valid at this box's time"},
	} {
		t.Run(name, func(t *testing.T) {
			p := probe(t, c.b)
			s := c.step(p)
			if !s.Tried || s.Err == nil || !strings.Contains(s.Err.Error(), c.want) {
				t.Errorf("the step says %v, want %q", s.Err, c.want)
			}
			if p.MQTT.Tried {
				t.Error("it went on after that")
			}
			if p.BadDates != (c.want == "not valid at this box's time") {
				t.Errorf("bad dates: %v", p.BadDates)
			}
		})
	}
	e.rules.set(func() { e.rules.password = "secret" })
	if p := probe(t, sync.Broker{URL: plain, Username: "x"}); p.MQTT.Err == nil || !strings.Contains(p.MQTT.Err.Error(), "does not authorise") {
		t.Errorf("without the password: %v", p.MQTT.Err)
	}
	e.rules.set(func() { e.rules.password = ""; e.rules.forbid["gated/v1/trust"] = true })
	if p := probe(t, sync.Broker{URL: plain}); p.MQTT.Err != nil || p.Listen.Err == nil {
		t.Errorf("a subscription that is refused: %v, %v", p.MQTT.Err, p.Listen.Err)
	}
}

func TestAProbeHearsWhatIsRetained(t *testing.T) {
	e, _ := newBroker(t)
	for _, topic := range []string{"gated/v1/trust", "gated/v1/sites/1001/rules", "gated/v1/revocation/heartbeat", gateTopic("cosigned")} {
		if err := e.server.Publish(topic, []byte(topic), true, 1); err != nil {
			t.Fatal(err)
		}
	}
	p := probe(t, sync.Broker{URL: "tcp://" + e.listen(nil)})
	if h := p.Heard; !h.Trust || !h.Site || !h.Heartbeat || string(h.Cosigned) != gateTopic("cosigned") {
		t.Errorf("heard %+v; steps %+v", h, p)
	}
	if !p.Listen.Tried || p.TLS.Tried {
		t.Errorf("steps %+v", p)
	}
}

func TestAProbeSaysWhatIsWrongWithTheFiles(t *testing.T) {
	if p := probe(t, sync.Broker{URL: "tls://x", CA: "/nowhere/ca.pem"}); p.Settings == nil || p.Name.Tried {
		t.Errorf("%+v", p)
	}
}
