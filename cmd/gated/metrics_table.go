package main

import (
	"runtime"

	"gated/drivers/scanner"
	"gated/gate"
	"gated/metrics"
)

// Short for the table.
const (
	counter   = metrics.Counter
	gauge     = metrics.Gauge
	histogram = metrics.Histogram
)

var perLane = []string{"lane"}

// families is everything that /metrics says, in the order of the manual:
// docs/operations.md and its Chinese edition have a row of each, and a test
// compares them.
var families = []family{
	{metrics.Family{Name: "gated_decisions_total", Kind: counter, Labels: []string{"lane", "source", "verdict", "reason"}, Help: "scans decided on, by the words of docs/reasons.md"}, "", "判定的扫码次数，用 docs/reasons.md 中的词", func(s *scrape) []metrics.Sample { return s.meters.decisions.Samples() }, nil},
	{metrics.Family{Name: "gated_scan_to_relay_seconds", Kind: histogram, Labels: perLane, Help: "from a code's last byte until the relay was on for it"}, "s", "从码的最后一个字节到继电器吸合", nil, func(s *scrape) *metrics.Times { return s.meters.opened }},
	{metrics.Family{Name: "gated_door_open", Kind: gauge, Labels: perLane, Help: "1: the contact says open; a lane without contact is left out"}, "", "1：门磁说门开着；没有门磁的通道不列出", contact, nil},
	{metrics.Family{Name: "gated_relay_on", Kind: gauge, Labels: perLane, Help: "1: the relay is on"}, "", "1：继电器吸合", is(func(s gate.LaneState) bool { return s.Relay }), nil},
	{metrics.Family{Name: "gated_door_fault", Kind: gauge, Labels: []string{"lane", "fault"}, Help: "1: so it is now (forced, held-open, pre-alarm)"}, "", "1：现在是这样（forced 被强行打开，held-open 开得太久，pre-alarm 即将告警）", faults, nil},
	{metrics.Family{Name: "gated_door_forced_total", Kind: counter, Labels: perLane, Help: "openings of a door for which nobody had been let in"}, "", "无人获准而门被打开的次数", doorEvents(gate.DoorForced), nil},
	{metrics.Family{Name: "gated_door_held_open_total", Kind: counter, Labels: perLane, Help: "times that a door stood open for too long"}, "", "门开得太久的次数", doorEvents(gate.HeldOpen), nil},
	{metrics.Family{Name: "gated_hold_open", Kind: gauge, Labels: perLane, Help: "1: a hold-open is in force"}, "", "1：正在常开", is(func(s gate.LaneState) bool { return s.Held }), nil},
	{metrics.Family{Name: "gated_lockdown", Kind: gauge, Labels: perLane, Help: "1: a lockdown is in force"}, "", "1：正在封闭", is(func(s gate.LaneState) bool { return s.Locked }), nil},
	{metrics.Family{Name: "gated_fire", Kind: gauge, Labels: perLane, Help: "1: the fire input is active, and the door is let go"}, "", "1：消防输入有效，门已释放", is(func(s gate.LaneState) bool { return s.Fire }), nil},

	{metrics.Family{Name: "gated_scanner_up", Kind: gauge, Labels: perLane, Help: "1: the port is open"}, "", "1：端口已打开", func(s *scrape) []metrics.Sample {
		return s.each(func(l *laneScrape) (float64, bool) { return metrics.Bool(l.scanner.Up), true })
	}, nil},
	{metrics.Family{Name: "gated_scanner_codes_total", Kind: counter, Labels: perLane, Help: "codes read, whatever they were"}, "", "读到的码，不论是什么码", counted(scanner.Codes), nil},
	{metrics.Family{Name: "gated_scanner_discarded_bytes_total", Kind: counter, Labels: []string{"lane", "cause"}, Help: "bytes that were no part of a code, by cause"}, "B", "不属于任何码的字节，按原因", discarded, nil},
	{metrics.Family{Name: "gated_scanner_late_codes_total", Kind: counter, Labels: perLane, Help: "codes dropped because the lane was busy"}, "", "因通道忙而丢弃的码", counted(scanner.Late), nil},
	{metrics.Family{Name: "gated_scanner_setup_codes_total", Kind: counter, Labels: perLane, Help: "codes shown that would change a scanner's settings"}, "", "出示的、会改扫码器设置的码", counted(scanner.SetupCodes), nil},
	{metrics.Family{Name: "gated_scanner_drifts_total", Kind: counter, Labels: perLane, Help: "times that the module's settings had changed by themselves"}, "", "模块设置自己改变的次数", counted(scanner.Drifts), nil},
	{metrics.Family{Name: "gated_scanner_openings_total", Kind: counter, Labels: perLane, Help: "times that the port was opened: after the first, the scanner had been away"}, "", "端口打开的次数：首次之后每次说明扫码器掉过线", counted(scanner.Openings), nil},

	{metrics.Family{Name: "gated_records", Kind: gauge, Help: "records in the log"}, "", "记录链中的记录数", one(func(s *scrape) float64 { return float64(s.status.Records) }), nil},
	{metrics.Family{Name: "gated_unsent_records", Kind: gauge, Help: "records that the central server has not cosigned"}, "", "中心尚未联署的记录数", one(func(s *scrape) float64 { return float64(s.status.Unsent) }), nil},
	{metrics.Family{Name: "gated_unsent_oldest_seconds", Kind: gauge, Help: "age of the oldest of them; 0: there is none"}, "s", "其中最早一条的时间；0：没有", func(s *scrape) []metrics.Sample { return s.waiting }, nil},
	{metrics.Family{Name: "gated_checkpoint_age_seconds", Kind: gauge, Help: "age of the newest record that is cosigned; left out while none is"}, "s", "已联署的最新一条记录的时间；尚无联署时不列出", func(s *scrape) []metrics.Sample { return s.settled }, nil},
	{metrics.Family{Name: "gated_sync_seconds", Kind: histogram, Help: "how long a commit took to be on stable storage (one fsync)"}, "s", "一次提交落盘（一次 fsync）所用的时间", nil, func(s *scrape) *metrics.Times { return s.meters.synced }},
	{metrics.Family{Name: "gated_durable", Kind: gauge, Help: "0: the disk takes no records, they are in memory alone"}, "", "0：磁盘不收记录，记录只在内存", one(func(s *scrape) float64 { return metrics.Bool(s.status.Durable) }), nil},

	{metrics.Family{Name: "gated_ready", Kind: gauge, Help: "1: trust list, site document and revocation list are held"}, "", "1：信任名单、小区文件、注销名单都在", one(func(s *scrape) float64 { return metrics.Bool(s.status.Ready) }), nil},
	{metrics.Family{Name: "gated_list_age_seconds", Kind: gauge, Help: "age of the revocation list, by the newest heartbeat; left out without one"}, "s", "注销名单按最新心跳计的时间；没有心跳时不列出", listAge, nil},
	{metrics.Family{Name: "gated_list_version", Kind: gauge, Help: "sequence number of the revocation list; 0: none"}, "", "注销名单的序号；0：没有", one(func(s *scrape) float64 { return float64(s.status.Rev) }), nil},
	{metrics.Family{Name: "gated_trust_version", Kind: gauge, Help: "version of the trust list; 0: none"}, "", "信任名单的版本；0：没有", one(func(s *scrape) float64 { return float64(s.status.Trust) }), nil},
	{metrics.Family{Name: "gated_site_age_seconds", Kind: gauge, Help: "age of the site document; left out without one"}, "s", "小区文件的时间；没有时不列出", siteAge, nil},

	{metrics.Family{Name: "gated_broker_connected", Kind: gauge, Help: "1: connected to the broker"}, "", "1：已连接服务器", one(func(s *scrape) float64 { return metrics.Bool(s.online) }), nil},
	{metrics.Family{Name: "gated_broker_connections_total", Kind: counter, Help: "connections that were subscribed: after the first, each is a reconnection"}, "", "完成订阅的连接次数：首次之后每次都是重连", one(func(s *scrape) float64 { return float64(s.connect) }), nil},
	{metrics.Family{Name: "gated_clock_state", Kind: gauge, Labels: []string{"state"}, Help: "1: so it is now (synced, rtc, floor, unknown)"}, "", "1：现在是这样（synced 已同步，rtc 电池时钟，floor 只知下限，unknown 不知道）", clockStates, nil},
	{metrics.Family{Name: "gated_alarms", Kind: gauge, Help: "alarms raised now: gated status shows them"}, "", "当前的告警数：gated status 显示内容", one(func(s *scrape) float64 { return float64(len(s.status.Alarms)) }), nil},

	{metrics.Family{Name: "gated_build_info", Kind: gauge, Labels: []string{"version", "goversion"}, Help: "always 1"}, "", "恒为 1", build, nil},
	{metrics.Family{Name: "process_start_time_seconds", Kind: gauge, Help: "when the process started, unix time"}, "s", "进程启动的 unix 时间", one(func(s *scrape) float64 { return s.process.start }), nil},
	{metrics.Family{Name: "process_resident_memory_bytes", Kind: gauge, Help: "memory that the process takes"}, "B", "进程占用的内存", one(func(s *scrape) float64 { return s.process.resident }), nil},
	{metrics.Family{Name: "process_cpu_seconds_total", Kind: counter, Help: "time of the processor that it has used"}, "s", "用掉的处理器时间", one(func(s *scrape) float64 { return s.process.cpu }), nil},
	{metrics.Family{Name: "process_open_fds", Kind: gauge, Help: "files and connections that it has open"}, "", "打开的文件和连接数", one(func(s *scrape) float64 { return s.process.files }), nil},
	{metrics.Family{Name: "go_goroutines", Kind: gauge, Help: "goroutines: a number that grows for days is a leak"}, "", "goroutine 数：连日增长即为泄漏", one(func(*scrape) float64 { return float64(runtime.NumGoroutine()) }), nil},
}
