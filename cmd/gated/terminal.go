package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"golang.org/x/sys/unix"
)

// terminalSize is how many columns and rows f shows; ok is false if it is no
// terminal.
func terminalSize(f *os.File) (columns, rows int, ok bool) {
	ws, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil || ws.Col == 0 || ws.Row == 0 {
		return 0, 0, false
	}
	return int(ws.Col), int(ws.Row), true
}

// isTerminal says whether a person is at f.
func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// agree puts a question to the person at the terminal, and says whether the
// answer was yes. Whoever asks in a script must say --yes instead.
func agree(question string) (bool, error) {
	if !isTerminal(os.Stdin) {
		return false, askedWrongly("nobody is at a terminal to be asked: add --yes if it may be done")
	}
	columns, _, ok := terminalSize(os.Stderr)
	rows := wrap(question+" [y/N]", pick(ok, columns-1, 79), plain)
	for i, r := range rows {
		fmt.Fprint(os.Stderr, r.text, pick(i < len(rows)-1, "\n", " "))
	}
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil && err != io.EOF {
		return false, fmt.Errorf("read answer: %w", err)
	}
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes", "是", "好":
		return true, nil
	}
	return false, nil
}

// printWrapped prints a text of several sentences behind a mark, in lines that
// fit into the terminal.
func printWrapped(w io.Writer, mark, text string) {
	columns, _, ok := terminalSize(os.Stdout)
	indent := columnsOf(mark)
	if !ok || columns < indent+10 {
		fmt.Fprintf(w, "%s%s\n", mark, text) // a script's line is not broken
		return
	}
	for _, r := range wrap(text, columns-indent, plain) {
		fmt.Fprintf(w, "%s%s\n", mark, r.text)
		mark = strings.Repeat(" ", indent)
	}
}

// columnsOf is how wide a text is on a terminal: a Chinese character takes two
// columns.
func columnsOf(s string) (n int) {
	for _, r := range s {
		n += columnsOfRune(r)
	}
	return n
}

// wide are the characters of two columns that our texts use: Han, and the
// punctuation that goes with it (Unicode Standard Annex 11, classes W and F).
var wide = &unicode.RangeTable{R16: []unicode.Range16{{Lo: 0x3000, Hi: 0x303E, Stride: 1}, {Lo: 0xFF01, Hi: 0xFF60, Stride: 1}}, LatinOffset: 0}

func columnsOfRune(r rune) int {
	if unicode.In(r, unicode.Han, wide) {
		return 2
	}
	return 1
}

// cut is as much of s as fits into that many columns; what is cut off shows as …
func cut(s string, columns int) string {
	if columnsOf(s) <= columns {
		return s
	}
	n := 0
	for i, r := range s {
		if n += columnsOfRune(r); n > columns-1 {
			return s[:i] + strings.Repeat("…", min(1, max(0, columns)))
		}
	}
	return s
}

// fill is s cut or filled up to that many columns.
func fill(s string, columns int) string {
	s = cut(s, columns)
	return s + strings.Repeat(" ", max(0, columns-columnsOf(s)))
}
