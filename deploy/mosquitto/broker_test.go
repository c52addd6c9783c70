package mosquitto_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"gated/deploy/mosquitto"
	"gated/drivers/drivertest"
	"gated/stage"
)

// broker is the real Mosquitto with the configuration that Generate makes, as
// its own user where the tests are root.
type broker struct {
	*stage.Mosquitto
	ca       *authority
	dir      string
	settings mosquitto.Settings
	fleet    mosquitto.Fleet
}

// fleet is three gates, two of them of one community.
var fleet = mosquitto.Fleet{
	Gates:     []mosquitto.Gate{{ID: "east-1", Site: 1001}, {ID: "east-2", Site: 1001}, {ID: "west-1", Site: 1002}},
	Platforms: []string{mosquitto.Platform(1)},
}

func newBroker(t *testing.T) *broker {
	t.Helper()
	if _, err := stage.HasMosquitto(); err != nil {
		drivertest.Missing(t, "mosquitto", err)
	}
	s, err := stage.New(stage.Programs{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("clear the stage: %v", err)
		}
	})
	b := &broker{ca: newAuthority(t), dir: s.Path("etc"), fleet: fleet}
	err = errors.Join(os.Chmod(s.Dir, 0o755), os.MkdirAll(b.dir, 0o755), os.MkdirAll(s.Path("lib"), 0o755), os.Chmod(s.Path("lib"), 0o777))
	if err != nil {
		t.Fatal(err)
	}
	own := b.ca.broker(t)
	put(t, b.dir, "ca.pem", pemOf(b.ca.own))
	put(t, b.dir, "broker.pem", pemOf(own))
	put(t, b.dir, "broker.key", keyOf(t, own))
	put(t, b.dir, "crl.pem", b.ca.withdrawn(t))
	put(t, b.dir, "passwords", passwords(t))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for range 20 { // Somebody may take the port first.
		b.settings = mosquitto.Settings{
			Prefix: "gated/v1", At: b.dir, State: s.Path("lib"), Host: "127.0.0.1",
			Port: stage.FreePort(), PasswordPort: stage.FreePort(), Revoked: true,
		}
		b.configure(t)
		if b.Mosquitto, err = s.StartMosquitto(ctx, b.dir+"/mosquitto.conf", b.at(b.settings.Port)); err == nil {
			return b
		}
	}
	t.Fatal(err)
	return nil
}

// configure writes what Generate makes of the fleet.
func (b *broker) configure(t *testing.T) {
	t.Helper()
	files, err := mosquitto.Generate(b.fleet, b.settings)
	if err == nil {
		err = files.Write(b.dir)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (b *broker) at(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

func (b *broker) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(b.ca.own.x509)
	return pool
}

// by is somebody with that certificate.
func (b *broker) by(cert signed) caller {
	return caller{addr: b.Addr, roots: b.roots(), cert: &cert, id: cert.x509.Subject.CommonName}
}

// named is somebody with a good certificate of that name.
func (b *broker) named(t *testing.T, name string) caller {
	t.Helper()
	return b.by(b.ca.client(t, name, time.Now().Add(time.Hour)))
}

// user is somebody with a user name and a password, and no certificate.
func (b *broker) user(name, password string) caller {
	return caller{addr: b.at(b.settings.PasswordPort), roots: b.roots(), id: name, user: name, password: password}
}

// passwords is the broker's file, made by its own tool.
func passwords(t *testing.T) []byte {
	t.Helper()
	file := t.TempDir() + "/passwords"
	for i, args := range [][]string{{"-c", "-b", file, "east-1", "one"}, {"-b", file, "east-2", "two"}} {
		if out, err := exec.CommandContext(t.Context(), "mosquitto_passwd", args...).CombinedOutput(); err != nil {
			t.Fatalf("make password %d: %v: %s", i, err, out)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
