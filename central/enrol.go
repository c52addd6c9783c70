package central

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"gated/gate"
	"gated/verify/document"
	"gated/verify/enrolment"
)

// NotEnrolled is why a box is not enrolled. Whoever stands in front of it reads it, so it is a
// sentence in both languages.
type NotEnrolled struct{ Why gate.Text }

// Error is the English sentence.
func (e NotEnrolled) Error() string { return e.Why.EN }

// The refusals of Enrol.
var (
	errNotRead = NotEnrolled{gate.Text{
		EN: "the request cannot be read, or is not signed with its own keys; run gated enrol again, with a newer gated if need be",
		ZH: "请求无法读取，或没有用它自己的密钥签名；请重新运行 gated enrol，必要时先升级 gated",
	}}
	errNoToken = NotEnrolled{gate.Text{
		EN: "the token in the file is not known here, or a newer file was written for the gate; ask the central server's operator for a new file",
		ZH: "文件里的一次性口令在本中心无效，或者已为该门生成了更新的文件；请向中心运营方索取新文件",
	}}
	errSpent = NotEnrolled{gate.Text{
		EN: "the token in the file is spent: another box was enrolled with it; ask the central server's operator for a new file",
		ZH: "文件里的一次性口令已被另一台设备用过；请向中心运营方索取新文件",
	}}
	errEnded = NotEnrolled{gate.Text{
		EN: "the token in the file has expired; ask the central server's operator for a new file",
		ZH: "文件里的一次性口令已过期；请向中心运营方索取新文件",
	}}
	errOtherGate = NotEnrolled{gate.Text{
		EN: "the token in the file is for another gate or community; use the file as it was written",
		ZH: "文件里的一次性口令属于另一扇门或另一小区；请使用原始文件，不要改动编号",
	}}
)

// errOtherBox: the invitation was made for a gate without a box, and it has one.
var errOtherBox = NotEnrolled{gate.Text{
	EN: "the gate has another box meanwhile; if this one takes its place, ask the central server's operator for a file made with --replace",
	ZH: "该门已有另一台设备；如果要用本机替换，请向中心运营方索取用 --replace 生成的文件",
}}

// Invitation lets one box become a gate.
type Invitation struct {
	Gate     string
	Site     uint32
	Replaces bool          // another box was this gate: its key and log are retired with the enrolment
	Life     time.Duration // for which the token is good
}

// Invite makes a token for one box, of which only the hash is kept. An earlier
// one for the same gate that was not used is void. The error wraps ErrAsked,
// ErrNoSite or ErrTaken.
func (c *Central) Invite(ctx context.Context, i Invitation) (token []byte, err error) {
	if err := checkGateID(i.Gate); err != nil {
		return nil, err
	}
	if i.Life < time.Minute {
		return nil, fmt.Errorf("a token that is good for %v: %w", i.Life, ErrAsked)
	}
	token = make([]byte, enrolment.TokenBytes)
	_, _ = rand.Read(token) // never fails
	hash := sha256.Sum256(token)
	err = c.write(ctx, "invite gate", func(ctx context.Context, t *tx) error {
		if err := t.need(ctx, ErrNoSite, fmt.Sprintf("site %d", i.Site), "SELECT 1 FROM sites WHERE site = ?", i.Site); err != nil {
			return err
		}
		if _, err := t.tagFor(ctx, i.Gate, i.Site); err != nil {
			return err
		}
		there, err := t.exists(ctx, "SELECT 1 FROM gates WHERE id = ? AND key <> ''", i.Gate)
		if err == nil && there && !i.Replaces {
			err = fmt.Errorf("gate %s has a box: %w", i.Gate, ErrHasBox)
		}
		if err != nil {
			return err
		}
		if err := t.exec(ctx, "DELETE FROM invitations WHERE gate = ? AND used IS NULL", i.Gate); err != nil {
			return err
		}
		return t.exec(ctx, "INSERT INTO invitations VALUES (?, ?, ?, ?, ?, NULL, NULL)", hash[:], i.Gate, i.Site, t.at+int64(i.Life/time.Second), i.Replaces)
	})
	return token, err
}

// Enrol takes a box's request in: the gate is registered with its key, the site
// document lists it, and the certificate of its connection to the broker, PEM, is
// returned with its id, all in one change. The same two keys may ask again with
// the same token, and get the same certificate; any other keys are refused. The
// error is a NotEnrolled if the box is at fault.
func (c *Central) Enrol(ctx context.Context, raw []byte) (id string, certificate []byte, err error) {
	r, csr, err := enrolment.Parse(raw)
	if errors.Is(err, document.ErrMalformed) || errors.Is(err, document.ErrUnsigned) {
		return "", nil, errNotRead
	}
	if err != nil {
		return "", nil, err
	}
	err = c.write(ctx, "enrol gate", func(ctx context.Context, t *tx) error {
		certificate, err = t.enrol(ctx, r, csr)
		return err
	})
	return r.Gate, certificate, err
}

func (t *tx) enrol(ctx context.Context, r enrolment.Request, csr *x509.CertificateRequest) ([]byte, error) {
	hash, same := sha256.Sum256(r.Token), r.Same(csr)
	var gateID string
	var site uint32
	var ends int64
	var replaces bool
	var used, answer []byte
	found, err := oneRow(t.QueryRowContext(ctx, "SELECT gate, site, ends_at, replaces, used, certificate FROM invitations WHERE token = ?", hash[:]).
		Scan(&gateID, &site, &ends, &replaces, &used, &answer))
	switch {
	case err != nil:
		return nil, err
	case !found:
		return nil, errNoToken
	case used != nil && string(used) == string(same[:]):
		return answer, nil
	case used != nil:
		return nil, errSpent
	case t.at >= ends:
		return nil, errEnded
	case gateID != r.Gate || site != r.Site:
		return nil, errOtherGate
	}
	if err := t.retire(ctx, r.Gate, r.Key, replaces); err != nil {
		return nil, err
	}
	if _, err := t.addGate(ctx, r.Gate, r.Site, r.Key); err != nil {
		return nil, err
	}
	if answer, err = t.certify(ctx, r.Gate, csr.PublicKey); err != nil {
		return nil, err
	}
	return answer, t.exec(ctx, "UPDATE invitations SET used = ?, certificate = ? WHERE token = ?", same[:], answer, hash[:])
}

// retire ends what the box before was: its certificates are withdrawn, and if the
// new one has another key, the old key and its logs are the past of this gate,
// about which there is no alarm any more.
func (t *tx) retire(ctx context.Context, id, key string, replaces bool) error {
	var before string
	found, err := oneRow(t.QueryRowContext(ctx, "SELECT key FROM gates WHERE id = ?", id).Scan(&before))
	if err != nil || !found {
		return err
	}
	if before != "" && before != key && !replaces {
		return errOtherBox
	}
	if err := t.withdraw(ctx, id); err != nil || before == key {
		return err
	}
	if before != "" {
		if err := t.exec(ctx, "INSERT OR IGNORE INTO retired_keys VALUES (?, ?, ?)", id, before, t.at); err != nil {
			return err
		}
	}
	if err := t.exec(ctx, "UPDATE logs SET retired = 1, waiting = NULL WHERE gate = ?", id); err != nil {
		return err
	}
	return t.exec(ctx, "UPDATE alarms SET ended_at = ? WHERE gate = ? AND kind = ? AND ended_at IS NULL", t.at, id, AlarmGap)
}
