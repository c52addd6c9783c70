package sync

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// open makes the stream that MQTT is spoken on. The library could do it, but
// then neither the end of ctx nor a proxy in the environment would be ours.
func (b Broker) open(ctx context.Context, at *url.URL, secure *tlsFiles) (net.Conn, error) {
	if b.Open != nil {
		return b.Open(ctx)
	}
	var config *tls.Config
	if secure != nil {
		config = secure.config(at.Hostname(), b.CheckDates == nil || b.CheckDates())
	}
	dialer := &net.Dialer{Timeout: connectTimeout}
	switch at.Scheme {
	case "tls":
		d := tls.Dialer{NetDialer: dialer, Config: config}
		return d.DialContext(ctx, "tcp", at.Host)
	case "ws", "wss":
		direct := func(*http.Request) (*url.URL, error) { return nil, nil }
		return mqtt.NewWebsocket(at.String(), config, connectTimeout, nil, &mqtt.WebsocketOptions{Proxy: direct})
	default:
		return dialer.DialContext(ctx, "tcp", at.Host)
	}
}
