package doctor

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Processes is what the kernel's table of processes says about files that
// matter to the gate.
type Processes struct {
	Holders map[string][]Process // by file: who has it open
	Gated   []Process            // every gated run that has one of the files open
	Modem   int                  // process of ModemManager; 0: not running
}

// ReadProcesses looks who has the files open, below root. A file is named as the
// kernel names it: without symbolic links. Only root sees everybody's files.
func ReadProcesses(root string, files []string) Processes {
	p := Processes{Holders: map[string][]Process{}}
	dirs, _ := filepath.Glob(filepath.Join(root, "proc/[0-9]*"))
	for _, dir := range dirs {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			continue
		}
		name, _ := line(dir, "comm")
		who := Process{pid, name}
		if name == "ModemManager" {
			p.Modem = pid
		}
		held := opened(dir, files)
		for _, f := range held {
			p.Holders[f] = append(p.Holders[f], who)
		}
		cmdline, _ := line(dir, "cmdline")
		args := strings.Split(cmdline, "\x00")
		if len(held) > 0 && len(args) > 1 && args[1] == "run" && filepath.Base(args[0]) == "gated" {
			p.Gated = append(p.Gated, who)
		}
	}
	return p
}

// opened is which of the files, or of what lies in them, a process has open.
func opened(dir string, files []string) []string {
	fds, _ := filepath.Glob(filepath.Join(dir, "fd/*"))
	var held []string
	for _, fd := range fds {
		to, err := os.Readlink(fd)
		if err != nil {
			continue
		}
		for _, f := range files {
			if (to == f || strings.HasPrefix(to, f+"/")) && !slices.Contains(held, f) {
				held = append(held, f)
			}
		}
	}
	return held
}

// Protection is what the kernel lets a process do.
type Protection struct {
	NoNewPrivileges bool
	Capabilities    string // effective, in hex
	Seccomp         bool   // system calls are filtered
	Watchdog        bool   // systemd waits for its signs of life
	ByUnit          bool   // it was started by gated.service
}

// ReadProtection reads it of a process, below root.
func ReadProtection(root string, pid int) Reading[Protection] {
	dir := filepath.Join(root, "proc", strconv.Itoa(pid))
	status, ok := line(dir, "status")
	if !ok {
		return unknown[Protection]("无法查看进程 %d", "process %d cannot be looked at", pid)
	}
	var p Protection
	for l := range strings.Lines(status) {
		key, value, _ := strings.Cut(strings.TrimSpace(l), ":")
		switch value = strings.TrimSpace(value); key {
		case "NoNewPrivs":
			p.NoNewPrivileges = value == "1"
		case "CapEff":
			p.Capabilities = strings.TrimLeft(value, "0")
		case "Seccomp":
			p.Seccomp = value == "2"
		}
	}
	cgroup, _ := line(dir, "cgroup")
	p.ByUnit = strings.Contains(cgroup, "/gated.service")
	environ, _ := line(dir, "environ")
	p.Watchdog = strings.Contains(environ, "WATCHDOG_USEC=")
	return Reading[Protection]{Value: p}
}

// ReadUser is whom a process runs as, below root; pid 0: the account of that
// name.
func ReadUser(root string, pid int, name string) User {
	if pid == 0 {
		return account(root, name)
	}
	status, ok := line(root, "proc", strconv.Itoa(pid), "status")
	if !ok {
		return User{Name: name}
	}
	u := User{Known: true}
	for l := range strings.Lines(status) {
		f := strings.Fields(l)
		switch {
		case len(f) > 2 && f[0] == "Uid:":
			u.UID, _ = strconv.Atoi(f[2]) // effective
		case len(f) > 2 && f[0] == "Gid:", len(f) > 0 && f[0] == "Groups:":
			for _, g := range f[1:] {
				if n, err := strconv.Atoi(g); err == nil {
					u.Groups = append(u.Groups, n)
				}
			}
		}
	}
	u.Name = userName(root, u.UID)
	return u
}

// account reads the files of passwd(5) and group(5).
func account(root, name string) User {
	u := User{Name: name}
	text, _ := line(root, "etc/passwd")
	for l := range strings.Lines(text) {
		f := strings.Split(strings.TrimSpace(l), ":")
		if len(f) > 3 && f[0] == name {
			uid, err1 := strconv.Atoi(f[2])
			gid, err2 := strconv.Atoi(f[3])
			u.UID, u.Groups, u.Known = uid, []int{gid}, err1 == nil && err2 == nil
		}
	}
	text, _ = line(root, "etc/group")
	for l := range strings.Lines(text) {
		f := strings.Split(strings.TrimSpace(l), ":")
		if len(f) > 3 && slices.Contains(strings.Split(f[3], ","), name) {
			if gid, err := strconv.Atoi(f[2]); err == nil {
				u.Groups = append(u.Groups, gid)
			}
		}
	}
	return u
}

func userName(root string, uid int) string  { return nameOf(root, "etc/passwd", uid) }
func groupName(root string, gid int) string { return nameOf(root, "etc/group", gid) }

// nameOf is the name of a number in passwd(5) or group(5); else the number.
func nameOf(root, file string, id int) string {
	text, _ := line(root, file)
	for l := range strings.Lines(text) {
		if f := strings.Split(l, ":"); len(f) > 2 && f[2] == strconv.Itoa(id) {
			return f[0]
		}
	}
	return strconv.Itoa(id)
}
