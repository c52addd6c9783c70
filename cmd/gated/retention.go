package main

import (
	"context"
	"errors"
	"time"

	"gated/gate"
	"gated/store"
)

// When the journal is looked after. Nothing of it may delay the start.
const (
	retainFirst = 10 * time.Second   // after the start
	retainEvery = time.Hour          //
	checkFirst  = 5 * time.Minute    // the journal is read whole for the first time
	checkEvery  = 7 * 24 * time.Hour // and again
	checkPace   = 20 * time.Millisecond
	roomEvery   = time.Minute // how much the disk has left
)

// diskRoom is how much the disk should have left, in bytes: a journal that fills
// the disk would end in memory.
const diskRoom = 64 << 20

// diskNearlyFull is raised while it has less.
var diskNearlyFull = gate.Text{
	ZH: "磁盘快满了。门照常工作，中心没有的记录都留着；中心已有的最旧记录会提前删除。请清理磁盘，或换一张更大的卡。",
	EN: "The disk is nearly full. The gate goes on and keeps what the central server does not have; the oldest records that it has go before their time. " +
		"Make room on the disk, or put in a larger card.",
}

// limits is how long what was recorded is kept.
func (c *Config) limits() store.Limits {
	const day = 24 * time.Hour
	return store.Limits{
		Persons: time.Duration(c.Journal.PersonsDays) * day,
		Leaves:  time.Duration(c.Journal.LeavesDays) * day,
		Size:    int64(c.Journal.SizeMB) << 20,
		Most:    int64(c.Journal.MostMB) << 20,
		Room:    diskRoom,
	}
}

// checkJournal looks at the limits.
func (c *Config) checkJournal(f *findings) {
	for _, k := range []struct {
		key         string
		value       int
		least, most int
	}{
		{"persons_days", c.Journal.PersonsDays, 1, 3650},
		{"leaves_days", c.Journal.LeavesDays, c.Journal.PersonsDays, 36500},
		{"size_mb", c.Journal.SizeMB, 16, 1 << 20},
		{"most_mb", c.Journal.MostMB, c.Journal.SizeMB, 1 << 20},
	} {
		if k.value < k.least || k.value > k.most {
			f.add("journal."+k.key, text("%d 不在 %d 到 %d 之间", "%d is not between %d and %d", k.value, k.least, k.most))
		}
	}
}

// keepJournal erases and drops what has passed its time, and reads the whole
// journal now and then to see whether it is as it was written.
func (b *box) keepJournal(ctx context.Context) error {
	retain, check := time.NewTimer(retainFirst), time.NewTimer(checkFirst)
	room := time.NewTicker(roomEvery)
	defer retain.Stop()
	defer check.Stop()
	defer room.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			b.age(context.WithoutCancel(ctx))
			return nil
		case <-retain.C:
			err = b.retain(ctx)
			retain.Reset(retainEvery)
		case <-room.C:
			err = b.lookForRoom(ctx)
		case <-check.C:
			err = b.checkWhole(ctx)
			check.Reset(checkEvery)
		}
		if err != nil && ctx.Err() == nil {
			return err
		}
	}
}

// age notes how old the journal is, so that what is in it ages while the box is off:
// as it stops, and as it starts after a power cut, which gave no time for that.
func (b *box) age(ctx context.Context) {
	ctx, stop := context.WithTimeout(ctx, time.Second)
	defer stop()
	if err := b.store.Age(ctx, b.clock.Floor(), b.cfg.limits()); err != nil {
		b.log.Info("age of the journal was not noted", "err", err)
	}
}

func (b *box) retain(ctx context.Context) error {
	stamp := func(e gate.Event, detail string) gate.Record {
		return systemRecord(b.clock.Now(), b.docs.now(), e, detail)
	}
	r, err := b.store.Retain(ctx, b.clock.Floor(), b.cfg.limits(), stamp)
	if err != nil {
		return err
	}
	if r != (store.Retained{}) {
		b.log.Info("journal kept within its limits", "erased", r.Erased, "dropped", r.Dropped, "lost", r.Lost)
	}
	if r.Lost > 0 {
		b.alarms.raise(dropped(b.cfg.Journal.MostMB))
	}
	return nil
}

// lookForRoom raises the alarm while the disk is nearly full, and lets the journal
// make room before it is.
func (b *box) lookForRoom(ctx context.Context) error {
	r, err := b.store.Room(ctx, b.cfg.limits())
	if err != nil {
		return err
	}
	if !r.Low() {
		b.alarms.clear(diskNearlyFull)
		return nil
	}
	b.alarms.raise(diskNearlyFull)
	return b.retain(ctx)
}

// checkWhole raises the alarm if the journal is not as it was written. The gate
// goes on all the same.
func (b *box) checkWhole(ctx context.Context) error {
	began := time.Now()
	r, err := b.store.Verify(ctx, store.Expect{Pace: checkPace})
	switch {
	case errors.Is(err, store.ErrBroken):
		b.alarms.raise(notWhole(r.Faults[0]))
	case err != nil:
		return err
	default:
		b.log.Info("journal read whole: fine", "records", r.Records-r.First, "took", time.Since(began).Round(time.Millisecond))
	}
	return nil
}

// dropped is the alarm about records that are lost, with the limit in MB.
func dropped(most int) gate.Text {
	return gate.Say("记录已达上限 %d MB：中心从未确认的记录被丢弃。门照常工作；请让盒子重新连上网络。",
		"The journal has reached its hard limit of %d MB: records were dropped that the central server has never cosigned. "+
			"The gate goes on; bring it back to the network.", most)
}

// notWhole is the alarm about a journal that was changed.
func notWhole(fault string) gate.Text {
	return gate.Say("记录与写入时不符：%s。门照常工作；请留一份数据库副本，并运行 gated journal verify。",
		"The journal is not as it was written: %s. The gate goes on; keep a copy of the database and run gated journal verify.", fault)
}
