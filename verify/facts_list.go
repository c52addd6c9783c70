package verify

import (
	"gated/gate"
	"gated/verify/revocation"
)

// The facts of the checks from the revocation on.

func (j *judgement) revocationFacts() gate.Text {
	state := j.world.docs.State
	if state == nil {
		return say("没有注销名单", "no revocation state")
	}
	text := say("注销名单第%d版", "revocation state %d", state.Seq)
	unlisted := text
	for _, s := range []struct {
		name  gate.Text
		sec   revocation.Section
		value uint32
	}{
		{gate.Text{ZH: "此码已注销", EN: "pass revoked"}, revocation.Section{Kind: revocation.Passes, ID: uint32(j.pass.Kid)}, j.pass.Serial},
		{gate.Text{ZH: "骑手已注销", EN: "rider revoked"}, revocation.Section{Kind: revocation.Riders, ID: j.key.Issuer}, j.pass.Rider},
		{gate.Text{ZH: "此码暂停", EN: "pass on hold"}, revocation.Section{Kind: revocation.Passes, ID: uint32(j.pass.Kid), Class: revocation.HoldClass}, j.pass.Serial},
		{gate.Text{ZH: "骑手暂停", EN: "rider on hold"}, revocation.Section{Kind: revocation.Riders, ID: j.key.Issuer, Class: revocation.HoldClass}, j.pass.Rider},
	} {
		if state.Set.Has(s.sec, s.value) {
			text = join(text, s.name)
		}
	}
	if j.heldHere() {
		text = join(text, say("骑手被物业暂停", "rider held by the property"))
	}
	if cut := state.Set.Cutoff(j.pass.Kid); cut != 0 {
		text = join(text, say("密钥%d在%s之前签发的码全部作废", "passes of kid %d from before %s are void", j.pass.Kid, j.clockText(int64(cut))))
	}
	if text == unlisted {
		return join(text, say("骑手和码都不在上面", "not listed"))
	}
	return text
}

func (j *judgement) listAgeFacts() gate.Text {
	proof, stale := j.world.docs.Proof, j.world.rules.Stale
	if proof == nil {
		return say("没有证明名单新旧的心跳", "no heartbeat for the state held")
	}
	return say("名单%s确认过，已过%s；%s后标记，%s后限制，%s后不放行",
		"heartbeat of %s, age %s; marked after %s, restricted after %s, refused after %s", j.clockText(proof.IssuedAt),
		seconds(j.age), seconds(stale.Mark), seconds(stale.Restrict), seconds(stale.Refuse))
}

func (j *judgement) usesFacts() gate.Text {
	s := &j.stand
	text := say("没有在本门用过", "not seen here before")
	if s.Until != 0 {
		text = say("上次%s在通道%s放行", "last admitted %s at lane %s", j.clockText(s.Last.Time.Unix()), s.Lane)
	}
	if s.Entered != 0 {
		text = join(text, say("%s进门", "entered %s", j.clockText(s.Entered)))
	}
	if s.Left != 0 {
		text = join(text, say("%s出门", "left %s", j.clockText(s.Left)))
	}
	if j.bound() && s.ShownAt != 0 {
		text = join(text, say("用过的最新动态码显示于%s", "newest code drawn %s", j.clockText(int64(s.ShownAt))))
	}
	if j.again {
		text = join(text, say("第%d次补开，最多%d次", "second chance %d of %d", s.Again+1, mostChances))
	}
	return text
}

func (j *judgement) rulesFacts() gate.Text {
	rules := &j.world.rules
	text := say("%d条准入规定", "%d admission rows", len(rules.Admit))
	if rules.Admit == nil {
		text = say("没有准入限制", "0 admission rows: everybody, always")
	}
	if j.world.docs.Site != nil {
		text = join(text, say("现在%s", "now %s", j.clockText(j.now)))
	}
	if p := rules.Prohibited; p != nil && p.Issuers.Has(j.key.Issuer) {
		text = join(text, say("本小区禁止该平台骑手进入", "riders of this issuer may not enter"))
	}
	switch within := seconds(rules.Passback.Seconds); rules.Passback.Mode {
	case "timed":
		text = join(text, say("进门后%s内不得再进", "no second entry within %s", within))
	case "soft":
		text = join(text, say("进门后%s内再进只作记录", "a second entry within %s is noted", within))
	}
	if j.noted != "" {
		text = join(text, say("这是再次进入", "this is one"))
	}
	return text
}

func (j *judgement) exitFacts() gate.Text {
	if j.lane.Direction == gate.Out {
		return say("平台签名属实的码，出口都开门", "a lane out opens for every pass whose issuer's signature is true")
	}
	return say("已经进门，%s之前都可以出门", "it has entered, and may leave until %s", j.clockText(j.pass.End()+j.world.rules.ExitGrace))
}

// doorFacts is the same always: steps are for Explain, which is far from the door.
func (j *judgement) doorFacts() gate.Text { return say("没有查问", "not asked") }
