package main

// LaneConfig is one lane.
type LaneConfig struct {
	// 1 to 63 of `a-z`, `0-9`, `-`
	// zh: 1 到 63 个 `a-z`、`0-9`、`-`
	// default: must be set
	Name string `toml:"name"`
	// `in`, `out` or `both`
	// zh: `in`（进）、`out`（出）或 `both`（双向）
	// default: must be set
	Direction string `toml:"direction"`
	// a name; of the lanes that share it only one opens at a time, and each needs a contact. It never
	// holds the exit button or fire
	// zh: 互锁名；同名通道同一时刻只开一个，每个都需要门磁。从不限制出门按钮和消防
	// default: none
	Airlock string        `toml:"airlock"`
	Scanner ScannerConfig `toml:"scanner"`
	Door    DoorConfig    `toml:"door"`
	Signal  SignalConfig  `toml:"signal"`
}

// ScannerConfig is a QR scanner.
type ScannerConfig struct {
	// `serial`
	// zh: `serial`
	// default: `serial`
	Kind string `toml:"kind"`
	// the port by a stable name, `/dev/serial/by-path/…`
	// zh: 端口的固定名称，`/dev/serial/by-path/…`
	// default: must be set
	Device string `toml:"device"`
	// `"9600"`, `"115200"`, … or `"auto"`
	// zh: `"9600"`、`"115200"`…… 或 `"auto"`
	// default: `"auto"`
	Baud string `toml:"baud"`
	// the module's make. `gm65` (Grow GM60 to GM861, Waveshare, DFRobot): it is found at any speed, set to
	// 115200 baud (or to `baud`), to continuous reading and CR after each code, and to obey no setup
	// codes; read back every hour. `plain`: it sends codes and is asked nothing
	// zh: 模块型号。`gm65`（Grow GM60 至 GM861、Waveshare、DFRobot）：任何速率都能找到，设为 115200（或 `baud`）、连续读取、码后加 CR、不接受设置码，并每小时回读。`plain`：只收码，不发任何指令
	// default: `plain`
	Profile string `toml:"profile"`
}

// DoorConfig is a door's relay.
type DoorConfig struct {
	// `gpio`, or `sim` for a door that is only written down
	// zh: `gpio`，或 `sim`：只写入文件、不动的门
	// default: must be set
	Kind string `toml:"kind"`
	// `gpio`: the line by name (`GPIO17`) or offset
	// zh: `gpio`：线的名称（`GPIO17`）或序号
	// default: must be set
	Relay string `toml:"relay"`
	// `gpio`: the chip by label; left out: the one that has the line
	// zh: `gpio`：芯片标签；不填则为拥有该线的芯片
	// default: none
	Chip string `toml:"chip"`
	// the level at which the relay is on, `high` or `low`; `gated check` refuses pins that the other one
	// would let float on at power-on
	// zh: 继电器吸合的电平，`high` 或 `low`；上电时会悬空吸合的引脚，`gated check` 会拒绝
	// default: `high`
	Active string `toml:"active"`
	// `sim`: a file that gets a line `<time> on` or `<time> off` at each edge
	// zh: `sim`：每次动作写一行 `<时间> on` 或 `<时间> off` 的文件
	// default: none
	Trace string `toml:"trace"`
	// `hold` for a strike or magnet, `impulse` for a turnstile or step input
	// zh: `hold` 用于电锁或磁力锁，`impulse` 用于闸机或步进输入
	// default: `hold`
	Mode string `toml:"mode"`
	// how long the relay is on, at most `"60s"`
	// zh: 继电器吸合多久，最多 `"60s"`
	// default: `"3s"`, impulse `"500ms"`
	Pulse string `toml:"pulse"`
	// `hold`: the most that riders after one another can add up to
	// zh: `hold`：相继的骑手累计最长多久
	// default: `"60s"`
	Longest string `toml:"longest"`
	// least rest between two pulses; with `step`, how long the gate takes to leave its contact
	// zh: 两次脉冲之间至少间隔；用 `step` 时为门离开门磁所需时间
	// default: `"100ms"`, impulse `"500ms"`, step `"2s"`
	Gap string `toml:"gap"`

	// an input that is active while the door is **shut** (a reed contact to ground, closed by the shut
	// door); a cut wire is an open door
	// zh: 门**关着**时有效的输入（接地的干簧管，由关着的门闭合）；断线视为门开
	// default: none
	Contact InputConfig `toml:"contact"`
	// an input that is active while the button is pressed; it opens in a lockdown too
	// zh: 按下时有效的输入；封锁时也能开门
	// default: none
	ExitButton InputConfig `toml:"exit_button"`
	// `impulse`: no impulse is given while the contact says that the gate is open, because it would shut
	// it
	// zh: `impulse`：门磁显示门已开时不给脉冲，否则会把门关上
	// default: `false`
	Step bool `toml:"step"`
	// with a contact: how long the door may stand open until the alarm
	// zh: 有门磁时：门开多久后告警
	// default: `"20s"`
	HeldOpen string `toml:"held_open"`
	// and until the warning before it
	// zh: 以及多久后先行提醒
	// default: half of that
	PreAlarm string `toml:"pre_alarm"`
}

// SignalConfig is what tells the rider.
type SignalConfig struct {
	// `gpio`, `voice`, `sim` or `none`, or several as `"gpio+voice"`
	// zh: `gpio`、`voice`、`sim` 或 `none`，也可合用，如 `"gpio+voice"`
	// default: `none`
	Kind string `toml:"kind"`
	// `gpio`: a line, on when high; may be left out, like the next two
	// zh: `gpio`：线，高电平为亮；可不填，下两项同
	// default: none
	Green string `toml:"green"`
	// `gpio`: likewise
	// zh: `gpio`：同上
	// default: none
	Red string `toml:"red"`
	// `gpio`: likewise
	// zh: `gpio`：同上
	// default: none
	Buzzer string `toml:"buzzer"`
	// `gpio`: the chip by label; left out: the one that has the lines
	// zh: `gpio`：芯片标签；不填则为拥有这些线的芯片
	// default: none
	Chip string `toml:"chip"`
	// `voice`: the speech module's port by a stable name
	// zh: `voice`：语音模块端口的固定名称
	// default: must be set
	Device string `toml:"device"`
	// `voice`: `xfs5152` (Chinese and English) or `syn6288` (Chinese)
	// zh: `voice`：`xfs5152`（中英文）或 `syn6288`（中文）
	// default: must be set
	Module string `toml:"module"`
	// `voice`: speed of its port
	// zh: `voice`：端口速率
	// default: the factory's: `xfs5152` 115200, `syn6288` 9600
	Baud string `toml:"baud"`
	// `sim`: a file that gets a line at each verdict and each change of health
	// zh: `sim`：每次裁决、每次健康状态变化写一行的文件
	// default: none
	Trace string `toml:"trace"`
}

// InputsConfig is what the box as a whole is told by its wires.
type InputsConfig struct {
	// `gpio`, or `sim`: a line is then a file that holds `0` or `1`, the level of the wire; a file that is
	// not there is a wire that is cut, and high
	// zh: `gpio`，或 `sim`：此时线是一个内容为 `0` 或 `1`（电平）的文件；文件不存在即断线，为高电平
	// default: `gpio`
	Kind string `toml:"kind"`
	// `gpio`: the chip by label, for inputs that name none; left out: the one that has the line
	// zh: `gpio`：未指明芯片的输入所用的芯片标签；不填则为拥有该线的芯片
	// default: none
	Chip string `toml:"chip"`
	// active: fire. Every door is released for as long as it lasts, whatever else was ordered. Wire it so
	// that a cut wire is a fire: `active = "high"` and a contact to ground that opens
	// zh: 有效：火警。持续期间每扇门都释放，不论其他命令。接成断线即火警：`active = "high"`，接地触点断开
	// default: none
	Fire InputConfig `toml:"fire"`
	// active: somebody has the housing open. An alarm
	// zh: 有效：机箱被打开。产生告警
	// default: none
	Tamper InputConfig `toml:"tamper"`
	// active: there **is** mains. Its loss is an alarm
	// zh: 有效：市电**正常**。断电产生告警
	// default: none
	Mains InputConfig `toml:"mains"`
}

// InputConfig is one input.
type InputConfig struct {
	// the line's name (`GPIO27`), or its number on `chip`
	// zh: 线的名称（`GPIO27`），或它在 `chip` 上的序号
	// default: none
	Line string `toml:"line"`
	// the chip by label
	// zh: 芯片标签
	// default: none
	Chip string `toml:"chip"`
	// the level of the wire that means yes, `low` or `high`
	// zh: 表示“是”的电平，`low` 或 `high`
	// default: `low`
	Active string `toml:"active"`
	// the resistor inside the chip: `up` (for contacts to ground), `down` or `none`
	// zh: 芯片内部电阻：`up`（用于接地触点）、`down` 或 `none`
	// default: `up`
	Pull string `toml:"pull"`
}
