package document_test

import (
	"errors"
	"strings"
	"testing"

	"gated/verify/document"
)

func TestADocumentMayBeAsLongAsTheLimit(t *testing.T) {
	sized := func(pad int) []byte {
		return signed(t, "gated/v1/site\n{\"x\":\""+strings.Repeat("a", pad)+"\"}\n")
	}
	pad := document.MaxBytes - len(sized(0))
	raw := sized(pad)
	if len(raw) != document.MaxBytes {
		t.Fatalf("%d bytes", len(raw))
	}
	if _, err := document.Parse(raw); err != nil {
		t.Errorf("%d bytes: %v", len(raw), err)
	}
	if _, err := document.Parse(sized(pad + 1)); !errors.Is(err, document.ErrMalformed) {
		t.Errorf("a byte above the limit: %v", err)
	}
}

func TestADocumentMayBeAsDeepAsTheLimit(t *testing.T) {
	for depth, ok := range map[int]bool{31: true, 32: true, 33: false} {
		text := `{"x":` + strings.Repeat("[", depth-1) + strings.Repeat("]", depth-1) + `}`
		if _, err := document.Parse(signed(t, "gated/v1/site\n"+text+"\n")); (err == nil) != ok {
			t.Errorf("%d deep: %v", depth, err)
		}
	}
}

// Names of characters that know no case are compared like any other.
func TestNamesWithoutCase(t *testing.T) {
	for text, ok := range map[string]bool{
		`{"_":1,"1":2,"门":3}`: true, `{"_":1,"_":2}`: false, `{"门a":1,"门A":2}`: false, `{"ſ_1":1,"S_1":2}`: false,
	} {
		if _, err := document.Parse(signed(t, "gated/v1/site\n"+text+"\n")); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
}
