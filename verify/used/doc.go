// Package used reads the signed note with which a gate tells its neighbours that
// it has admitted a pass (PROTOCOL 4).
//
// It promises that whatever Parse returns has the shape of such a note. It
// refuses to judge: whether a neighbour has signed it, whether its times can be,
// and how many of them one gate may send, is package verify's to say.
package used
