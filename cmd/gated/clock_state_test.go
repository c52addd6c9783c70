package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestTheClockIsBelievedToBeSynchronised(t *testing.T) {
	const up = time.Hour
	kept := func() (bool, error) { return false, unix.EPERM }
	for name, c := range map[string]struct {
		ask  func() (bool, error)
		file string // empty: there is none
		want bool
	}{
		"the kernel says so":                           {func() (bool, error) { return true, nil }, "false 3599000000000\n", true},
		"the kernel does not, whatever the file says":  {func() (bool, error) { return false, nil }, "true 3599000000000\n", false},
		"the call is kept from us, the file says so":   {kept, "true 3599000000000\n", true},
		"the file says no":                             {kept, "false 3599000000000\n", false},
		"the file is as old as it may be":              {kept, "true 3585000000001\n", true},
		"the file is older: nobody writes it any more": {kept, "true 3585000000000\n", false},
		"the file is of the future: of another boot":   {kept, "true 3600000000001\n", false},
		"there is no file":                             {kept, "", false},
		"the file is cut off":                          {kept, "true 35990000000", false},
		"something stands behind":                      {kept, "true 3599000000000\ntrue", false},
	} {
		file := filepath.Join(t.TempDir(), "state")
		if c.file != "" {
			if err := os.WriteFile(file, []byte(c.file), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got := isSynced(c.ask, file, up); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
