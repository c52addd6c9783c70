package document

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// maxInteger is the largest integer of a document: every language can hold it.
const maxInteger = 1<<53 - 1

// Decode fills v, a pointer to a struct, from d.JSON. Names match by case,
// unknown names are ignored. A field whose tag says omitempty or omitzero may be
// left out or null; each other must be there. Integers are 0…2^53-1 and must fit
// the field; []byte is base64 in its one spelling. Errors wrap ErrMalformed.
func (d Document) Decode(v any) error {
	if err := decode(d.JSON, reflect.ValueOf(v).Elem()); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrMalformed, d.Type, err)
	}
	return nil
}

// decode is small on purpose: encoding/json matches names without case, keeps
// quiet about missing ones and takes base64 with line breaks.
func decode(raw json.RawMessage, v reflect.Value) error {
	if v.CanAddr() {
		if u, ok := v.Addr().Interface().(json.Unmarshaler); ok {
			return u.UnmarshalJSON(raw)
		}
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return decode(raw, v.Elem())
	case reflect.Struct:
		return decodeStruct(raw, v)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return decodeBytes(raw, v)
		}
		return decodeSlice(raw, v)
	case reflect.Map:
		return decodeMap(raw, v)
	case reflect.Int, reflect.Int64, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return decodeInteger(raw, v)
	case reflect.String, reflect.Bool:
		if null(raw) {
			return errors.New("null where a value must be")
		}
		return json.Unmarshal(raw, v.Addr().Interface())
	default:
		return fmt.Errorf("no document has a %s", v.Kind())
	}
}

func null(raw json.RawMessage) bool { return bytes.Equal(bytes.TrimSpace(raw), []byte("null")) }

func decodeStruct(raw json.RawMessage, v reflect.Value) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return err
	}
	for i := range v.NumField() {
		tag, ok := v.Type().Field(i).Tag.Lookup("json")
		if !ok {
			continue
		}
		name, option, _ := strings.Cut(tag, ",")
		member, there := members[name]
		if !there || null(member) {
			if option == "" {
				return fmt.Errorf("the name %q is missing", name)
			}
			continue
		}
		if err := decode(member, v.Field(i)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func decodeSlice(raw json.RawMessage, v reflect.Value) error {
	var elements []json.RawMessage
	if err := json.Unmarshal(raw, &elements); err != nil {
		return err
	}
	s := reflect.MakeSlice(v.Type(), len(elements), len(elements))
	for i, e := range elements {
		if err := decode(e, s.Index(i)); err != nil {
			return fmt.Errorf("%d: %w", i, err)
		}
	}
	v.Set(s)
	return nil
}

func decodeMap(raw json.RawMessage, v reflect.Value) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return err
	}
	m := reflect.MakeMapWithSize(v.Type(), len(members))
	for name, member := range members {
		e := reflect.New(v.Type().Elem()).Elem()
		if err := decode(member, e); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		m.SetMapIndex(reflect.ValueOf(name), e)
	}
	v.Set(m)
	return nil
}

func decodeBytes(raw json.RawMessage, v reflect.Value) error {
	var text string
	if null(raw) {
		return errors.New("null where base64 must be")
	}
	if err := json.Unmarshal(raw, &text); err != nil {
		return err
	}
	b, err := Base64(text)
	if err != nil {
		return err
	}
	v.SetBytes(b)
	return nil
}

// Base64 reads RFC 4648 section 4, padded, in its one spelling: Go's decoder
// skips line breaks, even when it is told to be strict.
func Base64(text string) ([]byte, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, err
	}
	if len(text) != base64.StdEncoding.EncodedLen(len(b)) {
		return nil, errors.New("base64 with line breaks")
	}
	return b, nil
}

func decodeInteger(raw json.RawMessage, v reflect.Value) error {
	n, err := strconv.ParseUint(string(bytes.TrimSpace(raw)), 10, 64)
	if err != nil || n > maxInteger {
		return errors.New("not an integer from 0 to 2^53-1")
	}
	if v.CanUint() {
		if v.OverflowUint(n) {
			return fmt.Errorf("%d is too large", n)
		}
		v.SetUint(n)
		return nil
	}
	if v.OverflowInt(int64(n)) {
		return fmt.Errorf("%d is too large", n)
	}
	v.SetInt(int64(n))
	return nil
}
