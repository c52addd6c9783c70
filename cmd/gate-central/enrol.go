package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"gated/central"
	"gated/gate"
	"gated/verify/enrolment"
)

// enrolLimit bounds one enrolment: whoever is slower has to come again.
const enrolLimit = 20 * time.Second

// enrolling serves boxes that enrol, over HTTPS with a certificate of the
// network's own authority. Stop ends it.
func enrolling(address string, s *central.Central, log *slog.Logger) (at string, stop func(), err error) {
	certificate, err := s.EnrolmentCertificate()
	if err != nil {
		return "", nil, err
	}
	l, err := net.Listen("tcp", address) //nolint:noctx // it is closed by stop
	if err != nil {
		return "", nil, hinted(fmt.Errorf("serve enrolment: %w", err), "another program may have the port; port 0 takes any that is free")
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+enrolment.Path, func(w http.ResponseWriter, r *http.Request) { enrolOne(w, r, s, log) })
	server := &http.Server{
		Handler: mux, ReadHeaderTimeout: enrolLimit, ReadTimeout: enrolLimit, WriteTimeout: enrolLimit, IdleTimeout: enrolLimit,
		MaxHeaderBytes: 8 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{certificate}},
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := server.ServeTLS(l, "", ""); !errors.Is(err, http.ErrServerClosed) {
			log.Error("no box can enrol any more", "err", err)
		}
	}()
	return l.Addr().String(), func() {
		_ = server.Close()
		<-ended
	}, nil
}

// enrolOne answers one request: the certificate, or one sentence in the language
// that was asked for.
func enrolOne(w http.ResponseWriter, r *http.Request, s *central.Central, log *slog.Logger) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, enrolment.MaxBytes))
	if err != nil {
		http.Error(w, "the request is too long, or its end did not come", http.StatusBadRequest)
		return
	}
	// A change that has begun is finished, whoever hangs up: the box asks again.
	id, certificate, err := s.Enrol(context.WithoutCancel(r.Context()), raw)
	var no central.NotEnrolled
	switch {
	case errors.As(err, &no):
		log.Warn("a box was not enrolled", "gate", id, "from", r.RemoteAddr, "why", no.Why.EN)
		http.Error(w, no.Why.In(asked(r)), http.StatusForbidden)
	case err != nil:
		log.Error("a box was not enrolled", "gate", id, "err", err)
		http.Error(w, gate.Text{EN: "the central server is broken; its log says how", ZH: "中心服务器出现故障，详见其日志"}.In(asked(r)), http.StatusInternalServerError)
	default:
		log.Info("a box is enrolled", "gate", id, "from", r.RemoteAddr)
		w.Header().Set("Content-Type", "application/x-pem-file")
		_, _ = w.Write(certificate) // a box that has not had it asks again
	}
}

// asked is the language that a request asks for.
func asked(r *http.Request) gate.Language {
	if strings.HasPrefix(r.Header.Get("Accept-Language"), string(gate.Chinese)) {
		return gate.Chinese
	}
	return gate.English
}
