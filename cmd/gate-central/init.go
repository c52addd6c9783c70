package main

import (
	"context"
	"fmt"
	"strings"

	"gated/central"
)

type initCmd struct {
	directory
}

// Run makes a network.
func (c initCmd) Run(ctx context.Context, out output) error {
	if err := central.Init(ctx, central.Options{Dir: c.Dir}); err != nil {
		return err
	}
	fmt.Fprintf(out.data, "network made in %s\n", c.Dir)
	return nil
}

type rootsCmd struct {
	directory
}

// Run prints the roots as they stand under [trust] in gated.toml.
func (c rootsCmd) Run(ctx context.Context, out output) error {
	return c.with(ctx, func(s *central.Central) error {
		keys, threshold, err := s.Roots(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(out.data, "roots = [%s]\nthreshold = %d\n", quoted(keys), threshold)
		return nil
	})
}

// quoted lists texts as TOML does. Verifier keys hold nothing to escape.
func quoted(texts []string) string {
	return `"` + strings.Join(texts, `", "`) + `"`
}
