// Package scanner reads codes from serial QR scanners, and hands each on once.
//
// It promises that a code is handed on exactly as the scanner sent it, with the
// terminator gone and what scanners add of their own accord taken off; that
// half a code is never completed from another one; that whatever is unplugged
// is taken up again by itself, by the path in the configuration; that every
// byte which is not handed on is counted by its cause ([Count]); and that a
// code is dropped rather than handed on more than two seconds after it came.
//
// Of a module whose profile is known it promises more: that it is brought to
// 115200 baud and to settings fit for a gate, above all that it does not obey
// setup codes; that these are read back every hour and put right; and that
// whatever had changed, and whoever shows a setup code, is counted. A module
// that does not answer is read from all the same.
//
// It refuses to judge: whether the text is a pass at all is decided in verify.
// It refuses to share a port, because two readers each get half of a code. It
// never logs or keeps a code, since a code opens doors: of the newest it keeps a
// [Glimpse].
//
// The way of the bytes: port.go opens a port for us alone, greet.go sets the
// module at its end, session.go reads it, framer.go cuts the bytes into codes,
// and serial.go begins again when the port is lost. A further make of module is
// one more file like gm65.go and a row in profiles; it is done when it passes
// drivertest.TestScanner with a module at the cable's end.
package scanner
