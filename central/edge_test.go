package central

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"
)

// memory is tlog's own tree, to compare with.
type memory []tlog.Hash

func (m memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	list := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		list[i] = m[x]
	}
	return list, nil
}

func TestEdgeHasTheRootOfTheWholeTree(t *testing.T) {
	var e edge
	var m memory
	for n := range int64(300) {
		want, err := tlog.TreeHash(n, m)
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 && e.root() != want {
			t.Fatalf("root of %d leaves is %s, not %s", n, e.root(), want)
		}
		kept, err := decodeEdge(e.size, e.encode())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(e.root(), kept.root()); diff != "" {
			t.Fatalf("edge of %d leaves does not survive being kept:\n%s", n, diff)
		}
		e = kept // so that what was kept is what goes on
		leaf := fmt.Appendf(nil, "record %d", n)
		stored, err := tlog.StoredHashes(n, leaf, m)
		if err != nil {
			t.Fatal(err)
		}
		m = append(m, stored...)
		e.add(tlog.RecordHash(leaf))
	}
}

func TestDecodeEdgeRefusesWhatIsNotOfItsSize(t *testing.T) {
	for _, c := range []struct {
		size  uint64
		bytes int
	}{{0, 32}, {1, 0}, {3, 32}, {3, 65}, {4, 64}} {
		if _, err := decodeEdge(c.size, make([]byte, c.bytes)); err == nil {
			t.Errorf("an edge of size %d in %d bytes was taken", c.size, c.bytes)
		}
	}
}
