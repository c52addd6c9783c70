package signal

import "log/slog"

// Lights is what was on at one time.
type Lights struct{ Green, Red, Buzzer bool }

type fakeLights struct {
	change func(Lights) error
	closed int
}

func (f *fakeLights) set(l light) error {
	return f.change(Lights{l&green != 0, l&red != 0, l&buzzer != 0})
}

func (f *fakeLights) close() error { f.closed++; return nil }

// NewPlayer is a player whose lights call change.
func NewPlayer(change func(Lights) error, log *slog.Logger) Signal {
	return newPlayer(&fakeLights{change: change}, log)
}

// Frame is the bytes that make a module say a text.
func Frame(module, text string) []byte {
	m := speeches[module]
	return m.frame(encode(text, m.longest))
}
