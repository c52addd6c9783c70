// Package mosquitto writes the configuration of a Mosquitto broker for a fleet
// of gates: who may connect, and what each may say and hear.
//
// It promises an access list by the name in the client's certificate, to the
// table of PROTOCOL 4: a gate writes its own records, checkpoint, status and
// verdicts and its site's used notes, hears the documents, its site's rules and
// neighbours and what is meant for it, and nothing of any other gate. A name
// that is not in the fleet may do nothing, whoever signed its certificate. A
// client's id is its name, so nobody throws another off the broker.
//
// It refuses to make keys and certificates, and to lean on the broker: no
// document is believed because the broker let it through, and nothing is lost
// with what the broker kept.
//
// What a new topic needs goes into acl.tmpl and into the matrix of acl_test.go,
// which tries each right, and each that is not there, on the real broker.
package mosquitto
