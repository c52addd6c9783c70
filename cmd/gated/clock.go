package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"gated/verify"
)

// Words of adjtimex(2), from linux/timex.h; package unix does not name them.
const (
	timeError = 5    // TIME_ERROR: the clock is not synchronised
	staUnsync = 0x40 // STA_UNSYNC
)

// rtcLife is how long a battery-backed clock is believed after the last
// synchronisation (DESIGN section 4).
const rtcLife = 60 * 24 * time.Hour

// kernelClock reads the kernel's clocks. Synced is when this box last knew that
// its clock was synchronised; zero: never. It fails only where there is no /proc.
func kernelClock(synced time.Time) (func() verify.Kernel, error) {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return nil, fmt.Errorf("read boot id: %w", err)
	}
	id := strings.TrimSpace(string(boot))
	since := time.Since(synced)
	rtc := clockFromRTC() && !synced.IsZero() && since > -time.Hour && since < rtcLife
	return func() verify.Kernel {
		k := verify.Kernel{Wall: time.Now(), Boot: id, RTC: rtc, Up: upTime()}
		k.Synced = isSynced(askKernel, clockStateFile, k.Up)
		return k
	}, nil
}

// clockFromRTC says whether the kernel set its clock at boot from a real-time
// clock (Documentation/ABI/testing/sysfs-class-rtc, hctosys).
func clockFromRTC() bool {
	b, err := os.ReadFile("/sys/class/rtc/rtc0/hctosys")
	return err == nil && strings.TrimSpace(string(b)) == "1"
}
