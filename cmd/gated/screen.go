package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"gated/gate"
)

// drawEach is how often a screen is drawn: about five times a second.
const drawEach = 200 * time.Millisecond

// Colours of a row, as terminals know them (ECMA-48, SGR).
const (
	plain  = ""
	bold   = "1"
	green  = "32"
	yellow = "33"
	red    = "31"
)

// row is one line of a screen.
type row struct {
	text   string
	colour string
}

// screen is a terminal that is drawn over again and again.
type screen struct {
	out     *os.File
	colours bool
	lang    gate.Language
}

// terminalScreen is the screen at standard output; ok is false if that is no
// terminal. Colours are left out on the wish of the environment
// (https://no-color.org).
func terminalScreen(lang gate.Language) (s *screen, ok bool) {
	if !isTerminal(os.Stdout) {
		return nil, false
	}
	return &screen{out: os.Stdout, colours: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb", lang: lang}, true
}

// show draws what rows gives for the window as it is now, until ctx ends or rows
// returns an error. What was on the terminal before is there again afterwards.
func (s *screen) show(ctx context.Context, rows func(columns, height int) ([]row, error)) error {
	fmt.Fprint(s.out, "\x1b[?1049h\x1b[?25l") // a page of its own, without a cursor
	defer fmt.Fprint(s.out, "\x1b[?25h\x1b[?1049l")
	t := time.NewTicker(drawEach)
	defer t.Stop()
	for {
		columns, height, ok := terminalSize(s.out)
		if !ok {
			columns, height = 80, 24
		}
		all, err := rows(columns, height)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(s.out, s.page(all, columns, height)); err != nil {
			return fmt.Errorf("draw screen: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// moreRows stands where a window is too low.
var moreRows = gate.Text{EN: "… %d more lines: make the window higher", ZH: "… 还有 %d 行：请加高窗口"}

// page is the rows in a window of that size, each cut to it. The last line of the
// window has no line feed, which would scroll.
func (s *screen) page(rows []row, columns, height int) string {
	if left := len(rows) - height; left > 0 {
		rows = append(rows[:height-1:height-1], row{fmt.Sprintf(moreRows.In(s.lang), left+1), yellow})
	}
	var b strings.Builder
	b.WriteString("\x1b[H")
	for i, r := range rows {
		if i > 0 {
			b.WriteString("\r\n")
		}
		if text := cut(r.text, columns); s.colours && r.colour != plain {
			fmt.Fprintf(&b, "\x1b[%sm%s\x1b[0m\x1b[K", r.colour, text)
		} else {
			b.WriteString(text + "\x1b[K")
		}
	}
	b.WriteString("\x1b[J")
	return b.String()
}

// wrap breaks a text into rows of that many columns: between words, and where
// there are none, as in Chinese, anywhere.
func wrap(text string, columns int, colour string) (rows []row) {
	for text != "" {
		if columnsOf(text) <= columns {
			return append(rows, row{text, colour})
		}
		n, end, space := 0, 0, 0
		for i, r := range text {
			if n += columnsOfRune(r); n > columns {
				break
			}
			if r == ' ' {
				space = i
			}
			end = i + len(string(r))
		}
		if space > 0 && text[end] != ' ' && text[end] < 0x80 {
			end = space
		}
		rows = append(rows, row{strings.TrimRight(text[:max(1, end)], " "), colour})
		text = strings.TrimLeft(text[max(1, end):], " ")
	}
	return rows
}
