// Package gated_test reads the repository itself: who may import whom, what the
// box carries, and that words stand where readers look for them.
package gated_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gated/gate"
)

// goList runs go list and returns its lines.
func goList(t *testing.T, args ...string) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", append([]string{"list"}, args...)...).Output()
	if err != nil {
		t.Fatalf("go list %v: %v", args, err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// under says whether the package is in one of the folders.
func under(pkg string, folders ...string) bool {
	for _, f := range folders {
		if pkg == "gated/"+f || strings.HasPrefix(pkg, "gated/"+f+"/") {
			return true
		}
	}
	return false
}

// floors is who may import which of our own packages (DESIGN section 3): for
// packages under the first, those of our packages that they may name.
var floors = []struct {
	of  []string
	may []string
}{
	{[]string{"gate"}, nil},
	{[]string{"verify/pass"}, nil},
	{[]string{"verify"}, []string{"gate", "verify"}},
	{[]string{"drivers"}, []string{"gate", "verify", "drivers"}},
	{[]string{"store"}, []string{"gate", "verify", "store"}},
	{[]string{"sync"}, []string{"gate", "verify", "sync"}},
	{[]string{"metrics"}, nil},
	{[]string{"local"}, []string{"gate", "verify", "local"}},
	{[]string{"central"}, []string{"gate", "verify", "central"}},
	{[]string{"stage"}, []string{"gate", "verify", "local", "stage"}},
	{[]string{"rig"}, []string{"gate", "verify", "store", "sync", "rig"}},
}

func TestFloors(t *testing.T) {
	for _, line := range goList(t, "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "./...") {
		pkg, imports, _ := strings.Cut(line, " ")
		for _, f := range floors {
			if !under(pkg, f.of...) {
				continue
			}
			for imp := range strings.FieldsSeq(imports) {
				if strings.HasPrefix(imp, "gated/") && !under(imp, f.may...) {
					t.Errorf("%s imports %s: from %v only %v may be named", pkg, imp, f.of, f.may)
				}
			}
			break
		}
	}
}

// adapters is the one place that may name each third-party library.
var adapters = map[string][]string{
	"github.com/eclipse/paho.mqtt.golang": {"sync"},
	"github.com/mattn/go-sqlite3":         {"store", "central", "bench"},
	"periph.io/x/conn/v3":                 {"drivers/door"},
	"periph.io/x/host/v3":                 {"drivers/door"},
	"github.com/tarm/serial":              {"drivers/scanner"},
	"github.com/mochi-mqtt/server/v2":     {"cmd/gate-central"},
	"github.com/pelletier/go-toml/v2":     {"cmd/gated"},
	"github.com/alecthomas/kong":          {"cmd"},
}

func TestOneAdapterALibrary(t *testing.T) {
	for _, line := range goList(t, "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "./...") {
		pkg, imports, _ := strings.Cut(line, " ")
		for imp := range strings.FieldsSeq(imports) {
			for lib, folders := range adapters {
				if (imp == lib || strings.HasPrefix(imp, lib+"/")) && !under(pkg, folders...) {
					t.Errorf("%s imports %s, which only %v may name", pkg, imp, folders)
				}
			}
		}
	}
}

// carried is every module that the box carries: the user's five, the short list
// of DESIGN section 3, and what these bring along.
var carried = []string{
	"filippo.io/edwards25519",
	"gated",
	"github.com/RoaringBitmap/roaring/v2",
	"github.com/alecthomas/kong",
	"github.com/bits-and-blooms/bitset", // of roaring
	"github.com/coreos/go-systemd/v22",
	"github.com/eclipse/paho.mqtt.golang",
	"github.com/gorilla/websocket", // of paho: ws and wss
	"github.com/mattn/go-sqlite3",
	"github.com/mschoch/smat", // of roaring
	"github.com/pelletier/go-toml/v2",
	"github.com/tarm/serial",
	"golang.org/x/mod",
	"golang.org/x/net",  // of paho: proxies
	"golang.org/x/sync", // of paho: semaphore
	"golang.org/x/sys",
	"golang.org/x/text", // GB2312 for the voice
	"periph.io/x/conn/v3",
	"periph.io/x/host/v3",
}

func TestTheBoxCarriesTheShortListOnly(t *testing.T) {
	mods := goList(t, "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", "./cmd/gated")
	slices.Sort(mods)
	mods = slices.Compact(mods)
	for _, m := range mods {
		if m != "" && !slices.Contains(carried, m) {
			t.Errorf("the box carries %s, which is not on the list: justify it in docs/decisions/dependencies.md or drop it", m)
		}
	}
	for _, pkg := range goList(t, "-deps", "./cmd/gated") {
		if under(pkg, "central", "stage", "rig", "demo", "pi", "verify/verifytest", "drivers/drivertest", "store/faultvfs") {
			t.Errorf("the box carries %s, which is not for it", pkg)
		}
	}
}

func TestEveryDirectDependencyIsJustified(t *testing.T) {
	page, err := os.ReadFile("docs/decisions/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	direct := 0
	for _, m := range goList(t, "-m", "-f", "{{if not .Indirect}}{{.Path}}{{end}}", "all") {
		if m == "" || m == "gated" {
			continue
		}
		direct++
		if !strings.Contains(string(page), m) {
			t.Errorf("docs/decisions/dependencies.md does not say why %s is here", m)
		}
	}
	if direct < 10 {
		t.Errorf("only %d direct dependencies found: the test reads nothing", direct)
	}
}

func TestEveryPackageHasOneComment(t *testing.T) {
	for _, line := range goList(t, "-f", "{{.ImportPath}}\t{{.Name}}\t{{.Doc}}", "./...") {
		f := strings.SplitN(line, "\t", 3)
		if len(f) == 3 && f[1] != "" && !strings.HasSuffix(f[0], "_test") && f[2] == "" && f[0] != "gated" && f[0] != "gated/e2e" && f[0] != "gated/e2e/disk" {
			t.Errorf("%s has no package comment", f[0])
		}
	}
}

func TestReasonsPageSaysWhatTheCodeSays(t *testing.T) {
	page, err := os.ReadFile("docs/reasons.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range gate.Reasons() {
		row := fmt.Sprintf("| `%s` | %s | %s | %s | %s | %s |", r, r.Verdict(), r.Rider().EN, r.Rider().ZH, r.Guard().EN, r.Guard().ZH)
		row = strings.ReplaceAll(row, "|  |", "| |")
		row = strings.ReplaceAll(row, "|  |", "| |")
		if !strings.Contains(string(page), row+"\n") {
			t.Errorf("docs/reasons.md lacks the row\n%s", row)
		}
	}
}

// sources are our own Go files that are not tests.
func sources(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, dir := range goList(t, "-f", "{{.Dir}}", "./...") {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if !strings.HasSuffix(name, "_test.go") {
				all = append(all, name)
			}
		}
	}
	if len(all) < 100 {
		t.Fatalf("only %d files found: the test reads nothing", len(all))
	}
	return all
}

// TestFilesAndFunctionsStayShort is the budget of DESIGN section 9, comments
// included.
func TestFilesAndFunctionsStayShort(t *testing.T) {
	fset := token.NewFileSet()
	for _, name := range sources(t) {
		f, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		if n := fset.Position(f.FileEnd).Line; n > 400 {
			t.Errorf("%s has %d lines; 400 is the most", name, n)
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			if n := fset.Position(fn.End()).Line - fset.Position(fn.Pos()).Line + 1; n > 70 {
				t.Errorf("%s: %s has %d lines; 70 is the most", fset.Position(fn.Pos()), fn.Name.Name, n)
			}
		}
	}
}
