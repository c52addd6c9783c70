package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"gated/drivers/door"
	"gated/gate"
)

// checkCmd is `gated check`.
type checkCmd struct {
	JSON bool `help:"Print JSON, also of what is wrong."`
}

// Run says what is wrong, or that nothing is.
func (cmd *checkCmd) Run(c *common) error {
	cfg, err := loadConfig(c.Config, (*Config).look)
	if cmd.JSON {
		if err := printJSON(checkedConfig(c.Config, cfg, err)); err != nil {
			return err
		}
		if err != nil {
			return errNo
		}
		return nil
	}
	if err != nil {
		return err
	}
	lang := language(cfg)
	fmt.Println(gate.Say("%[1]s：没有错误。小区 %[3]d 的门 %[2]s，%[4]d 条通道。", "%s: fine. Gate %s of site %d, %d lane(s).", c.Config, cfg.Gate.ID, cfg.Gate.Site, len(cfg.Lanes)).In(lang))
	for _, n := range cfg.machineNotes(lang) {
		fmt.Println(n)
	}
	return nil
}

// checked is what `gated check --json` prints.
type checked struct {
	File     string    `json:"file"`
	Fine     bool      `json:"fine"`
	Gate     string    `json:"gate"` // empty: it could not be read
	Site     uint32    `json:"site"`
	Lanes    []string  `json:"lanes"`    // names
	Problems []problem `json:"problems"` // none if it is fine
	Notes    []string  `json:"notes"`    // sentences about this machine
}

// checkedConfig is what is known of a configuration that was read, or was not.
func checkedConfig(file string, cfg *Config, err error) checked {
	r := checked{File: file, Fine: err == nil, Lanes: []string{}, Problems: problemsOf(file, err), Notes: []string{}}
	if cfg != nil {
		r.Gate, r.Site = cfg.Gate.ID, cfg.Gate.Site
		for i := range cfg.Lanes {
			r.Lanes = append(r.Lanes, cfg.Lanes[i].Name)
		}
		r.Notes = append(r.Notes, cfg.machineNotes(language(cfg))...)
	}
	return r
}

// problemsOf takes apart what loadConfig says.
func problemsOf(file string, err error) []problem {
	all := []problem{}
	var one problem
	switch many, joined := err.(interface{ Unwrap() []error }); {
	case err == nil:
	case joined:
		for _, e := range many.Unwrap() {
			all = append(all, problemsOf(file, e)...)
		}
	case errors.As(err, &one):
		all = append(all, one)
	default:
		all = append(all, problem{File: file, Text: err.Error()})
	}
	return all
}

// keyCmd is `gated key`.
type keyCmd struct {
	Show keyShowCmd `cmd:"" help:"Print the gate's verifier key, which the site document must list."`
}

type keyShowCmd struct {
	JSON bool `help:"Print JSON."`
}

// keyShown is what `gated key show --json` prints.
type keyShown struct {
	Gate string `json:"gate"`
	Key  string `json:"key"` // verifier key, as the site document lists it
}

// Run makes the key if there is none yet.
func (cmd *keyShowCmd) Run(c *common) error {
	cfg, err := loadConfig(c.Config)
	if err != nil {
		return err
	}
	key, err := loadGateKey(cfg.Gate.StateDir, cfg.Gate.ID)
	if err != nil {
		return err
	}
	if cmd.JSON {
		return printJSON(keyShown{cfg.Gate.ID, key.verifier})
	}
	fmt.Println(key.verifier)
	return nil
}

// relaySafeCmd is `gated relay-safe`.
type relaySafeCmd struct{}

// Run tries every door, whatever happens with the others.
func (*relaySafeCmd) Run(c *common) error {
	cfg, err := loadConfig(c.Config)
	if cfg == nil {
		return err
	}
	var errs []error
	for i := range cfg.Lanes {
		if err := door.Safe(cfg.Lanes[i].door()); err != nil {
			errs = append(errs, fmt.Errorf("lane %s: %w", cfg.Lanes[i].Name, err))
		}
	}
	return errors.Join(errs...)
}

// versionCmd is `gated version`.
type versionCmd struct {
	JSON bool `help:"Print JSON."`
}

// versionShown is what `gated version --json` prints.
type versionShown struct {
	Version string    `json:"version"`
	Built   time.Time `json:"built"` // time of the source
	Go      string    `json:"go"`    // that compiled it
}

// Run prints the version.
func (cmd *versionCmd) Run() error {
	if cmd.JSON {
		return printJSON(versionShown{versionText(), buildTime().UTC(), runtime.Version()})
	}
	fmt.Println("gated", versionText())
	return nil
}

// versionText is the version without a newline's chance to hide in it.
func versionText() string { return strings.TrimSpace(version) }

// importCmd is `gated import`.
type importCmd struct {
	Files []string `arg:"" name:"file" help:"Signed documents, in any order; - is standard input."`
	JSON  bool     `help:"Print JSON: what became of each."`
}

// Run gives the documents to the running daemon, or takes them in itself.
func (cmd *importCmd) Run(c *common) error {
	cfg, client, err := c.client()
	if err != nil {
		return err
	}
	r := imported{Documents: []importedFile{}}
	err = importInto(context.Background(), cfg, client, cmd.Files, func(f importedFile) {
		if r.Documents = append(r.Documents, f); !cmd.JSON {
			f.print(language(cfg))
		}
	})
	if !cmd.JSON {
		return err
	}
	if err == nil || slices.ContainsFunc(r.Documents, importedFile.refused) { // else nothing was offered
		err = errors.Join(printJSON(r), pick(err == nil, nil, errNo))
	}
	return err
}
