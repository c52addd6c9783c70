package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
)

// key is one row.
type key struct {
	name, en, zh, def string
}

// structs are the structs of the configuration, by name.
type structs map[string]*ast.StructType

func read(root string) (structs, error) {
	files, err := filepath.Glob(filepath.Join(root, "cmd", "gated", "config*.go"))
	if err != nil {
		return nil, fmt.Errorf("find structs: %w", err)
	}
	all := structs{}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			return nil, fmt.Errorf("read structs: %w", err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if t, ok := n.(*ast.TypeSpec); ok {
				if s, ok := t.Type.(*ast.StructType); ok {
					all[t.Name.Name] = s
				}
			}
			return true
		})
	}
	return all, nil
}

// rows are the keys of a struct. A field that is a struct without a comment of
// its own is a table, whose keys stand below it; one with a comment is a row.
func (s structs) rows(name, prefix string) (keys []key, err error) {
	def, ok := s[name]
	if !ok {
		return nil, fmt.Errorf("there is no struct %s", name)
	}
	for _, f := range def.Fields.List {
		toml := reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("toml")
		if of, ok := f.Type.(*ast.Ident); ok && s[of.Name] != nil && f.Doc == nil {
			below, err := s.rows(of.Name, prefix+toml+".")
			if err != nil {
				return nil, err
			}
			keys = append(keys, below...)
			continue
		}
		k, err := row(prefix+toml, f.Doc.Text())
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// row reads the comment of one key.
func row(name, text string) (key, error) {
	k := key{name: name}
	var en []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		zh, isZH := strings.CutPrefix(line, "zh: ")
		def, isDef := strings.CutPrefix(line, "default: ")
		switch {
		case isZH:
			k.zh = zh
		case isDef:
			k.def = def
		default:
			en = append(en, line)
		}
	}
	k.en = strings.Join(en, " ")
	if k.en == "" || k.zh == "" || k.def == "" {
		return k, fmt.Errorf("the key %s lacks its text, its zh: or its default", name)
	}
	return k, nil
}

// zhDefaults are those defaults that are words.
var zhDefaults = strings.NewReplacer("must be set", "必须填写", "none", "无", "half of that", "其一半", "the factory's", "出厂值", "impulse", "脉冲", "step", "步进")

// place is where a table comes.
var place = regexp.MustCompile(`(?m)^<!-- keys (\w+) -->$`)

// build makes one edition.
func build(root, around string) ([]byte, error) {
	all, err := read(root)
	if err != nil {
		return nil, err
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "keys", around))
	if err != nil {
		return nil, fmt.Errorf("read what stands around the tables: %w", err)
	}
	var failed error
	page = place.ReplaceAllFunc(page, func(mark []byte) []byte {
		keys, err := all.rows(string(place.FindSubmatch(mark)[1]), "")
		if err != nil {
			failed = err
		}
		return table(keys, around == "zh.md")
	})
	return page, failed
}

func table(keys []key, zh bool) []byte {
	var b bytes.Buffer
	b.WriteString("| key | meaning | default |\n|---|---|---|")
	if zh {
		b.Reset()
		b.WriteString("| 键 | 含义 | 默认值 |\n|---|---|---|")
	}
	for _, k := range keys {
		text, def := k.en, k.def
		if zh {
			text, def = k.zh, words(k.def)
		}
		fmt.Fprintf(&b, "\n| `%s` | %s | %s |", k.name, text, def)
	}
	return b.Bytes()
}

// words translates a default, but for what stands in backquotes.
func words(def string) string {
	parts := strings.Split(def, "`")
	for i := 0; i < len(parts); i += 2 {
		parts[i] = zhDefaults.Replace(parts[i])
	}
	return strings.Join(parts, "`")
}
