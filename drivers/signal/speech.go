package signal

import (
	"golang.org/x/text/encoding/simplifiedchinese"
)

// speech is one make of speech module. All begin a frame with FD and the length
// of what follows (two bytes, the high one first), and have 01 for "say this"
// before a byte that names the encoding; 00 is GB2312. They answer 41 if they
// understood and 45 if not, and say of their own accord 4A when they are ready
// after power-on and 4F when they have done speaking. A further frame cuts short
// the one before. Frames are as the makers' data sheets print them; no module
// was at hand.
type speech struct {
	english bool  // it speaks English, and does not spell it
	speeds  []int // of its port, the factory's first
	longest int   // bytes of text in one frame
	sum     bool  // an XOR of all bytes before it ends the frame
}

// speeches is every make by its word in the configuration.
var speeches = map[string]speech{
	// Yutone SYN6288: at most 200 bytes of text.
	"syn6288": {speeds: []int{9600, 19200, 38400}, longest: 200, sum: true},
	// iFlytek XFS5152CE: at most 4 KiB of text.
	"xfs5152": {english: true, speeds: []int{115200, 57600, 9600, 4800}, longest: 4000},
}

// frame is the bytes that make the module say a text.
func (s speech) frame(text []byte) []byte {
	n := 2 + len(text)
	if s.sum {
		n++
	}
	b := append([]byte{0xfd, byte(n >> 8), byte(n), 0x01, 0x00}, text...) //nolint:gosec // n is below 65536: encode has seen to it
	if s.sum {
		var x byte
		for _, c := range b {
			x ^= c
		}
		b = append(b, x)
	}
	return b
}

// encode is a text in GB2312, without the characters that it lacks and cut
// after the last whole one that fits.
func encode(text string, longest int) []byte {
	e := simplifiedchinese.GBK.NewEncoder()
	var out []byte
	for _, r := range text {
		b, err := e.Bytes([]byte(string(r)))
		if err != nil || !gb2312(b) {
			continue
		}
		if len(out)+len(b) > longest {
			break
		}
		out = append(out, b...)
	}
	return out
}

// gb2312 says whether a character of GBK is one of GB2312 too: plain ASCII, or
// row 1 to 87 and cell 1 to 94.
func gb2312(b []byte) bool {
	if len(b) == 1 {
		return b[0] >= 0x20 && b[0] < 0x7f
	}
	return len(b) == 2 && b[0] >= 0xa1 && b[0] <= 0xf7 && b[1] >= 0xa1 && b[1] <= 0xfe
}
