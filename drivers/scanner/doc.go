// Package scanner reads codes from serial QR scanners, and hands each on once.
//
// It promises that a code is handed on exactly as the scanner sent it, with the
// terminator gone and what scanners add of their own accord taken off; that
// half a code is never completed from another one; that whatever is unplugged
// is taken up again by itself, by the path in the configuration; that every
// byte which is not handed on is counted by its cause ([Count]); and that a
// code is dropped rather than handed on more than two seconds after it came.
//
// It refuses to judge: whether the text is a pass at all is decided in verify.
// It refuses to share a port, because two readers each get half of a code. It
// never logs or keeps a code, since a code opens doors.
//
// The way of the bytes: port.go opens a port for us alone, serial.go reads it
// and begins again when it is lost, framer.go cuts the bytes into codes.
// A further kind of scanner is one more file and a row in [New]; it is done
// when it passes drivertest.TestScanner.
package scanner
