package pass

import (
	"crypto/ed25519"
	"fmt"

	"filippo.io/edwards25519"
)

// CheckKey refuses a public key that is not 32 bytes, is no point of the curve,
// does not re-encode to itself, or is of small order (8·P = identity); Go's
// verifier takes the last two (PROTOCOL 1.3). The error wraps ErrWeakKey. It is
// called when a key is loaded, whatever brought it, and for the holder key of
// each credential; it costs a tenth of a verification.
func CheckKey(pub ed25519.PublicKey) error {
	if len(pub) != ed25519.PublicKeySize {
		return fmt.Errorf("%w: %d bytes, not %d", ErrWeakKey, len(pub), ed25519.PublicKeySize)
	}
	if !reduced(pub) {
		return fmt.Errorf("%w: does not re-encode to itself", ErrWeakKey)
	}
	point, err := new(edwards25519.Point).SetBytes(pub)
	if err != nil {
		return fmt.Errorf("%w: no point of the curve", ErrWeakKey)
	}
	if new(edwards25519.Point).MultByCofactor(point).Equal(edwards25519.NewIdentityPoint()) == 1 {
		return fmt.Errorf("%w: small order", ErrWeakKey)
	}
	return nil
}

// reduced says whether y is below p = 2^255-19. A point has two encodings other
// than its own: with y + p, and, where x is 0, with the sign of x set. The
// second is of small order (y is 1 or -1), so this is all that must be asked
// here, and it spares the inversion that encoding the point would cost.
func reduced(pub []byte) bool {
	if pub[31]&0x7f != 0x7f || pub[0] < 0xed {
		return true
	}
	for _, b := range pub[1:31] {
		if b != 0xff {
			return true
		}
	}
	return false
}
