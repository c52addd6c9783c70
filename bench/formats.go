package main

import (
	"fmt"
	"io"
	"runtime"
	"text/tabwriter"
	"time"

	"rsc.io/qr"
	"rsc.io/qr/coding"

	"gated/verify/pass"
	"gated/verify/verifytest"
)

// format is one pass in one format, with the function that reads it: text to
// claims, every signature verified.
type format struct {
	name string
	text string // what the QR code holds
	raw  int    // bytes that the text stands for
	read func(text string) (claims, error)
}

// formats are the same claims, for whoever shows them and for one phone alone.
// A format more is a line here.
var formats = []struct {
	kind pass.Type
	make func(*parties) (format, error)
}{
	{pass.Bearer, ownBearer},
	{pass.Bearer, coseBearer},
	{pass.Bearer, pasetoBearer},
	{pass.Bearer, jwtBearer},
	{pass.Bound, ownBound},
	{pass.Bound, coseBound},
	{pass.Bound, pasetoBound},
	{pass.Bound, jwtBound},
}

// makeFormats makes the same pass in every format.
func makeFormats() ([]format, error) {
	w, err := verifytest.Make()
	if err != nil {
		return nil, fmt.Errorf("make world: %w", err)
	}
	of := map[pass.Type]*parties{}
	for _, kind := range []pass.Type{pass.Bearer, pass.Bound} {
		if of[kind], err = newParties(w, kind); err != nil {
			return nil, fmt.Errorf("make claims: %w", err)
		}
	}
	var made []format
	for _, f := range formats {
		m, err := f.make(of[f.kind])
		if err != nil {
			return nil, fmt.Errorf("make %s: %w", m.name, err)
		}
		made = append(made, m)
	}
	return made, nil
}

// formatRow is what one format costs.
type formatRow struct {
	format
	version int
	took    []time.Duration
	allocs  uint64 // of one reading
}

// measureFormats reads every format in turn, n times.
func measureFormats(n int) ([]formatRow, error) {
	made, err := makeFormats()
	if err != nil {
		return nil, err
	}
	rows := make([]formatRow, len(made))
	for i, f := range made {
		c, err := qr.Encode(f.text, qr.M)
		if err != nil {
			return nil, fmt.Errorf("draw %s: %w", f.name, err)
		}
		rows[i] = formatRow{format: f, version: (c.Size - 17) / 4}
		if rows[i].allocs, err = allocations(f); err != nil {
			return nil, err
		}
	}
	const warm = 20
	for i := range n + warm {
		for k := range rows {
			r := &rows[k]
			begin := time.Now()
			_, err := r.read(r.text)
			took := time.Since(begin)
			if err != nil {
				return nil, fmt.Errorf("read %s: %w", r.name, err)
			}
			if i >= warm {
				r.took = append(r.took, took)
			}
		}
	}
	return rows, nil
}

// allocations is how often one reading allocates: the mean of many.
func allocations(f format) (uint64, error) {
	const runs = 100
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		if _, err := f.read(f.text); err != nil {
			return 0, fmt.Errorf("read %s: %w", f.name, err)
		}
	}
	runtime.ReadMemStats(&after)
	return (after.Mallocs - before.Mallocs) / runs, nil
}

// printFormats says how large and how slow each format is. The QR version is that
// of the code that rsc.io/qr draws with error correction M. A scanner's line
// sends ten bits a character, and CR LF.
func printFormats(out io.Writer, rows []formatRow) {
	fmt.Fprintf(out, "\nthe same claims in other formats: %d readings each, in turn (text to claims, signatures verified); QR by rsc.io/qr\n", len(rows[0].took))
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "FORMAT\tBYTES\tCHARACTERS\tQR MODE\tQR VERSION\t9600 BAUD\t115200 BAUD\tREAD p50\tp99\tALLOCATIONS")
	for _, r := range rows {
		mode := "byte"
		if coding.Alpha(r.text).Check() == nil {
			mode = "alphanumeric"
		}
		line := func(baud float64) string { return fmt.Sprintf("%.1f ms", float64(len(r.text)+2)*10/baud*1000) }
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%d-M\t%s\t%s\t%s\t%s\t%d\n", r.name, r.raw, len(r.text), mode, r.version,
			line(9600), line(115200), us(at(r.took, 50)), us(at(r.took, 99)), r.allocs)
	}
	_ = w.Flush()
}
