package sip_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dialtone/sip"
	"dialtone/sip/siptest"
)

// dial has the server call the trunk.
func (r *room) dial(ctx context.Context, target sip.Target) *sip.Leg {
	r.Helper()
	if target.URI == "" {
		target.URI = "sip:100@" + trunkAddr
	}
	l, err := r.server.Dial(ctx, target, r.media)
	if err != nil {
		r.Fatal(err)
	}
	return l
}

func (r *room) event(l *sip.Leg) sip.Event {
	r.Helper()
	select {
	case e := <-l.Events():
		return e
	case <-time.After(time.Hour):
		r.Fatal("no event")
		return nil
	}
}

const contact = "Contact: <sip:100@192.0.2.10:5060>"

func TestDialUntilAnswerAndHangup(t *testing.T) {
	converse(t, sip.Config{UserAgent: "dialtone"}, func(r *room) {
		leg := r.dial(context.Background(), sip.Target{User: "1000", Name: `Anna "A"`})
		invite := r.trunk.Want("called", "INVITE")
		if invite.Start != "INVITE sip:100@192.0.2.10:5060 SIP/2.0" || invite.Body != "v=0\r\ns=offer\r\n" ||
			invite.Header("Contact") != "<sip:1000@192.0.2.1:5060>" || !strings.HasPrefix(invite.Header("From"), `"Anna \"A\"" <sip:1000@192.0.2.1:5060>;tag=`) {
			r.Errorf("%s\n%s\n%s", invite.Start, strings.Join(invite.Lines, "\n"), invite.Body)
		}
		r.trunk.Reply(invite, "100 Trying")
		r.trunk.WantIdle("RFC 3261 §17.1.1.2: not sent again after a 1xx", 10*time.Second)
		r.trunk.Reply(invite, "180 Ringing", contact)
		if _, ok := r.event(leg).(sip.RingingEvent); !ok {
			r.Error("no RingingEvent")
		}
		r.trunk.Reply(invite, "183 Session Progress", contact, sdp)
		if e, ok := r.event(leg).(sip.ProgressEvent); !ok || !e.Media {
			r.Errorf("got %+v, want early media", e)
		}
		r.trunk.Reply(invite, "200 OK", contact, sdp)
		ack := r.trunk.Want("acknowledged", "ACK")
		if _, ok := r.event(leg).(sip.AnsweredEvent); !ok {
			r.Error("no AnsweredEvent")
		}
		r.trunk.Reply(invite, "200 OK", contact, sdp)
		if again := r.trunk.Want("a copy of the 200", "ACK"); again.Header("Via") != ack.Header("Via") {
			r.Error("another ACK")
		}
		if err := leg.SendInfo("application/dtmf-relay", []byte("Signal=5\r\nDuration=160\r\n")); err != nil {
			r.Error(err)
		}
		r.trunk.Reply(r.trunk.Want("a key", "INFO"), "200 OK")
		leg.Hangup(16)
		r.trunk.Reply(r.trunk.Want("hung up", "BYE"), "200 OK")
		if e := r.ended(leg); e.By != sip.ByServer {
			r.Errorf("ended %+v", e)
		}
	})
}

func TestDialThatNobodyAnswers(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		start := time.Now()
		leg := r.dial(context.Background(), sip.Target{User: "1000"})
		// RFC 3261 §17.1.1.2: timers A and B.
		for _, at := range []time.Duration{0, 500, 1500, 3500, 7500, 15500, 31500} {
			r.trunk.WantAt("no answer", "INVITE", start, at*time.Millisecond)
		}
		if e := r.ended(leg); e.By != sip.ByNetwork || e.Status != 408 || time.Since(start) != 32*time.Second {
			r.Errorf("ended %+v after %v", e, time.Since(start))
		}
	})
}

func TestDialRefused(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		leg := r.dial(context.Background(), sip.Target{User: "1000"})
		invite := r.trunk.Want("called", "INVITE")
		r.trunk.Reply(invite, "486 Busy Here")
		r.trunk.Want("acknowledged", "ACK")
		if e := r.ended(leg); e.By != sip.ByCallee || e.Status != 486 || e.Cause != 17 {
			r.Errorf("ended %+v", e)
		}
		for range 3 {
			r.trunk.Reply(invite, "486 Busy Here")
			now := time.Now()
			r.trunk.WantAt("each copy is acknowledged at once", "ACK", now, 0)
		}
	})
}

func TestDialAnswersAChallengeOnce(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		const challenge = `WWW-Authenticate: Digest realm="x", nonce="abc", algorithm=MD5, qop="auth"`
		leg := r.dial(context.Background(), sip.Target{User: "1000", Password: "secret"})
		r.trunk.Reply(r.trunk.Want("called", "INVITE"), "401 Unauthorized", challenge)
		r.trunk.Want("acknowledged", "ACK")
		second := r.trunk.Want("with credentials", "INVITE")
		if second.Header("CSeq") != "2 INVITE" || second.Header("Authorization") == "" || second.Body == "" {
			r.Errorf("second INVITE:\n%s", strings.Join(second.Lines, "\n"))
		}
		r.trunk.Reply(second, "200 OK", contact, sdp)
		if ack := r.trunk.Want("acknowledged", "ACK"); ack.Header("CSeq") != "2 ACK" || ack.Header("Authorization") == "" {
			r.Errorf("ACK:\n%s", strings.Join(ack.Lines, "\n"))
		}
		leg.Hangup(16)
		bye := r.trunk.Want("hung up", "BYE")
		if bye.Header("CSeq") != "3 BYE" {
			r.Errorf("BYE with CSeq %s", bye.Header("CSeq"))
		}
		r.trunk.Reply(bye, "200 OK")
		r.ended(leg)
	})
}

func TestDialCancelled(t *testing.T) {
	t.Run("while it rings", func(t *testing.T) {
		converse(t, sip.Config{}, func(r *room) {
			ctx, cancel := context.WithCancel(context.Background())
			leg := r.dial(ctx, sip.Target{User: "1000"})
			invite := r.trunk.Want("called", "INVITE")
			r.trunk.Reply(invite, "180 Ringing", contact)
			r.event(leg)
			cancel()
			c := r.trunk.Want("given up", "CANCEL")
			if c.Header("Via") != invite.Header("Via") || c.Header("CSeq") != "1 CANCEL" {
				r.Errorf("CANCEL:\n%s", strings.Join(c.Lines, "\n"))
			}
			r.trunk.Reply(c, "200 OK")
			r.trunk.Reply(invite, "487 Request Terminated")
			r.trunk.Want("acknowledged", "ACK")
			if e := r.ended(leg); e.By != sip.ByServer || e.Status != 487 {
				r.Errorf("ended %+v", e)
			}
		})
	})
	t.Run("before any answer", func(t *testing.T) {
		converse(t, sip.Config{}, func(r *room) {
			leg := r.dial(context.Background(), sip.Target{User: "1000"})
			invite := r.trunk.Want("called", "INVITE")
			leg.Hangup(16)
			r.trunk.WantIdle("RFC 3261 §9.1: no CANCEL before a 1xx", 400*time.Millisecond)
			r.trunk.Reply(invite, "100 Trying")
			r.trunk.Reply(r.trunk.Want("now", "CANCEL"), "200 OK")
			r.trunk.Reply(invite, "487 Request Terminated")
			r.trunk.Want("acknowledged", "ACK")
			r.ended(leg)
		})
	})
	t.Run("as it is answered", func(t *testing.T) {
		converse(t, sip.Config{}, func(r *room) {
			leg := r.dial(context.Background(), sip.Target{User: "1000"})
			invite := r.trunk.Want("called", "INVITE")
			r.trunk.Reply(invite, "180 Ringing", contact)
			r.event(leg)
			leg.Hangup(16)
			c := r.trunk.Want("given up", "CANCEL")
			r.trunk.Reply(invite, "200 OK", contact, sdp)
			r.trunk.Reply(c, "200 OK")
			r.trunk.Want("the 200 won", "ACK")
			r.trunk.Reply(r.trunk.Want("and is hung up", "BYE"), "200 OK")
			if e := r.ended(leg); e.By != sip.ByServer {
				r.Errorf("ended %+v", e)
			}
		})
	})
	t.Run("and nothing comes", func(t *testing.T) {
		converse(t, sip.Config{}, func(r *room) {
			leg := r.dial(context.Background(), sip.Target{User: "1000"})
			invite := r.trunk.Want("called", "INVITE")
			r.trunk.Reply(invite, "180 Ringing", contact)
			r.event(leg)
			start := time.Now()
			leg.Hangup(16)
			r.ended(leg)
			if got := time.Since(start); got != 32*time.Second {
				r.Errorf("given up after %v, want 64·T1", got)
			}
			r.trunk.Drain()
		})
	})
}

func TestAnswersThatAreNone(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		leg := r.dial(context.Background(), sip.Target{User: "1000"})
		invite := r.trunk.Want("called", "INVITE")
		before := r.server.Counts().Strays
		for i, spoil := range []func(line string) string{
			func(line string) string { return strings.Replace(line, "To:", "X-To:", 1) },
			func(line string) string { return strings.Replace(line, "From:", "X-From:", 1) },
			func(line string) string { return strings.Replace(line, "Call-ID:", "X-Call-ID:", 1) },
			func(line string) string {
				return strings.Replace(line, "To: ", "To: <sip:x@example.com>;tag=a\x01b\nX: ", 1)
			},
			func(line string) string {
				return strings.Replace(line, "CSeq:", "Contact: <sip:a\x7f@192.0.2.10>\nCSeq:", 1)
			},
			func(line string) string {
				return strings.Replace(line, "CSeq:", "Record-Route: <sip:a\x00@192.0.2.10;lr>\nCSeq:", 1)
			},
		} {
			text := "SIP/2.0 200 OK\n"
			for _, name := range []string{"Via", "From", "To", "Call-ID", "CSeq"} {
				text += spoil(name+": "+invite.Header(name)) + "\n"
			}
			r.trunk.Send(text + "Content-Length: 0\n\n")
			synctest.Wait()
			if n := r.server.Counts().Strays - before; n != uint64(i+1) {
				r.Errorf("answer %d: %d strays", i, n)
			}
		}
		r.trunk.Reply(invite, "486 Busy Here")
		for m := r.trunk.Want("a good one", "ACK"); m.Tag("To") != "peer"; m = r.trunk.Want("a good one", "ACK") {
		}
		if e := r.ended(leg); e.Status != 486 {
			r.Errorf("ended %+v", e)
		}
	})
}

func TestForkedCallHasOneAnswer(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		leg := r.dial(context.Background(), sip.Target{User: "1000"})
		invite := r.trunk.Want("called", "INVITE")
		other := branch(invite, "other")
		r.trunk.Reply(invite, "200 OK", contact, sdp)
		r.trunk.Want("the first", "ACK")
		r.trunk.Reply(other, "200 OK", "Contact: <sip:other@192.0.2.10:5060>", sdp)
		if ack := r.trunk.Want("the second is acknowledged", "ACK"); ack.Tag("To") != "other" || !strings.Contains(ack.Start, "sip:other@") {
			r.Errorf("%s To %s", ack.Start, ack.Header("To"))
		}
		bye := r.trunk.Want("and hung up", "BYE")
		if bye.Tag("To") != "other" {
			r.Errorf("BYE to %s", bye.Header("To"))
		}
		r.trunk.Reply(bye, "200 OK")
		if _, ok := r.event(leg).(sip.AnsweredEvent); !ok {
			r.Error("not answered")
		}
		leg.Hangup(16)
		r.trunk.Reply(r.trunk.Want("hung up", "BYE"), "200 OK")
		r.ended(leg)
	})
}

// telephone is a second Server on the wire: the software is both sides.
func (r *room) telephone(addr, listen string) *sip.Server {
	r.Helper()
	s, err := sip.New(sip.Config{Network: r.wire.Host(addr), Listen: []sip.Listener{listener(listen)}})
	if err != nil {
		r.Fatal(err)
	}
	if err := s.Listen(); err != nil {
		r.Fatal(err)
	}
	go s.Serve(context.Background())
	r.Cleanup(func() { s.Shutdown(context.Background()) })
	return s
}

func TestTelephoneCallsServer(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				wire := siptest.NewWire()
				legs := make(chan *sip.Leg, 1)
				server, err := sip.New(sip.Config{
					Network: wire.Host("192.0.2.1"), Listen: []sip.Listener{listener(transport + ":0.0.0.0:5060")},
					Trunks:   everybody{},
					Incoming: func(l *sip.Leg) { legs <- l; l.SetNegotiator(&media{}); l.Ring(); l.Answer() },
				})
				if err != nil {
					t.Fatal(err)
				}
				if err := server.Listen(); err != nil {
					t.Fatal(err)
				}
				go server.Serve(context.Background())
				r := &room{T: t, wire: wire}
				phone := r.telephone("192.0.2.10", transport+":192.0.2.10:0")
				m := &media{}
				leg, err := phone.Dial(context.Background(), sip.Target{URI: "sip:8899@192.0.2.1;transport=" + transport, User: "1000"}, m)
				if err != nil {
					t.Fatal(err)
				}
				if _, ok := r.event(leg).(sip.RingingEvent); !ok {
					t.Error("it did not ring")
				}
				if _, ok := r.event(leg).(sip.AnsweredEvent); !ok {
					t.Error("not answered")
				}
				theirs := <-legs
				done := make(chan error, 1)
				go func() { done <- leg.Renegotiate(context.Background()) }()
				if err := <-done; err != nil {
					t.Error(err)
				}
				go func() { done <- theirs.Renegotiate(context.Background()) }()
				if err := <-done; err != nil {
					t.Error(err)
				}
				if transport == "udp" {
					leg.Hangup(16)
				} else {
					theirs.Hangup(16)
				}
				<-leg.Done()
				<-theirs.Done()
				if err := server.Shutdown(context.Background()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
