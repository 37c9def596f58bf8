package certs

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.DiscardHandler)

// shown is the certificate that a client of a listener sees.
func shown(t *testing.T, c *tls.Config, client *tls.Config) (*x509.Certificate, error) {
	t.Helper()
	ours, theirs := net.Pipe()
	defer ours.Close()
	defer theirs.Close()
	deadline := time.Now().Add(10 * time.Second)
	ours.SetDeadline(deadline)
	theirs.SetDeadline(deadline)
	served := make(chan error, 1)
	go func() {
		server := tls.Server(ours, c)
		err := server.Handshake()
		if err == nil {
			_, err = server.Write([]byte("!")) // the client's certificate is judged after its own handshake
		}
		served <- err
	}()
	conn := tls.Client(theirs, client)
	err := conn.Handshake()
	if err == nil {
		_, err = conn.Read(make([]byte, 1))
	}
	theirs.Close()
	<-served
	if err != nil {
		return nil, err
	}
	return conn.ConnectionState().PeerCertificates[0], nil
}

func trusting(t *testing.T, pem []byte, name string) *tls.Config {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatal("no certificate")
	}
	return &tls.Config{RootCAs: pool, ServerName: name}
}

func TestOwnCertificateIsMadeOnceAndKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tls")
	config := Config{Dir: dir, Names: []string{"pbx.example.com", "203.0.113.7", "2001:db8::7"}, Log: quiet}
	c, err := Open(config)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	text, err := os.ReadFile(filepath.Join(dir, ownCert))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pbx.example.com", "203.0.113.7", "2001:db8::7", "127.0.0.1"} {
		if _, err := shown(t, c.TLS(), trusting(t, text, name)); err != nil {
			t.Errorf("a client that believes it and calls %s: %v", name, err)
		}
	}
	if _, err := shown(t, c.TLS(), trusting(t, text, "elsewhere.example.com")); err == nil {
		t.Error("it stands for a name that it does not have")
	}
	info, err := os.Stat(filepath.Join(dir, ownKey))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key can be read by others: %v, %v", info.Mode(), err)
	}
	again, err := Open(config)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if _, err := shown(t, again.TLS(), trusting(t, text, "pbx.example.com")); err != nil {
		t.Errorf("after a restart it is another one: %v", err)
	}
}

func TestOwnCertificateIsReplacedBeforeItsEnd(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	if _, err := selfSigned(dir, nil, now.AddDate(-ownYears, 0, 20)); err != nil {
		t.Fatal(err)
	}
	cert, err := selfSigned(dir, nil, now)
	if err != nil {
		t.Fatal(err)
	}
	if cert.Leaf.NotAfter.Before(now.AddDate(ownYears-1, 0, 0)) {
		t.Errorf("it ends on %v", cert.Leaf.NotAfter)
	}
	if err := os.WriteFile(filepath.Join(dir, ownKey), []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := selfSigned(dir, nil, now); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("a broken key: %v, want an error that names the place", err)
	}
}

func TestFilesAreReadAgain(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write := func(name string) []byte {
		t.Helper()
		certPEM, keyPEM, err := makeCertificate([]string{name}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		for file, text := range map[string][]byte{cert: certPEM, key: keyPEM} {
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
			os.Chtimes(file, time.Now(), time.Now().Add(time.Duration(len(name))*time.Second))
		}
		return certPEM
	}
	write("a.example.com")
	var log bytes.Buffer
	f := &files{cert: cert, key: key, log: slog.New(slog.NewTextHandler(&log, nil))}
	if err := f.read(); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	want := func(why, name string) {
		t.Helper()
		now = now.Add(2 * time.Second)
		if got := f.current(now).Leaf.Subject.CommonName; got != name {
			t.Errorf("%s: %s is shown, want %s", why, got, name)
		}
	}
	want("unchanged", "a.example.com")
	write("bb.example.com")
	want("changed", "bb.example.com")
	if err := os.WriteFile(key, []byte("half a fi"), 0o600); err != nil {
		t.Fatal(err)
	}
	want("a broken file leaves the one before in force", "bb.example.com")
	want("still", "bb.example.com")
	if n := strings.Count(log.String(), "stays in force"); n != 1 {
		t.Errorf("%d lines about it, want 1:\n%s", n, log.String())
	}
	write("ccc.example.com")
	want("mended", "ccc.example.com")
}

func TestClientsMustShowACertificate(t *testing.T) {
	dir := t.TempDir()
	clientPEM, clientKey, err := makeCertificate([]string{"phone"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	authorities := filepath.Join(dir, "clients.pem")
	if err := os.WriteFile(authorities, clientPEM, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Open(Config{Dir: dir, Clients: authorities, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	text, err := os.ReadFile(filepath.Join(dir, ownCert))
	if err != nil {
		t.Fatal(err)
	}
	without := trusting(t, text, "127.0.0.1")
	if _, err := shown(t, c.TLS(), without); err == nil {
		t.Error("without a certificate: let in")
	}
	with := without.Clone()
	pair, err := tls.X509KeyPair(clientPEM, clientKey)
	if err != nil {
		t.Fatal(err)
	}
	with.Certificates = []tls.Certificate{pair}
	if _, err := shown(t, c.TLS(), with); err != nil {
		t.Errorf("with one: %v", err)
	}
}

func TestRenewalIsAtTwoThirds(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	leaf := &x509.Certificate{NotBefore: start, NotAfter: start.AddDate(0, 0, 90)}
	if got := renewal(leaf); !got.Equal(start.AddDate(0, 0, 60)) {
		t.Errorf("renewed on %v, want after 60 of 90 days", got)
	}
}

func TestWhatCannotBeUsedIsNamed(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		config Config
		want   string
	}{
		"no key":            {Config{Cert: "a.pem"}, "needs its key"},
		"absent":            {Config{Cert: filepath.Join(dir, "absent.pem"), Key: empty}, "absent.pem"},
		"empty":             {Config{Cert: empty, Key: empty}, "empty.pem"},
		"empty authorities": {Config{Clients: empty}, "empty.pem has no certificate"},
		"files and ACME":    {Config{Cert: empty, Key: empty, ACME: ACME{Domains: []string{"a"}}}, "not both"},
	} {
		tt.config.Dir, tt.config.Log = dir, quiet
		if c, err := Open(tt.config); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, %v; want %q", name, c, err, tt.want)
		}
	}
}
