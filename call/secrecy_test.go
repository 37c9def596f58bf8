package call_test

import (
	"crypto/tls"
	"testing"

	"dialtone/call/softphone"
	"dialtone/dtmf"
	"dialtone/sip"
)

// secret registers a phone that signals by TLS, whoever the server is.
func (l *lab) secret(number string, secrecy sip.Secrecy) *desk {
	l.t.Helper()
	return l.register(softphone.Config{
		Server: l.at("tls:").String(), User: number, Password: password, Way: dtmf.Event,
		TLS: &tls.Config{InsecureSkipVerify: true}, Secrecy: secrecy,
	})
}

// Between a phone that encrypts and one that cannot each side has what it can; a hold in between changes nothing of it.
func TestEncryptedAudio(t *testing.T) {
	l := newLab(t, labConfig{plan: bridgePlan, secrecy: sip.Optional})
	secret, plain := l.secret("1001", sip.Required), l.desk("1002")
	for _, outgoing := range []bool{false, true} {
		from, to, number := plain, secret, "1001"
		if outgoing {
			from, to, number = secret, plain, "1002"
		}
		a := l.call(from.Phone, number)
		b := to.answer()
		l.await(a, softphone.Answered)
		l.talk(a, b)
		l.linked(a, b)
		for _, c := range []*softphone.Call{a, b} {
			want := c == b
			if outgoing {
				want = c == a
			}
			if got := c.Stats().Encrypted; got != want {
				t.Errorf("outgoing %v: encrypted %v, want %v", outgoing, got, want)
			}
			for _, on := range []bool{true, false} {
				if err := c.Hold(t.Context(), on); err != nil {
					t.Errorf("hold %v: %v", on, err)
				}
			}
		}
		l.linked(a, b)
		a.Hangup()
		l.end(a)
		l.end(b)
	}
}

// Where encryption is wanted and cannot be had there is no call; where signalling is in clear it is not wanted.
func TestEncryptionThatCannotBeHad(t *testing.T) {
	for _, tt := range []struct {
		server, phone sip.Secrecy
		status        int // 0: the call is answered
		encrypted     bool
	}{
		{sip.Clear, sip.Required, 488, false},
		{sip.Required, sip.Clear, 488, false},
		{sip.Clear, sip.Optional, 0, false},
		{sip.Optional, sip.Clear, 0, false},
		{sip.Required, sip.Optional, 0, true},
	} {
		l := newLab(t, labConfig{plan: bridgePlan, secrecy: tt.server})
		c := l.call(l.secret("1001", tt.phone).Phone, "7")
		if tt.status == 0 {
			l.await(c, softphone.Heard)
			if got := c.Stats().Encrypted; got != tt.encrypted {
				t.Errorf("server %d, phone %d: encrypted %v", tt.server, tt.phone, got)
			}
			c.Hangup()
		}
		if end := l.end(c); tt.status != 0 && end.Status != tt.status {
			t.Errorf("server %d, phone %d: %+v", tt.server, tt.phone, end)
		}
	}
}

// A phone of IPv4 and one of IPv6 talk, whoever calls.
func TestBothVersionsOfIP(t *testing.T) {
	l := newLab(t, labConfig{plan: bridgePlan})
	at := l.at("udp:[::1]:")
	if !at.Addr.IsValid() {
		t.Skip("this machine has no IPv6")
	}
	six := l.register(softphone.Config{Server: at.Addr.String(), User: "1001", Password: password, Way: dtmf.Event})
	four := l.desk("1002")
	for _, call := range []struct {
		from, to *desk
		number   string
	}{{six, four, "1002"}, {four, six, "1001"}} {
		a := l.call(call.from.Phone, call.number)
		b := call.to.answer()
		l.await(a, softphone.Answered)
		l.talk(a, b)
		l.linked(a, b)
		a.Hangup()
		l.end(a)
		l.end(b)
	}
}
