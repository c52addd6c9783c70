package scanner

import "time"

const (
	// maxFrame is the longest frame in bytes, prefix included. Our longest code
	// has 301; the longest that a module of the GM65 class sends is not known.
	maxFrame = 512

	// gap is the silence that ends a frame without a terminator.
	gap = 80 * time.Millisecond

	// maxReply is the longest body of a module's reply that is believed. Reads
	// of settings have one or two bytes; anything long is noise that looks like
	// a header and would swallow a code.
	maxReply = 32

	// noRead is what modules of the ZKB200 class send instead of a code when
	// they saw one and could not read it.
	noRead = "%%NoRead"
)

// Frame is one code as it came off the line.
type Frame struct {
	Code string    // never empty, at most 512 bytes, no terminator in it
	At   time.Time // when its last byte arrived
}

// Framer cuts a stream of bytes into frames. The zero value is ready. It is
// not safe for concurrent use and holds less than 1 KiB, whatever comes.
//
// A frame ends at CR, LF, CRLF, TAB or ETX, or at a silence of 80 ms. It begins
// at the first printable ASCII character: what is before it is noise, or the
// reply of a module to a setting (02 00 00 length body checksum). From a frame
// an AIM prefix such as ]Q1 is taken off; %%NoRead and frames over 512 bytes are
// dropped. Nothing else is touched: a control character in mid-frame stays, as
// a code that needs repair is another code.
//
// How the bytes are cut into pieces makes no difference. A reply is kept for
// [Framer.Reply], and is never part of a code.
type Framer struct {
	buf     [maxFrame]byte
	n       int       // bytes of the frame begun
	head    int       // bytes of a reply's header seen, while no frame has begun
	owed    int       // bytes of a reply that are still to come
	skip    bool      // everything up to the next end of a frame is dropped
	because Count     // and counted as this
	last    time.Time // when the newest byte arrived
	counts  Counts

	reply  [6 + maxReply]byte // the reply begun, from its header on
	got    int                // bytes of it
	answer []byte             // the newest whole reply that nobody has taken
}

// Feed takes the bytes b, which arrived at the time at, and returns the frames
// that they completed, in order.
//
// Feed never ends a frame for being late: that we come late to read proves
// nothing about the line. Only [Framer.Tick] does.
func (f *Framer) Feed(at time.Time, b []byte) []Frame {
	var frames []Frame
	f.last = at
	for _, c := range b {
		if f.step(c) {
			frames = f.end(frames)
		}
	}
	return frames
}

// Tick tells the framer that the line was silent until the time at. It returns
// the frame that the silence completed, if any.
func (f *Framer) Tick(at time.Time) []Frame {
	if at.Sub(f.last) < gap {
		return nil
	}
	f.add(Noise, f.head)
	f.head, f.owed, f.skip = 0, 0, false
	if f.n == 0 {
		return nil
	}
	frames := f.end(nil)
	f.add(NoTerminator, len(frames))
	return frames
}

// Skip drops bytes that lay in the port before we opened it. If they end in
// the middle of a frame, its rest is dropped as well.
func (f *Framer) Skip(at time.Time, b []byte) {
	f.Reset()
	f.last = at
	f.add(BeforeOpening, len(b))
	f.skip = len(b) > 0 && !terminator(b[len(b)-1])
	f.because = BeforeOpening
}

// Ignore counts n bytes that somebody else read from the port before it was
// ours.
func (f *Framer) Ignore(n int) { f.add(BeforeOpening, n) }

// Reset drops the frame begun, because the port is gone and its rest will
// never come.
func (f *Framer) Reset() {
	f.add(Partial, f.n+f.head)
	f.n, f.head, f.owed, f.skip = 0, 0, 0, false
}

// Reply is the newest whole reply of a module since Reply was last called,
// header and checksum included, or nil. Whether the checksum is right is for
// whoever asked to say. The caller owns it.
func (f *Framer) Reply() []byte {
	r := f.answer
	f.answer = nil
	return r
}

// Counts is what became of every byte so far.
func (f *Framer) Counts() Counts { return f.counts }

// Pending is the number of bytes that belong to a frame or a header not yet
// complete.
func (f *Framer) Pending() int { return f.n + f.head }

// step takes one byte and says whether it ended a frame.
func (f *Framer) step(c byte) bool {
	switch {
	case f.owed > 0:
		f.owe(c)
	case f.skip && !terminator(c):
		f.counts[f.because]++
	case f.n == 0 && !f.skip && f.between(c):
	case terminator(c):
		f.counts[Terminators]++
		f.skip = false
		return f.n > 0
	case f.n == maxFrame:
		f.counts[TooLong] += maxFrame + 1
		f.n, f.skip, f.because = 0, true, TooLong
	default:
		f.buf[f.n] = c
		f.n++
	}
	return false
}

// between takes a byte that comes while no frame has begun, and says whether
// that was all that is to be done with it.
func (f *Framer) between(c byte) bool {
	switch {
	case f.head == 3 && c >= 1 && c <= maxReply:
		f.counts[ModuleReply] += 4
		f.head, f.owed = 0, int(c)+2 // the body and two bytes of checksum
		f.got = copy(f.reply[:], []byte{0x02, 0x00, 0x00, c})
		return true
	case f.head == 0 && c == 0x02, (f.head == 1 || f.head == 2) && c == 0x00:
		f.head++
		return true
	}
	// It was no header. Its first byte is noise; what follows cannot begin
	// another, as 02 stands only at its start.
	f.add(Noise, f.head)
	f.head = 0
	switch {
	case c == 0x02:
		f.head = 1
	case terminator(c), printable(c):
		return false
	default:
		f.counts[Noise]++
	}
	return true
}

// owe takes a byte of a reply.
func (f *Framer) owe(c byte) {
	f.counts[ModuleReply]++
	f.reply[f.got] = c
	f.got++
	f.owed--
	if f.owed == 0 {
		f.answer = append([]byte(nil), f.reply[:f.got]...)
	}
}

// end closes the frame begun and appends it to frames if it is one to hand on.
func (f *Framer) end(frames []Frame) []Frame {
	code := f.buf[:f.n]
	f.n = 0
	if aim(code) {
		f.counts[AIMPrefix] += 3
		code = code[3:]
	}
	switch {
	case len(code) == 0:
		return frames
	case string(code) == noRead:
		f.add(NoRead, len(code))
		return frames
	}
	f.counts[Codes]++
	f.add(Bytes, len(code))
	return append(frames, Frame{Code: string(code), At: f.last})
}

// add counts n more of what c names.
func (f *Framer) add(c Count, n int) { f.counts[c] += uint64(n) } //nolint:gosec // a length is not negative

// terminator says whether c ends a frame: CR, LF, TAB or ETX.
func terminator(c byte) bool { return c == '\r' || c == '\n' || c == '\t' || c == 0x03 }

// printable says whether c can begin a frame. Bytes above ASCII cannot: no code
// of ours begins with one, and a line at the wrong speed is full of them.
func printable(c byte) bool { return c >= 0x20 && c <= 0x7e }

// aim says whether b begins with the symbology identifier of ISO/IEC 15424: a
// bracket, a letter for the code's kind, and a modifier.
func aim(b []byte) bool {
	return len(b) >= 3 && b[0] == ']' && letter(b[1]) && (letter(b[2]) || b[2] >= '0' && b[2] <= '9')
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
