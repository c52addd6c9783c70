package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"gated/stage"
)

// measureNetwork prints what the line to the central server carries, through a
// real Mosquitto. Scale divides the sizes, for the test.
func measureNetwork(out io.Writer, dir string, scale int) (err error) {
	ctx := context.Background()
	temp, err := os.MkdirTemp(dir, "gated-bench-")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	if err := printMachine(out, temp); err != nil {
		return err
	}
	s, err := stage.New(stage.Programs{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	r, err := measurePresented(ctx, temp, s, 1000/scale)
	if err != nil {
		return fmt.Errorf("measure presented passes: %w", err)
	}
	printRows(out, []row{r})
	if err := measureBytes(ctx, out, temp, s, time.Hour/time.Duration(scale)); err != nil {
		return fmt.Errorf("measure bytes: %w", err)
	}
	if err := measureDrain(ctx, out, temp, s, 100_000/scale); err != nil {
		return fmt.Errorf("measure backlog: %w", err)
	}
	return nil
}
