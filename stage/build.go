package stage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Programs are the paths of the two built programs.
type Programs struct {
	Gated   string
	Central string
}

// Build compiles both programs of this module into dir, with the race detector
// if the caller was built with it.
func Build(ctx context.Context, dir string) (Programs, error) {
	root, err := Root(ctx)
	if err != nil {
		return Programs{}, err
	}
	p := Programs{Gated: filepath.Join(dir, "gated"), Central: filepath.Join(dir, "gate-central")}
	for path, pkg := range map[string]string{p.Gated: "./cmd/gated", p.Central: "./cmd/gate-central"} {
		if err := build(ctx, root, path, pkg); err != nil {
			return Programs{}, err
		}
	}
	return p, nil
}

// BuildOne compiles one package of this module, such as "./demo", to path.
func BuildOne(ctx context.Context, path, pkg string) error {
	root, err := Root(ctx)
	if err != nil {
		return err
	}
	return build(ctx, root, path, pkg)
}

func build(ctx context.Context, root, path, pkg string) error {
	args := []string{"build", "-o", path}
	if raceEnabled {
		args = append(args, "-race")
	}
	cmd := exec.CommandContext(ctx, "go", append(args, pkg)...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", pkg, err, out)
	}
	return nil
}

// Find makes the given paths absolute and checks that both can be run. An empty
// path is looked for in the folder of the other.
func (p Programs) Find() (Programs, error) {
	if p.Gated == "" {
		p.Gated = filepath.Join(filepath.Dir(p.Central), "gated")
	}
	if p.Central == "" {
		p.Central = filepath.Join(filepath.Dir(p.Gated), "gate-central")
	}
	for _, path := range []*string{&p.Gated, &p.Central} {
		abs, err := filepath.Abs(*path)
		if err != nil {
			return p, fmt.Errorf("find program: %w", err)
		}
		info, err := os.Stat(abs)
		if err != nil {
			return p, fmt.Errorf("find program: %w", err)
		}
		if info.IsDir() || info.Mode()&0o111 == 0 {
			return p, fmt.Errorf("find program: %s cannot be run", abs)
		}
		*path = abs
	}
	return p, nil
}

// Root is the folder of this module's go.mod.
func Root(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("find module: %w", err)
	}
	mod := strings.TrimSpace(string(out))
	if mod == "" || mod == os.DevNull {
		return "", errors.New("find module: run this inside the repository of gated")
	}
	return filepath.Dir(mod), nil
}
