package verify_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gated/gate"
	"gated/verify/pass"
	"gated/verify/verifytest"
)

// vectorCases are all vectors that are made here, by name. The others, from the
// time before documents, stand as they are.
func vectorCases() map[string]vectorCase {
	all := map[string]vectorCase{}
	for _, some := range []map[string]vectorCase{
		spellings(), flagsAndFields(), signatures(), weakKeys(), times(), windows(),
		keysAndLimits(), sitesAndWays(), listed(), stale(), hours(), sequences(), exits(), doors(), presented(),
	} {
		maps.Copy(all, some)
	}
	return all
}

// spellings are texts that look like a code and are none.
func spellings() map[string]vectorCase {
	code, bound := bearerCode(), boundCode(vectorNow, verifytest.Tag)
	body := bodyOf(code)
	at := func(n int, text string) string { return code[:n] + text + code[n:] }
	all := map[string]vectorCase{}
	for name, text := range map[string]string{
		"cr-inside": at(70, "\r"), "crlf-inside": at(70, "\r\n"), "lf-first": "\n" + code, "cr-behind": code + "\r",
		"crlf-behind": code + "\r\n", "space-inside": at(70, " "), "space-before": " " + code, "tab-behind": code + "\t",
		"nul-behind": code + "\x00", "nul-inside": at(70, "\x00"), "byte-order-mark": "\ufeff" + code,
		"no-break-space": at(3, "\u00a0"), "zero-width-space": at(70, "\u200b"), "full-width": strings.Replace(code, "G1:", "Ｇ１：", 1),
		"cyrillic-a": strings.Replace(code, "A", "А", 1), "hyphens": at(70, "-"), "one-lower-letter": code[:70] + strings.ToLower(code[70:72]) + code[72:],
		"no-colon": "G1" + code[3:], "two-colons": at(3, ":"), "prefix-twice": "G1:" + code, "another-version": "G2:" + code[3:],
		"letter-l": "Gl:" + code[3:], "printed-code": "P1:1001/3/in", "twice": code + code, "quoted": `"` + code + `"`,
		"percent": "G1%3A" + code[3:], "in-a-link": "https://example.com/?c=" + code, "one-equals": code + "=", "eight-equals": code + "========",
		"digit-0": code[:70] + "0" + code[71:], "digit-1": code[:70] + "1" + code[71:], "digit-8": code[:70] + "8" + code[71:], "digit-9": code[:70] + "9" + code[71:],
		"base64-raw": "G1:" + base64.RawStdEncoding.EncodeToString(body), "base64-url": "G1:" + base64.RawURLEncoding.EncodeToString(body),
		"hexadecimal": "G1:" + strings.ToUpper(hex.EncodeToString(body)), "bytes": "G1:\x01\x01\x01",
		"jwt": "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiI0MiJ9.", "nothing-but-spaces": "   ", "reversed": "G1:" + reverse(code[3:]),
	} {
		all["form-"+name] = vectorCase{about: "looks like a code and is none: " + strings.ReplaceAll(name, "-", " "), want: gate.Malformed, code: text}
	}
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	var stray []namedCode
	for kind, text := range map[string]string{"bearer": code, "bound": bound} {
		last := strings.IndexByte(letters, text[len(text)-1])
		for bits := 1; bits < 4; bits++ {
			stray = append(stray, namedCode{fmt.Sprintf("%s-%d", kind, bits), text[:len(text)-1] + letters[last+bits:last+bits+1]})
		}
	}
	slices.SortFunc(stray, func(a, b namedCode) int { return strings.Compare(a.name, b.name) })
	all["form-every-stray-bit"] = vectorCase{about: "the two bits behind the last byte are not zero", want: gate.Malformed, named: stray}
	all["form-every-length"] = vectorCase{about: "a bound code that breaks off, or goes on with zero bits, at every length from 0 to 512", want: gate.Malformed, named: lengths(bound)}
	var bodies []namedCode
	for n := range 187 {
		if n != 86 {
			longer := append(slices.Clone(body), make([]byte, 101)...)
			bodies = append(bodies, namedCode{fmt.Sprintf("bytes-%03d", n), spellBody(longer[:n])})
		}
	}
	all["form-every-body"] = vectorCase{about: "a bearer pass of every number of bytes but its own, each spelt as it must be", want: gate.Malformed, named: bodies}
	return all
}

// lengths are a code cut off or lengthened to every length but its own.
func lengths(code string) (all []namedCode) {
	longer := code + strings.Repeat("A", 512)
	for n := range 513 {
		if n != len(code) {
			all = append(all, namedCode{fmt.Sprintf("characters-%03d", n), longer[:n]})
		}
	}
	return all
}

func reverse(s string) string {
	b := []byte(s)
	slices.Reverse(b)
	return string(b)
}

// flagsAndFields are headers at their edges, signed by the issuer all the same.
func flagsAndFields() map[string]vectorCase {
	all := map[string]vectorCase{}
	public := []byte(vectorPhone[32:])
	for bit := 3; bit < 8; bit++ {
		all[fmt.Sprintf("flags-bearer-bit-%d", bit)] = vectorCase{
			about: fmt.Sprintf("a bearer pass with bit %d of the flags, truly signed", bit), want: gate.Malformed,
			code: rawBearer(rawHeader(1, 1<<bit, 90)),
		}
	}
	for _, bit := range []int{2, 3, 6, 7} {
		all[fmt.Sprintf("flags-bound-bit-%d", bit)] = vectorCase{
			about: fmt.Sprintf("a bound pass with bit %d of the flags, truly signed", bit), want: gate.Malformed,
			code: rawBound(rawHeader(2, 1<<bit, 8640), public),
		}
	}
	all["flags-bearer-direction-3"] = vectorCase{about: "a bearer pass with direction 3, truly signed", want: gate.Malformed, code: rawBearer(rawHeader(1, 3, 90))}
	all["flags-bound-direction-3"] = vectorCase{about: "a bound pass with direction 3, truly signed", want: gate.Malformed, code: rawBound(rawHeader(2, 3, 90), public)}
	all["field-bearer-ttl-0"] = vectorCase{about: "a bearer pass that never is, truly signed", want: gate.Malformed, code: rawBearer(rawHeader(1, 0, 0))}
	all["field-bound-ttl-0"] = vectorCase{about: "a bound pass that never is, truly signed", want: gate.Malformed, code: rawBound(rawHeader(2, 0, 0), public)}
	for _, kind := range []byte{0, 5, 0x81, 0xff} {
		all[fmt.Sprintf("type-%d-signed", kind)] = vectorCase{
			about: fmt.Sprintf("type %d, of a bearer pass's length and truly signed", kind), want: gate.Malformed, code: rawBearer(rawHeader(kind, 0, 90)),
		}
	}
	opens := func(name, about string, kid uint16, c change) {
		all["field-"+name] = vectorCase{about: about, code: bearerCode(func(h *pass.Header) { h.Kid = kid }, c), kids: []uint16{kid}}
	}
	nothing := func(*pass.Header) {}
	opens("kid-1", "the smallest kid of a trust list", 1, nothing)
	opens("kid-32767", "the largest kid of a trust list", 32767, nothing)
	opens("kid-32768", "the smallest kid of a property", 32768, nothing)
	opens("kid-65535", "the largest kid of a property", 65535, nothing)
	opens("serial-0", "the smallest serial", 257, func(h *pass.Header) { h.Serial = 0 })
	opens("serial-largest", "the largest serial", 257, func(h *pass.Header) { h.Serial = 0xFFFFFFFF })
	opens("rider-0", "the smallest rider", 257, func(h *pass.Header) { h.Rider = 0 })
	opens("rider-largest", "the largest rider", 257, func(h *pass.Header) { h.Rider = 0xFFFFFFFF })
	opens("ttl-largest", "the longest pass", 257, func(h *pass.Header) { h.TTL = 65535 })
	opens("not-before-0", "a pass from 1970 has ended", 257, func(h *pass.Header) { h.NotBefore = 0 })
	old := all["field-not-before-0"]
	old.want = gate.Expired
	all["field-not-before-0"] = old
	all["field-kid-0"] = vectorCase{about: "kid 0, which no list has", want: gate.UnknownKey, code: bearerCode(func(h *pass.Header) { h.Kid = 0 })}
	all["field-site-0"] = vectorCase{about: "site 0, which is none", want: gate.WrongSite, code: bearerCode(func(h *pass.Header) { h.Site = 0 })}
	all["field-site-largest"] = vectorCase{about: "the largest site", code: bearerCode(func(h *pass.Header) { h.Site = 0xFFFFFFFE }), site: 0xFFFFFFFE}
	all["field-site-1"] = vectorCase{about: "the smallest site", code: bearerCode(func(h *pass.Header) { h.Site = 1 }), site: 1}
	for _, tag := range []uint16{1, 65535} {
		all[fmt.Sprintf("field-tag-%d", tag)] = vectorCase{about: fmt.Sprintf("drawn for tag %d, at that gate", tag), code: boundCode(vectorNow, tag), tag: &tag}
	}
	all["field-tag-0"] = vectorCase{about: "drawn for no gate, at a gate that no document lists", code: boundCode(vectorNow, 0), tag: new(uint16(0))}
	all["field-tag-unlisted"] = vectorCase{about: "drawn for tag 3, at a gate that no document lists", want: gate.BadHolderSignature, code: boundCode(vectorNow, 3), tag: new(uint16(0))}
	return all
}

// signatures are codes of which one thing was changed after signing.
func signatures() map[string]vectorCase {
	code, bound := bodyOf(bearerCode()), bodyOf(boundCode(vectorNow, verifytest.Tag))
	all := map[string]vectorCase{}
	tampered := func(name string, want gate.Reason, body []byte, at int, bit byte) {
		b := slices.Clone(body)
		b[at] ^= bit
		all["tampered-"+name] = vectorCase{about: "one bit was changed after signing: " + strings.ReplaceAll(name, "-", " "), want: want, code: spellBody(b)}
	}
	for name, at := range map[string]int{"site": 6, "serial": 10, "not-before": 14, "ttl": 16, "direction": 17, "rider": 21, "first-of-r": 22, "last-of-r": 53, "first-of-s": 54, "last-of-s": 85} {
		tampered("bearer-"+name, gate.BadSignature, code, at, 1)
	}
	for name, at := range map[string]int{"holder-key": 22, "issuer-r": 54, "issuer-s": 117, "window": 17, "rider": 21} {
		bit := byte(1)
		if name == "window" {
			bit = 0x20
		}
		tampered("bound-"+name, gate.BadSignature, bound, at, bit)
	}
	for name, at := range map[string]int{"shown-at": 121, "holder-r": 122, "holder-s": 185} {
		tampered("bound-"+name, gate.BadHolderSignature, bound, at, 1)
	}
	tampered("bearer-kid", gate.UnknownKey, code, 2, 2)
	tampered("bearer-type", gate.Malformed, code, 0, 3)
	zeros := slices.Concat(code[:22], make([]byte, 64))
	all["signature-zeros"] = vectorCase{about: "64 zero bytes for a signature", want: gate.BadSignature, code: spellBody(zeros)}
	all["signature-ones"] = vectorCase{about: "64 bytes 0xff for a signature", want: gate.BadSignature, code: spellBody(slices.Concat(code[:22], []byte(strings.Repeat("\xff", 64))))}
	all["signature-halves-swapped"] = vectorCase{about: "S before R", want: gate.BadSignature, code: spellBody(slices.Concat(code[:22], code[54:86], code[22:54]))}
	all["signature-of-issuer-for-holder"] = vectorCase{
		about: "the issuer's signature twice, and none of the phone", want: gate.BadHolderSignature, code: spellBody(slices.Concat(bound[:122], bound[54:118])),
	}
	return all
}

// weakKeys are credentials for keys for which anybody could sign, truly signed
// by the issuer.
func weakKeys() map[string]vectorCase {
	all := map[string]vectorCase{}
	for name, key := range map[string]string{
		"identity-with-sign":    "0100000000000000000000000000000000000000000000000000000000000080",
		"order-2":               "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"order-2-with-sign":     "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"order-4":               "0000000000000000000000000000000000000000000000000000000000000000",
		"order-4-with-sign":     "0000000000000000000000000000000000000000000000000000000000000080",
		"order-8":               "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"order-8-with-sign":     "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
		"order-8-another":       "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"order-8-another-sign":  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
		"identity-not-reduced":  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"zero-not-reduced":      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"largest-not-reduced":   "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"no-point-of-the-curve": "0200000000000000000000000000000000000000000000000000000000000000",
	} {
		all["weak-"+name] = vectorCase{
			about: "a credential for a holder key that no gate takes: " + strings.ReplaceAll(name, "-", " "), want: gate.WeakKey,
			code: rawBound(rawHeader(2, 0x10, 8640), mustMake(hex.DecodeString(key))),
		}
	}
	return all
}
