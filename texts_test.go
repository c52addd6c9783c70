package gated_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// literal is the text of a string literal, or of several joined by +.
func literal(e ast.Expr) (text string, ok bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, e.Kind == token.STRING && err == nil
	case *ast.BinaryExpr:
		a, ok1 := literal(e.X)
		b, ok2 := literal(e.Y)
		return a + b, ok1 && ok2 && e.Op == token.ADD
	}
	return "", false
}

// bilingual is one text of the sources: the Chinese, the English, and how many
// values are put into both; -1: it cannot be seen.
type bilingual struct {
	zh, en string
	values int
}

// textOf finds what is written in both languages: a call of Say, say, text or
// unknown with two literals, and a gate.Text of literals.
func textOf(n ast.Node) (b bilingual, ok bool) {
	switch n := n.(type) {
	case *ast.CallExpr:
		name := ""
		switch f := n.Fun.(type) {
		case *ast.Ident:
			name = f.Name
		case *ast.SelectorExpr:
			name = f.Sel.Name
		case *ast.IndexExpr:
			if id, ok := f.X.(*ast.Ident); ok {
				name = id.Name
			}
		}
		if name != "Say" && name != "say" && name != "text" && name != "unknown" || len(n.Args) < 2 {
			return b, false
		}
		zh, ok1 := literal(n.Args[0])
		en, ok2 := literal(n.Args[1])
		b = bilingual{zh, en, len(n.Args) - 2}
		if n.Ellipsis.IsValid() {
			b.values = -1
		}
		return b, ok1 && ok2
	case *ast.CompositeLit:
		return textLiteral(n)
	}
	return b, false
}

// textLiteral is a gate.Text, or an element of a map or list of them, that has
// both languages as literals by name.
func textLiteral(n *ast.CompositeLit) (b bilingual, ok bool) {
	found := 0
	for _, e := range n.Elts {
		kv, isPair := e.(*ast.KeyValueExpr)
		if !isPair {
			continue
		}
		id, isName := kv.Key.(*ast.Ident)
		if !isName || id.Name != "ZH" && id.Name != "EN" {
			continue
		}
		text, isText := literal(kv.Value)
		if !isText {
			return b, false
		}
		found++
		if id.Name == "ZH" {
			b.zh = text
		} else {
			b.en = text
		}
	}
	b.values = -1
	return b, found > 0
}

// verb is one place for a value: its index and its letter.
var verb = regexp.MustCompile(`%(?:\[(\d+)\])?[-+# 0]*\d*(?:\.\d+)?([a-zA-Z%])`)

// takes says whether a format takes that many values.
func takes(format string, values int) bool {
	next, last, indexed := 0, 0, false
	for _, v := range verb.FindAllStringSubmatch(format, -1) {
		if v[2] == "%" {
			continue
		}
		next++
		if n, err := strconv.Atoi(v[1]); err == nil {
			next, indexed = n, true
		}
		last = max(last, next)
	}
	return last == values || indexed && last < values
}

func chinese(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// plain is a text without what differs between the two languages where there are
// no words.
func plain(s string) string {
	return strings.NewReplacer("：", ":", "；", ";", "，", ",", "（", "(", "）", ")", "？", "?", " ", "").Replace(index.ReplaceAllString(s, ""))
}

var index = regexp.MustCompile(`\[\d+\]`)

// TestEveryTextIsInBothLanguages: no text lacks one, has the wrong one, or has no
// place for a value. What is the same in both is a command or a name.
func TestEveryTextIsInBothLanguages(t *testing.T) {
	seen := 0
	for _, name := range sources(t) {
		if strings.Contains(name, "/demo/") {
			continue // its narrator speaks English
		}
		files := token.NewFileSet()
		f, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			b, ok := textOf(n)
			if !ok {
				return true
			}
			seen++
			at := files.Position(n.Pos())
			if b.zh == "" || b.en == "" || chinese(b.en) || !chinese(b.zh) && plain(b.zh) != plain(b.en) {
				t.Errorf("%s: Chinese %q, English %q", at, b.zh, b.en)
			}
			if b.values >= 0 && (!takes(b.zh, b.values) || !takes(b.en, b.values)) {
				t.Errorf("%s: %d values for %q and %q", at, b.values, b.zh, b.en)
			}
			return true
		})
	}
	if seen < 400 {
		t.Errorf("only %d texts found: the test reads too little", seen)
	}
	t.Logf("%d texts", seen)
}

// printed is a call that writes to standard output.
var printed = map[string]bool{"Print": true, "Printf": true, "Println": true}

// sentence is two words of English behind one another.
var sentence = regexp.MustCompile(`[a-z]{2,} [a-z]{2,}`)

// commands calls visit for what stands in the source of the box's commands.
func commands(t *testing.T, visit func(files *token.FileSet, n ast.Node) bool) {
	t.Helper()
	for _, name := range sources(t) {
		if !strings.Contains(name, "/cmd/gated/") {
			continue
		}
		files := token.NewFileSet()
		f, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool { return visit(files, n) })
	}
}

// TestTheTechnicianReadsNoEnglishAlone: what a command of the box prints is said
// in both languages (gate.Say), not written into the call.
func TestTheTechnicianReadsNoEnglishAlone(t *testing.T) {
	calls := 0
	commands(t, func(files *token.FileSet, n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) == 0 {
			return true
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || !printed[sel.Sel.Name] {
			return true
		}
		if pkg, ok := sel.X.(*ast.Ident); !ok || pkg.Name != "fmt" {
			return true
		}
		calls++
		if text, ok := literal(call.Args[0]); ok && sentence.MatchString(text) {
			t.Errorf("%s: %q", files.Position(n.Pos()), text)
		}
		return true
	})
	if calls < 20 {
		t.Errorf("only %d calls found: the test reads too little", calls)
	}
}

// TestEachProblemOfAConfigurationIsInBothLanguages: what `gated check` says is made
// by text, which the test above reads, and chosen by language where it is printed.
func TestEachProblemOfAConfigurationIsInBothLanguages(t *testing.T) {
	added, chosen := 0, 0
	commands(t, func(files *token.FileSet, n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr: // f.add(key, text(zh, en, values...))
			sel, ok := n.Fun.(*ast.SelectorExpr)
			if !ok || sel.Sel.Name != "add" || len(n.Args) != 2 {
				return true
			}
			if on, ok := sel.X.(*ast.Ident); !ok || on.Name != "f" {
				return true
			}
			added++
			if _, ok := textOf(n.Args[1]); !ok {
				t.Errorf("%s: a finding that is not text(Chinese, English, …)", files.Position(n.Pos()))
			}
		case *ast.CompositeLit: // problem{file, line, what.In(lang)}
			if id, ok := n.Type.(*ast.Ident); !ok || id.Name != "problem" || len(n.Elts) != 3 {
				return true
			}
			chosen++
			call, ok := n.Elts[2].(*ast.CallExpr)
			if !ok {
				t.Errorf("%s: a problem of one language", files.Position(n.Pos()))
				return true
			}
			if sel, ok := call.Fun.(*ast.SelectorExpr); !ok || sel.Sel.Name != "In" {
				t.Errorf("%s: a problem of one language", files.Position(n.Pos()))
			}
		}
		return true
	})
	if added < 35 || chosen < 4 {
		t.Errorf("only %d findings and %d problems found: the test reads too little", added, chosen)
	}
}
