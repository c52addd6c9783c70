package main

//go:generate go run ../../docs/keys -root ../..

// Config is the whole of gated.toml. The toml names are fixed: property managers
// have files of them. What stands above a field is its row in
// docs/configuration.md and, after "zh:", in the Chinese edition: go generate
// writes both anew.
type Config struct {
	Gate  GateConfig  `toml:"gate"`
	Trust TrustConfig `toml:"trust"`
	MQTT  MQTTConfig  `toml:"mqtt"`
	Clock ClockConfig `toml:"clock"`

	Journal JournalConfig `toml:"journal"`
	Metrics MetricsConfig `toml:"metrics"`
	Lanes   []LaneConfig  `toml:"lane"`
	Inputs  InputsConfig  `toml:"inputs"`
}

// GateConfig is the box itself.
type GateConfig struct {
	// name of the gate: 1 to 63 of `a-z`, `0-9`, `-`; the site document lists it
	// zh: 门的编号：1 到 63 个 `a-z`、`0-9`、`-`；小区文档里列出它
	// default: must be set
	ID string `toml:"id"`
	// number of the community, 1 to 4294967294; a site document of another number is refused
	// zh: 小区编号，1 到 4294967294；编号不同的小区文档会被拒绝
	// default: must be set
	Site uint32 `toml:"site"`
	// where the database and the gate's keys are; one `gated` at a time
	// zh: 数据库和门的密钥所在目录；同一时刻只能有一个 `gated` 使用
	// default: `/var/lib/gated`
	StateDir string `toml:"state_dir"`
	// what people read on the box: `zh` or `en`
	// zh: 设备上显示的语言：`zh` 或 `en`
	// default: `en`
	Language string `toml:"language"`
	// where the commands reach the daemon
	// zh: 各命令连接守护进程的套接字
	// default: `/run/gated/gated.sock`
	Socket string `toml:"socket"`
}

// TrustConfig is who is believed before the first trust list.
type TrustConfig struct {
	// verifier keys of the roots, as `gate-central roots` prints them; they count until the box holds a
	// trust list
	// zh: 根的验证密钥，由 `gate-central roots` 打印；设备持有信任名单之前有效
	// default: must be set
	Roots []string `toml:"roots"`
	// how many roots must have signed the first trust list
	// zh: 第一份信任名单须由几个根签名
	// default: `1`
	Threshold int `toml:"threshold"`
}

// MQTTConfig is the way to the broker. Without a broker the box works alone.
type MQTTConfig struct {
	// `tls://name:8883`, `tcp://name:1883`, `wss://…` or `ws://…`; left out: no network
	// zh: `tls://名称:8883`、`tcp://名称:1883`、`wss://…` 或 `ws://…`；不填则没有网络
	// default: none
	Broker string `toml:"broker"`
	// topic prefix
	// zh: 主题前缀
	// default: `gated/v1`
	Prefix string `toml:"prefix"`
	// file with the certificates that may sign the broker's; left out: those of the system. `gated enrol`
	// writes it
	// zh: 可签发代理证书的机构证书文件；不填则用系统的。由 `gated enrol` 写入
	// default: none
	CA string `toml:"ca"`
	// file of the box's own certificate; `gated enrol` writes it
	// zh: 设备自己的证书文件；由 `gated enrol` 写入
	// default: none
	Cert string `toml:"cert"`
	// file of its key, for the daemon alone to read
	// zh: 其密钥文件，只有守护进程可读
	// default: none
	Key string `toml:"key"`
	// instead of a certificate
	// zh: 代替证书的用户名
	// default: none
	Username string `toml:"username"`
	// with `username`: a file that holds the password alone
	// zh: 与 `username` 一起：只含密码的文件
	// default: none
	PasswordFile string `toml:"password_file"`
	// mobile data: a checkpoint every 5 min instead of every minute, and admissions, refusals and what the
	// door did go with it
	// zh: 移动流量：检查点每 5 分钟一次而非每分钟一次，放行、拒绝和门的动作与它同发
	// default: `false`
	Metered bool `toml:"metered"`
}

// ClockConfig is who keeps the time.
type ClockConfig struct {
	// `kernel`: the clock counts when the kernel says that it is synchronised; `always`: somebody else
	// keeps it (virtual machines, containers)
	// zh: `kernel`：内核说时钟已同步时才算数；`always`：由别处保证（虚拟机、容器）
	// default: `kernel`
	Trust string `toml:"trust"`
}

// JournalConfig is how long what was recorded is kept.
type JournalConfig struct {
	// who it was: issuer, pass and rider of each record, with the salt; 1 to 3650. Databases that were set
	// aside lose them too
	// zh: 记录里的人：签发方、通行证、骑手和盐保留的天数；1 到 3650。搁置的旧数据库同样清除
	// default: `30`
	PersonsDays int `toml:"persons_days"`
	// everything else, once the central server has cosigned it
	// zh: 其余内容在中心服务器联署之后保留的天数
	// default: `400`
	LeavesDays int `toml:"leaves_days"`
	// of the database in use, above which cosigned records go before their time; at least 16
	// zh: 在用数据库超过此大小时，已联署的记录提前删除；至少 16
	// default: `1024`
	SizeMB int `toml:"size_mb"`
	// above which the oldest records go although nobody has cosigned them: an alarm says so
	// zh: 超过此大小时，最旧的记录即使未联署也删除，并产生告警
	// default: `2048`
	MostMB int `toml:"most_mb"`
}

// MetricsConfig is where figures for a monitoring program are read.
type MetricsConfig struct {
	// address and port, as `127.0.0.1:9464`, at which anybody who reaches it reads `/metrics` over HTTP; left
	// out: on the socket alone
	// zh: 地址和端口，如 `127.0.0.1:9464`，能连到的人都可用 HTTP 读取 `/metrics`；不填则只在套接字上
	// default: none
	Listen string `toml:"listen"`
}

// setDefaults fills in what was left out.
func (c *Config) setDefaults() {
	orElse(&c.Gate.StateDir, "/var/lib/gated")
	orElse(&c.Gate.Language, "en")
	orElse(&c.Gate.Socket, "/run/gated/gated.sock")
	orElse(&c.MQTT.Prefix, "gated/v1")
	orElse(&c.Clock.Trust, "kernel")
	orElse(&c.Journal.PersonsDays, 30)
	orElse(&c.Journal.LeavesDays, 400)
	orElse(&c.Journal.SizeMB, 1024)
	orElse(&c.Journal.MostMB, 2048)
	if c.Trust.Threshold == 0 {
		c.Trust.Threshold = 1
	}
	orElse(&c.Inputs.Kind, "gpio")
	for i := range c.Lanes {
		l := &c.Lanes[i]
		orElse(&l.Scanner.Kind, "serial")
		orElse(&l.Scanner.Baud, "auto")
		orElse(&l.Door.Active, "high")
		orElse(&l.Signal.Kind, "none")
	}
}

func orElse[T comparable](v *T, def T) {
	if zero := *new(T); *v == zero {
		*v = def
	}
}

func pick[T any](cond bool, yes, no T) T {
	if cond {
		return yes
	}
	return no
}
