//go:build faultvfs

package main

import (
	"os"

	"gated/store/faultvfs"
)

// A daemon built for tests, with -tags faultvfs, obeys the switches in the file
// GATED_SWITCHES for the databases under the folder GATED_SWITCHES_FOR. No box is
// built so.
func init() { //nolint:gochecknoinits // before any database is open
	path := os.Getenv("GATED_SWITCHES")
	if path == "" {
		return
	}
	s, err := faultvfs.Map(path)
	if err != nil {
		panic(err)
	}
	s.Obey(os.Getenv("GATED_SWITCHES_FOR"))
}
