package sip_test

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"dialtone/sip"
)

// accounts are phones by number, with their passwords.
type accounts map[string]string

func (a accounts) Account(user string) (sip.Account, bool) {
	password, ok := a[user]
	text := user + ":" + sip.Realm + ":" + password
	return sip.Account{User: user, HA1MD5: fmt.Sprintf("%x", md5.Sum([]byte(text))), HA1SHA256: fmt.Sprintf("%x", sha256.Sum256([]byte(text)))}, ok
}

var phones = accounts{"1000": "secret", "1001": "other"}

func TestPhoneCallsWithDigest(t *testing.T) {
	for _, algorithm := range []string{"MD5", "SHA-256"} {
		t.Run(algorithm, func(t *testing.T) {
			converse(t, sip.Config{Accounts: phones, Digest: []string{algorithm}}, func(r *room) {
				phone := r.telephone("192.0.2.30", "udp:192.0.2.30:5060")
				l, err := phone.Dial(context.Background(), sip.Target{URI: "sip:8899@192.0.2.1", User: "1000", Password: "secret"}, &media{})
				if err != nil {
					r.Fatal(err)
				}
				if e, ok := r.event(l).(sip.AnsweredEvent); !ok {
					r.Fatalf("got %+v, want an answer", e)
				}
				leg := r.leg()
				if leg.Phone() != "1000" || leg.Trunk() != "" {
					r.Errorf("phone %q, trunk %q", leg.Phone(), leg.Trunk())
				}
				l.Hangup(16)
				r.ended(l)
			})
		})
	}
}

func TestWrongPasswordRingsNothing(t *testing.T) {
	converse(t, sip.Config{Accounts: phones}, func(r *room) {
		phone := r.telephone("192.0.2.30", "udp:192.0.2.30:5060")
		for _, target := range []sip.Target{{User: "1000", Password: "wrong"}, {User: "nobody", Password: "secret"}} {
			target.URI = "sip:8899@192.0.2.1"
			l, err := phone.Dial(context.Background(), target, &media{})
			if err != nil {
				r.Fatal(err)
			}
			if e := r.ended(l); e.Status != 401 || e.By != sip.ByCallee {
				r.Errorf("%s: ended %+v, want 401", target.User, e)
			}
		}
		if n := r.calls(); n != 0 {
			r.Errorf("%d calls came in", n)
		}
	})
}

func TestStrangersAreChallengedAlikeAndWithoutState(t *testing.T) {
	converse(t, sip.Config{Accounts: phones}, func(r *room) {
		stranger := r.wire.Peer(r.T, "192.0.2.66:5060", serverAddr)
		var shapes []string
		for _, user := range []string{"1000", "nobody"} {
			call := stranger.NewCall(user, "8899")
			call.Invite(sdp)
			first := stranger.Want("who are you?", "401")
			stranger.WantIdle("a challenge is not repeated to an address that may be forged", time.Minute)
			call.Again()
			again := stranger.Want("a copy is challenged again", "401")
			if first.Tag("To") != again.Tag("To") || first.Tag("To") == "" {
				r.Errorf("To tags %q and %q (RFC 3261 §8.2.7)", first.Tag("To"), again.Tag("To"))
			}
			call.AckRefusal(again)
			var shape []string
			for _, line := range first.Lines {
				name, _, _ := strings.Cut(line, ":")
				shape = append(shape, name)
			}
			shapes = append(shapes, fmt.Sprint(shape, len(first.Header("WWW-Authenticate")), first.Body))
			if n := len(first.Headers("WWW-Authenticate")); n != 2 {
				r.Errorf("%d challenges, want one for each algorithm", n)
			}
		}
		if shapes[0] != shapes[1] {
			r.Errorf("a phone that exists is told from one that does not:\n%s\n%s", shapes[0], shapes[1])
		}
		if r.server.Legs() != 0 || r.calls() != 0 {
			r.Error("a stranger has made a leg")
		}
	})
}

func TestPhoneOfOursIsChallengedFromATrunksAddress(t *testing.T) {
	converse(t, sip.Config{Accounts: phones}, func(r *room) {
		call := r.trunk.NewCall("1000", "8899")
		call.Invite(sdp)
		r.trunk.Want("the address does not make it the phone", "401")
		other := r.trunk.Invite("8899", sdp)
		r.trunk.Want("any other caller is the trunk's", "100")
		other.Answered(r.trunk.Want("answered", "200"))
		other.Ack()
		r.hangUp(other)
	})
}

func TestPhoneMayNotCallAsAnother(t *testing.T) {
	converse(t, sip.Config{Accounts: phones}, func(r *room) {
		phone := r.telephone("192.0.2.30", "udp:192.0.2.30:5060")
		l, err := phone.Dial(context.Background(), sip.Target{
			URI: "sip:8899@192.0.2.1", From: "sip:1001@192.0.2.1", User: "1000", Password: "secret",
		}, &media{})
		if err != nil {
			r.Fatal(err)
		}
		if e := r.ended(l); e.Status != 403 {
			r.Errorf("ended %+v, want 403", e)
		}
	})
}

func TestOtherRequests(t *testing.T) {
	converse(t, sip.Config{Accounts: phones}, func(r *room) {
		for method, want := range map[string]string{
			"OPTIONS": "200", "MESSAGE": "405", "SUBSCRIBE": "401", "NOTIFY": "481", "REFER": "403", "PUBLISH": "405",
			"BREW": "501", "BYE": "481", "INFO": "481", "UPDATE": "481",
		} {
			call := r.trunk.NewCall("caller", "8899")
			call.Send(method, "")
			res := r.trunk.Want(method, want)
			if want != "481" && want != "403" && want != "401" && res.Header("Allow") == "" {
				r.Errorf("%s: %s without Allow", method, want)
			}
			if want == "200" && res.Header("Accept") == "" {
				r.Error("OPTIONS: no Accept")
			}
		}
		call := r.trunk.NewCall("caller", "8899")
		call.Send("INVITE", sdp, "Require: precondition")
		if res := r.trunk.Want("RFC 3261 §8.2.2.3", "420"); res.Header("Unsupported") != "precondition" {
			r.Errorf("Unsupported: %q", res.Header("Unsupported"))
		}
		r.trunk.Send("SIP/2.0 200 OK\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKstray\nFrom: <sip:a@b>;tag=1\nTo: <sip:a@b>;tag=2\nCall-ID: 1\nCSeq: 1 INVITE\nContent-Length: 0\n\n")
		r.trunk.Send("\x00\x00\x00\x00")
		r.trunk.Send("hello")
		r.trunk.WantIdle("strays, keep-alives and garbage", time.Minute)
		if c := r.server.Counts(); c.Strays != 1 || c.KeepAlives != 1 || c.Garbage != 1 {
			r.Errorf("counts %+v", c)
		}
	})
}

// carrier is a carrier that proves its calls by a password.
type carrier struct{ accounts }

func (c carrier) Account(user string) (sip.Account, bool) {
	account, ok := c.accounts.Account(user)
	account.Trunk = sip.Trunk{Name: "peer"}
	return account, ok
}

func TestCarrierProvesItsCallsByDigest(t *testing.T) {
	converse(t, sip.Config{Accounts: carrier{accounts{"gw": "secret"}}, Bindings: &bindings{}}, func(r *room) {
		gateway := r.telephone("192.0.2.30", "udp:192.0.2.30:5060")
		// Its From is whoever calls.
		l, err := gateway.Dial(context.Background(), sip.Target{URI: "sip:8899@192.0.2.1", User: "gw", Password: "secret", From: "sip:+33123456789@gw.example"}, &media{})
		if err != nil {
			r.Fatal(err)
		}
		if e, ok := r.event(l).(sip.AnsweredEvent); !ok {
			r.Fatalf("got %+v, want an answer", e)
		}
		if leg := r.leg(); leg.Phone() != "" || leg.Trunk() != "peer" || leg.From().User != "+33123456789" {
			r.Errorf("phone %q, trunk %q, from %+v", leg.Phone(), leg.Trunk(), leg.From())
		}
		l.Hangup(16)
		r.ended(l)
		var status *sip.StatusError
		if _, err := gateway.RegisterWith(context.Background(), "sip:gw@192.0.2.1", "gw", "secret", time.Hour); !errors.As(err, &status) || status.Status != 403 {
			r.Errorf("it registers as a phone: %v, want 403", err)
		}
	})
}
