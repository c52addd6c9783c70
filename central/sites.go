package central

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"gated/verify/document"
	"gated/verify/trust"
)

// siteLife is after how long a site document is issued anew, in seconds: a box
// holds one that is older than two of them for an alarm (PROTOCOL 2.2).
const siteLife = 24 * 3600

// Site is a community to be, or to be changed. The JSON is that of PROTOCOL 2.2.
type Site struct {
	Number  uint32
	Name    string
	Zone    string          // of the IANA database
	Rules   json.RawMessage // nil: those that there are; else all of them
	Notices json.RawMessage // likewise
}

// SetSite makes or changes a site and issues its document. Names in the rules
// that no gate knows are refused: a misspelt rule would be no rule. The error
// wraps ErrAsked or ErrRefused.
func (c *Central) SetSite(ctx context.Context, s Site) error {
	if err := strict(s.Rules, new(trust.RulesJSON)); err != nil {
		return fmt.Errorf("read rules: %w: %w", ErrAsked, err)
	}
	if err := strict(s.Notices, new(map[string]trust.TextJSON)); err != nil {
		return fmt.Errorf("read notices: %w: %w", ErrAsked, err)
	}
	return c.write(ctx, "set site", func(ctx context.Context, t *tx) error {
		err := t.exec(ctx, `INSERT INTO sites VALUES (?, ?, ?, COALESCE(?, '{}'), COALESCE(?, '{}'), 0, 0)
			ON CONFLICT (site) DO UPDATE SET name = excluded.name, tz = excluded.tz, rules = COALESCE(?, rules), notices = COALESCE(?, notices)`,
			s.Number, s.Name, s.Zone, nullable(string(s.Rules)), nullable(string(s.Notices)), nullable(string(s.Rules)), nullable(string(s.Notices)))
		if err != nil {
			return err
		}
		return t.issueSite(ctx, s.Number)
	})
}

// strict reads JSON into v and refuses unknown names. Nothing at all is fine.
func strict(raw []byte, v any) error {
	if raw == nil {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if d.More() {
		return errors.New("more than one JSON value")
	}
	return nil
}

// issueSite signs and puts out the document of one site.
func (t *tx) issueSite(ctx context.Context, site uint32) error {
	doc, err := t.siteDocument(ctx, site)
	if err != nil {
		return fmt.Errorf("issue document of site %d: %w", site, err)
	}
	signer, err := t.signerOf(ctx, trust.RoleSite)
	if err != nil {
		return err
	}
	raw, err := document.Sign(document.Site, doc, signer)
	if err != nil {
		return fmt.Errorf("issue document of site %d: %w", site, err)
	}
	list, err := t.inForce(ctx)
	if err != nil {
		return err
	}
	if err := checkSite(raw, site, list); err != nil {
		return err
	}
	if err := t.exec(ctx, "UPDATE sites SET version = ?, issued_at = ? WHERE site = ?", doc.Version, doc.IssuedAt, site); err != nil {
		return fmt.Errorf("issue document of site %d: %w", site, err)
	}
	return t.put(ctx, rankSite, topicSite(site), raw)
}

func (t *tx) siteDocument(ctx context.Context, site uint32) (trust.SiteJSON, error) {
	doc := trust.SiteJSON{Site: site}
	var rules, notices string
	err := t.QueryRowContext(ctx, "SELECT epoch, version + 1, name, tz, rules, notices FROM sites, network WHERE site = ?", site).
		Scan(&doc.Epoch, &doc.Version, &doc.Name, &doc.Zone, &rules, &notices)
	if errors.Is(err, sql.ErrNoRows) {
		return doc, ErrNoSite
	}
	if err != nil {
		return doc, err
	}
	doc.IssuedAt = t.at
	if err := json.Unmarshal([]byte(rules), &doc.Rules); err != nil {
		return doc, fmt.Errorf("read rules: %w", err)
	}
	if err := json.Unmarshal([]byte(notices), &doc.Notices); err != nil {
		return doc, fmt.Errorf("read notices: %w", err)
	}
	err = t.each(ctx, "SELECT id, tag, key FROM gates WHERE site = ? AND key <> '' ORDER BY tag", func(scan func(...any) error) error {
		var g trust.GateJSON
		err := scan(&g.ID, &g.Tag, &g.Key)
		doc.Gates = append(doc.Gates, g)
		return err
	}, site)
	if err != nil {
		return doc, err
	}
	if doc.Keys, err = t.keysOf(ctx, "site = ?", site); err != nil {
		return doc, err
	}
	doc.Held, err = t.holdsOf(ctx, site)
	return doc, err
}

// checkSite puts a site document through the gate's own checks.
func checkSite(raw []byte, site uint32, list *trust.List) error {
	d, err := document.Parse(raw)
	if err != nil {
		return fmt.Errorf("check document of site %d: %w: %w", site, ErrRefused, err)
	}
	s, err := trust.AcceptSite(d, site, list, nil)
	if err != nil {
		return fmt.Errorf("check document of site %d: %w: %w", site, ErrRefused, err)
	}
	if len(s.Alarms) > 0 {
		return fmt.Errorf("check document of site %d: %w: %s", site, ErrRefused, english(s.Alarms))
	}
	return nil
}

// issueSites issues the documents of all sites.
func (t *tx) issueSites(ctx context.Context) error {
	sites, err := t.numbers(ctx, "SELECT site FROM sites ORDER BY site")
	if err != nil {
		return fmt.Errorf("read sites: %w", err)
	}
	for _, site := range sites {
		if err := t.issueSite(ctx, uint32(site)); err != nil { //nolint:gosec // it was one when it was kept
			return err
		}
	}
	return nil
}

// renewSites issues anew the documents that have reached their age.
func (t *tx) renewSites(ctx context.Context) error {
	var due []uint32
	err := t.each(ctx, "SELECT site FROM sites WHERE issued_at <= ? ORDER BY site", func(scan func(...any) error) error {
		var site uint32
		err := scan(&site)
		due = append(due, site)
		return err
	}, t.at-siteLife)
	if err != nil {
		return fmt.Errorf("renew site documents: %w", err)
	}
	for _, site := range due {
		if err := t.issueSite(ctx, site); err != nil {
			return err
		}
	}
	return nil
}
