package doctor

import (
	"time"

	"gated/gate"
)

func durable(f *Facts) Result {
	switch {
	case !f.Program.Running:
		return skip(say("服务没有运行", "the daemon is not running"))
	case !f.Journal.Durable:
		return fail(say("磁盘不收记录：暂存内存，断电即失", "the disk takes no records: they are in memory, and a power cut loses them"),
			say("按 card- 各项处理；恢复后一分钟内自动写回", "do as the card- checks say; within a minute of that the records go back to the disk by themselves"))
	}
	return fine(say("写在磁盘上", "on the disk"))
}

func logKnown(f *Facts) Result {
	j := &f.Journal
	waiting := j.Records - min(j.Records, j.Cosigned)
	switch r, ok := alone(&f.Line); {
	case ok:
		return r
	case j.Unknown != gate.Text{}:
		return skip(j.Unknown)
	case !j.Central.Known():
		return skip(j.Central.Unknown)
	case j.Cosigned > 0 && waiting > 0 && j.Central.Value != j.Log:
		measured := say("中心没有本记录链 %s（已确认 %d 条）的确认书", "the central server has no cosigned checkpoint of this log %s, %d records of which it had cosigned", j.Log, j.Cosigned)
		if j.Central.Value != "" {
			measured = join(measured, say("它有的是 %s", "it has one of %s", j.Central.Value))
		}
		return fail(measured, say("卡是不是恢复的旧备份或复制的？问中心是否丢过数据：gate-central records；保留 %d 条未确认记录，不要清空状态目录",
			"was this card restored from a backup, or copied? Ask the central server's operator whether it has lost data (gate-central records). Keep the state directory: %d records wait in it", waiting))
	case j.Central.Value == "":
		return fine(say("还没有确认过", "nothing cosigned yet"))
	}
	return fine(say("中心确认过本记录链", "the central server has cosigned this log"))
}

// A checkpoint comes after a minute, or five on a metered line, and is asked for
// again after two: what waits for longer than this is stuck.
const (
	unsentSoon = 15 * time.Minute
	unsentLate = 24 * time.Hour
)

func unsent(f *Facts) Result {
	j := &f.Journal
	waiting := j.Records - min(j.Records, j.Cosigned)
	switch {
	case f.Line.Broker == "":
		r, _ := alone(&f.Line)
		return r
	case j.Unknown != gate.Text{}:
		return skip(j.Unknown)
	case waiting == 0:
		return fine(say("没有", "none"))
	case !j.Oldest.Known():
		return fine(say("%[1]d 条；%[2]s", "%[1]d; %[3]s", waiting, j.Oldest.Unknown.ZH, j.Oldest.Unknown.EN))
	}
	age := f.Now.Sub(j.Oldest.Value).Round(time.Second)
	measured := say("%d 条，最早的 %s 前", "%d, the oldest from %s ago", waiting, age)
	next := say("看网络各步；网络正常就让中心看 gate-central records 中本门的告警", "look at the steps of the network; if they are fine, have the central server's operator look at this gate's alarms (gate-central records)")
	switch {
	case age > unsentLate:
		return fail(measured, next)
	case age > unsentSoon:
		return warn(measured, next)
	}
	return fine(measured)
}

func journalSize(f *Facts) Result {
	j := &f.Journal
	measured := say("%d MB，上限 %d MB", "%d MB of at most %d", j.Bytes>>20, j.Most>>20)
	switch {
	case j.Unknown != gate.Text{}:
		return skip(j.Unknown)
	case j.Most > 0 && j.Bytes > j.Most/10*9:
		return warn(measured, say("让记录送达中心（见 unsent）；满了之后最旧的未确认记录会丢失", "see to it that records reach the central server (unsent): when it is full the oldest that nobody has cosigned are dropped"))
	}
	return fine(measured)
}
