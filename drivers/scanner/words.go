package scanner

import (
	"errors"
	"io/fs"
	"syscall"

	"gated/gate"
)

// errGone says that the port was open and is there no more.
var errGone = errors.New("the port is gone")

// errSpeed says that what arrives is no text at this speed.
var errSpeed = errors.New("what arrives is no text at this speed")

// Cause is why a port cannot be read, in a word for programs.
type Cause string

// The causes. Other is none of them.
const (
	Gone       Cause = "gone"      // the port was open and is there no more
	Held       Cause = "held"      // another program has it
	Silent     Cause = "silent"    // its module does not answer: it is looked at again
	Garbled    Cause = "garbled"   // what arrives is no text at this speed
	Missing    Cause = "missing"   // there is no such device
	Forbidden  Cause = "forbidden" // this user may not open it
	NoPort     Cause = "no-port"   // it is no serial port
	Other      Cause = "other"
	NotOpenYet Cause = "not-open-yet" // nobody has tried yet
)

// silence says what it means that a module does not answer.
func silence(device string) gate.Text {
	return gate.Say("%s：模块不应答。它若按端口的速率发码，照样能读；但它听不听设置码，无从知道。请检查我们的 TX 到它的 RX 的线和 profile；会自动再问。",
		"%s: the module does not answer. Codes are read if it sends them at the speed of the port, but whether it obeys setup codes is not known. "+
			"Check the wire from our TX to its RX and the profile; it is asked again by itself.", device)
}

// obstinacy says what it means that a module does not take its settings.
func obstinacy(device string, err error) gate.Text {
	if errors.Is(err, errSilent) { // it may have taken another speed
		return gate.Say("%s：设置途中模块不再应答。在它重新应答之前，它用别的速率发的码会丢失。几秒内会自动再问；若一直如此，断电十秒再上电。",
			"%s: the module does not answer any more while it is set. Until it answers again, codes that it sends at another speed are lost. "+
				"It is asked again within seconds; if this stays, cut its power for ten seconds.", device)
	}
	return gate.Say("%s：模块没有保住设置（%v）。码照读，但它可能听从设置码。断电十秒再上电；若无效，请更换。",
		"%s: the module does not keep its settings (%v). Codes are read, but it may obey setup codes. "+
			"Cut its power for ten seconds; if that does not help, replace it.", device, err)
}

// sentence says to a person what err means for the lane and what to do.
func sentence(device string, err error) gate.Text {
	c := complaint(device, err)
	return gate.Text{ZH: c.ZH + "；会自动再试。", EN: c.EN + "; it is tried again by itself."}
}

// complaint is what whoever tries but once has to say, without a full stop.
func complaint(device string, err error) gate.Text {
	what, do := explain(err)
	return gate.Say("%[1]s %[2]s：本通道读不到码。%[3]s", "%[1]s %[4]s: no code can be read at this lane. %[5]s", device, what.ZH, do.ZH, what.EN, do.EN)
}

// causeOf is the word for err.
func causeOf(err error) Cause {
	for _, c := range []struct {
		err   error
		cause Cause
	}{
		{errGone, Gone},
		{errHeld, Held},
		{errSilent, Silent},
		{errSpeed, Garbled},
		{fs.ErrNotExist, Missing},
		{fs.ErrPermission, Forbidden},
		{syscall.ENOTTY, NoPort},
		{syscall.EISDIR, NoPort},
	} {
		if errors.Is(err, c.err) {
			return c.cause
		}
	}
	return Other
}

// explain is what has happened to the port, and what to do about it.
func explain(err error) (what, do gate.Text) {
	list := gate.Say("写一个串口作为 device（ls -l /dev/serial/by-path）", "Name a serial port as device (ls -l /dev/serial/by-path)")
	switch causeOf(err) {
	case Gone:
		return gate.Say("不见了", "went away"), gate.Say("请重新插好扫码器并检查供电", "Plug the scanner in again and check its power")
	case Held:
		return gate.Say("被占用：%v", "is taken: %v", err), gate.Say("请停掉那个程序，或换一个 device", "Stop that program, or name another device")
	case Silent:
		return gate.Say("因模块不应答，正重新查找", "is looked at again, as its module does not answer"), gate.Say("请等几秒", "Wait some seconds")
	case Garbled:
		return gate.Say("发来的不是这个速率下的文本", "sends bytes that are no text at this speed"), gate.Say("请再扫一次码，或把模块的速率写入 baud", "Show a code again, or write the module's speed as baud")
	case Missing:
		return gate.Say("不在", "is not there"), gate.Say("请检查扫码器的线和供电，以及 device 的名字（ls -l /dev/serial/by-path）",
			"Check the scanner's cable and power, and the name of the device (ls -l /dev/serial/by-path)")
	case Forbidden:
		return gate.Say("不允许此用户打开", "may not be opened by this user"), gate.Say("请把用户加入组 dialout，或装上 udev 规则", "Add the user to the group dialout, or install the udev rule")
	case NoPort:
		return gate.Say("不是串口", "is not a serial port"), list
	default:
		return gate.Say("不能用（%v）", "cannot be used (%v)", err), gate.Say("请写一个能用的串口作为 device", "Name a working serial port as device")
	}
}

// Trouble is the error of [Probe], in both languages, and what it comes from.
type Trouble struct {
	gate.Trouble

	Cause Cause
}

// trouble says it of a port that is tried but once.
func trouble(device string, err error) error {
	c := complaint(device, err)
	return &Trouble{gate.Trouble{Say: gate.Text{ZH: c.ZH + "。", EN: c.EN + "."}}, causeOf(err)}
}
