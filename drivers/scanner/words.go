package scanner

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// errGone says that the port was open and is there no more.
var errGone = errors.New("the port is gone")

// errSpeed says that what arrives is no text at this speed.
var errSpeed = errors.New("what arrives is no text at this speed")

// silence says what it means that a module does not answer.
func silence(device string) string {
	return device + ": the module does not answer. Codes are read if it sends them at the speed of the port, but whether it obeys setup codes is not known. " +
		"Check the wire from our TX to its RX and the profile; it is asked again by itself."
}

// obstinacy says what it means that a module does not take its settings.
func obstinacy(device string, err error) string {
	if errors.Is(err, errSilent) { // it may have taken another speed
		return device + ": the module does not answer any more while it is set. Until it answers again, codes that it sends at another speed are lost. " +
			"It is asked again within seconds; if this stays, cut its power for ten seconds."
	}
	return fmt.Sprintf("%s: the module does not keep its settings (%v). Codes are read, but it may obey setup codes. "+
		"Cut its power for ten seconds; if that does not help, replace it.", device, err)
}

// sentence says to a person what err means for the lane and what to do.
func sentence(device string, err error) string {
	return complaint(device, err) + "; it is tried again by itself."
}

// complaint is what whoever tries but once has to say, without a full stop.
func complaint(device string, err error) string {
	what, do := fmt.Sprintf("cannot be used (%v)", err), "Name a working serial port as device"
	switch {
	case errors.Is(err, errGone):
		what, do = "went away", "Plug the scanner in again and check its power"
	case errors.Is(err, errHeld):
		what, do = fmt.Sprintf("is taken: %v", err), "Stop that program, or name another device"
	case errors.Is(err, errSilent):
		what, do = "is looked at again, as its module does not answer", "Wait some seconds"
	case errors.Is(err, errSpeed):
		what, do = "sends bytes that are no text at this speed", "Show a code again, or write the module's speed as baud"
	case errors.Is(err, fs.ErrNotExist):
		what, do = "is not there", "Check the scanner's cable and power, and the name of the device (ls -l /dev/serial/by-path)"
	case errors.Is(err, fs.ErrPermission):
		what, do = "may not be opened by this user", "Add the user to the group dialout, or install the udev rule"
	case errors.Is(err, syscall.ENOTTY), errors.Is(err, syscall.EISDIR):
		what, do = "is not a serial port", "Name a serial port as device (ls -l /dev/serial/by-path)"
	}
	return fmt.Sprintf("%s %s: no code can be read at this lane. %s", device, what, do)
}
