package main

import (
	"errors"
	"os"
	"path/filepath"
)

// writeWhole writes a file so that a power cut leaves the old one, if any, or the
// new one whole. It is on stable storage when it returns.
func writeWhole(path string, data []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return finish(f, path, mode, err)
}

// finish gives a temporary file its mode and its name.
func finish(f *os.File, path string, mode os.FileMode, err error) error {
	if err == nil {
		err = f.Chmod(mode)
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
