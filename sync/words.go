package sync

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// explain puts before an error what a technician should look at. The error
// itself stays behind it.
func explain(err error, host string) error {
	if words := wordsFor(err, host); words != "" {
		return fmt.Errorf("%s: %w", words, err)
	}
	return err
}

func wordsFor(err error, host string) string {
	if words := tlsWords(err, host); words != "" {
		return words
	}
	if words := refusalWords(err); words != "" {
		return words
	}
	var name *net.DNSError
	var network net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return ""
	case errors.As(err, &name) && name.IsNotFound:
		return fmt.Sprintf("the name %s was not found", name.Name)
	case errors.As(err, &name):
		return fmt.Sprintf("the name %s could not be looked up: is the network up", name.Name)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Sprintf("nothing listens at %s", host)
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return fmt.Sprintf("no way to %s: is the network up", host)
	case errors.As(err, &network) && network.Timeout():
		return fmt.Sprintf("no answer from %s", host)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return fmt.Sprintf("%s hung up: it may expect TLS, a certificate or another protocol", host)
	}
	return ""
}

// tlsWords are for what a certificate can do wrong.
func tlsWords(err error, host string) string {
	var dated x509.CertificateInvalidError
	var name x509.HostnameError
	var authority x509.UnknownAuthorityError
	var plain tls.RecordHeaderError
	var remote *net.OpError
	switch {
	case errors.As(err, &dated) && dated.Reason == x509.Expired:
		return fmt.Sprintf("the certificate of %s is not valid at this box's time (it is from %s to %s)",
			host, dated.Cert.NotBefore.UTC().Format("2006-01-02"), dated.Cert.NotAfter.UTC().Format("2006-01-02"))
	case errors.As(err, &name):
		return fmt.Sprintf("the certificate of %s is for another name", host)
	case errors.As(err, &authority):
		return fmt.Sprintf("the certificate of %s is not from an authority in the ca file", host)
	case errors.As(err, &plain):
		return fmt.Sprintf("%s does not speak TLS", host)
	case errors.As(err, &remote) && remote.Op == "remote error": // A TLS alert.
		return fmt.Sprintf("%s ended the TLS handshake: it may not accept this box's certificate", host)
	}
	return ""
}

// refusalWords are for the codes of CONNACK.
func refusalWords(err error) string {
	switch {
	case errors.Is(err, packets.ErrorRefusedNotAuthorised), errors.Is(err, packets.ErrorRefusedBadUsernameOrPassword):
		return "the broker does not authorise this user name, password or certificate"
	case errors.Is(err, packets.ErrorRefusedIDRejected):
		return "the broker does not accept this client id"
	case errors.Is(err, packets.ErrorRefusedServerUnavailable):
		return "the broker is not available now"
	case errors.Is(err, packets.ErrorRefusedBadProtocolVersion):
		return "the broker does not speak MQTT 3.1.1"
	}
	return ""
}
