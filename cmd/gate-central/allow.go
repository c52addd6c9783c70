package main

import (
	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// allow lets every client do everything. The library has the same in a package
// that needs a YAML parser.
type allow struct{ mqtt.HookBase }

// ID names the hook.
func (allow) ID() string { return "allow" }

// Provides says which questions the hook answers.
func (allow) Provides(b byte) bool {
	return b == mqtt.OnConnectAuthenticate || b == mqtt.OnACLCheck
}

// OnConnectAuthenticate lets everybody in.
func (allow) OnConnectAuthenticate(*mqtt.Client, packets.Packet) bool { return true }

// OnACLCheck lets everybody publish and subscribe.
func (allow) OnACLCheck(*mqtt.Client, string, bool) bool { return true }
