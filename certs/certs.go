// Package certs is how the server proves who it is, by TLS: with the owner's own files, with a certificate that an
// authority gives and renews by ACME (RFC 8555), or, where there is neither, with one that the server signs itself, makes
// on first use and keeps.
//
//	Open(Config) ──► Certificates ──► TLS: a *tls.Config for listeners
//
// A handshake never waits for a disk or an authority: what is to be shown is in memory. Files that have changed are read
// again, within a second of a handshake; files that cannot be used leave the certificate before them in force.
package certs

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"
)

// Config is where certificates come from.
type Config struct {
	Cert, Key string   // PEM files, both or neither; the chain, the leaf first
	Clients   string   // PEM file of authorities: who connects must show a certificate of one of them; empty: none is asked for
	Dir       string   // where certificates of the server's own making and of ACME are kept
	Names     []string // host names and addresses in the server's own certificate, besides the machine's
	ACME      ACME
	Log       *slog.Logger
}

// Certificates are the server's; Close ends what renews them.
type Certificates struct {
	tls  *tls.Config
	acme *acmeClient // nil: none
}

// Open makes ready what Config asks for. An error names the file.
func Open(c Config) (*Certificates, error) {
	if (c.Cert == "") != (c.Key == "") {
		return nil, errors.New("a certificate needs its key: give both files")
	}
	if c.Cert != "" && len(c.ACME.Domains) > 0 {
		return nil, errors.New("a certificate is read from files or had by ACME, not both")
	}
	made := &Certificates{tls: &tls.Config{MinVersion: tls.VersionTLS12}}
	if c.Clients != "" {
		pool := x509.NewCertPool()
		if err := AddAuthorities(pool, c.Clients); err != nil {
			return nil, err
		}
		made.tls.ClientCAs, made.tls.ClientAuth = pool, tls.RequireAndVerifyClientCert
	}
	if c.Cert != "" {
		files := &files{cert: c.Cert, key: c.Key, log: c.Log}
		if err := files.read(); err != nil {
			return nil, err
		}
		made.tls.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return files.current(time.Now()), nil }
		return made, nil
	}
	own, err := selfSigned(c.Dir, append(c.Names, c.ACME.Domains...), time.Now())
	if err != nil {
		return nil, err
	}
	made.tls.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return own, nil }
	if len(c.ACME.Domains) > 0 {
		if made.acme, err = newACME(c); err != nil {
			return nil, err
		}
		made.tls.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			if cert := made.acme.shown.Load(); cert != nil {
				return cert, nil
			}
			return own, nil // until the authority has given one
		}
	}
	return made, nil
}

// TLS is for listeners. It must not be changed.
func (c *Certificates) TLS() *tls.Config { return c.tls }

// Close ends the renewal.
func (c *Certificates) Close() error {
	if c.acme == nil {
		return nil
	}
	return c.acme.close()
}

// AddAuthorities puts the authorities of a PEM file into pool.
func AddAuthorities(pool *x509.CertPool, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("the authorities cannot be read: %w", err)
	}
	if !pool.AppendCertsFromPEM(text) {
		return fmt.Errorf("%s has no certificate in PEM (it begins with -----BEGIN CERTIFICATE-----)", file)
	}
	return nil
}
