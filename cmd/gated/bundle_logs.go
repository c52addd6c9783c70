package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec" //nolint:depguard // the journal of systemd is read by its own program, for whoever asks at a terminal; the daemon starts none
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What is taken of the system's log: the newest lines, and no more bytes than
// this, whatever somebody has written into it.
const (
	logLines = 3000
	logBytes = 8 << 20
	logLimit = 20 * time.Second
)

// errNoLog is why there are no logs.
var errNoLog = errors.New("journalctl has no line of gated that this user may read: use sudo")

// systemLog is what journald has of our units, each line made harmless.
func systemLog(ctx context.Context, s *scrubber) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, logLimit)
	defer cancel()
	program, err := exec.LookPath("journalctl")
	if err != nil {
		return nil, errors.New("this machine has no journalctl")
	}
	cmd := exec.CommandContext(ctx, program, "--no-pager", "--quiet", "--output=json", "--lines="+strconv.Itoa(logLines), //nolint:gosec // the system's own
		"--unit=gated.service", "--unit=gated-clock.service", "--unit=gated-enrol.service")
	pipe, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("journalctl cannot be started: %w", err)
	}
	var out bytes.Buffer
	lines := bufio.NewScanner(io.LimitReader(pipe, logBytes))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		out.WriteString(logLine(lines.Bytes(), s))
	}
	cancel() // whatever is left is not wanted
	_ = cmd.Wait()
	if out.Len() == 0 {
		return nil, errNoLog
	}
	return out.Bytes(), nil
}

// logLine is one entry of journald for somebody far away: when, who, and what, if
// it is systemd's or in one of the forms that gated writes.
func logLine(entry []byte, s *scrubber) string {
	var e struct {
		At      string          `json:"__REALTIME_TIMESTAMP"` // microseconds
		Program string          `json:"SYSLOG_IDENTIFIER"`
		Message json.RawMessage `json:"MESSAGE"`
	}
	var said string
	if json.Unmarshal(entry, &e) != nil || json.Unmarshal(e.Message, &said) != nil {
		return removed + "\n" // not text
	}
	us, _ := strconv.ParseInt(e.At, 10, 64)
	if !slices.Contains([]string{"gated", "systemd"}, e.Program) {
		e.Program, said = removed, removed
	}
	if e.Program == "gated" {
		said = ownLine(said)
	}
	return fmt.Sprintf("%s %s: %s\n", time.UnixMicro(us).UTC().Format(time.RFC3339Nano), e.Program, s.plain(said))
}

// attributes are those of a log line whose values are numbers, words of ours and
// errors. What others have named (ids of commands, say) is not among them.
var attributes = []string{
	"time", "level", "msg", "err", "version", "gate", "site", "start", "lane", "verb", "verdict", "reason", "uid", "pid", "took", "what",
	"baud", "changed", "count", "device", "dir", "dropped", "erased", "fault", "file", "lost", "model", "records", "state", "path", "changes", "signal",
}

var (
	slogLine = regexp.MustCompile(`^time=\S+ level=\S+ msg=`)
	// what Go and we write without slog: a panic with its stacks, and an error
	traceLine = regexp.MustCompile(`^(?:panic: |fatal error: |runtime: |goroutine \d+ |gated: (?:error|hint): |created by |\s*/\S+\.go:\d+|[\w./*()]+\([^()]*\)$|SIG[A-Z]+|exit status |$)`)
)

// ownLine is a line of the daemon, without values that are not known to be ours.
func ownLine(line string) string {
	if !slogLine.MatchString(line) {
		return pick(traceLine.MatchString(line), line, removed)
	}
	var b strings.Builder
	for line != "" {
		key, rest, ok := strings.Cut(line, "=")
		if !ok {
			return b.String() + removed
		}
		value, err := strconv.QuotedPrefix(rest)
		if err != nil {
			value, _, _ = strings.Cut(rest, " ")
		}
		line = strings.TrimPrefix(rest[len(value):], " ")
		if !slices.Contains(attributes, key) {
			key, value = pick(goodKey.MatchString(key), key, removed), removed
		}
		b.WriteString(key + "=" + value + pick(line == "", "", " "))
	}
	return b.String()
}

var goodKey = regexp.MustCompile(`^[a-z_]{1,20}$`)
