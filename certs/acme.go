package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// ACME is an authority that gives certificates to who shows that a domain is theirs: by answering an HTTP request to it
// on port 80 (RFC 8555 §8.3, http-01).
type ACME struct {
	Domains   []string       // empty: no ACME
	Email     string         // where the authority writes to; may be empty
	Directory string         // URL of the authority; empty: Let's Encrypt
	HTTP      string         // address to listen on for its requests; the world reaches it as port 80 of the domains
	Roots     *x509.CertPool // whom the authority's own certificate is by; nil: whom the machine believes
}

// acmeClient gets and renews the certificates.
type acmeClient struct {
	manager *autocert.Manager
	domains []string
	log     *slog.Logger
	web     *http.Server
	ready   atomic.Bool // every domain has had a certificate
	stop    context.CancelFunc
	served  sync.WaitGroup
}

func newACME(c Config) (*acmeClient, error) {
	listener, err := net.Listen("tcp", c.ACME.HTTP)
	if err != nil {
		return nil, fmt.Errorf("the authority's requests cannot be answered: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	a := &acmeClient{
		domains: c.ACME.Domains, log: c.Log, stop: cancel,
		manager: &autocert.Manager{
			Prompt: autocert.AcceptTOS, Cache: autocert.DirCache(filepath.Join(c.Dir, "acme")),
			HostPolicy: autocert.HostWhitelist(c.ACME.Domains...), Email: c.ACME.Email,
			Client: &acme.Client{DirectoryURL: c.ACME.Directory, HTTPClient: &http.Client{
				Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{RootCAs: c.ACME.Roots}}, Timeout: time.Minute,
			}},
		},
	}
	if c.ACME.Directory == "" {
		a.manager.Client.DirectoryURL = autocert.DefaultACMEDirectory
	}
	a.web = &http.Server{Handler: a.manager.HTTPHandler(http.NotFoundHandler()), ReadHeaderTimeout: 5 * time.Second}
	a.served.Go(func() { _ = a.web.Serve(listener) }) // until it is closed
	go a.obtain(ctx)
	return a, nil
}

// obtain gets the first certificate of every domain; renewing them is autocert's. What fails is tried again: after a
// minute, and at last every hour, as authorities limit how often they are asked.
func (a *acmeClient) obtain(ctx context.Context) {
	wait := time.Minute
	for {
		err := a.ask()
		if err == nil {
			a.ready.Store(true)
			a.log.Info("certificates by ACME", "domains", a.domains)
			return
		}
		if ctx.Err() != nil {
			return
		}
		a.log.Error("no certificate by ACME: until there is one the server shows its own", "error", err, "again-in", wait)
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		wait = min(2*wait, time.Hour)
	}
}

func (a *acmeClient) ask() error {
	for _, domain := range a.domains {
		if _, err := a.manager.GetCertificate(modern(domain)); err != nil {
			return fmt.Errorf("%s: %w", domain, err)
		}
	}
	return nil
}

// modern is the greeting of a client that takes the certificates of today: of an elliptic curve.
func modern(domain string) *tls.ClientHelloInfo {
	return &tls.ClientHelloInfo{ServerName: domain, SignatureSchemes: []tls.SignatureScheme{tls.ECDSAWithP256AndSHA256}, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}}
}

// certificate is the one for a client; nil: there is none yet. Who names no domain of ours, as telephones do that call an
// address, is shown the first one's.
func (a *acmeClient) certificate(hello *tls.ClientHelloInfo) *tls.Certificate {
	if !a.ready.Load() {
		return nil
	}
	cert, err := a.manager.GetCertificate(modern(hello.ServerName))
	if err != nil {
		cert, err = a.manager.GetCertificate(modern(a.domains[0]))
	}
	if err != nil {
		return nil
	}
	return cert
}

// close ends the attempts; a request to the authority that is under way ends by itself, within minutes.
func (a *acmeClient) close() error {
	a.stop()
	err := a.web.Close()
	a.served.Wait()
	return err
}
