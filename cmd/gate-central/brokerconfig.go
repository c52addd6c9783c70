package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gated/central"
	"gated/deploy/mosquitto"
)

type brokerConfigCmd struct {
	directory
	Out          string `arg:"" name:"out" type:"path" placeholder:"DIR" help:"The folder for the broker's files. What was written there before is replaced."`
	At           string `placeholder:"PATH" help:"Where that folder lies on the broker's machine, if not here; /etc/mosquitto as a rule."`
	State        string `default:"/var/lib/mosquitto" placeholder:"PATH" help:"Where the broker keeps what is retained (${default})."`
	Host         string `placeholder:"ADDRESS" help:"The address to listen at; every one if left out."`
	Port         int    `default:"8883" help:"For clients with certificates (${default})."`
	PasswordPort int    `placeholder:"N" help:"Another port, for clients with user name and password; none if left out."`
	Prefix       string `default:"gated/v1" help:"The prefix of every topic (${default})."`
}

// Run writes the configuration of a Mosquitto broker for this network.
func (c brokerConfigCmd) Run(ctx context.Context, out output) error {
	at := c.At
	if at == "" {
		at = c.Out
	}
	s := mosquitto.Settings{
		Prefix: strings.TrimRight(c.Prefix, "/"), At: strings.TrimRight(at, "/"), State: strings.TrimRight(c.State, "/"),
		Host: c.Host, Port: c.Port, PasswordPort: c.PasswordPort,
	}
	return c.with(ctx, func(net *central.Central) error {
		if err := c.putAuthority(net); err != nil {
			return err
		}
		s.Revoked = there(filepath.Join(c.Out, "crl.pem"))
		registered, err := net.Fleet(ctx)
		if err != nil {
			return err
		}
		var fleet mosquitto.Fleet
		for _, g := range registered.Gates {
			fleet.Gates = append(fleet.Gates, mosquitto.Gate(g))
		}
		for _, id := range registered.Platforms {
			fleet.Platforms = append(fleet.Platforms, mosquitto.Platform(id))
		}
		files, err := mosquitto.Generate(fleet, s)
		if err != nil {
			return fmt.Errorf("%w: %w", central.ErrAsked, err)
		}
		if err := files.Write(c.Out); err != nil {
			return err
		}
		fmt.Fprintf(out.data, "mosquitto.conf and acl for %d gates and %d platforms written to %s\n", len(fleet.Gates), len(fleet.Platforms), c.Out)
		c.sayWhatLacks(out, s)
		return nil
	})
}

// putAuthority writes the network's own authority, and what it has withdrawn up
// to now, unless certificates come from another one.
func (c brokerConfigCmd) putAuthority(net *central.Central) error {
	ca, err := net.CA()
	if err != nil {
		return err
	}
	path := filepath.Join(c.Out, "ca.pem")
	held, err := os.ReadFile(path) //nolint:gosec // the operator names the folder
	if err == nil && !bytes.Equal(held, ca) {
		return nil
	}
	if err == nil || errors.Is(err, os.ErrNotExist) {
		err = os.MkdirAll(c.Out, 0o755) //nolint:gosec // the broker's user must read it
	}
	if err := errors.Join(err, copyFile(net.CAPath(), path), copyFile(net.CRLPath(), filepath.Join(c.Out, "crl.pem"))); err != nil {
		return fmt.Errorf("write broker's files: %w", err)
	}
	return nil
}

// sayWhatLacks names the files that the broker needs and nobody has put there.
func (c brokerConfigCmd) sayWhatLacks(out output, s mosquitto.Settings) {
	needs := []string{"ca.pem", "broker.pem", "broker.key"}
	if s.PasswordPort != 0 {
		needs = append(needs, "passwords")
	}
	var lack []string
	for _, name := range needs {
		if !there(filepath.Join(c.Out, name)) {
			lack = append(lack, name)
		}
	}
	if len(lack) > 0 {
		fmt.Fprintf(out.words, "the broker does not start before %s lies there too; gate-central cert broker --host NAME --out DIR makes the certificate, docs/operations.md says the rest\n", strings.Join(lack, ", "))
	}
	if !s.Revoked {
		fmt.Fprintln(out.words, "there is no crl.pem, so a withdrawn certificate is still let in: put the list of the authority of ca.pem there and write this again")
	}
}

// there says whether a file is there.
func there(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
