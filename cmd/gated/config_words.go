package main

import (
	"reflect"
	"regexp"
	"slices"
	"strings"

	"gated/gate"
)

// wrongType is how the TOML library says that a value is of another type.
var wrongType = regexp.MustCompile(`^cannot decode TOML (\w+) into (?:struct field \S+ of type|a Go value of type) (\S+)$`)

// expected is what to write for each type of our configuration.
var expected = map[string]gate.Text{
	"uint32":   {ZH: "整数，不加引号", EN: "a whole number without quotes"},
	"int":      {ZH: "整数，不加引号", EN: "a whole number without quotes"},
	"bool":     {ZH: "true 或 false，不加引号", EN: "true or false without quotes"},
	"string":   {ZH: "带引号的文字", EN: "text in quotes"},
	"[]string": {ZH: "用 [ ] 括起的若干带引号的文字", EN: "a list of texts in quotes, in [ ]"},
}

// tomlTypes is what TOML calls its types in Chinese; in English it is the word
// itself.
var tomlTypes = map[string]string{
	"string": "字符串", "integer": "整数", "float": "小数", "boolean": "布尔值", "array": "数组", "table": "表",
	"datetime": "日期时间", "date": "日期", "time": "时间",
}

// syntaxWords is Chinese for what the TOML library says most often; it speaks
// English alone.
var syntaxWords = map[string]string{
	"unterminated basic string":                                "字符串缺少结尾的引号",
	"unterminated literal string":                              "字符串缺少结尾的引号",
	"basic strings cannot have new lines":                      "字符串缺少结尾的引号",
	"literal strings cannot have new lines":                    "字符串缺少结尾的引号",
	"expected value, not end of input":                         "等号后面缺少值",
	"expected '=' after key":                                   "配置项名称后面缺少等号",
	"expected ']' to close table name":                         "表名缺少结尾的 ]",
	"expected ']]' to close array table name":                  "表名缺少结尾的 ]]",
	"expected ',' or ']' after array value":                    "数组的值之间缺少逗号，或末尾缺少 ]",
	"expected ',' or '}' after inline table key-value":         "花括号内各项之间缺少逗号，或末尾缺少 }",
	"inline table is incomplete":                               "末尾缺少 }",
	"array is incomplete":                                      "数组末尾缺少 ]",
	"strings must be quoted":                                   "文字须加引号",
	"integers cannot have leading zeroes":                      "整数不能以 0 开头",
	"decimal point must be followed by a digit":                "小数点后面缺少数字",
	"expected digit (0-9)":                                     "此处须为数字",
	"carriage returns must be followed by a newline character": "行尾的回车符后面缺少换行符",
}

// plainly says what the TOML library found in words that name no Go type.
func plainly(found string) gate.Text {
	if m := wrongType.FindStringSubmatch(found); m != nil && expected[m[2]] != (gate.Text{}) {
		kind, known := tomlTypes[m[1]]
		if !known {
			kind = m[1]
		}
		want := expected[m[2]]
		return text("此处写的是%[3]s；请写%[4]s", "a TOML %[1]s stands here; write %[2]s", m[1], want.EN, kind, want.ZH)
	}
	zh, known := syntaxWords[found]
	if !known {
		zh = "此处不符合 TOML 的写法（" + found + "）"
	}
	return text("%[1]s；应写什么见 docs/configuration.zh-CN.md", "%[2]s; see docs/configuration.md for what is expected", zh, found)
}

// unknownKey names the nearest key that exists where the unknown one stands.
func unknownKey(key []string) gate.Text {
	wrong, whole := key[len(key)-1], strings.Join(key, ".")
	known := knownKeys(reflect.TypeFor[Config](), key[:len(key)-1])
	if len(known) == 0 {
		return text("没有 %q 这一项；请删去", "unknown key %q; take it out", whole)
	}
	best := slices.MinFunc(known, func(a, b string) int { return distance(a, wrong) - distance(b, wrong) })
	if distance(best, wrong) <= max(2, len(wrong)/2) {
		return text("没有 %q 这一项：是否应为 %q？", "unknown key %q: did you mean %q?", whole, best)
	}
	return text("没有 %[1]q 这一项：此处可用的有 %[3]s", "unknown key %[1]q: known here are %[2]s", whole, strings.Join(known, ", "), strings.Join(known, "、"))
}

// knownKeys lists the keys of the table at path.
func knownKeys(t reflect.Type, path []string) []string {
	for t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	var names []string
	for f := range t.Fields() {
		name := f.Tag.Get("toml")
		if len(path) > 0 && name == path[0] {
			return knownKeys(f.Type, path[1:])
		}
		names = append(names, name)
	}
	if len(path) > 0 {
		return nil
	}
	return names
}

// distance is the number of single letters to change, put in or take out
// between a and b (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
