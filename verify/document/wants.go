package document

// Wants is what a box should fetch to come up to date: the numbers are those at
// the end of the topics (PROTOCOL 4), and each list ascends. The zero value
// wants nothing. It is a hint: what comes is checked like everything else.
type Wants struct {
	// Trust are versions of the trust list to fetch at trust/{version}, at most
	// 200. Most of them exist only if they changed roots or threshold, so a
	// topic that stays silent is no fault.
	Trust []int64
	// Rotations says that the gap is too wide for Trust to name: fetch all that
	// is retained under trust/+ .
	Rotations bool
	// Deltas are the `to` of deltas to fetch at revocation/delta/{to}, at most
	// 200.
	Deltas []int64
	// Snapshot and Parts are what to fetch at revocation/snapshot/{seq}/{part},
	// if Parts is not empty.
	Snapshot int64
	Parts    []int64
}

// None says whether nothing is wanted.
func (w Wants) None() bool {
	return len(w.Trust) == 0 && !w.Rotations && len(w.Deltas) == 0 && len(w.Parts) == 0
}
