// Package signal tells whoever stands at the gate what a scan came to: a green
// and a red light and a buzzer, a voice, or a file for trying things out. While
// nobody is there the lights show how the lane is, and an open door is heard.
//
// It promises that nobody waits for it ([Signal]'s Show returns at once), that
// the newest news replaces what is still being shown, that verdicts and states
// of health can be told apart without seeing colours and without hearing, and
// that everything is off when it is closed.
//
// It refuses to matter: a light that cannot be switched, or a voice that does
// not answer, is logged and holds up no door. What is shown for which verdict
// and state is two tables, in patterns.go; docs/wiring.md repeats them.
//
// A further kind is one more file and a row in kinds; a further speech module a
// row in speech.go. Each kind passes drivertest.TestSignal.
package signal
