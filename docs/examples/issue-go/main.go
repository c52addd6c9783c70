// Command issue-go makes one pass, as a delivery platform's server does, and prints
// it. See docs/issuing.md; the programs in the other languages do exactly the same.
//
//	issue-go --seed HEX --kid N --site N --serial N --not-before UNIX --ttl10 N --flags N --rider N
//	issue-go credential --holder HEX ...
//
// The first form prints the code of a bearer pass, the second the 118 bytes of a
// credential in hexadecimal. The key is an argument here so that the worked
// examples can be tried; a server takes it from where it is kept.
package main

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"

	"gated/verify/pass"
)

func main() {
	text, err := issue(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "issue: error:", err)
		os.Exit(2)
	}
	fmt.Println(text)
}

// The bits of the flags that mean something in each kind of pass.
const (
	bearerFlags = 0b0000_0111
	boundFlags  = 0b0011_0011
)

// issue makes what is printed.
func issue(args []string) (string, error) {
	credential := len(args) > 0 && args[0] == "credential"
	kind, flags := "bearer pass", uint64(bearerFlags)
	if credential {
		kind, flags, args = "credential", boundFlags, args[1:]
	}
	a, err := read(args, credential)
	if err != nil {
		return "", err
	}
	seed := a.bytes("--seed")
	h := pass.Header{
		Kid:       uint16(a.number("--kid", 1, math.MaxUint16)),
		Site:      uint32(a.number("--site", 1, math.MaxUint32)),
		Serial:    uint32(a.number("--serial", 0, math.MaxUint32)),
		NotBefore: uint32(a.number("--not-before", 0, math.MaxUint32)),
		TTL:       uint16(a.number("--ttl10", 1, math.MaxUint16)),
	}
	f := a.number("--flags", 0, math.MaxUint8)
	h.Rider = uint32(a.number("--rider", 0, math.MaxUint32))
	if a.err == nil && (f&^flags != 0 || f&3 == 3) {
		a.err = fmt.Errorf("--flags has bits that mean nothing in a %s", kind)
	}
	h.Direction, h.Unlimited, h.Window = pass.Direction(f&3), f>>2&1 == 1, uint8(f>>4&3)
	if !credential {
		if a.err != nil {
			return "", a.err
		}
		return pass.SignBearer(h, ed25519.NewKeyFromSeed(seed))
	}
	holder := a.bytes("--holder")
	if a.err == nil && pass.CheckKey(holder) != nil {
		a.err = errors.New("--holder is not a key that a gate would take")
	}
	if a.err != nil {
		return "", a.err
	}
	c, err := pass.SignCredential(h, holder, ed25519.NewKeyFromSeed(seed))
	return hex.EncodeToString(c[:]), err
}

// arguments are the values by their names, and what was first found wrong in them.
type arguments struct {
	values map[string]string
	err    error
}

var names = []string{"--seed", "--kid", "--site", "--serial", "--not-before", "--ttl10", "--flags", "--rider", "--holder"}

// read takes pairs of a name and a value. Each must be there once.
func read(args []string, credential bool) (*arguments, error) {
	values := make(map[string]string)
	for ; len(args) > 0; args = args[2:] {
		name := args[0]
		_, twice := values[name]
		switch {
		case !strings.HasPrefix(name, "--"):
			return nil, errors.New("each value stands after its name, like --kid 257")
		case !known(name):
			return nil, fmt.Errorf("there is no %s", name)
		case name == "--holder" && !credential:
			return nil, errors.New("--holder is for a credential alone")
		case twice:
			return nil, fmt.Errorf("%s stands there twice", name)
		case len(args) == 1:
			return nil, fmt.Errorf("%s has no value", name)
		}
		values[name] = args[1]
	}
	for _, name := range names {
		if _, ok := values[name]; !ok && (name != "--holder" || credential) {
			return nil, fmt.Errorf("%s is missing", name)
		}
	}
	return &arguments{values: values}, nil
}

func known(name string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return false
}

var digits = regexp.MustCompile(`^([0-9]{1,10}|0x[0-9a-fA-F]{1,8})$`)

// number is a decimal or, after 0x, a hexadecimal number.
func (a *arguments) number(name string, least, most uint64) uint64 {
	text, base := a.values[name], 10
	ok := digits.MatchString(text)
	if hexadecimal, is := strings.CutPrefix(text, "0x"); is {
		text, base = hexadecimal, 16
	}
	n, err := strconv.ParseUint(text, base, 64)
	if a.err == nil && (!ok || err != nil || n < least || n > most) {
		a.err = fmt.Errorf("%s must be a number from %d to %d", name, least, most)
	}
	return n
}

// bytes are 32 bytes in hexadecimal. What stands there is not repeated in the
// error: it may be a key.
func (a *arguments) bytes(name string) []byte {
	b, err := hex.DecodeString(a.values[name])
	if a.err == nil && (err != nil || len(b) != ed25519.SeedSize) {
		a.err = fmt.Errorf("%s must be 64 hexadecimal digits", name)
	}
	return b
}
