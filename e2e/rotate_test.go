package e2e_test

import (
	"testing"

	"gated/gate"
	"gated/stage"
)

// A box sleeps through two rotations of the root and of the authorities, and
// comes up to date by itself, over the broker alone. Awake it follows the next.
func TestBoxThatSleptThroughTwoRootRotations(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := status(t, w, func(s stage.Status) bool { return s.Ready })
	if err := w.Box.Stop(soon(t)); err != nil {
		t.Fatal(err)
	}
	do := func(args ...string) {
		t.Helper()
		if _, err := w.Central.Do(soon(t), args...); err != nil {
			t.Fatal(err)
		}
	}
	do("root", "rotate")
	do("key", "add", "--issuer", "1", "--kid", "258")
	do("authority", "rotate", "--role", "revocation")
	do("root", "rotate")
	do("authority", "rotate", "--role", "site")
	do("authority", "rotate", "--role", "cosign")
	do("hold", "--issuer", "1", "--rider", "7")
	if err := w.Box.Start(); err != nil {
		t.Fatal(err)
	}
	st := status(t, w, func(s stage.Status) bool {
		return s.Ready && s.Online && s.Lanes[0].Scanner.Up && s.Trust == before.Trust+6 && s.Rev > before.Rev && s.Freshness == "normal"
	})
	show(t, w, issue(t, w, 7), gate.OnHold)
	show(t, w, issue(t, w, 8), gate.OK)

	do("root", "rotate")
	do("authority", "rotate", "--role", "revocation")
	do("authority", "rotate", "--role", "records")
	do("site", "hold", "--site", "1001", "--issuer", "1", "--rider", "9", "--for", "1h")
	do("hold", "--issuer", "1", "--rider", "10")
	status(t, w, func(s stage.Status) bool { return s.Trust == st.Trust+3 && s.Rev > st.Rev })
	show(t, w, issue(t, w, 9), gate.OnHold)
	show(t, w, issue(t, w, 10), gate.OnHold)
	show(t, w, issue(t, w, 11), gate.OK)
	if _, err := w.Box.Trace.Rest(soon(t)); err != nil {
		t.Fatal(err)
	}
	// A start sends what is not cosigned, with a checkpoint over it.
	if err := w.Box.Stop(soon(t)); err != nil {
		t.Fatal(err)
	}
	if err := w.Box.Start(); err != nil {
		t.Fatal(err)
	}
	end := status(t, w, func(s stage.Status) bool { return s.Online })
	if n := opened(cosigned(t, w, end.Records)); n != 2 {
		t.Errorf("%d openings at the central server, want 2", n)
	}
	status(t, w, func(s stage.Status) bool { return s.Cosigned >= end.Records })
}
