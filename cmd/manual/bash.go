package manual

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// Bash writes a completion for bash: the commands and flags that may follow
// what is typed, and file names where neither fits. It runs nothing.
func Bash(w io.Writer, app *kong.Application) error {
	var b strings.Builder
	name := strings.ReplaceAll(app.Name, "-", "_")
	fmt.Fprintf(&b, "_%s() {\n\tlocal word=${COMP_WORDS[COMP_CWORD]} path= w words=\n", name)
	b.WriteString("\tfor w in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n\t\tcase \"$path $w\" in\n")
	for _, n := range nodes(app.Node) {
		if n.Parent != nil {
			fmt.Fprintf(&b, "\t\t%q) path=%q ;;\n", typed(n), typed(n))
		}
	}
	b.WriteString("\t\tesac\n\tdone\n\tcase $path in\n")
	for _, n := range nodes(app.Node) {
		fmt.Fprintf(&b, "\t%q) words=%q ;;\n", typed(n), strings.Join(follow(app, n), " "))
	}
	b.WriteString("\tesac\n\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n}\n")
	fmt.Fprintf(&b, "complete -o default -F _%s %s\n", name, app.Name)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("print completion: %w", err)
	}
	return nil
}

// nodes is n and every visible command below it.
func nodes(n *kong.Node) []*kong.Node {
	all := []*kong.Node{n}
	for _, c := range n.Children {
		if !c.Hidden {
			all = append(all, nodes(c)...)
		}
	}
	return all
}

// typed is the words of a command behind the program's name, each after a
// space.
func typed(n *kong.Node) string {
	if n.Parent == nil {
		return ""
	}
	return typed(n.Parent) + " " + n.Name
}

// follow is what may come after a command: those below it, and its flags.
func follow(app *kong.Application, n *kong.Node) []string {
	var words []string
	for _, c := range n.Children {
		if !c.Hidden {
			words = append(words, c.Name)
		}
	}
	for _, f := range append(flagsOf(n), app.Flags...) {
		if !f.Hidden {
			words = append(words, "--"+f.Name)
		}
	}
	return words
}
