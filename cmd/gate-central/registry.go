package main

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"gated/central"
)

type issuerCmd struct {
	Add issuerAddCmd `cmd:"" help:"Register a delivery platform."`
}

type issuerAddCmd struct {
	directory
	ID   uint32 `required:"" placeholder:"N" help:"Its number, from 1."`
	Name string `required:"" help:"Its name."`
}

// Run registers a platform.
func (c issuerAddCmd) Run(ctx context.Context, out output) error {
	err := c.with(ctx, func(s *central.Central) error { return s.AddIssuer(ctx, c.ID, c.Name) })
	if err != nil {
		return err
	}
	fmt.Fprintf(out.data, "issuer %d added: %s\n", c.ID, c.Name)
	return nil
}

type keyCmd struct {
	Add  keyAddCmd  `cmd:"" help:"Make a key for a platform."`
	Void keyVoidCmd `cmd:"" help:"End a key for ever: its passes are refused at once."`
}

type keyAddCmd struct {
	directory
	Issuer uint32   `required:"" placeholder:"N" help:"The platform's number."`
	Kid    uint16   `required:"" placeholder:"N" help:"The key's number, 1 to 32767; one kid, one key, for ever."`
	Sites  []string `default:"*" placeholder:"LIST" help:"Sites that its passes may open, like 1001,2000-2999; * is all (${default})."`
	keyFlags
}

// Run makes a key.
func (c keyAddCmd) Run(ctx context.Context, out output) error {
	k := central.Key{Kid: c.Kid, Issuer: c.Issuer, Sites: c.Sites}
	if err := c.add(ctx, c.directory, k); err != nil {
		return err
	}
	fmt.Fprintf(out.data, "key %d added for issuer %d\n", c.Kid, c.Issuer)
	return nil
}

// keyFlags are what every key has.
type keyFlags struct {
	MaxBearerTTL time.Duration `name:"max-bearer-ttl" default:"15m" help:"Longest bearer pass; 0: none (${default})."`
	MaxBoundTTL  time.Duration `name:"max-bound-ttl" default:"168h" help:"Longest bound pass; 0: none (${default})."`
	Days         uint16        `default:"30" help:"Days that the key is good for (${default})."`
	Public       string        `placeholder:"BASE64" help:"The issuer's public key, 32 bytes; the issuer keeps the private one and issues by itself."`
	Seed         string        `placeholder:"HEX" help:"Without --public: the private key's 32 bytes, for tests; random if left out."`
}

// add registers the key.
func (f keyFlags) add(ctx context.Context, d directory, k central.Key) (err error) {
	k.MaxBearerTTL, k.MaxBoundTTL, k.Life = f.MaxBearerTTL, f.MaxBoundTTL, time.Duration(f.Days)*24*time.Hour
	if f.Seed != "" {
		if k.Seed, err = hex.DecodeString(f.Seed); err != nil {
			return fmt.Errorf("read seed: %w: %w", central.ErrAsked, err)
		}
	}
	if f.Public != "" {
		if k.Public, err = base64.StdEncoding.DecodeString(f.Public); err != nil {
			return fmt.Errorf("read public key: %w: %w", central.ErrAsked, err)
		}
	}
	return d.with(ctx, func(s *central.Central) error { return s.AddKey(ctx, k) })
}

type siteCmd struct {
	Set     siteSetCmd     `cmd:"" help:"Make a community, or change it."`
	Hold    siteHoldCmd    `cmd:"" help:"The property's own hold of a rider, at its site alone, until a time."`
	Release siteReleaseCmd `cmd:"" help:"End a property's own hold."`
	Key     siteKeyCmd     `cmd:"" help:"The property's own keys, for its visitors."`
}

type siteSetCmd struct {
	directory
	Site    uint32 `required:"" placeholder:"N" help:"Its number, 1 to 4294967294."`
	Name    string `required:"" help:"Its name."`
	TZ      string `name:"tz" default:"Asia/Shanghai" placeholder:"ZONE" help:"Its time zone (${default})."`
	Rules   string `type:"existingfile" placeholder:"FILE" help:"Its rules, a JSON object as in the site document; unchanged if left out."`
	Notices string `type:"existingfile" placeholder:"FILE" help:"Its notices, likewise."`
}

// Run sets a site.
func (c siteSetCmd) Run(ctx context.Context, out output) error {
	site := central.Site{Number: c.Site, Name: c.Name, Zone: c.TZ}
	for _, f := range []struct {
		path string
		into *json.RawMessage
	}{{c.Rules, &site.Rules}, {c.Notices, &site.Notices}} {
		if f.path == "" {
			continue
		}
		b, err := os.ReadFile(f.path)
		if err != nil {
			return fmt.Errorf("read site: %w", err)
		}
		*f.into = b
	}
	err := c.with(ctx, func(s *central.Central) error { return s.SetSite(ctx, site) })
	if err != nil {
		return err
	}
	fmt.Fprintf(out.data, "site %d set: %s\n", c.Site, c.Name)
	return nil
}
