package main

import "gated/gate"

// scanWords are the sentences and labels of `gated scanner test`. What is named as
// a count is what to say when that has grown.
var scanWords = map[string]gate.Text{
	"which":   {EN: "the box has several lanes: say which scanner to test, one of %s", ZH: "本机有多条通道，请指明要测试的：%s"},
	"hint":    {EN: "Show it the test code (gated scanner test --code), take it away, and show it again. Ctrl-C ends.", ZH: "请出示测试码（gated scanner test --code），拿开，再出示。Ctrl-C 结束。"},
	"up":      {EN: "up", ZH: "正常"},
	"stopped": {EN: "gated is stopped: nobody is let in", ZH: "服务未运行：不放行任何人"},
	"count":   {EN: "read %d of %d · double %d · damaged %d · other %d", ZH: "已读 %d/%d · 重复 %d · 损坏 %d · 其他 %d"},
	"between": {EN: "between: shortest %s, middle %s, longest %s", ZH: "间隔：最短 %s，中位 %s，最长 %s"},
	"lost":    {EN: "discarded:", ZH: "丢弃："},
	"none":    {EN: "discarded: nothing", ZH: "丢弃：无"},
	"small": {
		EN: "The code does not fit into this window, which must have %d columns and %d lines. Make it larger, or write a picture with --png FILE and show that on a phone.",
		ZH: "窗口太小，放不下测试码：需要 %d 列 %d 行。请放大窗口，或用 --png 文件名 生成图片，在手机上出示。",
	},

	"down":    {EN: "The scanner is down: %s", ZH: "扫码器不可用：%s"},
	"nothing": {EN: "Nothing was read. Does the scanner light up when a code is before it? If not: its power. If it beeps and nothing comes: its TX on our RX, and its output on serial.", ZH: "没有读到任何码。码在前时扫码器是否亮灯？若不亮：检查供电。若有提示音却无数据：检查其 TX 是否接到本机 RX，以及输出是否设为串口。"},
	"not-tried": {
		EN: "Codes came, but none was the test code, of which %d are wanted: gated scanner test --code draws it.",
		ZH: "有码读出，但没有一个是测试码（需要 %d 次）：用 gated scanner test --code 显示测试码。",
	},
	"few":      {EN: "The test code was read %d times of %d: the test was ended before its end.", ZH: "测试码读到 %d 次，应为 %d 次：测试提前结束。"},
	"read":     {EN: "The test code was read %d times, each one whole; between two: shortest %s, middle %s, longest %s.", ZH: "测试码读到 %d 次，每次完整；两次间隔：最短 %s，中位 %s，最长 %s。"},
	"read-one": {EN: "The test code was read, and whole.", ZH: "测试码已完整读到。"},
	"doubles": {
		EN: "%d codes came again within %s: the module sends each more than once. The gate ignores the second, but set the module's delay for the same code, or a profile that does (gated scanner probe).",
		ZH: "%d 个码在 %s 内重复：模块重复发送同一个码。本门会忽略重复，但请设置模块的同码间隔，或使用能设置它的型号（gated scanner probe）。",
	},
	"damaged": {
		EN: "%d test codes came damaged: the line loses or changes bytes, and riders have to show theirs again. Shorten or shield the cable, join the grounds, look at the plug; at a speed above 115200, go down.",
		ZH: "%d 个测试码损坏：线路丢失或改变了字节，骑手需反复出示。请缩短或屏蔽线缆、共地、检查插头；速率高于 115200 时请降低。",
	},
	"noise": {
		EN: "%d bytes came that no code begins with: the speed is wrong, the ground is loose, or the module sends a prefix. Write its speed as baud, or set the profile.",
		ZH: "收到 %d 个不属于任何码的字节：速率不对、接地松动，或模块加了前缀。请在 baud 写明速率，或设置 profile。",
	},
	"no-read":       {EN: "%d bytes of NoRead: the module saw codes that it could not read. Clean its glass; hold the code still, 5 to 15 cm away.", ZH: "收到 %d 字节 NoRead：模块看到码但读不出。请擦净镜面，码保持不动、距离 5 至 15 厘米。"},
	"no-terminator": {EN: "%d codes ended only by silence, which costs each rider 80 ms: set the module's suffix to CR, or a profile that does.", ZH: "%d 个码没有结束符，每次多等 80 毫秒：请把模块后缀设为 CR，或使用能设置它的型号。"},
	"too-long":      {EN: "%d bytes were too long for any pass: two codes ran into one, or something else is on this line. Set the module's suffix to CR.", ZH: "%d 字节超出通行码长度：两个码连在一起，或线上有其他设备。请把模块后缀设为 CR。"},
	"partial":       {EN: "%d bytes of codes were cut off because the port was lost in their middle: look at the plug and the power.", ZH: "端口中断，%d 字节的码被截断：请检查插头和供电。"},
	"late":          {EN: "%d codes waited for longer than 2 s, because the lane was busy, and were dropped: look at gated status.", ZH: "%d 个码因通道忙等待超过 2 秒而丢弃：请查看 gated status。"},
	"before-opening": {
		EN: "%d bytes lay in the port before it was opened, and were dropped, as they must be.",
		ZH: "打开端口前已有 %d 字节，已按规定丢弃。",
	},
}
