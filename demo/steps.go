package main

import (
	"context"
	"fmt"
	"time"

	"gated/gate"
	"gated/stage"
)

// step is one event of the morning. Cause makes it happen and is what -break
// leaves out; see looks from outside whether it has happened. Prepare is
// played in any case.
type step struct {
	name, english, chinese string

	prepare func(context.Context) error
	cause   func(context.Context) error
	see     func(context.Context) (measured string, err error)
}

// story is the morning in order. Waiting times overlap: the picture that must
// grow old was drawn before the first step.
func (m *morning) story() []step {
	return []step{
		{
			name: "fresh", english: "A fresh pass, decoded from its picture, opens the door", chinese: "新码开门",
			cause: m.showing(&m.fresh),
			see:   m.seeFresh,
		},
		{
			name: "forged", english: "A forged code is refused (bad-signature)", chinese: "伪造码被拒",
			cause: m.showing(&m.forged),
			see:   m.refusedFor(gate.BadSignature),
		},
		{
			name: "other-site", english: "A code for another community is refused (wrong-site)", chinese: "别的小区的码被拒",
			cause: m.showing(&m.other),
			see:   m.refusedFor(gate.WrongSite),
		},
		{
			name: "hold", english: "A rider put on hold is refused within a second (on-hold)", chinese: "骑手被暂停，一秒内生效",
			prepare: m.prepareHold, cause: m.hold, see: m.seeHold,
		},
		{
			name: "used-up", english: "The first code, shown again much later, is refused (used-up)", chinese: "用过的码被拒",
			prepare: func(ctx context.Context) error {
				return waitUntil(ctx, m.admitted.Add(secondChance+time.Second))
			},
			cause: m.showing(&m.fresh),
			see:   m.refusedFor(gate.UsedUp),
		},
		{
			name: "screenshot", english: "A screenshot of a moving code, older than its window, is refused (stale-code)", chinese: "截图失效",
			prepare: func(ctx context.Context) error {
				return waitUntil(ctx, m.drawn.Add(screenshot+2*time.Second))
			},
			cause: m.showing(&m.picture),
			see:   m.refusedFor(gate.StaleCode),
		},
		{
			name: "bound", english: "The same rider's phone draws a new code, and the door opens", chinese: "实时码开门",
			cause: m.drawAnew, see: m.justAdmitted,
		},
		{
			name: "cut", english: "The network is cut, and a rider is still admitted", chinese: "断网照常开门",
			cause: func(context.Context) error { m.Line.Cut(); return nil },
			see:   m.seeCut,
		},
		{
			name: "kill", english: "The box is killed during an opening: relay off, record kept, no opening by the restart", chinese: "开门中断电不留门、不丢记录",
			prepare: m.openForKill, cause: m.kill, see: m.seeKill,
		},
		{
			name: "back", english: "The network is back: all records are at the central server, and cosigned", chinese: "网络恢复，记录齐全并会签",
			cause: func(context.Context) error { m.mark = time.Now(); m.Line.Mend(); return nil },
			see:   m.seeBack,
		},
	}
}

func stepNames() []string {
	var names []string
	for _, s := range new(morning).story() {
		names = append(names, s.name)
	}
	return names
}

// play plays all steps, also those after one that was not seen. The cause of
// the step omit is left out.
func (m *morning) play(ctx context.Context, omit string) []result {
	var results []result
	for _, s := range m.story() {
		if ctx.Err() != nil {
			results = append(results, result{s.name, "", ctx.Err()})
			continue
		}
		m.shown = stage.Seen{}
		measured, err := m.playStep(ctx, s, s.name != omit)
		results = append(results, result{s.name, measured, err})
		if err != nil {
			_ = m.say("FAIL", fmt.Sprintf("%s: %v.", s.english, err), s.chinese)
			continue
		}
		_ = m.say("ok", fmt.Sprintf("%s: %s.", s.english, measured), s.chinese)
	}
	return results
}

func (m *morning) playStep(ctx context.Context, s step, caused bool) (measured string, err error) {
	if s.prepare != nil {
		if err := s.prepare(ctx); err != nil {
			return "", err
		}
	}
	if caused {
		err = s.cause(ctx)
	}
	if err == nil {
		measured, err = s.see(ctx)
	}
	return measured, err
}

// showing is the cause of most steps: a code is held to the scanner.
func (m *morning) showing(code *string) func(context.Context) error {
	return func(ctx context.Context) error { return m.show(ctx, *code) }
}

func (m *morning) refusedFor(reason gate.Reason) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return m.refused(reason) }
}

func (m *morning) justAdmitted(context.Context) (string, error) { return m.admittedNow() }
