package trust

import "errors"

// What Accept and AcceptSite refuse with, besides document.ErrMalformed and
// document.ErrUnsigned. After any of them nothing has changed.
var (
	// ErrKnown is wrapped when the document says what the one in force says.
	ErrKnown = errors.New("already held")
	// ErrOld is wrapped when a document is authentic but not newer than the one
	// in force, of another epoch, or for another site. A broker may repeat such
	// documents as often as it likes.
	ErrOld = errors.New("not newer than what is held")
	// ErrConflict is wrapped when one version exists with two texts: an alarm.
	ErrConflict = errors.New("the same version with another text")
	// ErrBroken is wrapped when those entitled have signed what breaks a rule:
	// an alarm.
	ErrBroken = errors.New("breaks a rule")
)
