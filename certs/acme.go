package certs

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/acme"
)

// ACME is an authority that gives certificates to who shows that a domain is theirs: by answering an HTTP request to it
// on port 80 (RFC 8555 §8.3, http-01).
type ACME struct {
	Domains   []string       // all in one certificate; empty: no ACME
	Email     string         // where the authority writes to; may be empty
	Directory string         // URL of the authority; empty: Let's Encrypt
	HTTP      string         // address to listen on for its requests; the world reaches it as port 80 of the domains
	Roots     *x509.CertPool // whom the authority's own certificate is by; nil: whom the machine believes
}

const (
	acmeCert     = "acme.crt"
	acmeKey      = "acme.key"
	acmeAccount  = "acme-account.key"
	firstRetry   = time.Minute // what fails is tried again: authorities limit how often they are asked
	longestRetry = 6 * time.Hour
	acmePatience = 10 * time.Minute // for one certificate
)

// acmeClient gets one certificate for all domains, keeps it in files, and renews it when two thirds of its life are over.
type acmeClient struct {
	config    ACME
	dir       string
	log       *slog.Logger
	directory acme.Client
	shown     atomic.Pointer[tls.Certificate]
	proofs    sync.Map // path of the authority's request → answer
	web       *http.Server
	stop      context.CancelFunc
	tasks     sync.WaitGroup
}

func newACME(c Config) (*acmeClient, error) {
	a := &acmeClient{config: c.ACME, dir: c.Dir, log: c.Log}
	a.directory = acme.Client{DirectoryURL: c.ACME.Directory, UserAgent: "dialtone", HTTPClient: &http.Client{
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{RootCAs: c.ACME.Roots}, IdleConnTimeout: time.Minute},
	}}
	if c.ACME.Directory == "" {
		a.directory.DirectoryURL = acme.LetsEncryptURL
	}
	cert, err := tls.LoadX509KeyPair(filepath.Join(a.dir, acmeCert), filepath.Join(a.dir, acmeKey))
	if err == nil && a.covers(cert.Leaf) {
		a.shown.Store(&cert)
	}
	if a.directory.Key, err = a.account(); err != nil {
		return nil, fmt.Errorf("the account with the authority: %w", err)
	}
	listener, err := net.Listen("tcp", c.ACME.HTTP)
	if err != nil {
		return nil, fmt.Errorf("the authority's requests cannot be answered: %w", err)
	}
	a.web = &http.Server{Handler: http.HandlerFunc(a.prove), ReadHeaderTimeout: 5 * time.Second}
	ctx, cancel := context.WithCancel(context.Background())
	a.stop = cancel
	a.tasks.Go(func() { _ = a.web.Serve(listener) }) // until it is closed
	a.tasks.Go(func() { a.renew(ctx) })
	return a, nil
}

// covers tells whether a certificate is for all domains.
func (a *acmeClient) covers(leaf *x509.Certificate) bool {
	for _, domain := range a.config.Domains {
		if leaf.VerifyHostname(domain) != nil {
			return false
		}
	}
	return true
}

// account is the key by which the authority knows us.
func (a *acmeClient) account() (crypto.Signer, error) {
	name := filepath.Join(a.dir, acmeAccount)
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		key, text, err := newKey()
		if err == nil {
			err = os.WriteFile(name, text, 0o600)
		}
		return key, err
	}
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s has no key", name)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return key.(crypto.Signer), nil // all kinds of PKCS #8 keys sign, or the authority refuses
}

// renew has a certificate for as long as ctx lasts.
func (a *acmeClient) renew(ctx context.Context) {
	retry := firstRetry
	for {
		wait := time.Duration(0)
		if cert := a.shown.Load(); cert != nil {
			wait = time.Until(renewal(cert.Leaf))
		}
		if !sleep(ctx, wait) {
			return
		}
		err := a.obtain(ctx)
		switch {
		case err == nil:
			retry = firstRetry
			a.log.Info("a certificate by ACME", "domains", a.config.Domains, "until", a.shown.Load().Leaf.NotAfter)
		case ctx.Err() != nil:
			return
		default:
			a.log.Error("no certificate by ACME; what is shown stays as it is", "error", err, "again-in", retry)
			if !sleep(ctx, retry) {
				return
			}
			retry = min(2*retry, longestRetry)
		}
	}
}

// renewal is when a certificate is to be renewed.
func renewal(leaf *x509.Certificate) time.Time {
	return leaf.NotAfter.Add(-leaf.NotAfter.Sub(leaf.NotBefore) / 3)
}

// sleep waits; false when ctx has ended.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// obtain gets a new certificate (RFC 8555 §7.4) and keeps it.
func (a *acmeClient) obtain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, acmePatience)
	defer cancel()
	account := &acme.Account{}
	if a.config.Email != "" {
		account.Contact = []string{"mailto:" + a.config.Email}
	}
	if _, err := a.directory.Register(ctx, account, acme.AcceptTOS); err != nil && !errors.Is(err, acme.ErrAccountAlreadyExists) {
		return err
	}
	order, err := a.directory.AuthorizeOrder(ctx, acme.DomainIDs(a.config.Domains...))
	if err != nil {
		return err
	}
	for _, url := range order.AuthzURLs {
		if err := a.authorize(ctx, url); err != nil {
			return err
		}
	}
	if order, err = a.directory.WaitOrder(ctx, order.URI); err != nil {
		return err
	}
	key, keyPEM, err := newKey()
	if err != nil {
		return err
	}
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: a.config.Domains}, key)
	if err != nil {
		return err
	}
	chain, _, err := a.directory.CreateOrderCert(ctx, order.FinalizeURL, request, true)
	if err != nil {
		return err
	}
	var certPEM []byte
	for _, der := range chain {
		certPEM = append(certPEM, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	cert, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return err
	}
	a.shown.Store(&cert)
	return errors.Join(os.WriteFile(filepath.Join(a.dir, acmeKey), keyPEM, 0o600), os.WriteFile(filepath.Join(a.dir, acmeCert), certPEM, 0o644))
}

// authorize shows the authority that a domain is ours.
func (a *acmeClient) authorize(ctx context.Context, url string) error {
	authorization, err := a.directory.GetAuthorization(ctx, url)
	if err != nil || authorization.Status == acme.StatusValid {
		return err
	}
	for _, challenge := range authorization.Challenges {
		if challenge.Type != "http-01" {
			continue
		}
		answer, err := a.directory.HTTP01ChallengeResponse(challenge.Token)
		if err != nil {
			return err
		}
		path := a.directory.HTTP01ChallengePath(challenge.Token)
		a.proofs.Store(path, answer)
		defer a.proofs.Delete(path)
		if _, err := a.directory.Accept(ctx, challenge); err != nil {
			return err
		}
		_, err = a.directory.WaitAuthorization(ctx, url)
		return err
	}
	return fmt.Errorf("%s: the authority offers no proof by HTTP (http-01)", authorization.Identifier.Value)
}

// prove answers the authority's request.
func (a *acmeClient) prove(w http.ResponseWriter, r *http.Request) {
	answer, ok := a.proofs.Load(r.URL.Path)
	if !ok {
		http.NotFound(w, r)
		return
	}
	_, _ = io.WriteString(w, answer.(string)) // who asks and goes away asks again
}

// close ends the renewal.
func (a *acmeClient) close() error {
	a.stop()
	err := a.web.Close()
	a.tasks.Wait()
	a.directory.HTTPClient.CloseIdleConnections()
	return err
}
