package main

import (
	"fmt"

	"gated/gate"
)

// bundleWords are what support-bundle says while it works.
var bundleWords = map[string]gate.Text{
	"versions": {EN: "versions", ZH: "版本"},
	"doctor":   {EN: "doctor's checks (up to 20 s)", ZH: "诊断检查（最多 20 秒）"},
	"status":   {EN: "status", ZH: "状态"},
	"records":  {EN: "newest records, without persons", ZH: "最新记录（不含人员）"},
	"logs":     {EN: "the system's log", ZH: "系统日志"},
	"got":      {EN: "ok", ZH: "完成"},
	"left-out": {EN: "left out: %s", ZH: "未收集：%s"},
	"silent": {
		EN: "gated does not answer, so there is no status of it; records, log and doctor say more",
		ZH: "gated 没有应答，因此没有状态；请看记录、日志和诊断",
	},
	"done":        {EN: "%s: %d bytes", ZH: "%s：%d 字节"},
	"ended":       {EN: "ended before it was done: no file is left", ZH: "提前结束：没有留下文件"},
	"exists":      {EN: "%s is there already and was not overwritten: name another file, or move it away", ZH: "%s 已经存在，没有覆盖：请换一个文件名，或先移走它"},
	"not-written": {EN: "the bundle %s was not written, and the gate is not touched by that: %w", ZH: "未能写入 %s，大门不受影响：%w"},
}

// bundleReadme is the page that lies in every bundle.
var bundleReadme = gate.Text{
	EN: `gated support bundle of gate %s, made at %s

In it:
  config.txt     the configuration, defaults included. Only values that are known to be
                 harmless are there; "(set; not shown)" stands for every other one.
  status.txt     what gated status shows, and status.json the same for programs
  doctor.txt     what gated doctor finds, and doctor.json the same for programs
  records.jsonl  the newest 1000 records: what the gate decided, and what the door did
  log.txt        what the system's log has of gated, at most 3000 lines
  versions.txt   program, kernel, system, board, modules

Not in it: passwords, keys, certificates, tokens, the broker's user name; who came (no
issuer, pass, serial or rider of any record, and no fingerprint of them); ids that
others gave to commands; codes that were scanned; the signed lists; the machine's name.
What looks like a code, a key, a mail address, or a telephone number was replaced by
(removed), and so was what is not in a form that gated writes.
Gate, site, lanes, the broker's address, wires and times are in it.

Look at it before you mail it: tar -xzOf FILE | less
`,
	ZH: `门 %s 的 gated 支持包，生成于 %s

包含：
  config.txt     配置，含默认值。只有已知无害的值才写出；
                 其余一律写作 "(set; not shown)"（已设置，不显示）
  status.txt     gated status 的内容，status.json 供程序读取
  doctor.txt     gated doctor 的结果，doctor.json 供程序读取
  records.jsonl  最新 1000 条记录：门的裁决和门的动作
  log.txt        系统日志中 gated 的部分，最多 3000 行
  versions.txt   程序、内核、系统、板卡、模块的版本

不包含：密码、密钥、证书、令牌、代理用户名；谁来过（没有任何记录的签发方、通行证、
序号、骑手，也没有其指纹）；他人给命令起的编号；扫过的码；签名名单；机器名。
凡是像码、密钥、邮箱、电话号码的内容，以及不是 gated 自己写法的内容，
都换成了 (removed)（已移除）。
门、小区、通道、代理地址、接线和时间在其中。

寄出之前请先看一遍：tar -xzOf FILE | less
`,
}

// readme is that page, in both languages: who reads it is not who made it.
func (b *bundle) readme() []byte {
	at := b.patient.now.UTC().Format("2006-01-02 15:04:05Z")
	text := fmt.Sprintf(bundleReadme.EN, b.gate(), at) + "\n" + fmt.Sprintf(bundleReadme.ZH, b.gate(), at)
	if len(b.missing) > 0 {
		text += "\nCould not be had / 未能收集:\n"
		for _, m := range b.missing {
			text += fmt.Sprintf("  %s: %s\n", m.Name, m.Why)
		}
	}
	return []byte(text)
}
