package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"gated/stage"
)

// leaveRunning keeps box and central server for whoever wants to play, until
// ctx ends. Whatever is written to the file "glass" is held to the scanner.
func (m *morning) leaveRunning(ctx context.Context, out io.Writer) error {
	m.Line.Mend()
	glass := m.Path("glass")
	if err := syscall.Mkfifo(glass, 0o600); err != nil {
		return fmt.Errorf("make glass: %w", err)
	}
	f, err := os.OpenFile(glass, os.O_RDWR, 0) // for writing too: else the last writer's end would be ours
	if err != nil {
		return fmt.Errorf("open glass: %w", err)
	}
	go func() {
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if code := strings.TrimSpace(lines.Text()); code != "" {
				_, _ = m.Box.Scanner.Read(code)
			}
		}
	}()
	fmt.Fprint(out, m.commands(glass))
	<-ctx.Done()
	fmt.Fprintln(out, "\nStopping; everything is cleared away.")
	return f.Close()
}

// commands are what there is to play with.
func (m *morning) commands(glass string) string {
	gated := fmt.Sprintf("%s status -c %s", m.Programs.Gated, m.Box.Config)
	central := func(verb, rest string) string {
		return fmt.Sprintf("%s %s -d %s%s", m.Programs.Central, verb, m.Central.Dir, rest)
	}
	issue := fmt.Sprintf(" --kid %s --site %d --rider 7", stage.Kid, stage.Site)
	var b strings.Builder
	fmt.Fprintf(&b, "\nStill running, until Ctrl-C. In another terminal:\n")
	for _, c := range [][2]string{
		{"show a pass to the scanner", central("issue", issue) + " > " + glass},
		{"show a phone's moving code", central("phone", issue+" --once --credential "+m.Path("phone-7")) + " > " + glass},
		{"put rider 7 on hold, and release", central("hold", " --issuer 1 --rider 7") + " ; " + central("release", " --issuer 1 --rider 7")},
		{"watch the relay", "tail -f " + string(m.Box.Trace)},
		{"ask the box", gated},
		{"read the records", central("records", "")},
	} {
		fmt.Fprintf(&b, "  # %s\n  %s\n", c[0], c[1])
	}
	return b.String()
}
