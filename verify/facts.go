package verify

import (
	"strings"

	"gated/gate"
	"gated/verify/pass"
)

// What each check was decided on, for Explain: one short text of facts in both
// languages, without the code, and without the rider before the issuer's
// signature is true. They are written after the check was made, whatever it
// said. Those of the checks from the revocation on are in facts_list.go.

func (j *judgement) formFacts() gate.Text {
	if j.form() != "" {
		return say("不是通行码，或者码有损坏、改动：%s", "not a pass, or damaged, or altered: %s", malformedness(j.err))
	}
	return say("写法唯一，长度和标志正确", "one spelling, right length and flags")
}

// malformedness is what is wrong with a code that has not the form of a pass.
// Package pass says it in English, for a platform's engineer.
func malformedness(err error) gate.Text {
	cause := strings.TrimPrefix(err.Error(), pass.ErrMalformed.Error()+": ")
	for _, c := range []struct{ begins, zh string }{
		{"over ", "太长"},
		{"does not begin", "开头不是G1:"},
		{"not base32", "有不该有的字符"},
		{"not the one spelling", "写法不规范，可能被改写过"},
		{"empty", "没有内容"},
		{"type ", "长度不对，可能没有扫全"},
	} {
		if strings.HasPrefix(cause, c.begins) {
			return gate.Text{ZH: c.zh, EN: cause}
		}
	}
	return gate.Text{ZH: "内容不合规定", EN: cause}
}

func (j *judgement) kindFacts() gate.Text {
	switch {
	case j.err != nil:
		return say("类型过新，本门软件不支持%s", "%s: newer than this gate's software", gate.Text{EN: j.err.Error()})
	case j.bound():
		return say("第2类，绑定手机的动态码", "type 2, bound to a phone")
	}
	return say("第1类，短时通行码", "type 1, bearer")
}

func (j *judgement) readyFacts() gate.Text {
	d := j.world.docs
	held := func(name gate.Text, ok bool, version func() int64) gate.Text {
		if !ok {
			return say("没有%s", "no %s", name)
		}
		return say("%s第%d版", "%s %d", name, version())
	}
	return join(
		held(gate.Text{ZH: "信任名单", EN: "trust list"}, d.Trust != nil, func() int64 { return d.Trust.Version }),
		held(gate.Text{ZH: "小区资料", EN: "site document"}, d.Site != nil, func() int64 { return d.Site.Version }),
		held(gate.Text{ZH: "注销名单", EN: "revocation state"}, d.State != nil, func() int64 { return d.State.Seq }))
}

func (j *judgement) keyKnownFacts() gate.Text {
	switch {
	case j.key == nil:
		return say("密钥%d不在名单上", "kid %d is not listed", j.pass.Kid)
	case j.key.Issuer == 0:
		return say("密钥%d，物业自己的", "kid %d, the property's own", j.pass.Kid)
	}
	return say("密钥%d，属于平台%d", "kid %d of issuer %d", j.pass.Kid, j.key.Issuer)
}

func (j *judgement) keyActiveFacts() gate.Text {
	if j.key.Void {
		return say("这个密钥已作废", "the key is void")
	}
	return say("这个密钥有效", "the key is active")
}

func (j *judgement) issuerFacts() gate.Text {
	if !j.signed {
		return say("不是密钥%d签的：伪造或损坏", "not signed by kid %d: forged or damaged", j.pass.Kid)
	}
	return say("由密钥%d签发：序号%d，骑手%d", "signed by kid %d: serial %d, rider %d", j.pass.Kid, j.pass.Serial, j.pass.Rider)
}

func (j *judgement) attemptsFacts() gate.Text {
	if j.stand.paused {
		return say("一分钟内被拒%d次，暂停%s", "refused %d times within a minute: a pause of %s", tooMany, seconds(int64(pause.Seconds())))
	}
	return say("没有暂停", "no pause")
}

// notBearer is said of a check that a bearer pass does not have.
var notBearer = gate.Text{ZH: "短时通行码不查此项", EN: "not for a bearer pass"}

func (j *judgement) holderKeyFacts() gate.Text {
	switch {
	case !j.bound():
		return notBearer
	case j.holderKey() != "":
		return say("手机密钥不安全，谁都能冒签", "the phone's key is not safe: anybody could sign for it")
	}
	return say("手机密钥安全", "checked for encoding and order")
}

func (j *judgement) keySiteFacts() gate.Text {
	sites := gate.Text{ZH: "小区" + j.key.Sites.String(), EN: "sites " + j.key.Sites.String()}
	if sites.EN == "sites *" {
		sites = gate.Text{ZH: "所有小区", EN: "every site"}
	}
	return say("密钥可用于%s，本小区是%d", "the key opens %s, this is %d", sites, j.box.Site)
}

func (j *judgement) keyLifeFacts() gate.Text {
	return say("通行码从%s到%s，密钥从%s到%s", "pass %s to %s, key %s to %s", j.clockText(int64(j.pass.NotBefore)),
		j.clockText(j.pass.End()), j.clockText(j.key.NotBefore), j.clockText(j.key.NotAfter))
}

func (j *judgement) longestTTLFacts() gate.Text {
	return say("有效期%s，平台最多可发%s", "%s, at most %s", seconds(j.ttl()), seconds(j.maxTTL()))
}

func (j *judgement) clockFacts() gate.Text {
	return say("门禁时钟%s，%s", "clock %s, %s", clocks[j.at.State], j.clockText(j.now))
}

func (j *judgement) notBeforeFacts() gate.Text {
	return say("%s生效，现在%s", "begins %s, now %s", j.clockText(int64(j.pass.NotBefore)), j.clockText(j.now))
}

func (j *judgement) notEndedFacts() gate.Text {
	return say("%s到期，现在%s，允许误差%s", "ends %s, now %s, skew %s", j.clockText(j.pass.End()), j.clockText(j.now), seconds(j.skew()))
}

func (j *judgement) siteFacts() gate.Text {
	if j.pass.Site == pass.EverySite {
		return say("平台密钥可用的小区都适用", "for every site of its key")
	}
	return say("通行码属于小区%d，本小区是%d", "for site %d, this is %d", j.pass.Site, j.box.Site)
}

func (j *judgement) directionFacts() gate.Text {
	way := [...]gate.Direction{pass.Both: gate.Both, pass.In: gate.In, pass.Out: gate.Out}[j.pass.Direction]
	return say("通行码：%s，本通道：%s", "pass %s, lane %s", ways[way], ways[j.lane.Direction])
}

func (j *judgement) holderFacts() gate.Text {
	if !j.bound() {
		return notBearer
	}
	found := gate.Text{ZH: "手机签名属实", EN: "signed by the phone"}
	if j.holderSignature() != "" {
		found = gate.Text{ZH: "不是本人手机为本门签的", EN: "not signed by that phone for this gate"}
	}
	return say("%s（小区%d，门号%d和0）", "%s: tried site %d with tag %d and tag 0", found, j.box.Site, j.world.tag)
}

func (j *judgement) shownFacts() gate.Text {
	if !j.bound() {
		return notBearer
	}
	return say("%s显示，现在%s，显示时限%s，允许误差%s", "drawn %s, now %s, window %s, skew %s", j.clockText(int64(j.pass.ShownAt)),
		j.clockText(j.now), seconds(j.pass.WindowSeconds()), seconds(j.skew()))
}
