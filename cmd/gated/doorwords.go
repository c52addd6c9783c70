package main

import "gated/gate"

// doorWordsFor are the sentences of `gated door test`: its questions, and what it
// found.
var doorWordsFor = map[string]gate.Text{
	"not-running": {
		EN: "A door is moved by the daemon alone, which records it and knows what stands against it: start it, and test again",
		ZH: "门只由服务本身驱动：由它记录，也由它判断能否开门。请先启动服务再试",
	},
	"ask": {
		EN: "This opens lane %s now, as for a rider. Is its way clear?",
		ZH: "将立即打开通道 %s，如同放行骑手。门前是否安全、可以打开？",
	},
	"left": {EN: "Nothing was moved.", ZH: "未做任何动作。"},
	"push": {EN: "It opens: push the door, go through, and let it fall shut.", ZH: "正在开门：请推门通过，并让门关上。"},
	"walk": {EN: "It opens: go through, and wait until it is shut.", ZH: "正在开门：请通过，并等待门关上。"},
	"look": {EN: "It opens: look at the door.", ZH: "正在开门：请观察门。"},

	"refused": {
		EN: "The gate did not open: %s. This is recorded; end what stands against it, and test again.",
		ZH: "门未打开：%s。此次已记录；请先解除阻碍再试。",
	},
	"relay": {
		EN: "The relay was on %s after the order, for %s: normal.",
		ZH: "指令后 %s 继电器接通，持续 %s：正常。",
	},
	"relay-late": {
		EN: "The relay was on only %s after the order: writing the record takes long, and riders wait as long. Look at the card: gated doctor.",
		ZH: "指令后 %s 继电器才接通：写入记录太慢，骑手也要等这么久。请检查存储卡：gated doctor。",
	},
	"relay-pulse": {
		EN: "The relay was on for %s, and the configuration says %s: somebody else was let in at the same time, or ended it. Test again when nobody passes.",
		ZH: "继电器持续 %s，配置为 %s：同时有他人通过或指令介入。请在无人通行时再试。",
	},
	"relay-never": {
		EN: "The relay did not go on anew: it was on already, for somebody else or for a hold-open. Test again when nobody passes (gated status shows a hold-open).",
		ZH: "继电器没有新的动作：此前已因他人或保持开门而接通。请在无人通行时再试（gated status 显示是否保持开门）。",
	},
	"relay-stays": {
		EN: "The relay is still on after the longest pulse: a hold-open or fire holds it (gated status). If neither does, cut the lock's power and call for help.",
		ZH: "超过最长脉冲后继电器仍接通：可能是保持开门或消防（见 gated status）。若都不是，请切断锁电源并报修。",
	},
	"step-open": {
		EN: "No impulse was given: the contact says that the gate stands open, and an impulse would have shut it. Shut the gate and test again; if it is shut, look at the contact (gated io watch).",
		ZH: "未发脉冲：门磁显示门已打开，再发脉冲会把门关上。请关门后再试；若门本已关上，请检查门磁（gated io watch）。",
	},
	"no-contact": {
		EN: "No contact is wired: only you can see whether the door opened. If it did not: has the lock power, is it wired to the right side of the relay (NO for a strike, NC for a magnet), is active the right way round?",
		ZH: "未接门磁：门是否打开只能目视。若未打开：锁是否有电？是否接在继电器的正确一侧（电插锁接常开，磁力锁接常闭）？active 是否写反？",
	},
	"opened": {
		EN: "The contact said open %s after the relay: normal. In this is how long you took to push.",
		ZH: "继电器接通后 %s 门磁显示打开：正常。其中包括您推门的时间。",
	},
	"never-opened": {
		EN: "The contact never moved. If the door did open: the contact's wire on %s is cut or shorted, or its magnet is too far away to matter (gated io watch shows it live). " +
			"If it did not open: has the lock power, is it wired to the right side of the relay (NO for a strike, NC for a magnet), is the relay's active the right way round? If nobody pushed, test again.",
		ZH: "门磁没有变化。若门确已打开：%s 上的门磁线断开或短路，或磁铁位置不对（gated io watch 可实时查看）。" +
			"若门未打开：锁是否有电？是否接在继电器的正确一侧（电插锁接常开，磁力锁接常闭）？继电器的 active 是否写反？若无人推门，请再试一次。",
	},
	"was-open": {
		EN: "The contact had said open before the relay moved. If the door stood open, shut it and test again. If it was shut: the wire on %s is cut or loose, its magnet is too far away, " +
			"or the polarity is the wrong way round: then write active = %q at the contact.",
		ZH: "继电器动作前门磁已显示打开。若门当时开着，请关上再试。若门当时关着：%s 的接线断开或松动、磁铁太远，" +
			"或极性相反：如是后者，请在门磁处写 active = %q。",
	},
	"inverted": {
		EN: "The contact on %s had said open, and said shut when the door opened: its polarity is the wrong way round. Write active = %q at the contact; as it is, every shut door is an alarm.",
		ZH: "%s 上的门磁原先显示打开，开门时却显示关闭：极性相反。请在门磁处写 active = %q；否则门关着也会告警。",
	},
	"relocked": {
		EN: "The relay was off %s after the contact said open: normal. The lock is ready for the door to fall shut.",
		ZH: "门磁显示打开后 %s 继电器断开：正常。门一关上即锁住。",
	},
	"not-relocked": {
		EN: "The relay stayed on for %s after the contact had said open: somebody else was let in meanwhile, or a hold-open is in force. Test again when nobody passes.",
		ZH: "门磁显示打开后继电器仍接通 %s：其间有他人获准进入，或正在保持开门。请在无人通行时再试。",
	},
	"shut": {
		EN: "The contact said shut %s after it had opened: normal.",
		ZH: "打开 %s 后门磁显示关闭：正常。",
	},
	"never-shut": {
		EN: "The contact still says open after %s. If the door stands open, shut it, and look at what keeps it open. If it is shut: the contact on %s sticks, or its magnet is too far away; as it is, the door will be an alarm.",
		ZH: "%s 后门磁仍显示打开。若门开着，请关上并检查是什么挡住了它。若门已关上：%s 上的门磁卡住或磁铁太远；否则会一直告警。",
	},
	"rattles": {
		EN: "The contact came and went %d times while the door moved once, on %s: it rattles. That is debounced, but it will fail one day: tighten its terminal, and bring the magnet nearer.",
		ZH: "门只动作一次，门磁信号却跳变 %d 次（%s）：接触不良。程序已消抖，但终会失效：请拧紧端子，并把磁铁靠近。",
	},
}
