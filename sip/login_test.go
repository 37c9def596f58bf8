package sip_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"dialtone/sip"
)

// challengeOf is the header that asks for credentials of a realm.
func challengeOf(name, realm string) string {
	return name + `: Digest realm="` + realm + `", nonce="abc", algorithm=MD5, qop="auth"`
}

func TestChallengeOfAnotherRealmIsNotAnswered(t *testing.T) {
	for _, tt := range []struct {
		name, ours, asks string
		answered         bool
	}{
		{"the configured one", "carrier.example", "carrier.example", true},
		{"another one", "carrier.example", "evil.example", false},
		{"none configured: the first that asks", "", "any.example", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			converse(t, sip.Config{}, func(r *room) {
				leg := r.dial(context.Background(), sip.Target{User: "1000", Password: "secret", Realm: tt.ours})
				r.trunk.Reply(r.trunk.Want("called", "INVITE"), "407 Proxy Authentication Required", challengeOf("Proxy-Authenticate", tt.asks))
				r.trunk.Want("RFC 3261 §17.1.1.3", "ACK")
				if !tt.answered {
					r.trunk.WantIdle("no password for a stranger", time.Minute)
					if e := r.ended(leg); e.Status != 407 {
						r.Errorf("ended %+v, want 407", e)
					}
					return
				}
				invite := r.trunk.Want("with credentials", "INVITE")
				if text := invite.Header("Proxy-Authorization"); !strings.Contains(text, `username="1000"`) || !strings.Contains(text, `realm="`+tt.asks+`"`) {
					r.Errorf("Proxy-Authorization %q", text)
				}
				r.trunk.Reply(invite, "486 Busy Here")
				r.trunk.Want("acknowledged", "ACK")
				r.ended(leg)
			})
		})
	}
}

// up is a call of ours that the trunk has challenged in realm and answered.
func (r *room) challengedCall(realm string) *sip.Leg {
	r.Helper()
	leg := r.dial(context.Background(), sip.Target{User: "1000", Password: "secret"})
	r.trunk.Reply(r.trunk.Want("called", "INVITE"), "401 Unauthorized", challengeOf("WWW-Authenticate", realm))
	r.trunk.Want("acknowledged", "ACK")
	r.trunk.Reply(r.trunk.Want("with credentials", "INVITE"), "200 OK", contact, sdp)
	r.trunk.Want("acknowledged", "ACK")
	return leg
}

func TestCarrierMayChallengeWithinTheCall(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		leg := r.challengedCall("carrier.example")
		leg.Hangup(16)
		bye := r.trunk.Want("hung up", "BYE")
		r.trunk.Reply(bye, "407 Proxy Authentication Required", challengeOf("Proxy-Authenticate", "carrier.example"))
		again := r.trunk.Want("with credentials", "BYE")
		if again.Header("Proxy-Authorization") == "" || again.Header("CSeq") == bye.Header("CSeq") || again.Header("Via") == bye.Header("Via") {
			r.Errorf("RFC 3261 §22.2: the BYE comes again with credentials, another CSeq and branch: %v", again.Lines)
		}
		r.trunk.Reply(again, "407 Proxy Authentication Required", challengeOf("Proxy-Authenticate", "carrier.example"))
		r.trunk.WantIdle("credentials are offered once", time.Minute)
		r.ended(leg)
	})
}

// The digest leak: who is met on the way of a call asks for the password in a realm of its own.
func TestStrangerWithinTheCallIsNotAnswered(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		leg := r.challengedCall("carrier.example")
		leg.Hangup(16)
		r.trunk.Reply(r.trunk.Want("hung up", "BYE"), "407 Proxy Authentication Required", challengeOf("Proxy-Authenticate", "evil.example"))
		r.trunk.WantIdle("no password for a stranger", time.Minute)
		r.ended(leg)
	})
}

func TestCallerWhoChallengesLearnsNothing(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		_, leg := r.up() // without an account at that trunk
		leg.Hangup(16)
		r.trunk.Reply(r.trunk.Want("hung up", "BYE"), "407 Proxy Authentication Required", challengeOf("Proxy-Authenticate", "carrier.example"))
		r.trunk.WantIdle("no second BYE", time.Minute)
		r.ended(leg)
	})
}

func TestRefusalTellsWhenToComeBack(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		leg := r.dial(context.Background(), sip.Target{User: "1000"})
		invite := r.trunk.Want("called", "INVITE")
		r.trunk.Reply(invite, "503 Service Unavailable", "Retry-After: 120 (overload)")
		r.trunk.Want("acknowledged", "ACK")
		if e := r.ended(leg); e.Status != 503 || e.RetryAfter != 2*time.Minute {
			r.Errorf("ended %+v, want 503 and the two minutes that it asks for", e)
		}
	})
}

func TestRegistrationHasItsLine(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		done := make(chan error, 1)
		what := &sip.Registration{
			URI: "sip:acme@" + trunkAddr, Login: sip.Login{User: "acme-auth", Password: "secret"}, Contact: "+33123456789", Line: "k3y", Expires: time.Hour,
		}
		go func() {
			granted, err := r.server.Register(context.Background(), what)
			if granted != 20*time.Minute {
				r.Errorf("granted %v, want what the 200 says", granted)
			}
			done <- err
		}()
		r.trunk.Reply(r.trunk.Want("registers", "REGISTER"), "401 Unauthorized", challengeOf("WWW-Authenticate", "carrier.example"))
		register := r.trunk.Want("with credentials", "REGISTER")
		if got, want := register.Header("Contact"), "<sip:+33123456789@192.0.2.1:5060;line=k3y>"; got != want {
			r.Errorf("Contact %s, want %s", got, want)
		}
		if !strings.Contains(register.Header("Authorization"), `username="acme-auth"`) || !strings.Contains(register.Header("To"), "sip:acme@") {
			r.Errorf("%v", register.Lines)
		}
		r.trunk.Reply(register, "200 OK", "Contact: <sip:+33123456789@192.0.2.1:5060;line=k3y>;expires=1200")
		if err := <-done; err != nil {
			r.Error(err)
		}
		if what.Login.Realm != "carrier.example" {
			r.Errorf("the realm is %q, want the one that was answered", what.Login.Realm)
		}
		// Another realm asks from now on in vain.
		go func() { _, err := r.server.Register(context.Background(), what); done <- err }()
		r.trunk.Reply(r.trunk.Want("registers", "REGISTER"), "401 Unauthorized", challengeOf("WWW-Authenticate", "evil.example"))
		if err := <-done; err == nil || !strings.Contains(err.Error(), `realm "evil.example" asks`) {
			r.Errorf("got %v", err)
		}
		go func() { _, err := r.server.Register(context.Background(), what); done <- err }()
		r.trunk.Reply(r.trunk.Want("registers", "REGISTER"), "503 Service Unavailable", "Retry-After: 7")
		var status *sip.StatusError
		if err := <-done; !errors.As(err, &status) || status.Status != 503 || status.RetryAfter != 7*time.Second {
			r.Errorf("got %v", err)
		}
	})
}
