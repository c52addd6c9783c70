package main

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// lineIndex knows on which line each key of a TOML file stands. Keys are written
// as in check: "gate.id", "lane[0].door.relay".
type lineIndex map[string]int

// of is the line of key, or of the nearest table around it; 0 if none of them is
// in the file.
func (x lineIndex) of(key string) int {
	for key != "" {
		if line, ok := x[key]; ok {
			return line
		}
		key = key[:max(0, strings.LastIndexByte(key, '.'))]
	}
	return 0
}

// whole is the full name, without numbers of lanes, of the key that stands as
// last on the line; the TOML library leaves inline tables out of it.
func (x lineIndex) whole(line int, last string) []string {
	for name, at := range x {
		parts := strings.Split(indices.ReplaceAllString(name, ""), ".")
		if at == line && parts[len(parts)-1] == last {
			return parts
		}
	}
	return []string{last}
}

// indices are the numbers of lanes in a key.
var indices = regexp.MustCompile(`\[\d+\]`)

// keyLines indexes a file that has been decoded without error.
func keyLines(data []byte) lineIndex {
	x := indexer{data: data, index: lineIndex{}, count: map[string]int{}}
	x.parser.Reset(data)
	for x.parser.NextExpression() {
		x.expression(x.parser.Expression())
	}
	return x.index
}

// indexer walks the expressions of a file.
type indexer struct {
	data   []byte
	parser unstable.Parser
	index  lineIndex
	count  map[string]int // how many elements of each array of tables were seen
	table  string         // the table that key-values belong to
}

func (x *indexer) expression(n *unstable.Node) {
	switch n.Kind {
	case unstable.Table:
		x.table = x.enter("", n.Key())
	case unstable.ArrayTable:
		name, line := x.key("", n.Key())
		x.table = fmt.Sprintf("%s[%d]", name, x.count[name])
		x.count[name]++
		x.index[x.table] = line
	case unstable.KeyValue:
		x.keyValue(x.table, n)
	default: // the parser gives no other expression
	}
}

// enter is the name of a [table], whose parents may be arrays of tables.
func (x *indexer) enter(prefix string, key unstable.Iterator) string {
	name, line := x.key(prefix, key)
	x.index[name] = line
	return name
}

// keyValue indexes one assignment, and those inside an inline table.
func (x *indexer) keyValue(prefix string, n *unstable.Node) {
	name, line := x.key(prefix, n.Key())
	x.index[name] = line
	if v := n.Value(); v.Kind == unstable.InlineTable {
		for it := v.Children(); it.Next(); {
			x.keyValue(name, it.Node())
		}
	}
}

// key joins a dotted key to prefix and says on which line it stands. A part
// that names an array of tables means its newest element.
func (x *indexer) key(prefix string, key unstable.Iterator) (name string, line int) {
	name = prefix
	for key.Next() {
		if n := x.count[name]; n > 0 && name != prefix {
			name = fmt.Sprintf("%s[%d]", name, n-1)
		}
		part := key.Node()
		if name != "" {
			name += "."
		}
		name += string(part.Data)
		line = 1 + bytes.Count(x.data[:part.Raw.Offset], []byte{'\n'})
	}
	return name, line
}
