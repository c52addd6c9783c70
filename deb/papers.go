package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

// copyright is Debian's copyright file: our licence by reference, and the whole
// text of everybody else's.
func copyright(parts []part) []byte {
	var b bytes.Buffer
	b.WriteString("Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: gated\n\n")
	b.WriteString("Files: *\nCopyright: the gated maintainers\nLicense: Apache-2.0\n")
	b.WriteString(" On Debian systems the text is in /usr/share/common-licenses/Apache-2.0.\n")
	for _, p := range parts {
		fmt.Fprintf(&b, "\nFiles: linked-in/%s\nCopyright: see the licence\nComment: version %s\nLicense: of-%s\n",
			p.name, p.version, strings.ReplaceAll(p.name, "/", "-"))
		for line := range strings.Lines(strings.Join(p.texts, "\n\n")) {
			if line = strings.TrimSpace(line); line == "" {
				line = "."
			}
			b.WriteString(" " + line + "\n")
		}
	}
	return b.Bytes()
}

// component is one entry of CycloneDX.
type component struct {
	Type    string `json:"type"`
	Name    string `json:"name"`
	Version string `json:"version"`
	PURL    string `json:"purl,omitempty"`
	Hashes  []hash `json:"hashes,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

// bill is the bill of materials. It has no time and no serial number, so that
// the same program has the same bill.
func bill(program string, parts []part) []byte {
	doc := struct {
		Format     string         `json:"bomFormat"`
		Spec       string         `json:"specVersion"`
		Version    int            `json:"version"`
		Metadata   map[string]any `json:"metadata"`
		Components []component    `json:"components"`
	}{Format: "CycloneDX", Spec: "1.5", Version: 1, Metadata: map[string]any{"component": component{Type: "application", Name: program}}}
	for _, p := range parts {
		c := component{Type: "library", Name: p.name, Version: p.version, PURL: "pkg:golang/" + p.name + "@" + p.version}
		if sum, ok := strings.CutPrefix(p.hash, "h1:"); ok {
			c.Hashes = []hash{{Algorithm: "SHA-256", Content: hexOf(sum)}}
		}
		doc.Components = append(doc.Components, c)
	}
	out, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		panic(err) // strings alone
	}
	return append(out, '\n')
}

// hexOf is a go.sum hash as CycloneDX writes it.
func hexOf(b64 string) string {
	b, err := base64.StdEncoding.DecodeString(b64)
	if err != nil {
		return ""
	}
	return hex.EncodeToString(b)
}
