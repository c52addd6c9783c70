package main

import (
	"errors"
	"strings"
)

// alphabet45 is that of RFC 9285, which is that of a QR code's alphanumeric mode.
const alphabet45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

// encode45 is RFC 9285: two bytes in three characters, a last one in two.
func encode45(b []byte) string {
	var text strings.Builder
	for ; len(b) >= 2; b = b[2:] {
		n := int(b[0])<<8 | int(b[1])
		text.Write([]byte{alphabet45[n%45], alphabet45[n/45%45], alphabet45[n/45/45]})
	}
	if len(b) == 1 {
		text.Write([]byte{alphabet45[b[0]%45], alphabet45[b[0]/45]})
	}
	return text.String()
}

// decode45 undoes encode45 and refuses every other text.
func decode45(text string) ([]byte, error) {
	b := make([]byte, 0, len(text)/3*2+1)
	for len(text) > 0 {
		group := text[:min(3, len(text))]
		text = text[len(group):]
		n, weight := 0, 1
		for i := range len(group) {
			digit := strings.IndexByte(alphabet45, group[i])
			if digit < 0 {
				return nil, errors.New("not base45")
			}
			n += digit * weight
			weight *= 45
		}
		switch {
		case len(group) == 3 && n < 1<<16:
			b = append(b, byte(n>>8), byte(n))
		case len(group) == 2 && n < 1<<8:
			b = append(b, byte(n))
		default:
			return nil, errors.New("not base45")
		}
	}
	return b, nil
}
