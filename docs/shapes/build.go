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

// folders are where the structs are, by the name of their package.
var folders = map[string]string{
	"gated": "cmd/gated", "local": "local", "gate": "gate", "doctor": "doctor", "trust": "verify/trust",
}

// types are all types of those folders by package and name.
type types map[string]ast.Expr

func read(root string) (types, error) {
	all := types{}
	for pkg, folder := range folders {
		files, err := filepath.Glob(filepath.Join(root, folder, "*.go"))
		if err != nil {
			return nil, fmt.Errorf("find structs: %w", err)
		}
		for _, name := range files {
			f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
			if err != nil {
				return nil, fmt.Errorf("read structs: %w", err)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if t, ok := n.(*ast.TypeSpec); ok {
					all[pkg+"."+t.Name.Name] = t.Type
				}
				return true
			})
		}
	}
	return all, nil
}

// row is one name of a shape.
type row struct{ name, kind, what string }

// basic are JSON's kinds of Go's types, and of those that write themselves.
var basic = map[string]string{
	"string": "string", "bool": "boolean", "time.Time": "string, RFC 3339", "gate.Step": "object `{check, ok, facts}`",
	"int": "integer", "int32": "integer", "int64": "integer", "uint16": "integer", "uint32": "integer", "uint64": "integer",
}

// rows are the names of a struct, those of the structs in it after its own.
func (ts types) rows(name, prefix string) ([]row, error) {
	def, ok := ts[name].(*ast.StructType)
	if !ok {
		return nil, fmt.Errorf("there is no struct %s", name)
	}
	pkg, _, _ := strings.Cut(name, ".")
	var all []row
	for _, f := range def.Fields.List {
		if f.Tag == nil && len(f.Names) == 0 { // embedded: its names are ours
			below, err := ts.rows(qualified(pkg, f.Type), prefix)
			if err != nil {
				return nil, err
			}
			all = append(all, below...)
			continue
		}
		if f.Tag == nil {
			continue // not printed
		}
		tag := reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("json")
		tag, omit, _ := strings.Cut(tag, ",")
		r := row{name: prefix + tag, what: strings.ReplaceAll(strings.Join(strings.Fields(f.Comment.Text()), " "), "nil:", "null:")}
		below, err := ts.kind(pkg, f.Type, &r)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.name, err)
		}
		if omit != "" {
			r.kind += ", or left out"
		}
		all = append(append(all, r), below...)
	}
	return all, nil
}

// kind completes r for a type, and gives the rows below it.
func (ts types) kind(pkg string, t ast.Expr, r *row) ([]row, error) {
	switch t := t.(type) {
	case *ast.StarExpr:
		below, err := ts.kind(pkg, t.X, r)
		r.kind += " or null"
		return below, err
	case *ast.ArrayType:
		r.name += "[]"
		below, err := ts.kind(pkg, t.Elt, r)
		return below, err
	case *ast.MapType:
		r.kind = "object of integers by name"
		return nil, nil
	}
	name := qualified(pkg, t)
	if k := basic[name]; k != "" {
		r.kind = k
		return nil, nil
	}
	if k := basic[strings.TrimPrefix(name, pkg+".")]; k != "" {
		r.kind = k
		return nil, nil
	}
	switch under := ts[name].(type) {
	case *ast.StructType:
		r.kind = "object"
		return ts.rows(name, r.name+".")
	case *ast.Ident:
		r.kind = basic[under.Name]
	}
	if r.kind == "" {
		return nil, fmt.Errorf("the type %s is not known here", name)
	}
	return nil, nil
}

// qualified is a type's name with its package.
func qualified(pkg string, t ast.Expr) string {
	switch t := t.(type) {
	case *ast.Ident:
		return pkg + "." + t.Name
	case *ast.SelectorExpr:
		if x, ok := t.X.(*ast.Ident); ok {
			return x.Name + "." + t.Sel.Name
		}
	}
	return ""
}

// place is where a table comes.
var place = regexp.MustCompile(`(?m)^<!-- shape (\S+) -->$`)

// build makes the page.
func build(root string) ([]byte, error) {
	ts, err := read(root)
	if err != nil {
		return nil, err
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "shapes", "page.md"))
	if err != nil {
		return nil, fmt.Errorf("read what stands around the tables: %w", err)
	}
	var failed error
	page = place.ReplaceAllFunc(page, func(mark []byte) []byte {
		name := string(place.FindSubmatch(mark)[1])
		rows, err := ts.rows(name, "")
		if err != nil {
			failed = fmt.Errorf("%s: %w", name, err)
		}
		var b bytes.Buffer
		b.WriteString("| name | kind | what it is |\n|---|---|---|\n| `shape` | integer | 1 |")
		for _, r := range rows {
			fmt.Fprintf(&b, "\n| `%s` | %s | %s |", r.name, r.kind, strings.ReplaceAll(r.what, "|", "\\|"))
		}
		return b.Bytes()
	})
	return page, failed
}
