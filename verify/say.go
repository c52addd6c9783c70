package verify

import (
	"fmt"
	"strings"
	"time"

	"gated/gate"
)

// What the facts are said with: the same numbers and times in both languages.

// say fills both sentences with the same values. A [gate.Text] among them comes
// in the sentence's language.
func say(zh, en string, args ...any) gate.Text {
	in := func(l gate.Language) []any {
		same := make([]any, len(args))
		for i, a := range args {
			if t, ok := a.(gate.Text); ok {
				a = t.In(l)
			}
			same[i] = a
		}
		return same
	}
	return gate.Text{ZH: fmt.Sprintf(zh, in(gate.Chinese)...), EN: fmt.Sprintf(en, in(gate.English)...)}
}

// join puts facts one behind the other.
func join(facts ...gate.Text) gate.Text {
	all := facts[0]
	for _, f := range facts[1:] {
		all = gate.Text{ZH: all.ZH + "，" + f.ZH, EN: all.EN + ", " + f.EN}
	}
	return all
}

// clockText is a unix second on the site's clock.
func (j *judgement) clockText(unix int64) string {
	zone := time.UTC
	if j.world.docs.Site != nil && j.world.docs.Site.Zone != nil {
		zone = j.world.docs.Site.Zone
	}
	return time.Unix(unix, 0).In(zone).Format("2006-01-02 15:04:05 -0700")
}

// seconds is a number of seconds, 0 or more, as people write it.
func seconds(n int64) gate.Text {
	text := gate.Text{EN: (time.Duration(n) * time.Second).String()}
	var zh strings.Builder
	rest := n
	for _, u := range []struct {
		long int64
		name string
	}{{86400, "天"}, {3600, "小时"}, {60, "分钟"}, {1, "秒"}} {
		if rest >= u.long {
			fmt.Fprintf(&zh, "%d%s", rest/u.long, u.name)
			rest %= u.long
		}
	}
	if n == 0 {
		zh.WriteString("0秒")
	}
	text.ZH = zh.String()
	return text
}

// named is a check's name in both languages.
func named(check string) gate.Text { return gate.Text{ZH: checkNames[check], EN: check} }

// checkNames are the checks' names in Chinese.
var checkNames = map[string]string{
	"form":              "码的格式",
	"type":              "码的类型",
	"ready":             "门禁资料",
	"key known":         "发码密钥已登记",
	"key active":        "发码密钥未作废",
	"issuer signature":  "平台签名",
	"attempts":          "尝试次数",
	"holder key":        "手机密钥",
	"key for this site": "密钥适用本小区",
	"key life":          "密钥有效期",
	"longest ttl":       "最长有效期",
	"clock known":       "门禁时间可靠",
	"not before":        "已经生效",
	"not ended":         "尚未过期",
	"site":              "属于本小区",
	"direction":         "通道方向",
	"holder signature":  "手机签名",
	"shown at":          "显示时间",
	"revocation":        "注销名单",
	"age of the list":   "名单新旧",
	"replay and uses":   "使用记录",
	"site rules":        "小区规定",
	"out is out":        "出门一律放行",
	"door":              "门的状态",
}

// The words of a direction and of the clock's state.
var (
	ways = map[gate.Direction]gate.Text{
		gate.In: {ZH: "进", EN: "in"}, gate.Out: {ZH: "出", EN: "out"}, gate.Both: {ZH: "进出均可", EN: "both"},
	}
	clocks = map[gate.ClockState]gate.Text{
		gate.ClockSynced: {ZH: "已校准", EN: "synced"},
		gate.ClockRTC:    {ZH: "靠电池走时", EN: "rtc"},
		gate.ClockFloor:  {ZH: "未校准，只知道一个肯定已过的时间", EN: "floor"},
		gate.ClockLost:   {ZH: "不知道时间", EN: "unknown"},
	}
)
