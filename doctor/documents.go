package doctor

import (
	"time"

	"gated/gate"
)

// bring is how a document comes that is missing.
func bring(what gate.Text) gate.Text {
	return say("让盒子连上服务器；没有网络时用 gated import 从U盘导入%[1]s", "let the box reach its broker, or bring the %[2]s by gated import from a stick", what.ZH, what.EN)
}

func trustList(f *Facts) Result {
	h := &f.Held
	switch {
	case h.Unknown != gate.Text{}:
		return skip(h.Unknown)
	case h.Trust == 0:
		return fail(say("没有信任名单", "no trust list is held"), bring(say("信任名单", "trust list")))
	case h.RootsDiffer:
		return warn(say("第 %d 版；配置中的根与名单中的不同", "version %d; the roots of the configuration are not those of the list", h.Trust),
			say("把 gate-central roots 打印的行写入 [trust]", "write what gate-central roots prints under [trust]"))
	}
	return fine(say("第 %d 版，%s 签发", "version %d, issued %s", h.Trust, h.TrustIssued.Local().Format(time.DateTime)))
}

func siteDocument(f *Facts) Result {
	h := &f.Held
	switch {
	case h.Unknown != gate.Text{}:
		return skip(h.Unknown)
	case h.Site == 0:
		return fail(say("没有小区 %d 的文件", "no document of site %d is held", h.SiteNumber), bring(say("小区文件", "site document")))
	}
	return fine(say("小区 %d，第 %d 版", "site %d, version %d", h.SiteNumber, h.Site))
}

// siteOld is from when on a site document is an alarm: one comes daily.
const siteOld = 48 * time.Hour

func siteAge(f *Facts) Result {
	h := &f.Held
	age := f.Now.Sub(h.SiteIssued)
	measured := say("%s 前签发", "issued %s ago", age.Round(time.Second))
	switch {
	case h.Unknown != gate.Text{}:
		return skip(h.Unknown)
	case h.Site == 0:
		return skip(say("没有小区文件", "none is held"))
	case age > siteOld:
		return warn(measured, say("看中心服务是否在运行、盒子是否听得到；或用 gated import 导入", "see that the central server runs and that this box hears it, or bring one by gated import"))
	}
	return fine(measured)
}

func gateListed(f *Facts) Result {
	h := &f.Held
	switch {
	case h.Unknown != gate.Text{}:
		return skip(h.Unknown)
	case h.Site == 0:
		return skip(say("没有小区文件", "no site document is held"))
	case !h.Listed:
		return fail(say("小区 %d 的文件里没有本门", "the document of site %d does not list this gate", h.SiteNumber),
			say("核对 [gate] id 和 site；都对就让中心登记：gate-central gate add … --key \"$(gated key show)\"", "see that id and site under [gate] are right; if they are, have it added: gate-central gate add … --key \"$(gated key show)\""))
	}
	return fine(say("已登记", "listed"))
}

func gateKey(f *Facts) Result {
	h := &f.Held
	switch {
	case h.Unknown != gate.Text{}:
		return skip(h.Unknown)
	case h.Site == 0 || !h.Listed:
		return skip(say("小区文件里没有本门", "no site document lists this gate"))
	case !h.KeyMatches.Known():
		return skip(h.KeyMatches.Unknown)
	case !h.KeyMatches.Value:
		return fail(say("小区文件登记的是另一把钥匙：卡被换过，或用了别的盒子的配置", "the site document lists another key: the card was replaced, or this is another box's configuration"),
			say("让中心换成这把：gated key show 打印它；记录在此之前不会被确认", "have the central server list this one, which gated key show prints; until then no record is cosigned"))
	}
	return fine(say("与小区文件一致", "as the site document has it"))
}

// keysSoon is how long before the last issuer's key ends somebody should know.
const keysSoon = 14 * 24 * time.Hour

func issuersKeys(f *Facts) Result {
	h := &f.Held
	ask := say("让中心签发新钥匙的名单（gate-central key add）", "have the central server issue a list with new keys (gate-central key add)")
	switch {
	case h.Unknown != gate.Text{}:
		return skip(h.Unknown)
	case h.Trust == 0:
		return skip(say("没有信任名单", "no trust list is held"))
	case h.Keys == 0:
		return fail(say("没有一把可在本小区发码的有效钥匙：谁的码都不认", "no issuer's key is good for this site now: no pass is admitted"), ask)
	case h.KeysEnd.Sub(f.Now) < keysSoon:
		return warn(say("%d 把有效，其中一把 %s 到期", "%d are good, one of them until %s", h.Keys, h.KeysEnd.Local().Format(time.DateOnly)), ask)
	}
	return fine(say("%d 把有效，最早 %s 到期", "%d are good, the first to end on %s", h.Keys, h.KeysEnd.Local().Format(time.DateOnly)))
}

func revocation(f *Facts) Result {
	h := &f.Held
	switch {
	case h.Unknown != gate.Text{}:
		return skip(h.Unknown)
	case !h.State:
		return fail(say("没有注销名单：是不知道，不是没有人", "no revocation state is held, which means unknown, not nobody"), bring(say("注销名单", "revocation list")))
	}
	return fine(say("第 %d 版，%d 条", "state %d, %d entries", h.Rev, h.Entries))
}

func listAge(f *Facts) Result {
	h := &f.Held
	age := time.Duration(h.Fresh) * time.Second
	measured := say("%s（%s）", "%s (%s)", age, h.Step)
	see := say("看 name 到 documents-arrive 各步；让中心确认在发心跳；没有网络时用 gated import 导入", "look at name to documents-arrive; have the central server's operator see that heartbeats are sent; without network bring one by gated import")
	switch {
	case h.Unknown != gate.Text{}:
		return skip(h.Unknown)
	case !h.State:
		return skip(say("没有注销名单", "no revocation state is held"))
	case h.Fresh < 0:
		return fail(say("没有心跳：不知道名单多旧", "no heartbeat is held: how old the list is, nobody knows"), see)
	case h.Step == "normal":
		return fine(measured)
	case h.Step == "marked":
		return warn(measured, see)
	}
	return fail(measured, see)
}
