// Package drivertest holds what tests of hardware need: a serial cable that can
// be pulled out, a scanner's module and a speech module at its far end, a door
// that remembers, and the suites that every kind of driver must pass
// ([TestScanner], [TestDoor], [TestSignal]).
//
// It promises behaviour, not expectations: nothing here is told in advance what
// will be called. The fakes are safe for concurrent use and keep time by the
// clock of the test, synctest's included.
//
// It refuses to be part of the product: only tests import it. A suite for a
// further family of drivers is one more file.
package drivertest
