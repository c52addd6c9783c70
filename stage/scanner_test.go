package stage_test

import (
	"io"
	"os"
	"testing"
	"time"

	"gated/drivers/drivertest"
)

func TestScannerIsReadUnpluggedAndPluggedInAgain(t *testing.T) {
	s := newStage(t)
	sc := s.NewScanner(s.Path("port"))
	if _, err := sc.Read("x"); err == nil {
		t.Error("a scanner that is not plugged in sent a code")
	}
	for range 2 {
		if err := sc.PlugIn(); err != nil {
			drivertest.Missing(t, "pty", err)
		}
		port, err := os.OpenFile(sc.Port, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		before := time.Now()
		at, err := sc.Read("G1:CODE")
		if err != nil {
			t.Fatal(err)
		}
		if at.Before(before) || time.Since(at) < 0 {
			t.Errorf("sent at %v, which is not now", at)
		}
		got := make([]byte, 8)
		if _, err := io.ReadFull(port, got); err != nil || string(got) != "G1:CODE\r" {
			t.Errorf("the port read %q, %v", got, err)
		}
		if err := sc.Unplug(); err != nil {
			t.Fatal(err)
		}
		if n, err := port.Read(got); err == nil {
			t.Errorf("an unplugged port read %q", got[:n])
		}
		if _, err := os.Lstat(sc.Port); err == nil {
			t.Error("the port is still there")
		}
		_ = port.Close()
	}
}
