package verify_test

import (
	"strings"
	"testing"
	"time"

	"gated/gate"
	"gated/verify"
	"gated/verify/pass"
	"gated/verify/trust"
	"gated/verify/verifytest"
)

func TestEveryFactIsThereInBothLanguages(t *testing.T) {
	t.Parallel()
	for _, c := range reasonCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			var code string
			var l gate.Lane
			recordLast(s, &code, &l, c.do)
			for _, lane := range []gate.Lane{in, out, both} {
				for _, step := range s.explain(code, lane).Steps {
					for _, text := range []string{step.Check.ZH, step.Check.EN, step.Facts.ZH, step.Facts.EN} {
						if text == "" || strings.Contains(text, "%!") {
							t.Fatalf("step %+v", step)
						}
					}
					if step.Facts.ZH == step.Facts.EN {
						t.Fatalf("step %s is not in two languages: %q", step.Check.EN, step.Facts.ZH)
					}
				}
			}
		})
	}
}

func TestSpansAreWrittenAsPeopleDo(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.Trust.Keys[0].MaxBoundTTL = 86400
	s.enforce()
	for ttl, want := range map[uint16]gate.Text{
		1:    {ZH: "有效期10秒，平台最多可发1天", EN: "10s, at most 24h0m0s"},
		366:  {ZH: "有效期1小时1分钟，平台最多可发1天", EN: "1h1m0s, at most 24h0m0s"},
		360:  {ZH: "有效期1小时，平台最多可发1天", EN: "1h0m0s, at most 24h0m0s"},
		9001: {ZH: "有效期1天1小时10秒，平台最多可发1天", EN: "25h0m10s, at most 24h0m0s"},
	} {
		d := s.explain(s.phone(func(h *pass.Header) { h.TTL = ttl }).Show(s.now(), verifytest.Tag), in)
		for _, step := range d.Steps {
			if step.Check.EN == "longest ttl" && step.Facts != want {
				t.Errorf("%d: %+v, want %+v", ttl, step.Facts, want)
			}
		}
	}
}

// fact is what a step of a decision says, in both languages.
func fact(tb testing.TB, d gate.Decision, check string) string {
	tb.Helper()
	for _, step := range d.Steps {
		if step.Check.EN == check {
			return step.Facts.EN + " | " + step.Facts.ZH
		}
	}
	tb.Fatalf("no step %q", check)
	return ""
}

func TestFactsSayWhatWasFound(t *testing.T) {
	t.Parallel()
	header := func(change func(*pass.Header)) func(*scene) string {
		return func(s *scene) string { return s.bearer(change) }
	}
	good := header(func(*pass.Header) {})
	drawn := func(s *scene) string { return s.phone().Show(s.now(), verifytest.Tag) }
	nothing := func(*scene) {}
	for _, c := range []struct {
		check string
		set   func(*scene)
		code  func(*scene) string
		want  string
	}{
		{"form", nothing, good, "one spelling, right length and flags | 写法唯一，长度和标志正确"},
		{"form", nothing, func(*scene) string { return "X" }, "not a pass, or damaged, or altered: does not begin with G1: | 不是通行码，或者码有损坏、改动：开头不是G1:"},
		{"form", nothing, func(*scene) string { return "G1:" }, "not a pass, or damaged, or altered: empty | 不是通行码，或者码有损坏、改动：没有内容"},
		{"form", nothing, func(s *scene) string { return s.bearer()[:137] + "8" }, "not a pass, or damaged, or altered: not base32 | 不是通行码，或者码有损坏、改动：有不该有的字符"},
		{"form", nothing, func(s *scene) string { return s.bearer()[:138] }, "not a pass, or damaged, or altered: not the one spelling of its bytes | 不是通行码，或者码有损坏、改动：写法不规范，可能被改写过"},
		{"form", nothing, func(s *scene) string { return s.bearer()[:131] }, "not a pass, or damaged, or altered: type 1 has 86 bytes, not 80 | 不是通行码，或者码有损坏、改动：长度不对，可能没有扫全"},
		{"form", nothing, func(*scene) string { return strings.Repeat("A", 513) }, "not a pass, or damaged, or altered: over 512 characters | 不是通行码，或者码有损坏、改动：太长"},
		{"form", nothing, func(*scene) string { return rawBearer(rawHeader(1, 0, 0)) }, "not a pass, or damaged, or altered: ttl is zero | 不是通行码，或者码有损坏、改动：内容不合规定"},
		{"form", nothing, func(*scene) string { return "G1:AQ" }, "one spelling, right length and flags | 写法唯一，长度和标志正确"},
		{"type", nothing, func(*scene) string { return "G1:AQ" }, "unsupported pass type 4: newer than this gate's software | 类型过新，本门软件不支持"},
		{"type", nothing, good, "type 1, bearer | 第1类，短时通行码"},
		{"type", nothing, drawn, "type 2, bound to a phone | 第2类，绑定手机的动态码"},
		{"key known", nothing, header(func(h *pass.Header) { h.Kid = verifytest.OwnKid }), "kid 40000, the property's own | 密钥40000，物业自己的"},
		{"key active", nothing, good, "the key is active | 这个密钥有效"},
		{"key active", func(s *scene) { s.Trust.Keys[0].State = "void"; s.enforce() }, good, "the key is void | 这个密钥已作废"},
		{"attempts", nothing, good, "no pause | 没有暂停"},
		{"holder key", nothing, good, "not for a bearer pass | 短时通行码不查此项"},
		{"holder key", nothing, drawn, "checked for encoding and order | 手机密钥安全"},
		{"holder key", nothing, weakCode, "the phone's key is not safe: anybody could sign for it | 手机密钥不安全，谁都能冒签"},
		{"key for this site", nothing, good, "the key opens every site, this is 1001 | 密钥可用于所有小区，本小区是1001"},
		{"key for this site", func(s *scene) { s.Trust.Keys[0].Sites = []string{"5"}; s.enforce() }, good, "the key opens sites 5, this is 1001 | 密钥可用于小区5，本小区是1001"},
		{"longest ttl", func(s *scene) { s.Trust.Keys[0].MaxBearerTTL = 0; s.enforce() }, good, "15m0s, at most 0s | 有效期15分钟，平台最多可发0秒"},
		{"direction", nothing, header(func(h *pass.Header) { h.Direction = pass.In }), "pass in, lane in | 通行码：进，本通道：进"},
		{"holder signature", nothing, good, "not for a bearer pass | 短时通行码不查此项"},
		{"holder signature", nothing, drawn, "signed by the phone: tried site 1001 with tag 3 and tag 0 | 手机签名属实（小区1001，门号3和0）"},
		{
			"holder signature", nothing, func(s *scene) string { return s.phone().Show(s.now(), 9) },
			"not signed by that phone for this gate: tried site 1001 with tag 3 and tag 0 | 不是本人手机为本门签的（小区1001，门号3和0）",
		},
		{"shown at", nothing, good, "not for a bearer pass | 短时通行码不查此项"},
		{"revocation", nothing, good, "revocation state 1, not listed | 注销名单第1版，骑手和码都不在上面"},
		{
			"revocation", func(s *scene) {
				s.List(revokedPass, 1)
				s.List(heldPass, 1)
				s.List(heldRider, verifytest.Rider)
				s.enforce()
			}, good,
			"revocation state 2, pass revoked, pass on hold, rider on hold | 注销名单第2版，此码已注销，此码暂停，骑手暂停",
		},
		{"revocation", func(s *scene) {
			s.Site.Held = []trust.Hold{{Issuer: verifytest.Issuer, Rider: verifytest.Rider, Until: s.now().Unix() + 9}}
			s.List(cutoff, verifytest.Begin)
			s.enforce()
		}, good, "revocation state 2, rider held by the property, passes of kid 257 from before 2027-01-15 16:00:00 +0800 are void | " +
			"注销名单第2版，骑手被物业暂停，密钥257在2027-01-15 16:00:00 +0800之前签发的码全部作废"},
		{"age of the list", func(s *scene) { d := *s.Documents(); d.Proof = nil; s.v.Enforce(&d) }, good, "no heartbeat for the state held | 没有证明名单新旧的心跳"},
		{
			"age of the list", func(s *scene) { s.later(time.Second) }, good,
			"heartbeat of 2027-01-15 16:00:00 +0800, age 1m1s; marked after 15m0s, restricted after 24h0m0s, refused after 168h0m0s | " +
				"名单2027-01-15 16:00:00 +0800确认过，已过1分钟1秒；15分钟后标记，1天后限制，7天后不放行",
		},
		{"replay and uses", nothing, good, "not seen here before | 没有在本门用过"},
		{"site rules", nothing, good, "0 admission rows: everybody, always, now 2027-01-15 16:01:00 +0800 | 没有准入限制，现在2027-01-15 16:01:00 +0800"},
		{"site rules", func(s *scene) {
			s.rules(func(r *trust.RulesJSON) {
				r.Admit = []trust.AdmitJSON{{Issuers: trust.Issuers{All: true}}}
				r.Prohibited = &trust.ProhibitedJSON{Issuers: trust.Issuers{All: true}}
				r.Passback = &trust.PassbackJSON{Mode: "timed"}
			})
		}, good, "1 admission rows, now 2027-01-15 16:01:00 +0800, riders of this issuer may not enter, no second entry within 5m0s | " +
			"1条准入规定，现在2027-01-15 16:01:00 +0800，本小区禁止该平台骑手进入，进门后5分钟内不得再进"},
		{"door", nothing, good, "not asked | 没有查问"},
	} {
		s := newScene(t)
		code := c.code(s)
		c.set(s)
		if got := fact(t, s.explain(code, in), c.check); got != c.want {
			t.Errorf("%s: %q, want %q", c.check, got, c.want)
		}
	}
}

func TestFactsSayWhatAPassHasDone(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	phone := s.phone()
	want(t, s.scan(phone.Show(s.now(), verifytest.Tag), in), gate.OK)
	once := s.bearer()
	want(t, s.scan(once, in), gate.OK)
	s.later(5 * time.Second)
	last := "last admitted 2027-01-15 16:01:00 +0800 at lane in, entered 2027-01-15 16:01:00 +0800"
	zh := "上次2027-01-15 16:01:00 +0800在通道in放行，2027-01-15 16:01:00 +0800进门"
	if got := fact(t, s.explain(phone.Show(s.now(), verifytest.Tag), in), "replay and uses"); got !=
		last+", newest code drawn 2027-01-15 16:01:00 +0800 | "+zh+"，用过的最新动态码显示于2027-01-15 16:01:00 +0800" {
		t.Error(got)
	}
	if got := fact(t, s.explain(once, in), "replay and uses"); got != last+", second chance 1 of 2 | "+zh+"，第1次补开，最多2次" {
		t.Error(got)
	}
	s.rules(func(r *trust.RulesJSON) { r.Passback = &trust.PassbackJSON{Mode: "soft"} })
	s.later(time.Minute)
	now := s.now().In(time.FixedZone("", 8*3600)).Format("15:04:05")
	if got := fact(t, s.explain(phone.Show(s.now(), verifytest.Tag), in), "site rules"); got !=
		"0 admission rows: everybody, always, now 2027-01-15 "+now+" +0800, a second entry within 5m0s is noted, this is one | "+
			"没有准入限制，现在2027-01-15 "+now+" +0800，进门后5分钟内再进只作记录，这是再次进入" {
		t.Error(got)
	}
	wrong := s.bearer(func(h *pass.Header) { h.Direction = pass.Out })
	for range 10 {
		s.later(4*time.Second).scan(wrong, in)
	}
	if got := fact(t, s.explain(wrong, in), "attempts"); got != "refused 10 times within a minute: a pause of 30s | 一分钟内被拒10次，暂停30秒" {
		t.Error(got)
	}
	bare := verify.New(s.Box, s.clock.Now)
	if got := fact(t, bare.Explain(once, in, s.clock.Now()), "ready"); !strings.HasSuffix(got, " | 没有信任名单，没有小区资料，没有注销名单") {
		t.Error(got)
	}
}
