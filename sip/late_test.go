package sip_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"dialtone/sip"
	"dialtone/sip/siptest"
)

func TestAnswersThatComeTooLate(t *testing.T) {
	for name, test := range map[string]func(r *room, leg *sip.Leg, invite *siptest.Message){
		"another branch, after the call was refused": func(r *room, leg *sip.Leg, invite *siptest.Message) {
			r.trunk.Reply(invite, "486 Busy Here")
			r.trunk.Want("acknowledged", "ACK")
			r.ended(leg)
			synctest.Wait()
		},
		"after the CANCEL was answered by 487": func(r *room, leg *sip.Leg, invite *siptest.Message) {
			r.trunk.Reply(invite, "180 Ringing", contact)
			synctest.Wait()
			leg.Hangup(16)
			r.trunk.Reply(r.trunk.Want("given up", "CANCEL"), "200 OK")
			r.trunk.Reply(invite, "487 Request Terminated")
			r.trunk.Want("acknowledged", "ACK")
			r.ended(leg)
		},
		"after nothing came of the CANCEL": func(r *room, leg *sip.Leg, invite *siptest.Message) {
			r.trunk.Reply(invite, "180 Ringing", contact)
			synctest.Wait()
			leg.Hangup(16)
			r.ended(leg)
			time.Sleep(time.Second)
			r.trunk.Drain()
		},
	} {
		t.Run(name, func(t *testing.T) {
			converse(t, sip.Config{}, func(r *room) {
				leg := r.dial(context.Background(), sip.Target{User: "1000"})
				invite := r.trunk.Want("called", "INVITE")
				test(r, leg, invite)
				<-leg.Done()
				if n := r.server.Legs(); n != 0 {
					r.Fatalf("%d legs are left", n)
				}
				r.trunk.Reply(branch(invite, "late"), "200 OK", "Contact: <sip:late@192.0.2.10:5060>", "Record-Route: <sip:192.0.2.10:5060;lr>", sdp)
				ack := r.trunk.Want("RFC 3261 §13.2.2.4", "ACK")
				if ack.Start != "ACK sip:late@192.0.2.10:5060 SIP/2.0" || ack.Tag("To") != "late" || ack.Header("CSeq") != "1 ACK" || ack.Header("Route") == "" {
					r.Errorf("%s, To %s, CSeq %s", ack.Start, ack.Header("To"), ack.Header("CSeq"))
				}
				bye := r.trunk.Want("and hung up", "BYE")
				if bye.Tag("To") != "late" || bye.Tag("From") != invite.Tag("From") || bye.Header("CSeq") != "2 BYE" {
					r.Errorf("To %s, CSeq %s", bye.Header("To"), bye.Header("CSeq"))
				}
				r.trunk.Reply(bye, "200 OK")
				r.trunk.WantIdle("it is over", time.Minute)
				r.trunk.Reply(branch(invite, "later"), "200 OK", contact, sdp)
				r.trunk.WantIdle("long after that it is a stranger's", time.Minute)
			})
		})
	}
}

func TestReasonsOfACancel(t *testing.T) {
	for cause, want := range map[int][]string{
		16: {"Q.850;cause=16"},
		26: {`SIP;cause=200;text="Call completed elsewhere"`, "Q.850;cause=26"},
	} {
		converse(t, sip.Config{}, func(r *room) {
			leg := r.dial(context.Background(), sip.Target{User: "1000"})
			invite := r.trunk.Want("called", "INVITE")
			r.trunk.Reply(invite, "180 Ringing", contact)
			synctest.Wait()
			leg.Hangup(cause)
			c := r.trunk.Want("given up", "CANCEL")
			if got := c.Headers("Reason"); len(got) != len(want) || got[0] != want[0] {
				r.Errorf("Reason %q, want %q", got, want)
			}
			r.trunk.Reply(c, "200 OK")
			r.trunk.Reply(invite, "487 Request Terminated")
			r.trunk.Want("acknowledged", "ACK")
			if e := r.ended(leg); e.Cause != cause || e.By != sip.ByServer {
				r.Errorf("ended %+v", e)
			}
		})
	}
	converse(t, sip.Config{Incoming: func(l *sip.Leg) { l.Ring() }}, func(r *room) {
		call := r.trunk.Invite("8899", sdp)
		r.trunk.Want("at once", "100")
		r.trunk.Want("it rings", "180")
		call.Cancel(`Reason: SIP ;cause=200 ;text="Call completed elsewhere"`)
		r.trunk.Want("CANCEL", "200")
		call.AckRefusal(r.trunk.Want("INVITE", "487"))
		if e := r.ended(r.leg()); e.Cause != 26 {
			r.Errorf("ended %+v, want what says that another telephone has answered", e)
		}
	})
}

func TestCallsThatComeBack(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		// Straight to ourselves.
		leg, err := r.server.Dial(context.Background(), sip.Target{URI: "sip:8899@" + serverAddr, User: "1000"}, r.media)
		if err != nil {
			r.Fatal(err)
		}
		if e := r.ended(leg); e.Status != 482 {
			r.Errorf("ended %+v", e)
		}
		// By a proxy.
		for _, test := range []struct{ target, want string }{
			{"sip:100@" + trunkAddr, "482"},   // as it was
			{"sip:8899@" + serverAddr, "100"}, // with another target: no loop, but a spiral
		} {
			leg := r.dial(context.Background(), sip.Target{User: "1000", MaxForwards: 9})
			invite := r.trunk.Want("called", "INVITE")
			back := "INVITE " + test.target + " SIP/2.0\nVia: SIP/2.0/UDP " + trunkAddr + ";branch=z9hG4bKproxy" + test.want + "\n"
			for _, line := range invite.Lines {
				if line == "Max-Forwards: 9" {
					line = "Max-Forwards: 8"
				}
				back += line + "\n"
			}
			r.trunk.Send(back + "\n" + invite.Body)
			r.trunk.Want("to "+test.target, test.want)
			if test.want == "100" {
				r.trunk.Want("it is another call", "200")
				if other := r.leg(); other.MaxForwards() != 8 {
					r.Errorf("%d hops are left", other.MaxForwards())
				} else {
					defer other.Hangup(16)
				}
			}
			leg.Hangup(16)
			r.trunk.Reply(invite, "480 Temporarily Unavailable")
			for m := r.trunk.Want("acknowledged", "ACK"); m.Tag("To") != "peer"; m = r.trunk.Want("acknowledged", "ACK") {
			}
			r.ended(leg)
		}
	})
}
