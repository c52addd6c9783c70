package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"gated/gate"
)

// helpInChinese has each sentence of --help by its English, which stands where
// the command or option is declared. A test of the house finds one that is missing.
var helpInChinese = map[string]string{
	"The gate daemon, and the technician's commands.":                                        "门的守护进程，以及技术员的命令。",
	"Show context-sensitive help.":                                                           "显示本命令的帮助。",
	"A checkpoint of this log that was kept elsewhere: finds also what was cut off the end.": "另存于别处的本日志检查点：末尾被截断也能发现。",
	"Another database: one that was set aside, or a copy on another machine.":                "另一个数据库：搁置下来的，或别的机器上的副本。",
	"Check a proof. Needs nothing but the file, and the keys that you trust.":                "验证一份证明。只需该文件和您信任的密钥。",
	"Check every record against the log's tree, its signatures and its checkpoints.":         "将每条记录与日志树、签名和检查点核对。",
	"Check the configuration and say what is wrong.":                                         "检查配置，指出错在哪里。",
	"Configuration file.": "配置文件。",
	"Do not ask.":         "不询问。",
	"Draw the test code, which opens nothing, and end.":                         "画出测试码（不会开任何门），然后结束。",
	"Find each scanner's module, set it as its profile says, and read it back.": "找到每个扫码器的模组，按其档案设置，并读回核对。",
	"First record.": "第一条记录。",
	"For systemd: write every two seconds whether the kernel's clock is synchronised.": "供 systemd 使用：每两秒写一次内核时钟是否已同步。",
	"How long at most.": "最长多久。",
	"How long the door is waited for to be shut again.":                                    "等待门重新关上的时间。",
	"How many times the test code is to be read.":                                          "测试码要读多少次。",
	"Judge as at this time: RFC 3339 or unix seconds. Default: now.":                       "按此时刻判定：RFC 3339 或 unix 秒。默认：现在。",
	"Lane, if the box has several. Default: the first.":                                    "通道，本机有多条时用。默认：第一条。",
	"List, verify, prove or export the records of this box, or of a database by its name.": "列出、核对、证明或导出本机的记录，或指名的数据库的记录。",
	"Look at the wires.": "查看接线。",
	"Look for what is wrong, in a technician's order, and say what to do.":                       "按技术员的顺序查找故障，并说明怎么办。",
	"Make this box a gate, with the file that the central server's operator has written for it.": "用中心运营方为本机写好的文件，使本机成为一扇门。",
	"Number of the issuer, with --rider.":                                                        "发码方编号，与 --rider 同用。",
	"Number of the key, with --serial.":                                                          "密钥编号，与 --serial 同用。",
	"Number of the record.":                                                                      "记录编号。",
	"Offer to put right what can safely be put right, and ask before each.":                      "对可以安全修复的提出修复，逐项询问。",
	"One lane, without the wires of the box; all without it.":                                    "只看一条通道，不看本机自己的接线；不写则看全部。",
	"One lane; all without it.":                                                                  "只看一条通道；不写则全部。",
	"Only the newest N.":                                                                         "只要最新的 N 条。",
	"Open a lane once, as for a rider, and measure what relay and contact do. Asks before it moves. It is recorded, with your uid.": "像对骑手那样开一次通道的门，测量继电器和门磁的动作。动作前询问。会记录在案，附您的 uid。",
	"Pack one file for whoever helps from afar: configuration, status, doctor, records, log. Without secrets and without persons.":  "打包一个文件给远程协助的人：配置、状态、诊断、记录、日志。不含机密，不含个人信息。",
	"Print JSON, also of what is wrong.":          "输出 JSON，出错时也是。",
	"Print JSON.":                                 "输出 JSON。",
	"Print JSON: what became of each.":            "输出 JSON：每一份的结果。",
	"Print JSON: what came of it.":                "输出 JSON：结果如何。",
	"Print JSON: where it is, and what is in it.": "输出 JSON：文件在哪里，里面有什么。",
	"Print JSON: with --once one object, else one a line whenever a wire has changed.":                       "输出 JSON：加 --once 为一个对象，否则每次接线变化输出一行。",
	"Print each leaf as it is, one a line.":                                                                  "原样输出每个叶，一行一个。",
	"Print records as JSON, one a line, and the checkpoint that proves them.":                                "以 JSON 输出记录，一行一条，并附证明它们的检查点。",
	"Print records, oldest first.":                                                                           "输出记录，旧的在前。",
	"Print the gate's verifier key, which the site document must list.":                                      "输出本门的验证密钥，小区文档须列有它。",
	"Print the manual page, or the completion for bash.":                                                     "输出手册页，或 bash 的补全。",
	"man: the manual page; bash: the completion.":                                                            "man：手册页；bash：补全。",
	"Print the newest cosigned checkpoint, to be kept elsewhere and given to verify --pin.":                  "输出最新的已联署检查点，可另存于别处，供 verify --pin 使用。",
	"Print the proof of one record, which anybody can check.":                                                "输出一条记录的证明，任何人都能验证。",
	"Print the signed notes as they came.":                                                                   "原样输出收到的签名文档。",
	"Print the version.":                                                                                     "输出版本。",
	"Print them once and end.":                                                                               "输出一次后结束。",
	"Run the gate.":                                                                                          "运行本门。",
	"Say how a code would be judged, step by step. Opens nothing.":                                           "逐步说明一个码会如何判定。不开任何门。",
	"Say whether a pass or a rider is on the list.":                                                          "说明某张通行证或某名骑手是否在撤销名单上。",
	"Serial of the pass.":                                                                                    "通行证的序列号。",
	"Show every wire live: raw and debounced, edges a second, the last edge. Moves nothing. Ctrl-C ends it.": "实时显示每条接线：原始与去抖后的电平、每秒跳变次数、最近一次跳变。不动作任何东西。Ctrl-C 结束。",
	"Show live what the scanner reads, and read the test code a number of times. A code that may open something is shown by its first letters alone.": "实时显示扫码器读到什么，并把测试码读若干次。可能开门的码只显示开头几个字母。",
	"Show or search the revocation list.":                                         "显示或查找撤销名单。",
	"Show the gate's public key.":                                                 "显示本门的公钥。",
	"Show the revocation state in force and how old it is.":                       "显示生效中的撤销状态及其时效。",
	"Show the running gate: lanes, lists, clock, records, alarms.":                "显示运行中的门：通道、名单、时钟、记录、告警。",
	"Show who may do what, by the trust list and the site document in force.":     "按生效的信任列表和小区文档，显示谁可以做什么。",
	"Show who may do what.":                                                       "显示谁可以做什么。",
	"Signed documents, in any order; - is standard input.":                        "签名文档，顺序不限；- 为标准输入。",
	"Switch every relay off. For systemd, after the daemon has ended in any way.": "断开每个继电器。供 systemd 在守护进程以任何方式结束后使用。",
	"Take in signed documents from files.":                                        "从文件导入签名文档。",
	"Test a door.":                                                                "测试一扇门。",
	"Test the scanners, and ask and set their modules.":                           "测试扫码器，查询并设置其模组。",
	"The issuer's number for the rider.":                                          "发码方给该骑手的编号。",
	"The lane to open.":                                                           "要开的通道。",
	"The lane, if the box has several.":                                           "通道，本机有多条时用。",
	"The one after the last; default all.":                                        "最后一条的下一条；默认全部。",
	"The proof.":                                                                  "证明文件。",
	"The text of the QR code.":                                                    "二维码的文本。",
	"Verifier key of a central server that is trusted; default: those of the trust list in the database.":                           "受信任的中心服务器的验证密钥；默认：数据库里信任列表所列的。",
	"Verifier key that must be among those that have signed; may be given more than once.":                                          "签名者中必须有的验证密钥；可写多次。",
	"What gate-central gate add has written. Left out: gated-enrol.toml on the card's boot partition, which is removed afterwards.": "gate-central gate add 写出的文件。不写：存储卡启动分区上的 gated-enrol.toml，用后即删除。",
	"Where /sys, /proc and /etc are looked for: for tests.":                                                                         "到哪里找 /sys、/proc 和 /etc：供测试用。",
	"Where to write it.": "写到哪里。",
	"Where to write it; - is standard output. Left out: gated-support-GATE-TIME.tar.gz in this directory. A file that is there is not overwritten.": "写到哪里；- 为标准输出。不写：本目录下的 gated-support-门-时间.tar.gz。不会覆盖已有文件。",
	"With --code: write a picture of it.":                                                       "与 --code 同用：写成图片。",
	"With persons and salts. Hand them only to whom the law lets see them.":                     "连同个人信息和盐值。只可交给依法有权查看的人。",
	"Without a network: make the keys and write the request there, for gate-central gate sign.": "没有网络时：生成密钥并把申请写到那里，供 gate-central gate sign 使用。",
	"Without a network: take the answer that gate-central gate sign has written.":               "没有网络时：采用 gate-central gate sign 写出的答复。",
}

// helpHeadings are kong's own words around ours.
var helpHeadings = strings.NewReplacer(
	"Usage: ", "用法：", "\nArguments:", "\n参数：", "\nFlags:", "\n选项：", "\nCommands:", "\n命令：", " [flags]", " [选项]",
	"Run \"", "详见 \"", "\" for more information on a command.", "\"。",
)

// askedInChinese are kong's words about a command line that it does not take.
var askedInChinese = strings.NewReplacer(
	"unknown flag ", "没有这个选项：", "unexpected argument ", "多余的参数：", "missing flags: ", "缺少选项：", "did you mean ", "是否要写 ",
	"expected one of ", "须为以下之一：", "expected ", "缺少 ", "must be one of ", "须为以下之一：", " but got ", "，却写了 ",
)

// sayHelp makes the help of a command and of all below it Chinese.
func sayHelp(n *kong.Node) {
	n.Help = inChinese(n.Help)
	for _, f := range n.Flags {
		f.Help = inChinese(f.Help)
	}
	for _, p := range n.Positional {
		p.Help = inChinese(p.Help)
	}
	for _, c := range n.Children {
		sayHelp(c)
	}
}

func inChinese(help string) string {
	if zh, ok := helpInChinese[help]; ok {
		return zh
	}
	return help
}

// helpIn prints help in the language of the terminal. The manual page and what
// completes a command line are made of the same table, and stay as it is.
func helpIn(lang gate.Language) kong.HelpPrinter {
	if lang != gate.Chinese {
		return kong.DefaultHelpPrinter
	}
	return func(o kong.HelpOptions, ctx *kong.Context) error {
		sayHelp(ctx.Model.Node)
		out, page := ctx.Stdout, new(bytes.Buffer)
		ctx.Stdout = page
		err := kong.DefaultHelpPrinter(o, ctx)
		if ctx.Stdout = out; err != nil {
			return err
		}
		_, err = io.WriteString(out, helpHeadings.Replace(page.String()))
		return err
	}
}

// wrongQuestion is what is printed about a command line that is not taken.
func wrongQuestion(err error, lang gate.Language) string {
	if lang == gate.Chinese {
		return fmt.Sprintf("gated：错误：%s\ngated：提示：gated --help 列出所有命令\n", askedInChinese.Replace(err.Error()))
	}
	return fmt.Sprintf("gated: error: %v\ngated: hint: gated --help lists the commands\n", err)
}
