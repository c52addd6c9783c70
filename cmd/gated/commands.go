package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"gated/drivers/door"
)

// checkCmd is `gated check`.
type checkCmd struct{}

// Run says what is wrong, or that nothing is.
func (*checkCmd) Run(c *common) error {
	cfg, err := loadConfig(c.Config, (*Config).look)
	if err != nil {
		return err
	}
	fmt.Printf("%s: fine. Gate %s of site %d, %d lane(s).\n", c.Config, cfg.Gate.ID, cfg.Gate.Site, len(cfg.Lanes))
	for _, n := range cfg.machineNotes(language(cfg)) {
		fmt.Println(n)
	}
	return nil
}

// keyCmd is `gated key`.
type keyCmd struct {
	Show keyShowCmd `cmd:"" help:"Print the gate's verifier key, which the site document must list."`
}

type keyShowCmd struct{}

// Run makes the key if there is none yet.
func (*keyShowCmd) Run(c *common) error {
	cfg, err := loadConfig(c.Config)
	if err != nil {
		return err
	}
	key, err := loadGateKey(cfg.Gate.StateDir, cfg.Gate.ID)
	if err != nil {
		return err
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
type versionCmd struct{}

// Run prints the version.
func (*versionCmd) Run() error {
	fmt.Println("gated", versionText())
	return nil
}

// versionText is the version without a newline's chance to hide in it.
func versionText() string { return strings.TrimSpace(version) }

// importCmd is `gated import`.
type importCmd struct {
	Files []string `arg:"" name:"file" help:"Signed documents, in any order; - is standard input."`
}

// Run gives the documents to the running daemon, or takes them in itself.
func (cmd *importCmd) Run(c *common) error {
	cfg, client, err := c.client()
	if err != nil {
		return err
	}
	return importInto(context.Background(), cfg, client, cmd.Files)
}
