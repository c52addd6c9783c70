package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gated/gate"
	"gated/stage"
)

// scraped is a page in the text format of Prometheus, read strictly.
type scraped struct {
	kinds  map[string]string            // by family
	values map[string]float64           // by the whole series, as it stands there
	labels map[string]map[string]string // likewise
}

var (
	metricName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	metricLine = regexp.MustCompile(`^([a-z][a-z0-9_]*)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\[\\"n])*",?)+)\})? (\S+)$`)
	labelPair  = regexp.MustCompile(`([a-z]+)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)`)
)

// readMetrics refuses whatever a strict reader would: a family twice, one without
// meaning or kind, a sample outside of its family, a series twice.
func readMetrics(text string) (scraped, error) {
	s := scraped{map[string]string{}, map[string]float64{}, map[string]map[string]string{}}
	if !strings.HasSuffix(text, "\n") {
		return s, errors.New("the last line does not end")
	}
	family, help := "", ""
	for n, l := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		bad := func(why string) error { return fmt.Errorf("line %d: %s: %s", n+1, why, l) }
		if rest, ok := strings.CutPrefix(l, "# HELP "); ok {
			name, says, _ := strings.Cut(rest, " ")
			if _, twice := s.kinds[name]; twice || !metricName.MatchString(name) || says == "" {
				return s, bad("a family twice, or without words")
			}
			help, family = name, ""
			continue
		}
		if rest, ok := strings.CutPrefix(l, "# TYPE "); ok {
			name, kind, _ := strings.Cut(rest, " ")
			if name != help || !slices.Contains([]string{"counter", "gauge", "histogram"}, kind) {
				return s, bad("a kind without its words")
			}
			family, s.kinds[name] = name, kind
			continue
		}
		m := metricLine.FindStringSubmatch(l)
		if m == nil {
			return s, bad("no sample")
		}
		name := m[1]
		if s.kinds[family] == "histogram" {
			name = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_sum"), "_count")
		}
		series, _, _ := strings.Cut(l, " ")
		v, err := strconv.ParseFloat(m[3], 64)
		if _, twice := s.values[series]; family == "" || name != family || err != nil || twice {
			return s, bad("a sample of another family, twice, or without a value")
		}
		s.values[series], s.labels[series] = v, map[string]string{}
		for _, pair := range labelPair.FindAllStringSubmatch(m[2], -1) {
			s.labels[series][pair[1]] = pair[2]
		}
	}
	return s, s.histograms()
}

// histograms demands that buckets rise to the count.
func (s scraped) histograms() error {
	for family, kind := range s.kinds {
		if kind == "counter" && !strings.HasSuffix(family, "_total") {
			return fmt.Errorf("%s is a counter, and its name does not say so", family)
		}
		if kind != "histogram" {
			continue
		}
		for series, n := range s.values {
			rest, ok := strings.CutPrefix(series, family+"_count")
			if !ok {
				continue
			}
			last := `_bucket{le="+Inf"}`
			if rest != "" {
				last = "_bucket" + strings.TrimSuffix(rest, "}") + `,le="+Inf"}`
			}
			if top, ok := s.values[family+last]; !ok || top != n {
				return fmt.Errorf("%s counts %v, and its buckets come to %v", series, n, top)
			}
		}
	}
	return nil
}

// metricsAt reads /metrics from whoever is dialled.
func metricsAt(t *testing.T, network, addr string) (scraped, string) {
	t.Helper()
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}}}
	r, err := http.NewRequestWithContext(soon(t), http.MethodGet, "http://gated/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if kind := resp.Header.Get("Content-Type"); err != nil || resp.StatusCode != http.StatusOK || kind != "text/plain; version=0.0.4; charset=utf-8" {
		t.Fatalf("%s, %s, %v: %s", resp.Status, kind, err, body)
	}
	s, err := readMetrics(string(body))
	if err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	return s, string(body)
}

// manualOf is the families of one edition of the manual.
func manualOf(t *testing.T, page string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", page))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, m := range regexp.MustCompile("(?m)^\\| `((?:gated|process|go)_[a-z0-9_]+)` \\|").FindAllStringSubmatch(string(text), -1) {
		all = append(all, m[1])
	}
	slices.Sort(all)
	return all
}

// TestTheFigures: what a real gate says of itself to a monitoring program, on its
// socket and on a port, is well formed, true, in the manual, and about no person.
func TestTheFigures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	text, err := os.ReadFile(w.Box.Config)
	if err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &patient{World: w, config: string(text) + fmt.Sprintf("\n[metrics]\nlisten = %q\n", taken.Addr())}
	p.well(t) // with a port that another program has
	if err := taken.Close(); err != nil {
		t.Fatal(err)
	}
	p.well(t)
	show(t, w, issue(t, w, 4711), gate.OK)
	show(t, w, "no code of ours", gate.Malformed)
	status(t, w, func(s stage.Status) bool { return !s.Lanes[0].Relay })
	if _, err := w.Box.Scanner.Send([]byte{0xff, 0xfe, '\r'}); err != nil {
		t.Fatal(err)
	}
	noise := `gated_scanner_discarded_bytes_total{lane="in",cause="noise"}`
	var s scraped
	var page string
	err = stage.Until(soon(t), 100*time.Millisecond, func() (bool, error) {
		s, page = metricsAt(t, "unix", filepath.Join(w.Box.Dir, "gated.sock"))
		return s.values[noise] > 0, nil
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, page)
	}
	for series, want := range map[string]float64{
		`gated_decisions_total{lane="in",source="scanner",verdict="open",reason="ok"}`:           1,
		`gated_decisions_total{lane="in",source="scanner",verdict="refused",reason="malformed"}`: 1,
		`gated_scan_to_relay_seconds_count{lane="in"}`:                                           1, `gated_broker_connected`: 1, `gated_broker_connections_total`: 1,
		`gated_clock_state{state="synced"}`: 1, `gated_scanner_up{lane="in"}`: 1, `gated_scanner_codes_total{lane="in"}`: 2,
		`gated_door_forced_total{lane="in"}`: 0, `gated_durable`: 1, `gated_ready`: 1, `gated_relay_on{lane="in"}`: 0, `gated_alarms`: 0,
	} {
		if got, ok := s.values[series]; !ok || got != want {
			t.Errorf("%s is %v (there: %t), want %v", series, got, ok, want)
		}
	}
	for _, series := range []string{"gated_sync_seconds_count", "process_resident_memory_bytes", "process_start_time_seconds", "gated_records", "gated_list_version"} {
		if s.values[series] <= 0 {
			t.Errorf("%s is %v", series, s.values[series])
		}
	}
	theFamilies(t, s, page)
	if at, _ := metricsAt(t, "tcp", taken.Addr().String()); len(at.values) < len(s.values) {
		t.Errorf("the port tells %d things, the socket %d", len(at.values), len(s.values))
	}
}

// theFamilies are those of the manual, and their labels name nobody.
func theFamilies(t *testing.T, s scraped, page string) {
	t.Helper()
	var printed []string
	for family := range s.kinds {
		printed = append(printed, family)
	}
	slices.Sort(printed)
	for _, manual := range []string{"operations.md", "operations.zh-CN.md"} {
		if got := manualOf(t, manual); !slices.Equal(got, printed) {
			t.Errorf("%s has %v, printed are %v", manual, got, printed)
		}
	}
	may := []string{"lane", "source", "verdict", "reason", "cause", "fault", "state", "version", "goversion", "le"}
	for series, labels := range s.labels {
		for name := range labels {
			if !slices.Contains(may, name) {
				t.Errorf("%s has a label %s", series, name)
			}
		}
	}
	if strings.Contains(page, "4711") {
		t.Error("the rider's number is on the page")
	}
}
