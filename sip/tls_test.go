package sip_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"dialtone/sip"
)

// identity is a certificate of the server at 192.0.2.1, which is also called sip.example.com, and who believes it.
var identity = sync.OnceValues(func() (server, telephone *tls.Config) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sip.example.com"}, DNSNames: []string{"sip.example.com"},
		IPAddresses: []net.IP{net.IPv4(192, 0, 2, 1)}, NotBefore: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter: time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	certificate := tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	return &tls.Config{Certificates: []tls.Certificate{certificate}}, &tls.Config{RootCAs: roots}
})

// secure is a room whose server listens on udp, tls, ws and wss, too.
func secure(t *testing.T, config sip.Config, test func(r *room)) {
	t.Helper()
	for _, text := range []string{"udp:0.0.0.0:5060", "tls:0.0.0.0:5061", "ws:0.0.0.0:80", "wss:0.0.0.0:443"} {
		config.Listen = append(config.Listen, listener(text))
	}
	server, telephone := identity()
	config.TLS, config.Outgoing = server, telephone
	converse(t, config, test)
}

// secureTelephone is a telephone that believes what config does.
func (r *room) secureTelephone(config *tls.Config) *sip.Server {
	r.Helper()
	s, err := sip.New(sip.Config{
		Network: r.wire.Host("192.0.2.30"), Outgoing: config,
		Incoming: func(l *sip.Leg) { l.SetNegotiator(&media{}); l.Answer() }, Trunks: everybody{},
	})
	if err != nil {
		r.Fatal(err)
	}
	go s.Serve(context.Background())
	r.Cleanup(func() { s.Shutdown(context.Background()) })
	return s
}

// A telephone registers over TLS, calls and is called, all over the one connection that it has opened.
func TestTelephoneOverTLS(t *testing.T) {
	kept := &bindings{}
	secure(t, sip.Config{Accounts: phones, Bindings: kept}, func(r *room) {
		_, trust := identity()
		phone := r.secureTelephone(trust)
		if _, err := phone.RegisterWith(context.Background(), "sip:1000@192.0.2.1;transport=tls", "1000", "secret", 5*time.Minute); err != nil {
			r.Fatal(err)
		}
		list := kept.all["1000"]
		if len(list) != 1 || list[0].Source.Transport != "tls" || !strings.Contains(list[0].Contact, ";transport=tls") {
			r.Fatalf("bindings %+v", list)
		}
		leg, err := phone.Dial(context.Background(), sip.Target{URI: "sips:8899@192.0.2.1", User: "1000", Password: "secret"}, &media{})
		if err != nil {
			r.Fatal(err)
		}
		if _, ok := r.event(leg).(sip.AnsweredEvent); !ok {
			r.Fatal("the telephone's call is not answered")
		}
		theirs := r.leg()
		if target := theirs.Dialog().LocalTarget; target != "sips:8899@192.0.2.1:5061;transport=tls" {
			r.Errorf("RFC 3261 §12.1.1: the Contact of a call to a sips URI is one: %s", target)
		}
		leg.Hangup(16)
		r.ended(leg)
		r.ended(theirs)
		targets := r.server.Contacts("1000")
		if len(targets) != 1 {
			r.Fatalf("contacts %+v", targets)
		}
		leg, err = r.server.Dial(context.Background(), targets[0], &media{})
		if err != nil {
			r.Fatal(err)
		}
		if _, ok := r.event(leg).(sip.AnsweredEvent); !ok {
			r.Fatal("the call to the telephone is not answered")
		}
		leg.Hangup(16)
		r.ended(leg)
		if n := r.wire.Dialled(); n != 1 {
			r.Errorf("%d connections, want the one of the telephone (RFC 5923)", n)
		}
	})
}

func TestServerThatCannotProveItsNameIsNotCalled(t *testing.T) {
	_, trust := identity()
	for name, tt := range map[string]struct {
		config *tls.Config
		uri    string
		want   string
	}{
		"unknown authority": {&tls.Config{RootCAs: x509.NewCertPool()}, "sips:8899@192.0.2.1", "unknown authority"},
		"another address":   {trust, "sips:8899@192.0.2.2", "valid for"},
	} {
		t.Run(name, func(t *testing.T) {
			secure(t, sip.Config{}, func(r *room) {
				r.wire.Alias("192.0.2.2", "192.0.2.1")
				_, err := r.secureTelephone(tt.config).Dial(context.Background(), sip.Target{URI: tt.uri}, &media{})
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					r.Errorf("got %v, want %q", err, tt.want)
				}
				synctest.Wait()
				if r.calls() != 0 {
					r.Error("the call arrived")
				}
			})
		})
	}
}

// What is opened and says nothing is closed in time, and holds up nobody (attacks that open connections).
func TestSilentConnectionsEnd(t *testing.T) {
	for port, within := range map[string]time.Duration{"5061": 5 * time.Second, "443": 5 * time.Second, "80": 5 * time.Second, "5060": 10 * time.Second} {
		t.Run(port, func(t *testing.T) {
			secure(t, sip.Config{Listen: []sip.Listener{listener("tcp:0.0.0.0:5060")}}, func(r *room) {
				conn := r.connect("192.0.2.4", "192.0.2.1:"+port)
				start := time.Now()
				conn.SetReadDeadline(start.Add(time.Minute))
				if n, err := conn.Read(make([]byte, 100)); n != 0 || err == nil {
					r.Fatalf("read %d bytes", n)
				}
				if took := time.Since(start); took != within {
					r.Errorf("closed after %v, want %v", took, within)
				}
			})
		})
	}
}

func TestConnectionsOfOneSourceAreLimited(t *testing.T) {
	secure(t, sip.Config{}, func(r *room) {
		for range 256 {
			r.connect("192.0.2.4", "192.0.2.1:5061")
			synctest.Wait()
		}
		refused := r.connect("192.0.2.4", "192.0.2.1:80")
		if _, err := refused.Read(make([]byte, 1)); err == nil {
			r.Error("the 257th connection is open")
		}
		if n := r.server.Counts().Refused; n != 1 {
			r.Errorf("%d refused, want 1", n)
		}
		start := time.Now()
		_, trust := identity()
		if _, err := r.secureTelephone(trust).Dial(context.Background(), sip.Target{URI: "sips:8899@192.0.2.1"}, &media{}); err != nil || time.Since(start) != 0 {
			r.Errorf("another source: %v after %v", err, time.Since(start))
		}
	})
}

// connect opens a connection to the server.
func (r *room) connect(from, to string) net.Conn {
	r.Helper()
	conn, err := r.wire.Host(from).Dial(context.Background(), listener("tcp:"+to).Addr)
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { conn.Close() })
	return conn
}

// certified is a trunk whose connections show a certificate.
type certified struct{ trunks }

func (certified) Match(a sip.Arrival) (sip.Trunk, bool) {
	return sip.Trunk{Name: "sbc"}, slices.Contains(a.Proven, "sip.example.com")
}

// A carrier is known by the certificate that its connection has shown, from whatever address it comes, and not by one that it
// does not show.
func TestCarrierIsKnownByItsCertificate(t *testing.T) {
	server, trust := identity()
	asking := server.Clone()
	asking.ClientCAs, asking.ClientAuth = trust.RootCAs, tls.VerifyClientCertIfGiven
	showing := trust.Clone()
	showing.Certificates = server.Certificates
	converse(t, sip.Config{Listen: []sip.Listener{listener("udp:0.0.0.0:5060"), listener("tls:0.0.0.0:5061")}, TLS: asking, Trunks: certified{}, Accounts: phones}, func(r *room) {
		for _, tt := range []struct {
			config *tls.Config
			status int // 0: answered
		}{{showing, 0}, {trust, 401}} {
			leg, err := r.secureTelephone(tt.config).Dial(context.Background(), sip.Target{URI: "sip:8899@192.0.2.1;transport=tls", From: "sip:+33123456789@sbc.example"}, &media{})
			if err != nil {
				r.Fatal(err)
			}
			if tt.status != 0 {
				if e := r.ended(leg); e.Status != tt.status {
					r.Errorf("ended %+v, want %d", e, tt.status)
				}
				continue
			}
			if e, ok := r.event(leg).(sip.AnsweredEvent); !ok {
				r.Fatalf("got %+v, want an answer", e)
			}
			if theirs := r.leg(); theirs.Trunk() != "sbc" {
				r.Errorf("trunk %q", theirs.Trunk())
			}
			leg.Hangup(16)
			r.ended(leg)
		}
	})
}
