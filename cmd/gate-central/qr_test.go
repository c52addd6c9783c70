package main

import (
	"bytes"
	"image"
	"image/color"
	_ "image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// The codes of PROTOCOL 1.1 and 1.2.
const (
	bearer = "G1:AEAQCAAAAPUQAAAAAFVUTUQAABNACAAAAAVAALZLIQMDV4TSVWQL6ICQZEIRZXQ2YUJZTQYLHFW3A73SFLE7XFOC2447KMBPZ7NBGR6NY4QAKBLHYB3T7FMIUT3JM4CLAESBUVVIB4"
	bound  = "G1:AIAQCAAAAPUQAAAAAJVUTUQAEHABAAAAAAVCTLF24FA3ZSXQWIXBVFGTJUF4ONQ6KJWQX7QSZCLZJPETEKLG3VZWCTNPYLAJXY2GBU6AH6DQWBC53BCMHVWZDVG2XA5JQDOPPXTELF75CM5BTH32TSG26FVABYFPSJ6DK6W6ECPXGLHMQ2XDHHXIBUWQ622J2RMGWBO22SLCFBLZJIQ42UNB3NDLQJPZPFJJP7Y42PQ6V27UJ5CKX2Z737TK2666CTMAAKGFKR6Q2PIJXEU3STBZ7WHHBL2SZGSV4LDQAY"
)

func decode(t *testing.T, img image.Image) string {
	t.Helper()
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	if err != nil {
		t.Fatal(err)
	}
	return result.GetText()
}

func TestThePictureIsTheCode(t *testing.T) {
	for _, c := range []struct {
		name, code string
		version    int
	}{{"bearer", bearer, 6}, {"bound", bound, 10}} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "code.png")
			if err := drawPNG(path, c.code); err != nil {
				t.Fatal(err)
			}
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			img, _, err := image.Decode(f)
			if err != nil {
				t.Fatal(err)
			}
			if got := decode(t, img); got != c.code {
				t.Errorf("decoded %q", got)
			}
			// In alphanumeric mode the code fits this version, with its quiet zone.
			modules := 17 + 4*c.version + 2*quietZone
			if size := img.Bounds().Dx(); size != modules*scale || scale < 8 {
				t.Errorf("%d pixels wide, not %d modules of %d", size, modules, scale)
			}
			for i := range quietZone * scale {
				if r, _, _, _ := img.At(i, i).RGBA(); r != 0xFFFF {
					t.Fatalf("the quiet zone is not white at %d", i)
				}
			}
			names, err := os.ReadDir(filepath.Dir(path))
			if err != nil || len(names) != 1 {
				t.Errorf("left beside it: %v, %v", names, err)
			}
		})
	}
}

func TestTheTerminalShowsTheCode(t *testing.T) {
	var b bytes.Buffer
	if err := drawText(&b, bound); err != nil {
		t.Fatal(err)
	}
	img := image.NewGray(image.Rect(0, 0, 800, 800))
	for i := range img.Pix {
		img.Pix[i] = 0xFF
	}
	black := func(x, y int) {
		for i := range 64 {
			img.SetGray(x*8+i%8, y*8+i/8, color.Gray{})
		}
	}
	for y, line := range strings.Split(strings.TrimSpace(b.String()), "\n") {
		line, ok := strings.CutPrefix(line, "\x1b[30;107m") // black on white, said
		line, end := strings.CutSuffix(line, "\x1b[0m")
		if !ok || !end {
			t.Fatalf("line %d leaves the colours to the terminal", y)
		}
		for x, r := range []rune(line) {
			if r == '█' || r == '▀' {
				black(x, 2*y)
			}
			if r == '█' || r == '▄' {
				black(x, 2*y+1)
			}
		}
	}
	if got := decode(t, img); got != bound {
		t.Errorf("decoded %q", got)
	}
}
