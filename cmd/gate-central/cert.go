package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"gated/central"
)

type certCmd struct {
	directory
	Name string   `arg:"" help:"Whose: broker, with --host; central, for gate-central run; platform-N, for a platform that presents passes."`
	Host []string `placeholder:"HOST" help:"A name or address under which boxes reach the broker; may be given several times."`
	Out  string   `required:"" placeholder:"DIR" help:"Folder for NAME.pem, NAME.key, ca.pem and crl.pem."`
}

// Run makes a certificate and its key, with the files that are needed beside.
func (c certCmd) Run(ctx context.Context, out output) error {
	return c.with(ctx, func(s *central.Central) error {
		if (c.Name == central.BrokerName) != (len(c.Host) > 0) {
			return fmt.Errorf("--host goes with broker, and broker with --host: %w", central.ErrAsked)
		}
		key := filepath.Join(c.Out, c.Name+".key")
		if _, err := os.Lstat(key); err == nil {
			return hinted(fmt.Errorf("make certificate: %s is there", key), "a key is not replaced: move it away, or name another folder")
		}
		certificate, private, err := s.Certify(ctx, c.Name, c.Host...)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(c.Out, 0o755); err != nil { //nolint:gosec // the key in it has a mode of its own
			return fmt.Errorf("make certificate: %w", err)
		}
		err = errors.Join(
			os.WriteFile(key, private, 0o600),
			os.WriteFile(filepath.Join(c.Out, c.Name+".pem"), certificate, 0o644), //nolint:gosec // public
			copyFile(s.CAPath(), filepath.Join(c.Out, "ca.pem")),
			copyFile(s.CRLPath(), filepath.Join(c.Out, "crl.pem")),
		)
		if err != nil {
			return fmt.Errorf("make certificate: %w", err)
		}
		fmt.Fprintf(out.words, "%s and its key are in %s, with ca.pem and crl.pem\n", c.Name, c.Out)
		return nil
	})
}

func copyFile(from, to string) error {
	raw, err := os.ReadFile(from) //nolint:gosec // our own directory
	if err != nil {
		return err
	}
	if err := os.WriteFile(to+".new", raw, 0o644); err != nil { //nolint:gosec // certificates are public
		return err
	}
	return os.Rename(to+".new", to) // a broker may read it meanwhile
}
