package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// answerTime is how long the emulator may take for an answer.
const answerTime = 30 * time.Second

// qmp is the emulator's monitor (QEMU Machine Protocol): devices come and go.
type qmp struct {
	conn net.Conn
	from *json.Decoder
}

func newQMP(conn net.Conn) (*qmp, error) {
	q := &qmp{conn: conn, from: json.NewDecoder(conn)}
	return q, q.do("qmp_capabilities", nil, nil)
}

// do runs a command and reads its result into what result points to. News that
// the emulator sends unasked are passed over.
func (q *qmp) do(command string, arguments, result any) error {
	if err := q.conn.SetDeadline(time.Now().Add(answerTime)); err != nil {
		return fmt.Errorf("monitor: %w", err)
	}
	message := map[string]any{"execute": command}
	if arguments != nil {
		message["arguments"] = arguments
	}
	if err := json.NewEncoder(q.conn).Encode(message); err != nil {
		return fmt.Errorf("monitor: %s: %w", command, err)
	}
	for {
		var answer struct {
			Return json.RawMessage `json:"return"`
			Error  *struct {
				Desc string `json:"desc"`
			} `json:"error"`
		}
		if err := q.from.Decode(&answer); err != nil {
			return fmt.Errorf("monitor: %s: %w", command, err)
		}
		switch {
		case answer.Error != nil:
			return fmt.Errorf("monitor: %s: %s", command, answer.Error.Desc)
		case answer.Return == nil:
			continue
		case result == nil:
			return nil
		}
		return json.Unmarshal(answer.Return, result)
	}
}

// find is the path of the one device of a kind that stands on no bus.
func (q *qmp) find(kind string) (string, error) {
	const at = "/machine/unattached"
	var children []struct {
		Name string `json:"name"`
		Type string `json:"type"`
	}
	if err := q.do("qom-list", map[string]any{"path": at}, &children); err != nil {
		return "", err
	}
	for _, c := range children {
		if c.Type == "child<"+kind+">" {
			return at + "/" + c.Name, nil
		}
	}
	return "", fmt.Errorf("monitor: there is no %s", kind)
}

// qtest is the emulator's test socket: registers are read and written, and lines
// moved, as from outside the chip.
type qtest struct {
	conn net.Conn
	from *bufio.Reader
}

func newQtest(conn net.Conn) *qtest { return &qtest{conn: conn, from: bufio.NewReader(conn)} }

// do runs a command and returns what follows its OK.
func (q *qtest) do(command string) (string, error) {
	if err := q.conn.SetDeadline(time.Now().Add(answerTime)); err != nil {
		return "", fmt.Errorf("test socket: %w", err)
	}
	if _, err := fmt.Fprintln(q.conn, command); err != nil {
		return "", fmt.Errorf("test socket: %s: %w", command, err)
	}
	line, err := q.from.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("test socket: %s: %w", command, err)
	}
	answer, ok := strings.CutPrefix(strings.TrimSpace(line), "OK")
	if !ok {
		return "", errors.New("test socket: " + command + ": " + line)
	}
	return strings.TrimSpace(answer), nil
}

// read is the 32-bit register at an address.
func (q *qtest) read(address uint64) (uint64, error) {
	answer, err := q.do(fmt.Sprintf("readl 0x%x", address))
	if err != nil {
		return 0, err
	}
	v, err := strconv.ParseUint(answer, 0, 64)
	if err != nil {
		return 0, fmt.Errorf("test socket: read 0x%x: %w", address, err)
	}
	return v, nil
}

// write writes the 32-bit register at an address.
func (q *qtest) write(address, value uint64) error {
	_, err := q.do(fmt.Sprintf("writel 0x%x 0x%x", address, value))
	return err
}
