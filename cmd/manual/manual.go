// Package manual writes a program's manual page and its completion for bash
// from the same table of commands that --help prints, so that none of the three
// can say what the others do not.
//
// It knows the shape of the table alone. What a program promises beyond its
// commands stands in the table's description.
package manual

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// Cmd is the hidden command that both programs have: `manual man` and `manual
// bash` print what the package of the program installs.
type Cmd struct {
	Form string `arg:"" enum:"man,bash" help:"man: the manual page; bash: the completion."`
}

// Run prints it.
func (c Cmd) Run(ctx *kong.Context) error {
	if c.Form == "bash" {
		return Bash(ctx.Stdout, ctx.Model)
	}
	return Page(ctx.Stdout, ctx.Model)
}

// Page writes the manual page of section 1, in man's own macros.
func Page(w io.Writer, app *kong.Application) error {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH %s 1\n.SH NAME\n%s \\- %s\n", strings.ToUpper(app.Name), escape(app.Name), escape(firstSentence(app.Help)))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n.I command\n[\\fIflags\\fR]\n", escape(app.Name))
	fmt.Fprintf(&b, ".SH DESCRIPTION\n%s\n.SH COMMANDS\n", escape(app.Help))
	for _, n := range app.Leaves(true) {
		writeCommand(&b, n)
	}
	b.WriteString(".SH FLAGS OF EVERY COMMAND\n")
	writeFlags(&b, app.Flags)
	b.WriteString(".SH EXIT STATUS\n.TP\n.B 0\nfine\n.TP\n.B 1\nno, or broken\n.TP\n.B 2\nasked wrongly\n")
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("print manual: %w", err)
	}
	return nil
}

func writeCommand(b *strings.Builder, n *kong.Node) {
	fmt.Fprintf(b, ".SS %s\n%s\n", escape(synopsis(n)), escape(n.Help))
	for _, p := range n.Positional {
		fmt.Fprintf(b, ".TP\n.I %s\n%s\n", escape(p.Name), escape(p.Help))
	}
	writeFlags(b, flagsOf(n))
}

// synopsis is the command as it is typed, without the program.
func synopsis(n *kong.Node) string {
	s := strings.TrimSpace(typed(n))
	for _, p := range n.Positional {
		s += " " + p.Summary()
	}
	return s
}

// flagsOf are the flags of the command and of those above it, without the
// program's own.
func flagsOf(n *kong.Node) []*kong.Flag {
	var flags []*kong.Flag
	for ; n.Parent != nil; n = n.Parent {
		flags = append(flags, n.Flags...)
	}
	return flags
}

func writeFlags(b *strings.Builder, flags []*kong.Flag) {
	for _, f := range flags {
		if !f.Hidden {
			fmt.Fprintf(b, ".TP\n.B %s\n%s\n", escape(f.String()), escape(f.Help))
		}
	}
}

// escape keeps man from reading text as its own.
func escape(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		return `\&` + s
	}
	return s
}

func firstSentence(s string) string {
	s, _, _ = strings.Cut(s, ".")
	return s
}
