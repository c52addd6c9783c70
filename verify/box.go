package verify

// Box is who this gate is: what a document that names a gate or a site must
// name.
type Box struct {
	ID   string // of the gate, [a-z0-9][a-z0-9-]{0,62}
	Site uint32 // 1…0xFFFFFFFE
}
