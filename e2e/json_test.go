package e2e_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gated/stage"
)

// documented is what docs/json.md says of one command: the kind of each name.
type documented map[string]string

// readShapes are the sections of docs/json.md by command.
func readShapes(t *testing.T) map[string]documented {
	t.Helper()
	page, err := os.ReadFile("../docs/json.md")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]documented{}
	for _, section := range strings.Split(string(page), "\n## ")[1:] {
		title, text, _ := strings.Cut(section, "\n")
		for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_.\\[\\]]+)` \\| ([^|]+) \\|").FindAllStringSubmatch(text, -1) {
			if all[title] == nil {
				all[title] = documented{}
			}
			all[title][m[1]] = m[2]
		}
	}
	return all
}

// differs compares one printed object, which stands at prefix, with what is
// documented, and returns a sentence for each difference.
func (d documented) differs(object map[string]any, prefix string) (found []string) {
	for name, kind := range d {
		last, direct := strings.CutPrefix(name, prefix)
		last = strings.TrimSuffix(last, "[]")
		if _, is := object[last]; direct && !strings.Contains(last, ".") && !is && !strings.HasSuffix(kind, "left out") {
			found = append(found, name+" is not printed")
		}
	}
	for key, v := range object {
		name := prefix + key
		if list, is := v.([]any); is {
			if name += "[]"; d[name] == "" {
				found = append(found, name+" is not documented")
			}
			for _, element := range list {
				found = append(found, d.value(name, element)...)
			}
			continue
		}
		if v == nil && d[name+"[]"] != "" {
			found = append(found, name+" is null and not an empty list")
			continue
		}
		found = append(found, d.value(name, v)...)
	}
	return found
}

// value compares one printed value.
func (d documented) value(name string, v any) []string {
	kind := d[name]
	is := ""
	switch v := v.(type) {
	case string:
		is = "string"
	case bool:
		is = "boolean"
	case json.Number:
		if is = "integer"; strings.ContainsAny(v.String(), ".e") {
			is = "fraction"
		}
	case nil:
		if is = kind; !strings.Contains(kind, "or null") {
			is = "null"
		}
	case map[string]any:
		is = "object"
		if !strings.HasPrefix(kind, "object of integers") && !strings.HasPrefix(kind, "object `{check, ok, facts}`") {
			return append(mismatch(name, kind, is), d.differs(v, name+".")...)
		}
	}
	return mismatch(name, kind, is)
}

func mismatch(name, kind, is string) []string {
	if kind == "" {
		return []string{name + " is not documented"}
	}
	if !strings.HasPrefix(kind, is) {
		return []string{fmt.Sprintf("%s is a %s, and documented as %s", name, is, kind)}
	}
	return nil
}

// TestJSONIsAsDocumented runs every command that prints JSON at a real gate, fine
// and refused, and holds what it prints against docs/json.md.
func TestJSONIsAsDocumented(t *testing.T) {
	w := newWorld(t)
	show(t, w, issue(t, w, 42), "ok")
	cosigned(t, w, 1)
	in := func(name string) string { return filepath.Join(w.Box.Dir, name) }
	proof, err := w.Box.Do(soon(t), "journal", "prove", "0")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(w.Box.Config)
	if err != nil {
		t.Fatal(err)
	}
	invitation := in("enrol.toml")
	if _, err := w.Central.Do(soon(t), "gate", "add", "west", "--site", fmt.Sprint(stage.Site), "--broker", "tls://central.example:8883", "--config", invitation); err != nil {
		t.Fatal(err)
	}
	card, err := os.ReadFile(invitation)
	if err != nil {
		t.Fatal(err)
	}
	fit := strings.NewReplacer("/var/lib/gated", in("west"), "/dev/serial/by-path/CHANGE-ME", in("scanner")).Replace(string(card))
	if err := errors.Join(os.Mkdir(in("west"), 0o700), os.WriteFile(invitation, []byte(fit), 0o600), os.WriteFile(in("proof"), []byte(proof), 0o600),
		os.WriteFile(in("broken.toml"), []byte(strings.Replace(string(text), `direction = "in"`, `direction = "up"`, 1)), 0o600),
		os.WriteFile(in("nonsense"), []byte("nonsense"), 0o600)); err != nil {
		t.Fatal(err)
	}
	shapes, seen := readShapes(t), map[string]bool{}
	for _, c := range []struct {
		command string
		more    string
		code    int
	}{
		{"check", "", 0},
		{"check", "-c " + in("broken.toml"), 1},
		{"check", "-c " + in("nothing.toml"), 1},
		{"enrol", invitation + " --request " + in("request") + " -c " + in("west.toml"), 0},
		{"status", "", 0},
		{"doctor", "", -1},
		{"explain", issue(t, w, 43), 0},
		{"explain", "nonsense", 1},
		{"scanner probe", "", -1},
		{"scanner test", "--for 300ms", 1},
		{"door test", "in --yes", 0},
		{"io watch", "--once", 0},
		{"journal verify", "", 0},
		{"journal verify-proof", in("proof"), 0},
		{"journal verify-proof", in("nonsense"), 1},
		{"trust show", "", 0},
		{"revocation show", "", 0},
		{"revocation check", "--kid 257 --serial 1", 0},
		{"import", in("nonsense"), 1},
		{"key show", "", 0},
		{"support-bundle", in("bundle.tar.gz"), 0},
		{"version", "", 0},
	} {
		line := append(append(strings.Fields(c.command), "--json"), strings.Fields(c.more)...)
		run := w.Box.Try
		if strings.Contains(c.more, "-c ") || c.command == "journal verify-proof" {
			run = func(ctx context.Context, args ...string) (stage.Result, error) {
				return w.Exec(ctx, programs.Gated, args...)
			}
		}
		r, err := run(soon(t), line...)
		if err != nil {
			t.Fatal(err)
		}
		if r.Code != c.code && c.code >= 0 {
			t.Errorf("gated %v: exit status %d, want %d: %s", line, r.Code, c.code, r.Stderr)
		}
		var object map[string]any
		d := json.NewDecoder(strings.NewReader(r.Stdout))
		d.UseNumber()
		if err := d.Decode(&object); err != nil || d.More() {
			t.Errorf("gated %v prints no single object (%v): %s %s", line, err, r.Stdout, r.Stderr)
			continue
		}
		if !strings.HasPrefix(strings.Join(strings.Fields(r.Stdout), ""), `{"shape":1,`) {
			t.Errorf("gated %v does not begin with its shape: %s", line, r.Stdout)
		}
		seen["gated "+c.command] = true
		for _, difference := range shapes["gated "+c.command].differs(object, "") {
			t.Errorf("gated %v: %s", line, difference)
		}
	}
	for command, names := range shapes {
		if names["shape"] != "" && !seen[command] {
			t.Errorf("%s is documented and was not run", command)
		}
	}
}
