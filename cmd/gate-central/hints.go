package main

import (
	"errors"
	"fmt"

	"gated/central"
)

// advice is a hint that one error alone needs.
type advice struct {
	error
	hint string
}

func (a advice) Unwrap() error { return a.error }

// hinted gives err a hint of its own.
func hinted(err error, format string, args ...any) error {
	return advice{err, fmt.Sprintf(format, args...)}
}

// hint is what to do about err; empty if nobody here knows.
func hint(err error) string {
	var a advice
	if errors.As(err, &a) {
		return a.hint
	}
	for _, h := range []struct {
		err  error
		hint string
	}{
		{central.ErrNoDatabase, "gate-central init -d DIR makes one; -d DIR names one that is somewhere else"},
		{central.ErrNotEmpty, "nothing is ever replaced: choose another directory with -d DIR, or remove this one yourself"},
		{central.ErrNewer, "use the gate-central that wrote it, or a newer one"},
		{central.ErrTaken, "numbers and names are given once; choose another"},
		{central.ErrNoIssuer, "gate-central issuer add --id N --name NAME registers one"},
		{central.ErrNoKey, "gate-central key add --issuer N --kid N makes one"},
		{central.ErrNoSite, "gate-central site set --site N --name NAME makes one"},
		{central.ErrNoGate, "gate-central gate add ID --site N --broker URL --config FILE writes the file with which a box enrols"},
		{central.ErrHasBox, "--replace writes a file with which another box takes its place; gated enrol on the box itself keeps its key and log"},
		{central.ErrLimit, "ask for less, or make a key with wider limits: gate-central key add --help"},
		{central.ErrRefused, "correct what is named; nothing was changed"},
	} {
		if errors.Is(err, h.err) {
			return h.hint
		}
	}
	return ""
}
