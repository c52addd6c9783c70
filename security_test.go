package gated_test

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"testing"
)

var namedTest = regexp.MustCompile("`(Test[A-Za-z0-9]+)`")

// TestSecurityPagesNameTestsThatExist: a row whose test is gone is a promise that
// nobody tries any more. Both editions name the same.
func TestSecurityPagesNameTestsThatExist(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "grep", "-rhoE", "--include=*_test.go", "^func Test[A-Za-z0-9]+", "--exclude-dir=build", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	var editions [2][]string
	for i, name := range []string{"docs/security.md", "docs/security.zh-CN.md"} {
		page, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range namedTest.FindAllStringSubmatch(string(page), -1) {
			editions[i] = append(editions[i], m[1])
			if !regexp.MustCompile(`(?m)^func ` + m[1] + `$`).Match(out) {
				t.Errorf("%s names %s, which is gone", name, m[1])
			}
		}
	}
	if len(editions[0]) < 40 || !slices.Equal(editions[0], editions[1]) {
		t.Errorf("the two editions name %d and %d tests, and not the same ones in one order", len(editions[0]), len(editions[1]))
	}
}
