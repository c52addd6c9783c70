package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

//go:generate go run ../../docs/shapes -root ../..

// shape is the number of the shapes that the commands print as JSON, the first
// name in each. It is raised when a name goes or changes its meaning; a new name
// is no other shape. docs/json.md lists them.
const shape = 1

// printJSON prints one object for programs.
func printJSON(v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err == nil {
		_, err = os.Stdout.Write(append(shaped(b, "\n  "), '\n'))
	}
	if err != nil {
		return fmt.Errorf("print JSON: %w", err)
	}
	return nil
}

// printLine prints one object on one line, of which more follow.
func printLine(v any) error {
	b, err := json.Marshal(v)
	if err == nil {
		_, err = os.Stdout.Write(append(shaped(b, ""), '\n'))
	}
	if err != nil {
		return fmt.Errorf("print JSON: %w", err)
	}
	return nil
}

// shaped puts the shape's number before the first name of an object.
func shaped(object []byte, indent string) []byte {
	return append(fmt.Appendf(nil, "{%s\"shape\": %d,", indent, shape), bytes.TrimPrefix(object, []byte("{"))...)
}
