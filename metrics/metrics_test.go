package metrics_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"gated/metrics"
)

func TestThePageIsWhatPrometheusReads(t *testing.T) {
	var c metrics.Counts
	c.Add(2, "in", "ok")
	c.Add(1, "in", "ok")
	c.Add(0, `a "b"\`, "line\nline")
	h := metrics.NewTimes(0.1, 0.5)
	h.Show("out")
	for _, ms := range []int{1, 100, 101, 700} { // 100 ms is at most 0.1 s
		h.Observe(time.Duration(ms)*time.Millisecond, "in")
	}
	var p metrics.Page
	p.Family(metrics.Family{Name: "x_total", Kind: metrics.Counter, Labels: []string{"lane", "reason"}, Help: "a \\ b\nc"}, c.Samples())
	p.Family(metrics.Family{Name: "y", Kind: metrics.Gauge, Help: "y"}, metrics.One(1.5))
	p.Family(metrics.Family{Name: "z", Kind: metrics.Gauge, Help: "z"}, nil)
	p.Times(metrics.Family{Name: "t_seconds", Kind: metrics.Histogram, Labels: []string{"lane"}, Help: "t"}, h)
	want := `# HELP x_total a \\ b\nc
# TYPE x_total counter
x_total{lane="a \"b\"\\",reason="line\nline"} 0
x_total{lane="in",reason="ok"} 3
# HELP y y
# TYPE y gauge
y 1.5
# HELP z z
# TYPE z gauge
# HELP t_seconds t
# TYPE t_seconds histogram
t_seconds_bucket{lane="in",le="0.1"} 2
t_seconds_bucket{lane="in",le="0.5"} 3
t_seconds_bucket{lane="in",le="+Inf"} 4
t_seconds_sum{lane="in"} 0.902
t_seconds_count{lane="in"} 4
t_seconds_bucket{lane="out",le="0.1"} 0
t_seconds_bucket{lane="out",le="0.5"} 0
t_seconds_bucket{lane="out",le="+Inf"} 0
t_seconds_sum{lane="out"} 0
t_seconds_count{lane="out"} 0
`
	if got := string(p.Bytes()); got != want {
		t.Errorf("the page is\n%s\nwant\n%s", got, want)
	}
}

func TestCountingFromManySides(t *testing.T) {
	var c metrics.Counts
	h := metrics.NewTimes(1)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				c.Add(1, "x")
				h.Observe(time.Millisecond)
				c.Samples()
			}
		})
	}
	all.Wait()
	var p metrics.Page
	p.Times(metrics.Family{Name: "t", Kind: metrics.Histogram}, h)
	if got := c.Samples(); len(got) != 1 || got[0].Value != 800 || !strings.Contains(string(p.Bytes()), "t_count 800\n") {
		t.Errorf("counted %v\n%s", got, p.Bytes())
	}
}
