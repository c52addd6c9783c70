package stage

import (
	"context"
	"errors"
	"fmt"
	"image/png"
	"os"
	"strings"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// ReadPicture decodes the QR code in a PNG file, as a scanner's camera would.
func ReadPicture(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read picture: %w", err)
	}
	defer func() { _ = f.Close() }()
	img, err := png.Decode(f)
	if err != nil {
		return "", fmt.Errorf("read picture %s: %w", path, err)
	}
	bits, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		return "", fmt.Errorf("read picture %s: %w", path, err)
	}
	// Without the hint the library looks for the code as in a photograph, and
	// misses one picture in a hundred.
	hints := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_PURE_BARCODE: true}
	found, err := qrcode.NewQRCodeReader().Decode(bits, hints)
	if err != nil {
		return "", fmt.Errorf("find QR code in %s: %w", path, err)
	}
	return found.GetText(), nil
}

// Issue has the platform issue a bearer pass of the stage's issuer, drawn as a
// PNG, and returns what a QR decoder reads in the picture. More flags of
// `gate-central issue` may be given.
func (c *Central) Issue(ctx context.Context, site uint32, rider int, more ...string) (string, error) {
	args := []string{"issue", "--kid", Kid, "--site", fmt.Sprint(site), "--rider", fmt.Sprint(rider)}
	return c.drawn(ctx, append(args, more...))
}

// Draw has a rider's phone draw one code of a bound pass and returns what a QR
// decoder reads in the picture. The phone's credential is the file
// "phone-RIDER", made with the first code. More flags of `gate-central phone`
// may be given.
func (c *Central) Draw(ctx context.Context, site uint32, rider int, more ...string) (string, error) {
	args := []string{
		"phone", "--once", "--kid", Kid, "--site", fmt.Sprint(site), "--rider", fmt.Sprint(rider),
		"--credential", c.stage.Path(fmt.Sprintf("phone-%d", rider)),
	}
	return c.drawn(ctx, append(args, more...))
}

// drawn runs a command that prints a code and draws it. What the decoder reads
// must be what was printed.
func (c *Central) drawn(ctx context.Context, args []string) (string, error) {
	picture := c.stage.Path(fmt.Sprintf("code-%d.png", c.pictures.Add(1)))
	printed, err := c.Do(ctx, append(args, "--png", picture)...)
	if err != nil {
		return "", err
	}
	code, err := ReadPicture(picture)
	if err != nil {
		return "", err
	}
	if printed = strings.TrimSpace(printed); code != printed {
		return "", errors.New("draw code: the picture shows another code than was printed")
	}
	return code, os.Remove(picture)
}
