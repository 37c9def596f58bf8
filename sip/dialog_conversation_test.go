package sip_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dialtone/sip"
)

const held = "v=0\r\no=- 1 2 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\na=sendonly\r\n"

func TestServerHangsUp(t *testing.T) {
	for _, answer := range []string{"200 OK", "481 Call/Transaction Does Not Exist", "408 Request Timeout", "500 Server Error"} {
		t.Run(answer, func(t *testing.T) {
			converse(t, sip.Config{}, func(r *room) {
				_, leg := r.up()
				leg.Hangup(16)
				bye := r.trunk.Want("hung up", "BYE")
				if bye.Header("CSeq") != "1 BYE" || bye.Header("Reason") != "Q.850;cause=16" {
					r.Errorf("BYE has CSeq %q, Reason %q", bye.Header("CSeq"), bye.Header("Reason"))
				}
				r.trunk.Reply(bye, answer)
				if e := r.ended(leg); e.By != sip.ByServer || e.Cause != 16 {
					r.Errorf("ended %+v, want by the server", e)
				}
				synctest.Wait()
				if n := r.server.Legs(); n != 0 {
					r.Errorf("%d legs are left", n)
				}
				r.trunk.WantIdle("it is over", time.Minute)
			})
		})
	}
	t.Run("nobody answers", func(t *testing.T) {
		converse(t, sip.Config{}, func(r *room) {
			_, leg := r.up()
			start := time.Now()
			leg.Hangup(16)
			// RFC 3261 §17.1.2.1: timer E.
			for _, at := range []time.Duration{0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500} {
				r.trunk.WantAt("no answer", "BYE", start, at*time.Millisecond)
			}
			<-leg.Done()
			if got := time.Since(start); got != 32*time.Second {
				r.Errorf("the leg stayed %v, want 64·T1", got)
			}
		})
	})
	t.Run("a challenge is not met", func(t *testing.T) {
		converse(t, sip.Config{}, func(r *room) {
			_, leg := r.up()
			leg.Hangup(16)
			r.trunk.Reply(r.trunk.Want("hung up", "BYE"), "401 Unauthorized", `WWW-Authenticate: Digest realm="x", nonce="y"`)
			r.ended(leg)
			r.trunk.WantIdle("no credentials of ours go to whoever asks", time.Minute)
		})
	})
	t.Run("both at once", func(t *testing.T) {
		converse(t, sip.Config{}, func(r *room) {
			call, leg := r.up()
			leg.Hangup(16)
			bye := r.trunk.Want("hung up", "BYE")
			call.Send("BYE", "")
			r.trunk.Want("the other BYE", "200")
			r.trunk.Reply(bye, "481 Call/Transaction Does Not Exist")
			r.ended(leg)
		})
	})
}

func TestRequestsOfNoDialogAre481(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		call, _ := r.up()
		for _, method := range []string{"BYE", "INFO", "UPDATE", "INVITE"} {
			wrong := *call
			wrong.To = strings.Split(call.To, ";tag=")[0] + ";tag=wrong"
			wrong.Seq = 100
			wrong.Send(method, "")
			r.trunk.Want("our tag is wrong", "481")
			wrong = *call
			wrong.From = strings.Split(call.From, ";tag=")[0] + ";tag=wrong"
			wrong.Seq = 200
			wrong.Send(method, "")
			r.trunk.Want("their tag is wrong", "481")
			wrong = *call
			wrong.ID = "wrong"
			wrong.Seq = 300
			wrong.Send(method, "")
			r.trunk.Want("the Call-ID is wrong", "481")
		}
		r.hangUp(call)
		synctest.Wait()
		call.Send("BYE", "")
		r.trunk.Want("it is over", "481")
	})
}

func TestCSeqOutOfOrderIs500(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		call, _ := r.up()
		call.Seq = 9
		call.Send("INFO", "")
		r.trunk.Want("a gap is no fault", "200")
		call.Seq = 4
		call.Send("BYE", "")
		r.trunk.Want("RFC 3261 §12.2.2", "500")
		call.Seq = 10
		r.hangUp(call)
	})
}

func TestReinvite(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		call, leg := r.up()
		for _, offer := range []string{held, sdp} {
			call.Invite(offer)
			ok := r.trunk.Want("agreed", "200")
			if ok.Body != "v=0\r\ns=answer\r\n" {
				r.Errorf("answer %q", ok.Body)
			}
			call.Ack()
			r.trunk.WantIdle("acknowledged", 20*time.Second)
			if _, ok := (<-leg.Events()).(sip.MediaEvent); !ok {
				r.Error("no MediaEvent")
			}
		}
		if n := r.media.noted(); len(n) != 3 || n[1] != "offered "+held || n[2] != "offered "+sdp {
			r.Errorf("the negotiator saw %q", n)
		}
		call.Invite("")
		if ok := r.trunk.Want("no offer: ours", "200"); ok.Body != "v=0\r\ns=offer\r\n" {
			r.Errorf("offer %q", ok.Body)
		}
		call.Send("UPDATE", sdp)
		r.trunk.Want("while our offer has no answer (RFC 3311 §5.2)", "491")
		call.Seq--
		call.Ack(sdp)
		call.Seq++
		r.trunk.WantIdle("acknowledged", time.Minute)
		r.hangUp(call)
	})
}

func TestReinviteThatIsRefusedKeepsTheSession(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		call, leg := r.up()
		before := leg.Dialog()
		r.media.refuse = sip.NotAcceptableHere("no codec in common")
		call.Invite(held, "Contact: <sip:elsewhere@192.0.2.77>")
		call.AckRefusal(r.trunk.Want("refused", "488"))
		r.media.refuse = nil
		if after := leg.Dialog(); after.RemoteTarget != before.RemoteTarget {
			r.Errorf("the target moved to %s", after.RemoteTarget)
		}
		r.trunk.WantIdle("the call goes on", time.Minute)
		call.Invite(sdp)
		r.trunk.Want("agreed", "200")
		call.Ack()
		r.hangUp(call)
	})
}

func TestReinviteWithoutACKEndsTheCall(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		call, leg := r.up()
		start := time.Now()
		call.Invite(held)
		for range 11 {
			r.trunk.Want("no ACK", "200")
		}
		r.trunk.Reply(r.trunk.WantAt("64·T1", "BYE", start, 32*time.Second), "200 OK")
		if e := r.ended(leg); e.By != sip.ByNetwork {
			r.Errorf("ended %+v, want by the network", e)
		}
	})
}

func TestReinviteStorm(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		call, leg := r.up()
		for range 1000 {
			call.Invite(sdp)
			m := r.trunk.Next(time.Minute)
			if m.Is("200") {
				call.Ack()
			} else if m.Is("500") && m.Header("Retry-After") != "" {
				call.AckRefusal(m)
			} else {
				r.Fatalf("got %q", m.Start)
			}
		}
		if n := len(r.media.noted()); n > 22 {
			r.Errorf("%d offers were negotiated in one second", n)
		}
		for len(leg.Events()) > 0 {
			<-leg.Events()
		}
		time.Sleep(time.Second)
		r.hangUp(call)
	})
}

func TestReinviteBeforeTheAnswerWaits(t *testing.T) {
	converse(t, sip.Config{Incoming: func(l *sip.Leg) { l.Ring(); time.Sleep(5 * time.Second); l.Answer() }}, func(r *room) {
		call := r.trunk.Invite("8899", sdp)
		first := *call
		r.trunk.Want("at once", "100")
		call.Answered(r.trunk.Want("it rings", "180"))
		call.Invite(held)
		res := r.trunk.Want("RFC 3261 §14.2", "500")
		if res.Header("Retry-After") == "" {
			r.Error("no Retry-After")
		}
		call.AckRefusal(res)
		call.Send("UPDATE", held)
		r.trunk.Want("RFC 3311 §5.2", "500")
		call.Send("UPDATE", "", "Contact: <sip:moved@192.0.2.10:5062>")
		r.trunk.Want("without an offer", "200")
		r.trunk.Want("answered", "200")
		first.To = call.To
		first.Ack()
		leg := r.leg()
		if d := leg.Dialog(); d.RemoteTarget != "sip:moved@192.0.2.10:5062" {
			r.Errorf("the target is %s", d.RemoteTarget)
		}
		r.hangUp(call)
	})
}

func TestUPDATEWithAnOffer(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		call, _ := r.up()
		call.Send("UPDATE", held)
		if ok := r.trunk.Want("agreed", "200"); ok.Body != "v=0\r\ns=answer\r\n" || ok.Header("Contact") == "" {
			r.Errorf("answer %q, Contact %q", ok.Body, ok.Header("Contact"))
		}
		r.hangUp(call)
	})
}

func TestGlare(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		call, leg := r.up()
		done := make(chan error, 1)
		start := time.Now()
		go func() { done <- leg.Renegotiate(context.Background()) }()
		ours := r.trunk.Want("our re-INVITE", "INVITE")
		call.Invite(held)
		call.AckRefusal(r.trunk.Want("RFC 3261 §14.2: ours is under way", "491"))
		r.trunk.Reply(ours, "491 Request Pending")
		r.trunk.Want("§17.1.1.3", "ACK")
		synctest.Wait()
		call.Invite(held)
		r.trunk.Want("between our tries", "200")
		call.Ack()
		again := r.trunk.Want("we are not the owner of the Call-ID: within 2 s", "INVITE")
		if d := again.At.Sub(start); d > 2*time.Second {
			r.Errorf("tried again after %v", d)
		}
		r.trunk.Reply(again, "200 OK", "Contact: <sip:peer@192.0.2.10>", sdp)
		ack := r.trunk.Want("RFC 3261 §13.2.2.4", "ACK")
		if ack.Header("CSeq") != strings.Replace(again.Header("CSeq"), "INVITE", "ACK", 1) {
			r.Errorf("ACK with CSeq %s", ack.Header("CSeq"))
		}
		r.trunk.Reply(again, "200 OK", "Contact: <sip:peer@192.0.2.10>", sdp)
		r.trunk.Want("each copy of the 200 gets it", "ACK")
		if err := <-done; err != nil {
			r.Error(err)
		}
		r.hangUp(call)
	})
}

func TestINFOBecomesAnEvent(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		call, leg := r.up()
		call.Send("INFO", "Signal=5\r\nDuration=160\r\n", "Content-Type: application/dtmf-relay")
		r.trunk.Want("taken", "200")
		e, ok := (<-leg.Events()).(sip.InfoEvent)
		if !ok || e.ContentType != "application/dtmf-relay" || string(e.Body) != "Signal=5\r\nDuration=160\r\n" {
			r.Errorf("event %+v", e)
		}
		call.Send("INFO", "<x/>", "Content-Type: application/media_control+xml")
		if res := r.trunk.Want("nothing for us", "415"); res.Header("Accept") == "" {
			r.Error("415 without Accept")
		}
		call.Send("INFO", "", "Content-Type: application/dtmf")
		r.trunk.Want("a sign of life", "200")
		call.Send("OPTIONS", "")
		r.trunk.Want("so is this", "200")
		call.Send("MESSAGE", "hello", "Content-Type: text/plain")
		if res := r.trunk.Want("not served", "405"); res.Header("Allow") == "" {
			r.Error("405 without Allow")
		}
		r.hangUp(call)
	})
}

func TestEventsThatNobodyTakesAreBounded(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		call, leg := r.up()
		for range 500 {
			call.Send("INFO", "5", "Content-Type: application/dtmf")
			r.trunk.Want("answered", "200")
		}
		r.hangUp(call)
		if e := r.ended(leg); e.By != sip.ByCaller {
			r.Errorf("the end was lost: %+v", e)
		}
	})
}

func TestRouteSetAndNAT(t *testing.T) {
	t.Run("Record-Route", func(t *testing.T) {
		converse(t, sip.Config{}, func(r *room) {
			proxy := r.wire.Peer(r.T, "192.0.2.20:5060", serverAddr)
			call := r.trunk.NewCall("caller", "8899")
			call.Invite(sdp, "Record-Route: <sip:192.0.2.20:5060;lr>, <sip:192.0.2.21;lr>")
			r.trunk.Want("at once", "100")
			ok := call.Answered(r.trunk.Want("answered", "200"))
			if rr := strings.Join(ok.Headers("Record-Route"), ", "); rr != "<sip:192.0.2.20:5060;lr>, <sip:192.0.2.21;lr>" {
				r.Errorf("Record-Route in the 200: %q", rr)
			}
			call.Ack()
			r.leg().Hangup(16)
			bye := proxy.Want("RFC 3261 §12.2.1.1: to the first route", "BYE")
			if routes := strings.Join(bye.Headers("Route"), ", "); routes != "<sip:192.0.2.20:5060;lr>, <sip:192.0.2.21;lr>" {
				r.Errorf("Route: %q", routes)
			}
			if bye.Start != "BYE sip:peer@192.0.2.10:5060 SIP/2.0" {
				r.Errorf("start line %q", bye.Start)
			}
			proxy.Reply(bye, "200 OK")
		})
	})
	t.Run("behind NAT", func(t *testing.T) {
		converse(t, sip.Config{}, func(r *room) {
			call := r.trunk.NewCall("caller", "8899")
			call.Invite(sdp, "Contact: <sip:peer@10.0.0.5:5070>")
			r.trunk.Want("at once", "100")
			call.Answered(r.trunk.Want("answered", "200"))
			call.Ack()
			r.leg().Hangup(16)
			bye := r.trunk.Want("where the INVITE came from", "BYE")
			if bye.Start != "BYE sip:peer@10.0.0.5:5070 SIP/2.0" {
				r.Errorf("start line %q", bye.Start)
			}
			r.trunk.Reply(bye, "200 OK")
		})
	})
}

func TestShutdownSendsBYE(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		call, leg := r.up()
		ringing := r.trunk.NewCall("caller", "8899")
		done := make(chan error, 1)
		go func() { done <- r.server.Shutdown(context.Background()) }()
		bye := r.trunk.Want("the server stops", "BYE")
		ringing.Invite(sdp)
		if res := r.trunk.Want("no new calls", "503"); res.Header("Retry-After") == "" {
			r.Error("503 without Retry-After")
		}
		r.trunk.Reply(bye, "200 OK")
		if err := <-done; err != nil {
			r.Error(err)
		}
		if e := r.ended(leg); e.By != sip.ByServer {
			r.Errorf("ended %+v, want by the server", e)
		}
		call.Send("OPTIONS", "")
		r.trunk.WantIdle("the sockets are closed", time.Minute)
	})
}

func TestPanicEndsOneCall(t *testing.T) {
	converse(t, sip.Config{Incoming: func(l *sip.Leg) {
		if l.Called() == "13" {
			panic("unlucky")
		}
		l.Answer()
	}}, func(r *room) {
		call := r.trunk.Invite("13", sdp)
		r.trunk.Want("at once", "100")
		m := r.trunk.Next(time.Minute)
		call.AckRefusal(m)
		r.ended(r.leg())
		good, _ := r.up()
		r.hangUp(good)
	})
}

func TestOrderOfRequestsIsKept(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		call := r.trunk.Invite("8899", sdp)
		r.trunk.Want("at once", "100")
		call.Answered(r.trunk.Want("answered", "200"))
		leg := r.leg()
		call.Ack()
		for i := range 20 {
			call.Send("INFO", fmt.Sprint(i%10), "Content-Type: application/dtmf")
		}
		call.Send("BYE", "")
		for i := range 20 {
			r.trunk.Want("in order", "200")
			if e := (<-leg.Events()).(sip.InfoEvent); string(e.Body) != fmt.Sprint(i%10) {
				r.Fatalf("digit %d is %q", i, e.Body)
			}
		}
		r.trunk.Want("BYE is last", "200")
		r.ended(leg)
	})
}
