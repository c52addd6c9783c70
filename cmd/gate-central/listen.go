package main

import (
	"fmt"
	"log/slog"
	"net"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"

	"gated/central"
)

// maxPacket bounds what a client may send to our broker. The largest document
// is a site's, below 1 MiB.
const maxPacket = 2 << 20

// listen runs an MQTT broker in this process. It keeps nothing on disk and asks
// nobody who he is: gates believe no broker anyway, but whoever reaches it reads
// what is sent through it. Stop ends it and its connections.
func listen(address string, anyone bool, log *slog.Logger) (at string, stop func(), err error) {
	if err := checkListen(address, anyone); err != nil {
		return "", nil, err
	}
	capabilities := mqtt.NewDefaultServerCapabilities()
	capabilities.MaximumPacketSize = maxPacket
	// The library would drop what is retained after a day.
	capabilities.MaximumMessageExpiryInterval = 0
	broker := mqtt.New(&mqtt.Options{Capabilities: capabilities, Logger: slog.New(quiet{log.Handler()}), SysTopicResendInterval: 3600})
	if err := broker.AddHook(new(allow), nil); err != nil {
		return "", nil, fmt.Errorf("start broker: %w", err)
	}
	tcp := listeners.NewTCP(listeners.Config{ID: "tcp", Address: address})
	if err := broker.AddListener(tcp); err != nil {
		return "", nil, hinted(fmt.Errorf("start broker: %w", err), "another program may have the port; port 0 takes any that is free")
	}
	if err := broker.Serve(); err != nil {
		return "", nil, fmt.Errorf("start broker: %w", err)
	}
	return tcp.Address(), func() { _ = broker.Close() }, nil
}

// checkListen refuses what others could reach, unless that is wanted.
func checkListen(address string, anyone bool) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("--listen %s: %w: %w", address, central.ErrAsked, err)
	}
	ip := net.ParseIP(host)
	if !anyone && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("--listen %s could be reached by others, and the broker asks nobody who he is; add --listen-anyone if that is wanted: %w",
			address, central.ErrAsked)
	}
	return nil
}
