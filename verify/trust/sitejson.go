package trust

import (
	"errors"
	"fmt"
	"regexp"
	"time"

	"gated/gate"
	"gated/verify/document"
)

// maxHeld is how many holds a property may have (PROTOCOL 2.2).
const maxHeld = 1000

// SiteJSON is a site document on the wire, for whoever publishes one.
type SiteJSON struct {
	Site     uint32              `json:"site"`
	Epoch    int64               `json:"epoch"`
	Version  int64               `json:"version"`
	IssuedAt int64               `json:"issued_at"`
	Name     string              `json:"name,omitempty"`
	Zone     string              `json:"tz"` // of the IANA database
	Gates    []GateJSON          `json:"gates,omitempty"`
	Keys     []KeyJSON           `json:"keys,omitempty"`
	Held     []Hold              `json:"held,omitempty"`
	Rules    RulesJSON           `json:"rules,omitzero"`
	Notices  map[string]TextJSON `json:"notices,omitempty"`
}

// GateJSON is a box of the site on the wire.
type GateJSON struct {
	ID  string `json:"id"`
	Tag uint16 `json:"tag"`
	Key string `json:"key,omitempty"` // verifier key
}

// TextJSON is one sentence on the wire, in at least one of the two languages.
type TextJSON struct {
	ZH string `json:"zh,omitempty"`
	EN string `json:"en,omitempty"`
}

// gateID is the shape of a gate's id.
var gateID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// site reads the document, but for its kids. An error says what is wrong with
// the whole; what is wrong with one entry becomes an alarm.
func (j SiteJSON) site() (*Site, error) {
	s := &Site{
		Number: j.Site, Epoch: j.Epoch, Version: j.Version, IssuedAt: j.IssuedAt,
		Name: j.Name, Held: j.Held,
	}
	if s.Number < 1 || s.Number > maxSite {
		return nil, fmt.Errorf("%d is no site number", s.Number)
	}
	if len(s.Held) > maxHeld {
		return nil, fmt.Errorf("%d holds, more than %d", len(s.Held), maxHeld)
	}
	var err error
	if s.Zone, err = zone(j.Zone); err != nil {
		return nil, err
	}
	if s.Rules, err = j.Rules.Rules(); err != nil {
		return nil, err
	}
	if err := s.readGates(j.Gates); err != nil {
		return nil, err
	}
	if err := s.readKeys(j.Keys); err != nil {
		return nil, err
	}
	s.readNotices(j.Notices)
	return s, nil
}

// zone loads a time zone. The empty name and Local would be whatever the box
// happens to be set to.
func zone(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, errors.New("tz names no time zone")
	}
	z, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("load time zone: %w", err)
	}
	return z, nil
}

func (s *Site) readGates(entries []GateJSON) error {
	ids, tags := map[string]bool{}, map[uint16]bool{}
	for _, e := range entries {
		if !gateID.MatchString(e.ID) || e.Tag == 0 {
			return fmt.Errorf("gate %q with tag %d: no id, or no tag", e.ID, e.Tag)
		}
		if ids[e.ID] || tags[e.Tag] {
			return fmt.Errorf("gate %q with tag %d: the id or the tag stands there twice", e.ID, e.Tag)
		}
		ids[e.ID], tags[e.Tag] = true, true
		g := Gate{ID: e.ID, Tag: e.Tag}
		if e.Key != "" {
			var err error
			if g.Key, err = document.ParseKey(e.Key); err != nil {
				s.Alarms = append(s.Alarms, gate.Say("门 %s 的密钥未启用：%s。它的记录和通报在此之前不被承认，各门照常开。请告知中心服务器的管理者。",
					"The key of gate %s is not used: %s. Its records and notes count for nothing until it is; every gate opens as before. Tell the central server's operator.", e.ID, err))
			}
		}
		s.Gates = append(s.Gates, g)
	}
	return nil
}

func (s *Site) readKeys(entries []KeyJSON) error {
	for _, e := range entries {
		if e.Kid < firstSiteKid {
			return fmt.Errorf("kid %d is not from %d to 65535", e.Kid, firstSiteKid)
		}
		// A property issues for itself: no other site, and no platform's name.
		e.Sites, e.Issuer = nil, 0
		k, alarm := e.key()
		k.Sites = OneSite(s.Number)
		s.Keys = append(s.Keys, k)
		if alarm != (gate.Text{}) {
			s.Alarms = append(s.Alarms, alarm)
		}
	}
	return nil
}

func (s *Site) readNotices(entries map[string]TextJSON) {
	s.Notices = make(map[string]gate.Text, len(entries))
	for name, e := range entries {
		t := gate.Text{ZH: e.ZH, EN: e.EN}
		if t.ZH == "" {
			t.ZH = t.EN
		}
		if t.EN == "" {
			t.EN = t.ZH
		}
		s.Notices[name] = t
	}
	if p := s.Rules.Prohibited; p != nil && p.Notice != "" {
		if _, ok := s.Notices[p.Notice]; !ok {
			s.Alarms = append(s.Alarms, gate.Say("禁止进入所引用的提示 %q 不存在。骑手仍被拒绝，但看不到如何交接。请让中心补上这条提示。",
				"The notice %q of the prohibition is not among the notices. Riders are refused all the same, and do not read how to hand over. Have the central server's operator add it.", p.Notice))
		}
	}
}
