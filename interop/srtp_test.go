package interop

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A telephone that takes nothing but encrypted audio, over TLS, and one that has none talk with each other, whoever calls.
func TestBaresipEncrypts(t *testing.T) {
	t.Parallel()
	s, secure := startSecure(t)
	const anna, bob = 440.0, 700.0
	believes := []string{"module srtp.so", "sip_verify_server yes", "sip_cafile " + filepath.Join(s.data, "tls", "selfsigned.crt")}
	a := s.baresipAt("1000;mediaenc=srtp-mand", secure+";transport=tls", anna, believes...)
	b := s.baresip("1001", bob)
	live := func() string { return s.mustDialtone("calls", "--data", s.data, "--json") }
	for _, call := range []struct {
		from, to *baresip
		target   string
	}{{a, b, "sip:1001@" + secure + ";transport=tls"}, {b, a, "sip:1000@" + s.sip}} {
		a.events.Reset()
		b.events.Reset()
		call.from.do("dial", call.target)
		call.to.tells("CALL_INCOMING")
		call.to.do("accept", "")
		call.from.tells("CALL_ESTABLISHED")
		call.to.tells("CALL_ESTABLISHED")
		time.Sleep(1500 * time.Millisecond) // of talk
		call.from.do("hangup", "")
		eventually(t, "no call is left", 10*time.Second, func() bool { return strings.TrimSpace(live()) == "[]" })
	}
	if n := toneIn(b.heard(), anna); n < 4 {
		t.Errorf("who has none heard the other for %d half seconds, in two calls", n)
	}
	if n := toneIn(a.heard(), bob); n < 4 {
		t.Errorf("who encrypts heard the other for %d half seconds, in two calls", n)
	}
}
