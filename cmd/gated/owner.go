package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// duringOwner does something as the owner of the state directory, if we are root,
// and is root again afterwards: what lies there is the daemon's to change, and so
// nothing that root should follow.
func duringOwner(dir string, do func() error) error {
	info, err := os.Stat(dir)
	if os.Geteuid() != 0 || err != nil {
		return do()
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || owner.Uid == 0 {
		return do()
	}
	if err := errors.Join(syscall.Setresgid(-1, int(owner.Gid), -1), syscall.Setresuid(-1, int(owner.Uid), -1)); err != nil {
		return fmt.Errorf("become the owner of %s: %w", dir, err)
	}
	err = do()
	if back := errors.Join(syscall.Setresuid(-1, 0, -1), syscall.Setresgid(-1, 0, -1)); back != nil {
		return errors.Join(err, fmt.Errorf("become root again: %w", back))
	}
	return err
}

// asOwner gives up root for the owner of the state directory, for good: what a
// technician's command makes there with sudo, the daemon must be able to read.
// Files that only root may read must be read before. Without root, or in a
// directory of root's own, it does nothing.
func asOwner(dir string) error {
	info, err := os.Stat(dir)
	if os.Geteuid() != 0 || err != nil {
		return nil //nolint:nilerr // whoever opens the directory says it better
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || owner.Uid == 0 {
		return nil
	}
	if err := syscall.Setgid(int(owner.Gid)); err != nil {
		return fmt.Errorf("become the owner of %s: %w", dir, err)
	}
	if err := syscall.Setuid(int(owner.Uid)); err != nil {
		return fmt.Errorf("become the owner of %s: %w", dir, err)
	}
	return nil
}
