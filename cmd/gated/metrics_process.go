package main

import (
	"os"
	"strconv"
	"strings"
)

// process is what the kernel says of the daemon's own process. What it does not
// say is 0.
type process struct{ start, resident, cpu, files float64 }

// userHertz is the unit of times in /proc/self/stat: proc(5), and the same on
// every architecture that we build for.
const userHertz = 100

// Fields of /proc/self/stat behind the name, which may hold spaces, counted from 0
// (proc_pid_stat(5)).
const (
	statUTime = 11
	statSTime = 12
	statStart = 19
	statRSS   = 21
)

func readProcess() process {
	var p process
	text, _ := os.ReadFile("/proc/self/stat")
	_, rest, _ := strings.Cut(string(text), ") ")
	if f := strings.Fields(rest); len(f) > statRSS {
		at := func(i int) float64 {
			n, _ := strconv.ParseFloat(f[i], 64)
			return n
		}
		p.cpu = (at(statUTime) + at(statSTime)) / userHertz
		p.resident = at(statRSS) * float64(os.Getpagesize())
		p.start = bootTime() + at(statStart)/userHertz
	}
	files, _ := os.ReadDir("/proc/self/fd")
	p.files = float64(len(files))
	return p
}

// bootTime is when the machine started by its present clock, unix seconds.
func bootTime() float64 {
	text, _ := os.ReadFile("/proc/stat")
	for l := range strings.Lines(string(text)) {
		if n, ok := strings.CutPrefix(l, "btime "); ok {
			at, _ := strconv.ParseFloat(strings.TrimSpace(n), 64)
			return at
		}
	}
	return 0
}
