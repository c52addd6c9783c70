package main

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"strings"

	"gated/drivers/scanner"
)

// How the test code is drawn.
const (
	quietZone  = 4 // modules at each side
	narrowZone = 2 // above and below where the window is as low as terminals are; scanners take it
	pixels     = 8 // a module in a picture
)

// black says whether a module of the test code is black; outside of it none is.
func black(x, y int) bool {
	size := len(scanner.TestModules)
	return x >= 0 && y >= 0 && x < size && y < size && scanner.TestModules[y]>>(size-1-x)&1 == 1
}

// showCode draws the test code on the terminal or into a file, or prints its text
// for who is no terminal.
func (cmd *scannerTestCmd) showCode() error {
	if cmd.PNG != "" {
		return writePicture(cmd.PNG)
	}
	columns, height, ok := terminalSize(os.Stdout)
	if !ok {
		fmt.Println(scanner.TestCode)
		return nil
	}
	size := len(scanner.TestModules)
	quiet := quietZone
	if height <= (size+2*quiet+1)/2 {
		quiet = narrowZone
	}
	if width, lines := size+2*quietZone, (size+2*quiet+1)/2+1; columns < width || height < lines {
		for _, r := range wrap(fmt.Sprintf(scanWords["small"].In(terminalLanguage()), width, lines), columns, plain) {
			fmt.Println(r.text)
		}
		return errNo
	}
	fmt.Print(drawnCode(quiet))
	return nil
}

// drawnCode is the test code with two modules to a character. Black on white is
// said explicitly: on a dark terminal many scanners fail on what is inverted.
func drawnCode(above int) string {
	var b strings.Builder
	size := len(scanner.TestModules)
	for y := -above; y < size+above; y += 2 {
		b.WriteString("\x1b[30;107m")
		for x := -quietZone; x < size+quietZone; x++ {
			b.WriteString(map[[2]bool]string{{true, true}: "█", {true, false}: "▀", {false, true}: "▄", {false, false}: " "}[[2]bool{black(x, y), black(x, y+1)}])
		}
		b.WriteString("\x1b[0m\n")
	}
	return b.String()
}

// writePicture writes the test code as a picture.
func writePicture(file string) error {
	side := (len(scanner.TestModules) + 2*quietZone) * pixels
	m := image.NewGray(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			if !black(x/pixels-quietZone, y/pixels-quietZone) {
				m.SetGray(x, y, color.Gray{Y: 0xff})
			}
		}
	}
	f, err := os.Create(file) //nolint:gosec // the technician names the file
	if err != nil {
		return fmt.Errorf("write picture: %w", err)
	}
	err = png.Encode(f, m)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("write picture: %w", err)
	}
	return nil
}
