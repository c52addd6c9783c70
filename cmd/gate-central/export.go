package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"gated/central"
)

type exportCmd struct {
	directory
	Gate string `required:"" placeholder:"ID" help:"The gate that is to have them."`
	Out  string `required:"" type:"path" placeholder:"FOLDER" help:"A new or empty folder; gated import FOLDER/* takes it from there."`
}

// Run writes the documents, and returns when they are on the folder's disk: it
// may be about to be pulled out.
func (c exportCmd) Run(ctx context.Context, out output) error {
	return c.with(ctx, func(s *central.Central) error {
		if err := emptyFolder(c.Out); err != nil {
			return err
		}
		files, err := s.Export(ctx, c.Gate)
		if err != nil {
			return err
		}
		for _, f := range files {
			if err := writeDurably(filepath.Join(c.Out, f.Name), f.Body); err != nil {
				return fmt.Errorf("export: %w", err)
			}
			fmt.Fprintln(out.data, f.Name)
		}
		if err := syncFolder(c.Out); err != nil {
			return fmt.Errorf("export: %w", err)
		}
		fmt.Fprintf(out.words, "%d documents for gate %s are in %s; none of them is a secret\n", len(files), c.Gate, c.Out)
		return nil
	})
}

// emptyFolder makes the folder. A gate would refuse what an older export left
// there.
func emptyFolder(path string) error {
	if err := os.MkdirAll(path, 0o755); err != nil { //nolint:gosec // whoever carries it may read it
		return fmt.Errorf("export: %w", err)
	}
	names, err := os.ReadDir(path)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	if len(names) > 0 {
		return hinted(fmt.Errorf("export: %s is not empty", path), "name a new folder, or empty this one: nothing is ever replaced")
	}
	return nil
}

func writeDurably(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // signed, not secret
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func syncFolder(path string) error {
	d, err := os.Open(path) //nolint:gosec // the one that we were told to fill
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
