// Package sync is the box's line to the central server: documents down, records
// up, over MQTT 3.1.1 through any broker. Its name shadows the standard
// library's; only the programs under cmd import it.
//
// It promises that nothing depends on the broker: whatever comes down is handed
// to [Documents], which alone decides what is true, and what goes up counts as
// received only when a cosigned checkpoint covers it ([Outbox]). A PUBACK is
// flow control and never a receipt. It promises that a lost message is noticed:
// one [Conn] is one connection, it ends at the first thing that it cannot
// account for, and the next one begins anew with clean state, after a pause with
// full jitter ([Backoff]). It promises a bounded memory: packets are bounded
// before they are read, queues in number and in bytes, batches in flight by what
// the line carries in about a second.
//
// What is meant for this moment ([Acts]) never waits behind a document, is never
// kept for later, and is inert if a broker had retained it.
//
// It refuses to judge, to store and to wait inside a handler. It sends no QoS 2,
// uses no broker's persistence, takes no proxy and no setting from the
// environment, and follows no name or date in a certificate that it has not
// checked; dates it leaves unchecked only while the box does not know the time
// (DESIGN 4).
//
// A new topic that the box receives gets a name in topics.go and a case in
// intake.go or acts.go. A new thing that it sends goes through [Conn.Publish] from a
// loop of its own in session.go. What the bytes mean is fixed in PROTOCOL 2.5, 3
// and 4.
package sync
