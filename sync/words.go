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

	"gated/gate"
)

// explain puts before an error what a technician should look at. The error
// itself stays behind it.
func explain(err error, host string) error {
	if words := wordsFor(err, host); words != (gate.Text{}) {
		return fmt.Errorf("%w: %w", words.Trouble(nil), err)
	}
	return err
}

func wordsFor(err error, host string) gate.Text {
	if words := tlsWords(err, host); words != (gate.Text{}) {
		return words
	}
	if words := refusalWords(err); words != (gate.Text{}) {
		return words
	}
	var name *net.DNSError
	var network net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return gate.Text{}
	case errors.As(err, &name) && name.IsNotFound:
		return gate.Say("查不到名称 %s", "the name %s was not found", name.Name)
	case errors.As(err, &name):
		return gate.Say("名称 %s 无法解析：网络通吗", "the name %s could not be looked up: is the network up", name.Name)
	case errors.Is(err, syscall.ECONNREFUSED):
		return gate.Say("%s 无人监听", "nothing listens at %s", host)
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return gate.Say("无法到达 %s：网络通吗", "no way to %s: is the network up", host)
	case errors.As(err, &network) && network.Timeout():
		return gate.Say("%s 没有应答", "no answer from %s", host)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return gate.Say("%s 挂断了连接：它可能要求 TLS、证书或别的协议", "%s hung up: it may expect TLS, a certificate or another protocol", host)
	}
	return gate.Text{}
}

// tlsWords are for what a certificate can do wrong.
func tlsWords(err error, host string) gate.Text {
	var dated x509.CertificateInvalidError
	var name x509.HostnameError
	var authority x509.UnknownAuthorityError
	var plain tls.RecordHeaderError
	var remote *net.OpError
	switch {
	case errors.As(err, &dated) && dated.Reason == x509.Expired:
		return gate.Say("%s 的证书在本机的时间无效（有效期 %s 至 %s）", "the certificate of %s is not valid at this box's time (it is from %s to %s)",
			host, dated.Cert.NotBefore.UTC().Format("2006-01-02"), dated.Cert.NotAfter.UTC().Format("2006-01-02"))
	case errors.As(err, &name):
		return gate.Say("%s 的证书是给别的名称的", "the certificate of %s is for another name", host)
	case errors.As(err, &authority):
		return gate.Say("%s 的证书不是 ca 文件中的机构签发的", "the certificate of %s is not from an authority in the ca file", host)
	case errors.As(err, &plain):
		return gate.Say("%s 不使用 TLS", "%s does not speak TLS", host)
	case errors.As(err, &remote) && remote.Op == "remote error": // A TLS alert.
		return gate.Say("%s 中止了 TLS 握手：它可能不接受本机的证书", "%s ended the TLS handshake: it may not accept this box's certificate", host)
	}
	return gate.Text{}
}

// refusalWords are for the codes of CONNACK.
func refusalWords(err error) gate.Text {
	switch {
	case errors.Is(err, packets.ErrorRefusedNotAuthorised), errors.Is(err, packets.ErrorRefusedBadUsernameOrPassword):
		return gate.Say("代理不接受此用户名、密码或证书", "the broker does not authorise this user name, password or certificate")
	case errors.Is(err, packets.ErrorRefusedIDRejected):
		return gate.Say("代理不接受此 client id", "the broker does not accept this client id")
	case errors.Is(err, packets.ErrorRefusedServerUnavailable):
		return gate.Say("代理暂时不可用", "the broker is not available now")
	case errors.Is(err, packets.ErrorRefusedBadProtocolVersion):
		return gate.Say("代理不支持 MQTT 3.1.1", "the broker does not speak MQTT 3.1.1")
	}
	return gate.Text{}
}
