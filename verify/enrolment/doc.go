// Package enrolment is what a new gate box and the central server say to each
// other once: the box's request, and the certificate that answers it.
//
// It promises that a request proves that whoever made it holds both of the keys
// that it names, and that a certificate which CheckCertificate takes lets this
// box, and no other, into its broker. Both are the same bytes whether they go
// over HTTPS or lie on a stick.
//
// It refuses to judge the token: whether it was given out, is spent or has ended
// is the central server's to say.
//
// Where to add: what a box must tell about itself is a field of Request, and
// optional, so that older boxes can be enrolled.
package enrolment
