package manual_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"gated/cmd/manual"
)

// table has what both programs' tables have: a flag of all, a command with an
// argument, and one below another.
type table struct {
	Config string `short:"c" placeholder:"FILE" help:"Configuration file."`

	Explain struct {
		JSON bool   `help:"Print JSON."`
		Code string `arg:"" help:".hidden by a dot, were it not escaped"`
	} `cmd:"" help:"Say why."`
	Journal struct {
		List struct {
			From int `help:"First record."`
		} `cmd:"" help:"Print records."`
		Verify struct{} `cmd:"" help:"Verify them."`
	} `cmd:"" help:"Records."`
	Secret struct{} `cmd:"" hidden:"" help:"Nobody's business."`
}

func model(t *testing.T) *kong.Application {
	t.Helper()
	k, err := kong.New(&table{}, kong.Name("gate-x"), kong.Description("Opens a gate. And more."))
	if err != nil {
		t.Fatal(err)
	}
	return k.Model
}

func TestPageHasEveryCommandAndFlag(t *testing.T) {
	var b strings.Builder
	if err := manual.Page(&b, model(t)); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{
		".TH GATE-X 1\n", "gate\\-x \\- Opens a gate\n", ".SS explain <code>\nSay why.\n", "\\&.hidden by a dot",
		".SS journal list\nPrint records.\n", "\\-\\-from", "\\-\\-config=FILE", ".B 2\nasked wrongly",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	if strings.Contains(page, "Nobody") {
		t.Error("a hidden command is on the page")
	}
}

func TestBashCompletes(t *testing.T) {
	var b strings.Builder
	if err := manual.Bash(&b, model(t)); err != nil {
		t.Fatal(err)
	}
	for typed, want := range map[string]string{
		"":                       "explain journal --help --config",
		"jo":                     "journal",
		"journal ":               "list verify --help --config",
		"journal list --f":       "--from",
		"-c FILE journal v":      "verify",
		"explain list --j":       "--json", // an argument that is another command's name
		"secret ":                "explain journal --help --config",
		"journal list nothing z": "",
	} {
		words := strings.Split("gate-x "+typed, " ")
		script := b.String() + `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _gate_x; echo "${COMPREPLY[*]}"`
		out, err := exec.CommandContext(t.Context(), "bash", append([]string{"-c", script, "bash"}, words...)...).Output()
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSpace(string(out)); got != want {
			t.Errorf("behind %q bash offers %q, not %q", typed, got, want)
		}
	}
}
