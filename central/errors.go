package central

import "errors"

// What a verb may be refused for. Each is wrapped with the facts.
var (
	// ErrAsked: an argument is out of its range; nothing was looked up.
	ErrAsked = errors.New("asked wrongly")
	// ErrNoDatabase: the directory holds no central server.
	ErrNoDatabase = errors.New("no central server here")
	// ErrNotEmpty: Init would have replaced keys or a database.
	ErrNotEmpty = errors.New("there is a central server here already")
	// ErrNewer: the database was written by a newer version, and is left alone.
	ErrNewer = errors.New("the database is of a newer version")
	// ErrTaken: the number or name is in use.
	ErrTaken = errors.New("already in use")
	// ErrNoIssuer, ErrNoKey, ErrNoSite and ErrNoGate: it is not registered.
	ErrNoIssuer = errors.New("no such issuer")
	ErrNoKey    = errors.New("no such key")
	ErrNoSite   = errors.New("no such site")
	ErrNoGate   = errors.New("no such gate")
	// ErrHasBox: the gate has a box, and nobody said that another takes its place.
	ErrHasBox = errors.New("nobody said that another takes its place")
	// ErrLimit: the key may not issue such a pass.
	ErrLimit = errors.New("beyond what the key may issue")
	// ErrRefused: a box would refuse the document, so it was not signed.
	ErrRefused = errors.New("a gate would refuse it")
	// ErrBroker: the connection to the broker is gone or does not do what was
	// asked. The server goes on with the next connection.
	ErrBroker = errors.New("broker")
)
