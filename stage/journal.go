package stage

import (
	"context"
	"strings"

	"gated/verify/record"
)

// Journal returns all records on the box, oldest first, read from its
// disk: the daemon may run or not.
func (b *Box) Journal(ctx context.Context) ([]record.Leaf, error) {
	out, err := b.Do(ctx, "journal", "list", "--json")
	if err != nil {
		return nil, err
	}
	var leaves []record.Leaf
	for line := range strings.Lines(out) {
		leaf, err := record.ParseLeaf([]byte(strings.TrimSuffix(line, "\n")))
		if err != nil {
			return nil, err
		}
		leaves = append(leaves, leaf)
	}
	return leaves, nil
}
