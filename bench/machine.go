package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// printMachine names what was measured on: figures of unnamed machines are
// worth nothing.
func printMachine(out io.Writer, dir string) error {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return fmt.Errorf("ask for the kernel: %w", err)
	}
	fs, source := fileSystem(dir)
	fmt.Fprintf(out, "CPU          %s, %d cores\n", cpuModel(), runtime.NumCPU())
	fmt.Fprintf(out, "kernel       %s %s\n", unix.ByteSliceToString(u.Release[:]), unix.ByteSliceToString(u.Machine[:]))
	fmt.Fprintf(out, "file system  %s on %s (%s)\n", fs, source, filepath.Dir(dir))
	fmt.Fprintf(out, "Go           %s, GOMAXPROCS %d\n", runtime.Version(), runtime.GOMAXPROCS(0))
	if fs == "tmpfs" || fs == "ramfs" {
		fmt.Fprintf(out, "note         %s lies in memory: nothing is durable there; name a folder on the disk with -dir\n", filepath.Dir(dir))
	}
	fmt.Fprintln(out)
	return nil
}

// cpuModel is what the kernel calls the processor, or the board where it has no
// name for the processor.
func cpuModel() string {
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for _, key := range []string{"model name", "Model", "Hardware"} {
			for line := range strings.Lines(string(b)) {
				name, value, found := strings.Cut(line, ":")
				if found && strings.TrimSpace(name) == key {
					return strings.TrimSpace(value)
				}
			}
		}
	}
	return "unknown " + runtime.GOARCH
}

// fileSystem is the type and source of the mount that holds dir: the longest
// mount point above it (proc_pid_mountinfo(5)).
func fileSystem(dir string) (kind, source string) {
	kind, source = "unknown", "unknown"
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return kind, source
	}
	defer func() { _ = f.Close() }()
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	longest := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		before, after, found := strings.Cut(lines.Text(), " - ")
		mount, device := strings.Fields(before), strings.Fields(after)
		if !found || len(mount) < 5 || len(device) < 2 {
			continue
		}
		point := strings.TrimSuffix(mount[4], "/") + "/"
		if strings.HasPrefix(dir+"/", point) && len(point) >= longest {
			longest, kind, source = len(point), device[0], device[1]
		}
	}
	return kind, source
}
