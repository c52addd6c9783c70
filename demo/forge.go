package main

import (
	"encoding/base32"
	"fmt"
	"strings"
)

// forge makes somebody else's pass of a genuine one, without the issuer's key:
// it raises the rider's number (PROTOCOL 1.1, offset 18) and leaves the
// signature as it was.
func forge(code string) (string, error) {
	letters := base32.StdEncoding.WithPadding(base32.NoPadding)
	body, err := letters.DecodeString(strings.TrimPrefix(code, "G1:"))
	if err != nil || len(body) != 86 {
		return "", fmt.Errorf("forge code: it is no bearer pass (%d bytes): %w", len(body), err)
	}
	body[21]++
	return "G1:" + letters.EncodeToString(body), nil
}
