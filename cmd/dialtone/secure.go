package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"path/filepath"

	"dialtone/certs"
)

// secure is what TLS needs: who we are, and whom we believe.
type secure struct {
	listeners *tls.Config // nil: none listens by TLS
	outgoing  *tls.Config
	certs     *certs.Certificates
}

// secure makes ready the certificate, where one is needed.
func (c serveCommand) secure(log *slog.Logger) (made secure, err error) {
	made.outgoing = &tls.Config{InsecureSkipVerify: c.TLSNoVerify}
	if c.TLSTrust != "" {
		if made.outgoing.RootCAs, err = believed(c.TLSTrust); err != nil {
			return made, fmt.Errorf("--tls-trust: %w", err)
		}
	}
	if !c.listensByTLS() {
		return made, nil
	}
	names := c.TLSName
	if c.External.IsValid() {
		names = append(names, c.External.String())
	}
	made.certs, err = certs.Open(certs.Config{
		Cert: c.TLSCert, Key: c.TLSKey, Clients: c.TLSClients, Dir: filepath.Join(c.Data, "tls"), Names: names, Log: log,
		ACME: certs.ACME{Domains: c.ACME, Email: c.ACMEEmail, Directory: c.ACMEServer, HTTP: c.ACMEHTTP, Roots: made.outgoing.RootCAs},
	})
	if err != nil {
		return made, fmt.Errorf("TLS: %w", err)
	}
	made.listeners = made.certs.TLS()
	return made, nil
}

func (c serveCommand) listensByTLS() bool {
	if c.HTTPS != "" {
		return true
	}
	for _, l := range c.SIP {
		if l.Transport == "tls" || l.Transport == "wss" {
			return true
		}
	}
	return false
}

// believed are the machine's authorities and those of a file.
func believed(file string) (*x509.CertPool, error) {
	system, err := x509.SystemCertPool()
	if err != nil {
		system = x509.NewCertPool() // there are none on this machine
	}
	return system, certs.AddAuthorities(system, file)
}

// Close ends the renewal of the certificate.
func (s secure) Close() error {
	if s.certs == nil {
		return nil
	}
	return s.certs.Close()
}
