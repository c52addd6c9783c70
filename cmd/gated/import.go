package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"gated/gate"
	"gated/local"
	"gated/verify"
)

// offering takes one document, wherever it is decided about.
type offering func(ctx context.Context, raw []byte) error

// imported is what `gated import --json` prints.
type imported struct {
	Documents []importedFile `json:"documents"`
}

// importedFile is what became of one document.
type importedFile struct {
	File  string `json:"file"`
	State string `json:"state"`         // accepted, known (or older than what is held) or refused
	Why   string `json:"why,omitempty"` // it was refused; nothing changed then
}

func (f importedFile) refused() bool { return f.State == "refused" }

// print says it for a person; of a refusal the command's error does.
func (f importedFile) print(lang gate.Language) {
	switch f.State {
	case "accepted":
		fmt.Println(gate.Say("%s：已采用", "%s: accepted", f.File).In(lang))
	case "known":
		fmt.Println(gate.Say("%s：已持有，或比持有的旧", "%s: held already, or older than what is held", f.File).In(lang))
	}
}

// importInto offers documents in as many rounds as bring something new, since
// they may lie in any order, and says of each what became of it.
func importInto(ctx context.Context, cfg *Config, client *local.Client, names []string, tell func(importedFile)) error {
	var up local.Status
	switch err := client.Ask(ctx, "/v1/status", nil, &up); {
	case err == nil:
		return importRounds(ctx, names, tell, func(ctx context.Context, raw []byte) error {
			var a local.Imported
			if err := client.Ask(ctx, "/v1/import", raw, &a); err != nil || !a.Known {
				return err
			}
			return verify.ErrKnown
		})
	case !errors.Is(err, local.ErrNotRunning):
		return err
	}
	b, err := openBox(ctx, cfg, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		return err
	}
	writing, end := context.WithCancel(ctx)
	defer end()
	writer := newGroup(func() {})
	writer.start(writing, "store", b.store.Run)
	err = importRounds(ctx, names, tell, b.docs.Offer)
	end()
	return errors.Join(err, writer.wait(), b.store.Close())
}

// importRounds is the rounds. A document is read when it is its turn, so that a
// snapshot of many parts need not lie in memory beside what is made of it.
func importRounds(ctx context.Context, names []string, tell func(importedFile), offer offering) error {
	read, err := readers(names)
	if err != nil {
		return err
	}
	why := make([]error, len(names))
	taken := make([]bool, len(names))
	for again := true; again; {
		again = false
		for i := range names {
			if taken[i] {
				continue
			}
			raw, err := read[i]()
			if err != nil {
				return err
			}
			if why[i] = offer(ctx, raw); why[i] == nil {
				taken[i], again = true, true
				tell(importedFile{File: names[i], State: "accepted"})
			}
		}
	}
	var errs []error
	for i, err := range why {
		switch {
		case err == nil:
		case notNeeded(err):
			tell(importedFile{File: names[i], State: "known"})
		default:
			tell(importedFile{File: names[i], State: "refused", Why: err.Error()})
			errs = append(errs, fmt.Errorf("%s: refused, nothing changed: %w", names[i], err))
		}
	}
	return errors.Join(errs...)
}

// notNeeded says whether a document was not taken because what is held is as
// new: no fault of anybody's.
func notNeeded(err error) bool {
	return errors.Is(err, verify.ErrKnown) || errors.Is(err, verify.ErrOld)
}

// readers read one document each, as often as they are asked. What is no file,
// as standard input, can be read once only, and is read at once. What cannot be
// opened is an error before anything is offered.
func readers(names []string) (read []func() ([]byte, error), err error) {
	for _, name := range names {
		if name == "-" {
			name = "/dev/stdin"
		}
		again := func() ([]byte, error) {
			b, err := os.ReadFile(name) //nolint:gosec // the operator names the file
			if err != nil {
				return nil, fmt.Errorf("read document: %w", err)
			}
			return b, nil
		}
		f, err := os.Open(name) //nolint:gosec // as above
		if err != nil {
			return nil, fmt.Errorf("read document: %w", err)
		}
		if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
			b, err := io.ReadAll(f)
			if err != nil {
				return nil, errors.Join(fmt.Errorf("read document: %w", err), f.Close())
			}
			again = func() ([]byte, error) { return b, nil }
		}
		if err := f.Close(); err != nil {
			return nil, fmt.Errorf("read document: %w", err)
		}
		read = append(read, again)
	}
	return read, nil
}
