package sip_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dialtone/sip"
)

func TestCallIsAnsweredAndHungUpByCaller(t *testing.T) {
	converse(t, sip.Config{UserAgent: "dialtone"}, func(r *room) {
		call := r.trunk.Invite("8899", sdp)
		r.trunk.Want("RFC 3261 §8.2.6.1: at once", "100")
		ok := call.Answered(r.trunk.Want("the call is answered", "200"))
		if ok.Body != "v=0\r\ns=answer\r\n" || ok.Header("Content-Type") != "application/sdp" {
			r.Errorf("the 200 has no answer: %q", ok.Body)
		}
		if got, want := ok.Header("Contact"), "<sip:8899@192.0.2.1:5060>"; got != want {
			r.Errorf("Contact is %s, want %s", got, want)
		}
		if via := ok.Header("Via"); !strings.Contains(via, "rport=5060") || !strings.Contains(via, "received=192.0.2.10") {
			r.Errorf("Via %q does not tell where the request came from", via)
		}
		call.Ack()
		r.trunk.WantIdle("an acknowledged 200 is not sent again", time.Minute)
		leg := r.leg()
		if leg.Called() != "8899" || leg.From().User != "caller" || leg.Trunk() != "carrier" || leg.Phone() != "" {
			r.Errorf("the leg is %v, trunk %q, phone %q", leg, leg.Trunk(), leg.Phone())
		}
		call.Send("BYE", "", `Reason: Q.850;cause=17;text="busy"`)
		r.trunk.Want("hung up", "200")
		if e := r.ended(leg); e.By != sip.ByCaller || e.Cause != 17 || e.Reason != "busy" {
			r.Errorf("ended %+v, want by the caller with cause 17", e)
		}
	})
}

func TestOKIsSentAgainUntilBYEAt32Seconds(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		start := time.Now()
		call := r.trunk.Invite("8899", sdp)
		r.trunk.Want("at once", "100")
		// RFC 3261 §13.3.1.4: T1, doubled up to T2, for 64·T1.
		for _, at := range []time.Duration{0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500} {
			ok := r.trunk.WantAt("no ACK came", "200", start, at*time.Millisecond)
			call.Answered(ok)
		}
		bye := r.trunk.WantAt("64·T1 without ACK", "BYE", start, 32*time.Second)
		r.trunk.Reply(bye, "200 OK")
		if e := r.ended(r.leg()); e.By != sip.ByNetwork || e.Cause != 102 {
			r.Errorf("ended %+v, want by the network with cause 102", e)
		}
		r.trunk.WantIdle("it is over", time.Minute)
	})
}

func TestLateACKStopsTheOK(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		call := r.trunk.Invite("8899", sdp)
		r.trunk.Want("at once", "100")
		call.Answered(r.trunk.Want("answered", "200"))
		r.trunk.Want("no ACK yet", "200")
		r.trunk.Want("no ACK yet", "200")
		call.Ack()
		r.trunk.WantIdle("acknowledged", 10*time.Second)
		call.Ack()
		call.Again()
		r.trunk.WantIdle("a second ACK and a copy of the INVITE are absorbed (RFC 6026)", 10*time.Second)
		r.hangUp(call)
	})
}

func TestRefusalIsSentAgainUntilACK(t *testing.T) {
	busy := func(l *sip.Leg) { l.Hangup(17) }
	converse(t, sip.Config{Incoming: busy}, func(r *room) {
		start := time.Now()
		r.trunk.Invite("8899", sdp)
		r.trunk.Want("at once", "100")
		// RFC 3261 §17.2.1: timers G and H.
		for _, at := range []time.Duration{0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500} {
			r.trunk.WantAt("no ACK came", "486", start, at*time.Millisecond)
		}
		r.trunk.WantIdle("timer H", time.Minute)
		if e := r.ended(r.leg()); e.By != sip.ByServer || e.Status != 486 || e.Cause != 17 {
			r.Errorf("ended %+v, want by the server with 486", e)
		}
		call := r.trunk.Invite("8899", sdp)
		r.trunk.Want("at once", "100")
		res := r.trunk.Want("busy", "486")
		call.AckRefusal(res)
		r.trunk.WantIdle("acknowledged", time.Minute)
	})
}

func TestOneCallForManyCopiesOfAnINVITE(t *testing.T) {
	wait := make(chan struct{})
	converse(t, sip.Config{Incoming: func(l *sip.Leg) { l.Ring(); <-wait; l.Answer() }}, func(r *room) {
		call := r.trunk.Invite("8899", sdp)
		r.trunk.Want("at once", "100")
		ringing := r.trunk.Want("it rings", "180")
		for range 1000 {
			call.Again()
		}
		for range 1000 {
			if m := r.trunk.Want("a copy gets the last answer again", "180"); m.Tag("To") != ringing.Tag("To") {
				r.Fatal("another To tag")
			}
		}
		close(wait)
		call.Answered(r.trunk.Want("answered", "200"))
		call.Again() // RFC 6026: absorbed, as the 200 is ours to send again
		r.trunk.WantIdle("absorbed", 100*time.Millisecond)
		call.Ack()
		if n := r.calls(); n != 1 {
			r.Errorf("%d calls, want 1", n)
		}
		r.hangUp(call)
	})
}

func TestMergedINVITEIs482(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		call := r.trunk.Invite("8899", sdp)
		r.trunk.Want("at once", "100")
		call.Seq--
		to, target := call.To, call.Target
		call.Answered(r.trunk.Want("answered", "200"))
		answered := *call
		call.To, call.Target = to, target
		call.Invite(sdp) // the same CSeq by another branch: it came by another way
		r.trunk.Want("RFC 3261 §8.2.2.2", "482")
		answered.Ack()
		if n := r.calls(); n != 1 {
			r.Errorf("%d calls, want 1", n)
		}
		answered.Seq++
		answered.Send("BYE", "")
		r.trunk.Want("hung up", "200")
	})
}

func TestCANCEL(t *testing.T) {
	for _, after := range []time.Duration{0, time.Millisecond, 50 * time.Millisecond, 500 * time.Millisecond, 30 * time.Second} {
		t.Run(after.String(), func(t *testing.T) {
			converse(t, sip.Config{Incoming: func(l *sip.Leg) { l.Ring() }}, func(r *room) {
				call := r.trunk.Invite("8899", sdp)
				time.Sleep(after)
				call.Cancel(`Reason: Q.850;cause=26`)
				leg := r.leg()
				r.trunk.Want("at once", "100")
				var got []string
				for len(got) < 2 {
					m := r.trunk.Next(time.Second)
					if m == nil {
						r.Fatal("no answer")
					}
					if !m.Is("180") {
						got = append(got, m.Start+" "+m.Header("CSeq"))
						if m.Is("487") {
							call.AckRefusal(m)
						}
					}
				}
				if got[0] != "SIP/2.0 200 OK 1 CANCEL" || got[1] != "SIP/2.0 487 Request Terminated 1 INVITE" {
					r.Errorf("got %q, want 200 to CANCEL and 487 to INVITE", got)
				}
				if e := r.ended(leg); e.By != sip.ByCaller || e.Status != 487 || e.Cause != 26 {
					r.Errorf("ended %+v, want by the caller", e)
				}
				r.trunk.WantIdle("it is over", time.Minute)
			})
		})
	}
	t.Run("after the 200", func(t *testing.T) {
		converse(t, sip.Config{}, func(r *room) {
			call := r.trunk.Invite("8899", sdp)
			branch := *call
			r.trunk.Want("at once", "100")
			call.Answered(r.trunk.Want("answered", "200"))
			branch.Cancel()
			r.trunk.Want("RFC 3261 §9.2: no effect", "200")
			call.Ack()
			r.trunk.WantIdle("the call is up", time.Minute)
			r.hangUp(call)
		})
	})
	t.Run("of nothing", func(t *testing.T) {
		converse(t, sip.Config{}, func(r *room) {
			call := r.trunk.NewCall("caller", "8899")
			call.Branch = "z9hG4bKunknown"
			call.Cancel()
			r.trunk.Want("RFC 3261 §9.2", "481")
		})
	})
	t.Run("from a stranger", func(t *testing.T) {
		converse(t, sip.Config{Incoming: func(l *sip.Leg) { l.Ring() }}, func(r *room) {
			call := r.trunk.Invite("8899", sdp)
			r.trunk.Want("at once", "100")
			r.trunk.Want("it rings", "180")
			stranger := r.wire.Peer(r.T, "192.0.2.66:5060", serverAddr)
			stranger.Send("CANCEL sip:8899@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP " + trunkAddr + ";branch=" + call.Branch +
				"\nMax-Forwards: 70\nFrom: " + call.From + "\nTo: " + call.To + "\nCall-ID: " + call.ID + "\nCSeq: 1 CANCEL\nContent-Length: 0\n\n")
			stranger.Want("who knows the branch but is elsewhere", "481")
			r.trunk.WantIdle("still ringing", 10*time.Second)
			call.Cancel()
			r.trunk.Want("CANCEL", "200")
			call.AckRefusal(r.trunk.Want("INVITE", "487"))
		})
	})
}

func TestDelayedOfferIsAnsweredByTheACK(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		call := r.trunk.Invite("8899", "")
		r.trunk.Want("at once", "100")
		ok := call.Answered(r.trunk.Want("answered", "200"))
		if ok.Body != "v=0\r\ns=offer\r\n" {
			r.Errorf("the 200 has no offer: %q", ok.Body)
		}
		synctest.Wait()
		if n := r.media.noted(); len(n) != 1 {
			r.Errorf("before the ACK: %q", n)
		}
		call.Ack(sdp)
		r.trunk.WantIdle("acknowledged", time.Minute)
		if n := r.media.noted(); len(n) != 2 || n[1] != "answered "+sdp {
			r.Errorf("the negotiator saw %q", n)
		}
		r.hangUp(call)
	})
}

func TestACKWithoutTheAnswerEndsTheCall(t *testing.T) {
	answered := make(chan error, 1)
	converse(t, sip.Config{Incoming: func(l *sip.Leg) { answered <- l.Answer() }}, func(r *room) {
		call := r.trunk.Invite("8899", "")
		r.trunk.Want("at once", "100")
		call.Answered(r.trunk.Want("answered", "200"))
		call.Ack()
		r.trunk.Reply(r.trunk.Want("there are no media", "BYE"), "200 OK")
		if err := <-answered; err == nil {
			r.Error("Answer succeeded without an answer")
		}
		r.ended(r.leg())
	})
}

func TestEarlyMediaAndAnswerShareTheirSDP(t *testing.T) {
	converse(t, sip.Config{Incoming: func(l *sip.Leg) { l.Progress(); time.Sleep(90 * time.Second); l.Answer() }}, func(r *room) {
		start := time.Now()
		call := r.trunk.Invite("8899", sdp)
		r.trunk.Want("at once", "100")
		progress := r.trunk.Want("early media", "183")
		r.trunk.WantAt("RFC 3261 §13.3.1.1: every minute", "183", start, time.Minute)
		ok := call.Answered(r.trunk.Want("answered", "200"))
		if progress.Body == "" || progress.Body != ok.Body || progress.Tag("To") != ok.Tag("To") {
			r.Errorf("183 with %q, 200 with %q", progress.Body, ok.Body)
		}
		if n := len(r.media.noted()); n != 1 {
			r.Errorf("the offer was negotiated %d times", n)
		}
		call.Ack()
		r.hangUp(call)
	})
}

func TestHangupWaitsForTheACK(t *testing.T) {
	converse(t, sip.Config{Incoming: func(l *sip.Leg) { l.Answer(); l.Hangup(16) }}, func(r *room) {
		call := r.trunk.Invite("8899", sdp)
		r.trunk.Want("at once", "100")
		call.Answered(r.trunk.Want("answered", "200"))
		r.trunk.Want("RFC 3261 §15: no BYE before the ACK", "200")
		call.Ack()
		bye := r.trunk.Want("now", "BYE")
		if got := bye.Header("Reason"); got != "Q.850;cause=16" {
			r.Errorf("Reason is %q", got)
		}
		r.trunk.Reply(bye, "200 OK")
		if e := r.ended(r.leg()); e.By != sip.ByServer {
			r.Errorf("ended %+v, want by the server", e)
		}
	})
}
