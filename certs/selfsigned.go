package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"time"
)

const (
	ownCert = "selfsigned.crt"
	ownKey  = "selfsigned.key"
	// ownYears is how long the server's own certificate lasts. Telephones are told to believe it by hand, once.
	ownYears = 10
)

// selfSigned is the server's own certificate in dir: the one that is there, or a new one when there is none or its time
// is over.
func selfSigned(dir string, names []string, now time.Time) (*tls.Certificate, error) {
	certFile, keyFile := filepath.Join(dir, ownCert), filepath.Join(dir, ownKey)
	cert, err := tls.LoadX509KeyPair(certFile, keyFile)
	switch {
	case err == nil && now.Before(cert.Leaf.NotAfter.AddDate(0, -1, 0)):
		return &cert, nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("the server's own certificate in %s: %w (remove both files, and a new one is made)", dir, err)
	}
	certPEM, keyPEM, err := makeCertificate(names, now)
	if err != nil {
		return nil, fmt.Errorf("a certificate cannot be made: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(keyFile, keyPEM, 0o600); err != nil {
		return nil, err
	}
	if err := os.WriteFile(certFile, certPEM, 0o644); err != nil {
		return nil, err
	}
	cert, err = tls.X509KeyPair(certPEM, keyPEM)
	return &cert, err
}

// makeCertificate makes a certificate for names and the machine's own, as PEM.
func makeCertificate(names []string, now time.Time) (cert, key []byte, err error) {
	private, key, err := newKey()
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "dialtone"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(ownYears, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true, // so that it can be believed as its own authority
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, name := range append(names, machineNames()...) {
		if addr, err := netip.ParseAddr(name); err == nil {
			template.IPAddresses = append(template.IPAddresses, net.IP(addr.WithZone("").AsSlice()))
			name = addr.WithZone("").String() // and as a name: telephones with an older Mbed TLS, as linphone 5.1, look for it there
		}
		if !slices.Contains(template.DNSNames, name) {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	template.Subject.CommonName = template.DNSNames[0]
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), key, nil
}

// newKey makes a key, and its PEM.
func newKey() (*ecdsa.PrivateKey, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), err
}

// machineNames are the machine's host name and addresses, by which telephones in the house call it.
func machineNames() []string {
	var names []string
	if name, err := os.Hostname(); err == nil && name != "" {
		names = append(names, name)
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return append(names, "127.0.0.1", "::1")
	}
	for _, a := range addrs {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil && !prefix.Addr().IsLinkLocalUnicast() {
			names = append(names, prefix.Addr().String())
		}
	}
	return names
}
