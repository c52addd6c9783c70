package doctor

// What stands behind what. The network is one way: who fails at one step fails
// at all that follow.
var (
	theCard  = []string{"card-writable", "card-space", "card-inodes", "card-sync"}
	theWay   = []string{"certificate", "ca", "route", "name", "tcp", "tls", "tls-date", "mqtt", "subscription", "documents-arrive"}
	theStart = append([]string{"configuration", "state-directory", "second-daemon", "pins"}, theCard...)
	thePort  = []string{"port", "port-access", "port-holder", "running"}
)

// before is the steps of the way that come before one of them.
func before(step string) []string {
	for i, s := range theWay {
		if s == step {
			return append([]string{"clock"}, theWay[:i]...)
		}
	}
	panic(step + " is no step of the way")
}

// documents is what must be well for documents to come.
var documents = append(append([]string{"running", "clock"}, theStart...), theWay...)

// checks is every check, in the order in which a technician makes them.
var checks = []check{
	{"power", say("供电", "power supply"), say("电压不足会让卡损坏、扫码器掉线", "short of voltage a board corrupts its card and loses its scanner"), nil, box(power)},
	{"throttling", say("降速", "slow-down"), say("降速时开门变慢，多因过热或供电", "a board that slows itself down opens late; it is hot or short of power"), nil, box(throttling)},
	{"temperature", say("温度", "temperature"), say("过热缩短卡和板的寿命，85 °C 起强制降速", "heat ages card and board, and from 85 °C on the board slows down hard"), nil, box(temperature)},
	{"memory", say("内存", "memory"), say("内存用尽时内核会结束门禁程序", "without memory the kernel ends the gate's program"), nil, box(memory)},
	{"board-watchdog", say("板上看门狗", "board's watchdog"), say("内核死机时只有它能重启盒子", "it alone restarts a box whose kernel hangs"), nil, box(boardWatchdog)},

	{"card-writable", say("存储可写", "card can be written"), say("记录先落盘再开门；只读时记录只在内存", "a record is on the disk before the door opens; on a read-only disk records are in memory alone"), nil, box(writable)},
	{"card-space", say("存储空间", "space on the card"), say("满了就存不下记录和名单", "a full disk takes neither records nor lists"), []string{"card-writable"}, box(space)},
	{"card-inodes", say("文件数", "room for files"), say("同存储空间", "as the space"), []string{"card-writable"}, box(inodes)},
	{"card-sync", say("落盘速度", "speed of the card"), say("每次开门都等一次落盘，超过 150 ms 就先开门后记", "each opening waits for one sync; after 150 ms the door opens before its record is safe"), []string{"card-writable", "card-space", "card-inodes"}, box(syncing)},
	{"card-wear", say("存储寿命", "wear of the card"), say("用尽的卡会变只读", "a card that is used up turns read-only"), nil, box(wear)},

	{"clock", say("时钟", "clock"), say("时间错了，好码会被拒，证书会被判过期", "with a wrong time good passes are refused and good certificates have ended"), nil, box(clockRight)},
	{"clock-state", say("时钟状态", "state of the clock"), say("不知道时间时按小区规则拒绝或放行", "a box that does not know the time refuses or admits by the site's rules"), []string{"clock"}, box(clockState)},
	{"clock-keeper", say("校时程序", "who sets the clock"), say("没有校时，时钟会慢慢偏", "a clock that nobody sets drifts"), nil, box(clockKeeper)},
	{"clock-battery", say("电池时钟", "battery-backed clock"), say("停电后没有网络时，靠它知道时间", "after a power cut without network it alone knows the time"), nil, box(battery)},

	{"configuration", say("配置", "configuration"), say("配置有错，服务不启动，门不开", "with an error in it the daemon does not start, and the gate stays shut"), nil, box(configuration)},
	{"state-directory", say("状态目录", "state directory"), say("数据库和门的钥匙在里面", "database and the gate's key are in it"), theCard, box(stateDir)},
	{"second-daemon", say("只有一个服务", "one daemon"), say("两个服务争同一扇门，一个也做不好", "two that want one door serve none"), nil, box(secondDaemon)},
	{"pins", say("GPIO线", "GPIO lines"), say("线不在或被占用，继电器动不了", "without its line a relay does not move"), nil, pins},
	{"running", say("服务在运行", "daemon runs"), say("服务不在，谁也进不来", "without it nobody gets in"), theStart, box(running)},
	{"unit", say("开机启动", "start with the box"), say("停电后要自己起来", "it must come up by itself after a power cut"), nil, box(unitInstalled)},
	{"watchdog", say("服务看门狗", "daemon's watchdog"), say("循环卡死时由它重启", "it restarts a daemon whose loop hangs"), nil, box(unitWatchdog)},
	{"hardening", say("单元保护", "unit's hardening"), say("保护让程序的漏洞伤不到系统", "it keeps a fault in the daemon from the rest of the system"), nil, box(unitHardening)},
	{"gpio-persistence", say("GPIO保持", "lines after the end"), say("程序被杀后继电器不应保持吸合", "after a kill a relay must not stay on"), nil, box(persistence)},

	{"inputs", say("输入线", "inputs"), say("悬空的线会误报开门、消防", "a wire that hangs in the air reports doors and fires that are none"), []string{"running"}, inputs},
	{"door", say("门", "door"), say("门没关好，谁都能进", "a door that is not shut lets anybody in"), nil, each(doorState)},
	{"port", say("扫码器端口", "scanner's port"), say("没有端口就读不到码", "without its port no code is read"), nil, each(portThere)},
	{"port-access", say("端口权限", "right to the port"), say("服务的用户须能读写端口", "the daemon's user must be able to read and write it"), []string{"port"}, each(portAccess)},
	{"port-holder", say("端口独占", "port is ours alone"), say("别的程序会抢走码", "another program takes codes away"), []string{"port"}, each(portHolder)},
	{"modem-manager", say("ModemManager", "ModemManager"), say("它把扫码器当调制解调器，扰乱读码", "it takes a scanner for a modem and garbles codes"), nil, box(modem)},
	{"speed", say("扫码器速率", "scanner's speed"), say("速率不对，码成乱码", "at a wrong speed codes are noise"), thePort, each(speed)},
	{"scanner", say("扫码器", "scanner"), say("扫码器不通，骑手进不来", "without it no rider gets in"), append([]string{"modem-manager", "speed"}, thePort...), each(scannerUp)},
	{"module", say("扫码模块", "scanner's module"), say("没设好的模块会听从设置码", "a module that is not set obeys setup codes"), append([]string{"scanner", "speed"}, thePort...), each(module)},
	{"drift", say("模块设置", "module's settings"), say("设置自己变了，是有人动过或掉电", "settings that change by themselves were tampered with, or lost their power"), nil, each(drift)},
	{"setup-codes", say("设置码", "setup codes"), say("有人想改扫码器", "somebody tried to change the scanner"), nil, each(setupCodes)},
	{"late-codes", say("丢弃的码", "codes dropped"), say("骑手要再扫一次", "riders have to show them again"), nil, each(lateCodes)},

	{"certificate", say("盒子的证书", "box's certificate"), say("过期后服务器不让连接", "once it has ended the broker lets the box in no more"), []string{"clock"}, box(ownCertificate)},
	{"ca", say("颁发者证书", "authority's certificate"), say("过期后认不出服务器", "once it has ended the broker cannot be told from others"), []string{"clock"}, box(authorities)},
	{"route", say("网络", "network"), say("没有路由，名单和记录都不动", "without a route neither lists nor records move"), nil, box(route)},
	{"name", say("名字", "broker's name"), say("查不到名字就找不到服务器", "a name that is not found leads nowhere"), before("name"), box(lookup)},
	{"tcp", say("TCP", "TCP"), say("服务器的端口要能连上", "the broker's port must answer"), before("tcp"), box(tcp)},
	{"tls", say("TLS", "TLS"), say("证书证明它是我们的服务器", "the certificate shows that it is our broker"), before("tls"), box(tlsChain)},
	{"tls-date", say("证书日期", "certificate's dates"), say("证书在盒子的时间里须有效", "it must be valid at the box's time"), before("tls-date"), box(tlsDate)},
	{"mqtt", say("MQTT", "MQTT"), say("服务器要认得这个盒子", "the broker must know this box"), before("mqtt"), box(mqtt)},
	{"subscription", say("订阅", "subscription"), say("不能订阅就收不到注销", "who may not subscribe hears of no revocation"), before("subscription"), box(subscription)},
	{"documents-arrive", say("文件到达", "documents arrive"), say("有的服务器允许订阅却什么也不发", "some brokers grant a subscription and send nothing"), before("documents-arrive"), box(documentsArrive)},
	{"round-trip", say("往返时间", "round trip"), say("慢的线路让注销晚到", "on a slow line revocations come late"), theWay, box(roundTrip)},

	{"trust", say("信任名单", "trust list"), say("没有它谁的码都不认", "without it no pass is believed"), documents, box(trustList)},
	{"site", say("小区文件", "site document"), say("没有它谁也不放行", "without it nobody is admitted"), append([]string{"trust"}, documents...), box(siteDocument)},
	{"site-age", say("小区文件多旧", "age of the site document"), say("旧文件不知道物业新的暂停", "an old one knows of no hold that the property named since"), append([]string{"site"}, documents...), box(siteAge)},
	{"gate-listed", say("本门已登记", "gate is listed"), say("没登记的门记录不被确认，动态码用标签 0 判断", "a gate that is not listed gets no record cosigned, and judges bound codes with tag 0"), append([]string{"site"}, documents...), box(gateListed)},
	{"gate-key", say("本门的钥匙", "gate's key"), say("钥匙不符，记录不被确认", "with another key than the one listed no record is cosigned"), []string{"gate-listed"}, box(gateKey)},
	{"issuers-keys", say("平台的钥匙", "issuers' keys"), say("钥匙到期，好骑手也进不来", "when they have ended good riders stay out"), append([]string{"trust"}, documents...), box(issuersKeys)},
	{"revocation", say("注销名单", "revocation list"), say("没有它谁也不放行", "without it nobody is admitted"), append([]string{"trust"}, documents...), box(revocation)},
	{"list-age", say("名单多旧", "age of the list"), say("太旧的名单不放行", "a list that is too old admits nobody"), append([]string{"trust", "revocation"}, documents...), box(listAge)},

	{"durable", say("记录落盘", "records on disk"), say("只在内存的记录断电即失", "what is in memory alone is lost with the power"), theCard, box(durable)},
	{"log-known", say("中心认得记录链", "log is known"), say("中心不认得，记录永不被确认", "a log that the central server does not know is never cosigned"), append([]string{"gate-key", "gate-listed"}, documents...), box(logKnown)},
	{"unsent", say("未确认的记录", "records not cosigned"), say("长久未确认，盒子坏了就丢了", "what is not cosigned is lost with the box"), append([]string{"log-known", "gate-key", "gate-listed"}, documents...), box(unsent)},
	{"journal-size", say("记录大小", "size of the records"), say("到上限后丢弃未确认的记录", "at its limit it drops records that nobody has cosigned"), nil, box(journalSize)},
	{"alarms", say("告警", "alarms"), say("运行中的服务要人知道的事", "what the running daemon wants somebody to know"), nil, box(alarms)},
}
