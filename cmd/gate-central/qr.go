package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"rsc.io/qr"
)

// How a code is drawn. Codes are upper-case letters and digits, which the
// library draws in alphanumeric mode.
const (
	quietZone = 4 // modules, on each side
	scale     = 8 // pixels a module; the library draws the quiet zone of 4 itself
)

// drawPNG replaces the file by a picture of the code, all at once, so that
// whoever looks at it sees the old one or the new one. Only the owner may read
// it: the code opens doors.
func drawPNG(path, code string) error {
	q, err := qr.Encode(code, qr.M)
	if err != nil {
		return fmt.Errorf("draw code: %w", err)
	}
	q.Scale = scale
	f, err := os.CreateTemp(filepath.Dir(path), ".code-*.png")
	if err != nil {
		return fmt.Errorf("draw code: %w", err)
	}
	_, err = f.Write(q.PNG())
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("draw code: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}

// drawText draws the code with two modules to a character. Black on white is
// said explicitly: on a dark terminal many readers fail on what is inverted.
func drawText(w io.Writer, code string) error {
	q, err := qr.Encode(code, qr.M)
	if err != nil {
		return fmt.Errorf("draw code: %w", err)
	}
	var b strings.Builder
	for y := -quietZone; y < q.Size+quietZone; y += 2 {
		b.WriteString("\x1b[30;107m")
		for x := -quietZone; x < q.Size+quietZone; x++ {
			b.WriteString(halves(q.Black(x, y), q.Black(x, y+1)))
		}
		b.WriteString("\x1b[0m\n")
	}
	_, err = io.WriteString(w, b.String())
	return err
}

func halves(upper, lower bool) string {
	switch {
	case upper && lower:
		return "█"
	case upper:
		return "▀"
	case lower:
		return "▄"
	}
	return " "
}
