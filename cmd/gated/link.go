package main

import (
	"crypto/ecdh"
	"encoding/json"
	"fmt"

	"golang.org/x/mod/sumdb/note"

	"gated/gate"
	"gated/sync"
	"gated/verify/trust"
)

// link is the way to the broker; nil if the configuration names none.
func (b *box) link(lanes []*lane) *sync.Sync {
	m := b.cfg.MQTT
	if m.Broker == "" {
		b.log.Warn("no [mqtt] broker: the box works alone; feed it with gated import")
		return nil
	}
	broker := b.cfg.broker()
	broker.CheckDates = b.clockIsKept
	return sync.New(sync.Config{
		Broker: broker, Prefix: m.Prefix, Gate: b.cfg.Gate.ID, Site: b.cfg.Gate.Site, Metered: m.Metered,
		Status: b.statusMessage, Seal: b.sealKey, Cosigners: b.cosigners,
		Ready: func() bool { return b.docs.now().Ready() },
		Used:  b.teller.used, UsedNote: b.usedNote, Log: b.log,
	}, b.docs, &acts{box: b, lanes: lanes}, b.store)
}

// broker is the way to the broker as the configuration names it.
func (c *Config) broker() sync.Broker {
	m := c.MQTT
	return sync.Broker{
		URL: m.Broker, ClientID: c.Gate.ID, Username: m.Username, PasswordFile: m.PasswordFile,
		CA: m.CA, Cert: m.Cert, Key: m.Key,
	}
}

// clockIsKept says whether certificate dates can be judged (DESIGN 4): without
// the broker a box without a clock would never learn the time.
func (b *box) clockIsKept() bool {
	s := b.clock.Now().State
	return s == gate.ClockSynced || s == gate.ClockRTC
}

// sealKey is whom the persons in records are sealed to; nil until a trust list
// says so.
func (b *box) sealKey() *ecdh.PublicKey {
	list := b.docs.now().Trust
	if list == nil {
		return nil
	}
	return list.Seal()
}

// cosigners are those whose signature says that records have arrived.
func (b *box) cosigners() []note.Verifier {
	list := b.docs.now().Trust
	if list == nil {
		return nil
	}
	var vs []note.Verifier
	for _, k := range list.Signers(trust.RoleCosign, 0) {
		vs = append(vs, k.Verifier())
	}
	return vs
}

// statusMessage is the retained status of PROTOCOL section 4, and the will.
func (b *box) statusMessage(online bool) []byte {
	docs, now := b.docs.now(), b.clock.Now()
	rev, version := versions(docs)
	fresh := int64(-1)
	if age, ok := docs.Fresh(now); ok {
		fresh = age
	}
	_, size := b.store.Log()
	var lanes []string
	for _, l := range b.cfg.Lanes {
		lanes = append(lanes, l.Name)
	}
	msg, err := json.Marshal(map[string]any{
		"online": online, "boot": b.store.Start(), "version": versionText(), "lanes": lanes, "rev": rev, "trust": version,
		"fresh": fresh, "unsent": size - min(size, b.store.Cosigned()), "clock": now.State, "alarms": in(gate.English, b.alarms.list()),
	})
	if err != nil {
		panic(fmt.Sprintf("status of plain values cannot be written: %v", err))
	}
	return msg
}
