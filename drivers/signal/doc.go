// Package signal tells whoever stands at the gate what a scan came to: a green
// and a red light and a buzzer, or a file for trying things out.
//
// It promises that nobody waits for it ([Signal]'s Show returns at once), that
// the newest news replaces what is still being shown, that verdicts can be told
// apart without seeing colours and without hearing, and that everything is off
// when it is closed.
//
// It refuses to matter: a light that cannot be switched is logged and holds up
// no door. What is shown for which verdict is one table, in patterns.go.
//
// A further kind is one more file and a row in kinds; one that only switches
// lights needs no more than the three lines of a player.
package signal
