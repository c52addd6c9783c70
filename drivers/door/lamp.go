package door

import "fmt"

// FindLamp is FindRelay for a lamp.
func FindLamp(chip, line string) (looked bool, err error) { return look(chip, line, anyPin) }

// OpenLamp claims a line for what moves no door: a lamp or a buzzer that is on
// when the line is high. It is off from the first instant. Its pin is not judged
// as a relay's is: a lamp that glows while the board starts opens nothing.
func OpenLamp(chip, line string) (Door, error) {
	l, err := take(chip, line, anyPin, flagOutput)
	if err != nil {
		return nil, fmt.Errorf("open lamp %s: %w", line, err)
	}
	return &relay{line: l}, nil
}
