package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"gated/gate"
	"gated/verify/enrolment"
)

// boxKeys are the two keys of a box: the gate's own, which signs its log, and the
// one that lets it into the broker.
type boxKeys struct {
	gate gateKey
	tls  *ecdsa.PrivateKey
}

// makeKeys reads both keys, and makes those that are not there.
func makeKeys(cfg *Config) (*boxKeys, error) {
	g, err := loadGateKey(cfg.Gate.StateDir, cfg.Gate.ID)
	if err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(cfg.MQTT.Key)
	if errors.Is(err, os.ErrNotExist) {
		raw, err = makeTLSKey(cfg.MQTT.Key)
	}
	if err != nil {
		return nil, fmt.Errorf("key for the broker: %w", err)
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, fmt.Errorf("key for the broker: %s is damaged; move it away", cfg.MQTT.Key)
	}
	k, err := x509.ParseECPrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("key for the broker: %s is damaged (%w); move it away", cfg.MQTT.Key, err)
	}
	return &boxKeys{g, k}, nil
}

func makeTLSKey(path string) ([]byte, error) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalECPrivateKey(k)
	if err != nil {
		return nil, err
	}
	raw := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
	return raw, writeWhole(path, raw, 0o600)
}

// request is what the central server is asked.
func (k *boxKeys) request(i *invitation) ([]byte, error) {
	csr, err := enrolment.NewCSR(i.cfg.Gate.ID, k.tls)
	if err != nil {
		return nil, err
	}
	r := enrolment.Request{Gate: i.cfg.Gate.ID, Site: i.cfg.Gate.Site, Key: k.gate.verifier, CSR: csr, Token: i.token}
	return r.Sign(k.gate.signer)
}

// enrolLimit is how long the central server may take.
const enrolLimit = 30 * time.Second

// postRequest sends the request and returns the certificate. The server must show a
// certificate of the authority in the file; its dates are not looked at, because
// a new box does not know the time.
func postRequest(ctx context.Context, i *invitation, request []byte) ([]byte, error) {
	if i.url == "" {
		return nil, errors.New("the file names no address to enrol at: use --request, gate-central gate sign, and --answer")
	}
	ctx, cancel := context.WithTimeout(ctx, enrolLimit)
	defer cancel()
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, i.url+enrolment.Path, bytes.NewReader(request))
	if err != nil || post.URL.Scheme != "https" {
		return nil, fmt.Errorf("%q is not an address to enrol at: %w", i.url, errors.Join(err, errors.New("it must begin with https://")))
	}
	lang := language(i.cfg)
	post.Header.Set("Accept-Language", string(lang))
	roots := x509.NewCertPool()
	roots.AddCert(i.ca)
	client := http.Client{
		Transport: &http.Transport{TLSClientConfig: &tls.Config{
			MinVersion: tls.VersionTLS13, ServerName: enrolment.ServerName, RootCAs: roots, Time: func() time.Time { return i.ca.NotBefore },
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return errors.New("the central server sends boxes elsewhere")
		},
	}
	answer, err := client.Do(post)
	var asking *url.Error
	if errors.As(err, &asking) {
		err = asking.Err // the address stands in the file
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", gate.Text{
			EN: "the central server was not reached, or is not the one of the file; look at the network, then do it again, or use --request",
			ZH: "无法连接中心服务器，或对方不是文件所指的中心；请检查网络后重试，或改用 --request",
		}.In(lang), err)
	}
	defer answer.Body.Close() //nolint:errcheck // it was read
	body, err := io.ReadAll(io.LimitReader(answer.Body, enrolment.MaxBytes))
	if err != nil {
		return nil, fmt.Errorf("read the central server's answer: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", gate.Text{EN: "the central server says", ZH: "中心服务器答复"}.In(lang), strings.ToValidUTF8(strings.TrimSpace(string(body)), "?"))
	}
	return body, nil
}
