package verify_test

import (
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"gated/gate"
	"gated/verify"
	"gated/verify/document"
	"gated/verify/pass"
	"gated/verify/trust"
	"gated/verify/used"
	"gated/verify/verifytest"
)

// neighbour is another gate of the scene's site, with a box of its own.
type neighbour struct {
	*scene
	id     string
	signer note.Signer
	told   uint32 // how many made-up passes it has told of
}

// newNeighbour lists one more gate and puts a box there, with the same documents
// and a clock of its own.
func newNeighbour(t *testing.T, s *scene, id string) *neighbour {
	t.Helper()
	public, signer, err := noteKey(id)
	if err != nil {
		t.Fatal(err)
	}
	s.Site.Gates = append(s.Site.Gates, trust.GateJSON{ID: id, Tag: uint16(10 + len(s.Site.Gates)), Key: public})
	s.enforce()
	clock := verifytest.NewClock()
	clock.Set(s.now(), gate.ClockSynced)
	there := &scene{World: s.World, clock: clock, kept: map[gate.PassID]gate.Use{}}
	there.v = verify.New(verify.Box{ID: id, Site: s.Box.Site}, clock.Now)
	there.enforce()
	return &neighbour{scene: there, id: id, signer: signer}
}

// note is the note of what was admitted there.
func (n *neighbour) note(t *testing.T, d gate.Decision) []byte {
	t.Helper()
	j, ok := n.v.Tell(*d.Use)
	if !ok {
		t.Fatalf("nothing to tell of %+v", *d.Use)
	}
	return n.sign(t, j)
}

// tells has the scene's box hear of a pass that it has not heard of.
func (n *neighbour) tells(t *testing.T, s *scene) (alarm gate.Text, err error) {
	t.Helper()
	n.told++
	_, alarm, err = s.v.Heard(n.sign(t, used.JSON{
		Site: s.Box.Site, Gate: n.id, Kid: verifytest.Kid, Serial: 1000 + n.told, Direction: gate.In, Until: s.now().Unix() + 890,
	}))
	return alarm, err
}

func (n *neighbour) sign(t *testing.T, j used.JSON) []byte {
	t.Helper()
	raw, err := document.Sign(document.Used, j, n.signer)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// hears fails the test unless the box takes the note in.
func hears(t *testing.T, s *scene, raw []byte) {
	t.Helper()
	u, alarm, err := s.v.Heard(raw)
	if err != nil || alarm.EN != "" || u == nil {
		t.Fatalf("use %v, alarm %q: %v", u, alarm, err)
	}
	s.kept[u.Pass] = *u
}

func TestUsedThereIsUsedHere(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	west := newNeighbour(t, s, "west")
	code := s.bearer()
	phone := s.phone()
	moving := phone.Show(s.now(), 0)
	hears(t, s, west.note(t, west.scan(code, in)))
	hears(t, s, west.note(t, west.scan(moving, in)))
	for name, happen := range map[string]func(){"at once": func() {}, "after a restart": s.restart} {
		happen()
		if d := s.scan(code, in); d.Reason != gate.UsedUp {
			t.Errorf("%s, the pass that was used there: %s", name, d.Reason)
		}
		if d := s.later(5*time.Second).scan(moving, in); d.Reason != gate.Replayed {
			t.Errorf("%s, the code that was taken there: %s", name, d.Reason)
		}
	}
	want(t, s.scan(phone.Show(s.now(), 0), in), gate.OK) // the phone goes on
	want(t, s.later(5*time.Second).scan(code, out), gate.OK)
}

func TestWhatLeftThereHasLeftHere(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	west := newNeighbour(t, s, "west")
	code := s.bearer()
	want(t, s.scan(code, in), gate.OK)
	hears(t, s, west.note(t, west.scan(code, out)))
	if _, _, err := s.v.Heard(west.sign(t, used.JSON{ // late: that it went in
		Site: s.Box.Site, Gate: "west", Kid: verifytest.Kid, Serial: 1, Direction: gate.In, Until: s.now().Unix() + 800,
	})); err != nil {
		t.Fatal(err)
	}
	wantExit(t, s.later(time.Minute).scan(code, out), gate.UsedUp)
	want(t, s.later(time.Minute).scan(code, in), gate.UsedUp)
}

func TestWhoEnteredThereAgainLeavesHere(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	west := newNeighbour(t, s, "west")
	phone := s.phone()
	want(t, s.scan(phone.Show(s.now(), 0), in), gate.OK)
	want(t, s.later(time.Minute).scan(phone.Show(s.now(), 0), out), gate.OK)
	west.later(2 * time.Minute)
	hears(t, s.later(time.Minute), west.note(t, west.scan(phone.Show(west.now(), 0), in)))
	d := s.later(time.Minute).scan(phone.Show(s.now(), 0), both)
	want(t, d, gate.OK)
	if d.Use.Left == 0 {
		t.Errorf("not counted as the exit: %+v", d.Use)
	}
}

func TestANeighboursEntryMakesALaneBothTheExit(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	west := newNeighbour(t, s, "west")
	code := s.bearer()
	hears(t, s, west.note(t, west.scan(code, in)))
	d := s.later(time.Second).scan(code, both)
	want(t, d, gate.OK)
	if d.Use.Left == 0 {
		t.Errorf("not counted as the exit: %+v", d.Use)
	}
	want(t, s.later(time.Minute).scan(code, both), gate.UsedUp)
}

func TestNotesThatDoNotCount(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	west := newNeighbour(t, s, "west")
	stranger := newNeighbour(t, newScene(t), "west") // another key under the same name
	now := s.now().Unix()
	good := used.JSON{Site: s.Box.Site, Gate: "west", Kid: verifytest.Kid, Serial: 7, Direction: gate.In, Until: now + 900}
	with := func(change func(*used.JSON)) used.JSON {
		j := good
		change(&j)
		return j
	}
	for name, c := range map[string]struct {
		raw  []byte
		want error
	}{
		"another site":            {west.sign(t, with(func(j *used.JSON) { j.Site++ })), verify.ErrRefused},
		"our own":                 {west.sign(t, with(func(j *used.JSON) { j.Gate = s.Box.ID })), verify.ErrKnown},
		"a gate that is not here": {west.sign(t, with(func(j *used.JSON) { j.Gate = "north" })), document.ErrUnsigned},
		"another key":             {stranger.sign(t, good), document.ErrUnsigned},
		"a phone ahead by 31 s":   {west.sign(t, with(func(j *used.JSON) { j.ShownAt = uint32(now + 31) })), verify.ErrRefused},
		"until in 901 s":          {west.sign(t, with(func(j *used.JSON) { j.Until++ })), verify.ErrRefused},
		"it has ended":            {west.sign(t, with(func(j *used.JSON) { j.Until = now - 1 })), verify.ErrOld},
		"a direction both":        {west.sign(t, with(func(j *used.JSON) { j.Direction = gate.Both })), document.ErrMalformed},
		"no note":                 {[]byte("hello"), document.ErrMalformed},
		"a heartbeat":             {s.Notes()[3], document.ErrMalformed},
	} {
		if u, alarm, err := s.v.Heard(c.raw); u != nil || alarm.EN != "" || !errors.Is(err, c.want) {
			t.Errorf("%s: use %v, alarm %q: %v", name, u, alarm, err)
		}
	}
	hears(t, s, west.sign(t, with(func(j *used.JSON) { j.ShownAt = uint32(now + 30) })))
	if u := s.kept[good.Pass()]; u.Until != good.Until+180 { // clocks differ
		t.Errorf("remembered until %d, and the note says %d", u.Until, good.Until)
	}
	if _, _, err := s.v.Heard(west.sign(t, with(func(j *used.JSON) { j.ShownAt = uint32(now + 30) }))); !errors.Is(err, verify.ErrKnown) {
		t.Errorf("the same note again: %v", err)
	}
	hears(t, s, west.sign(t, with(func(j *used.JSON) { j.Serial++; j.Until = now }))) // it ends this second
}

func TestABoxThatIsAloneOrWithoutTimeTellsNobody(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	d := s.scan(s.bearer(), in)
	if j, ok := s.v.Tell(*d.Use); ok {
		t.Errorf("alone, it tells %+v", j)
	}
	west := newNeighbour(t, s, "west")
	west.clock.Set(west.now(), gate.ClockFloor)
	d = west.scan(s.bearer(), in)
	want(t, d, gate.OK)
	if j, ok := west.v.Tell(*d.Use); ok {
		t.Errorf("without a clock it tells %+v", j)
	}
}

func TestATellersNotesEndWithThePassAndWithinWhatHearersBelieve(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	west := newNeighbour(t, s, "west")
	now := s.now().Unix()
	d := west.scan(s.bearer(func(h *pass.Header) { h.TTL = 8640 }), in)
	j, _ := west.v.Tell(*d.Use)
	if j.Until != now+used.TellFor || j.Direction != gate.In || j.Gate != "west" {
		t.Errorf("of a pass for a day: %+v at %d", j, now)
	}
	u := *d.Use
	u.Until = now + 480 // 180 s of it for clocks that differ
	if j, _ := west.v.Tell(u); j.Until != now+300 {
		t.Errorf("of a pass for five minutes: %+v at %d", j, now)
	}
}

func TestANeighbourMayTellMoreAsTimePasses(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	west := newNeighbour(t, s, "west")
	for _, c := range []struct {
		after time.Duration
		notes int
	}{{0, 20}, {100 * time.Millisecond, 2}, {time.Hour, 20}} {
		s.later(c.after)
		for i := range c.notes {
			if _, err := west.tells(t, s); err != nil {
				t.Fatalf("%s later, note %d: %v", c.after, i+1, err)
			}
		}
		if _, err := west.tells(t, s); !errors.Is(err, verify.ErrRefused) {
			t.Errorf("%s later, note %d: %v", c.after, c.notes+1, err)
		}
	}
}

// A gate whose key was stolen refuses some riders, and no more.
func TestAGateCanTellOfSoManyUsesOnly(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	west, south := newNeighbour(t, s, "west"), newNeighbour(t, s, "south")
	tell := func(n *neighbour) (alarm gate.Text, err error) { return n.tells(t, s) }
	for i := range 20 {
		if alarm, err := tell(west); err != nil || alarm.EN != "" {
			t.Fatalf("note %d of a second: alarm %q: %v", i, alarm, err)
		}
	}
	if alarm, err := tell(west); alarm.EN == "" || !errors.Is(err, verify.ErrRefused) {
		t.Errorf("note 21 of a second: alarm %q: %v", alarm, err)
	}
	if _, err := tell(south); err != nil {
		t.Errorf("another gate pays for it: %v", err)
	}
	taken := 20
	for ; taken < 11_000; taken++ {
		if taken%20 == 0 {
			s.later(time.Second)
		}
		if _, err := tell(west); err != nil {
			break
		}
	}
	if taken != 10_000 {
		t.Errorf("%d live notes of one gate were taken, want 10,000", taken)
	}
	s.later(889 * time.Second) // the last of them end with this second
	west.told -= 2
	if _, err := tell(west); !errors.Is(err, verify.ErrKnown) {
		t.Errorf("the last that was taken, again: %v", err)
	}
	west.told++
	if alarm, err := tell(west); err != nil {
		t.Errorf("once they have ended: alarm %q: %v", alarm, err)
	}
	west.told -= 3
	if _, err := tell(west); !errors.Is(err, verify.ErrKnown) {
		t.Errorf("what ends this second is forgotten: %v", err)
	}
}

func FuzzHeard(f *testing.F) {
	s := newScene(f)
	f.Add([]byte(`{"site":1001,"gate":"west","kid":257,"serial":7,"direction":"in","shown_at":0,"until":1800000100}`))
	_, signer, err := noteKey("west")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, object []byte) {
		raw, err := note.Sign(&note.Note{Text: string(document.Used) + "\n" + string(object) + "\n"}, signer)
		if err != nil {
			t.Skip()
		}
		if u, _, err := s.v.Heard(raw); err == nil || u != nil {
			t.Errorf("a gate that is not listed was believed: %v", u)
		}
	})
}

func noteKey(name string) (public string, s note.Signer, err error) {
	secret, public, err := note.GenerateKey(rand.Reader, name)
	if err == nil {
		s, err = note.NewSigner(secret)
	}
	return public, s, err
}
