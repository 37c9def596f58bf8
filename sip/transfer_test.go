package sip_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dialtone/sip"
	"dialtone/sip/siptest"
)

// wished is the far side's wish for a transfer, sent by REFER.
func (r *room) wished(call *siptest.Call, leg *sip.Leg, referTo string, headers ...string) sip.TransferEvent {
	r.Helper()
	call.Send("REFER", "", append([]string{"Refer-To: " + referTo}, headers...)...)
	e, ok := r.event(leg).(sip.TransferEvent)
	if !ok {
		r.Fatal("no TransferEvent")
	}
	return e
}

// hears is the next NOTIFY of a transfer, which is answered.
func (r *room) hears(why, fragment, state string) *siptest.Message {
	r.Helper()
	m := r.trunk.Want(why, "NOTIFY")
	if m.Body != fragment+"\r\n" || m.Header("Subscription-State") != state || m.Header("Content-Type") != "message/sipfrag;version=2.0" {
		r.Errorf("%s: NOTIFY %q with state %q, want %q with %q", why, m.Body, m.Header("Subscription-State"), fragment, state)
	}
	r.trunk.Reply(m, "200 OK")
	return m
}

func TestTransferIsAcceptedAndTold(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		call, leg := r.up()
		e := r.wished(call, leg, "<sip:20%2200@example.com;x=y>", `Referred-By: "Anna" <sip:1000@example.com>`)
		if e.To != "sip:20%2200@example.com;x=y" || e.Called != `20"00` || e.Replaces != nil || e.ReferredBy != `"Anna" <sip:1000@example.com>` {
			r.Errorf("event %+v", e)
		}
		r.trunk.WantIdle("nobody has decided", 5*time.Second)
		p := e.Answer(true)
		r.trunk.Want("accepted", "202")
		first := r.hears("RFC 3515 §2.4.4: at once", "SIP/2.0 100 Trying", "active;expires=300")
		if first.Header("Event") != "refer" {
			r.Errorf("Event %q", first.Header("Event"))
		}
		p.Tell(180, "")
		r.hears("it rings", "SIP/2.0 180 Ringing", "active;expires=300")
		p.Tell(180, "")
		r.trunk.WantIdle("told already", time.Second)
		if e.Answer(true) != nil {
			r.Error("answered twice")
		}
		p.Tell(200, "OK\r\nX: y")
		r.hears("it got there", "SIP/2.0 200 OKX: y", "terminated;reason=noresource")
		p.Tell(486, "")
		r.trunk.WantIdle("that was the last", 10*time.Minute)
		again := r.wished(call, leg, "<sip:1@example.com>")
		p = again.Answer(true)
		r.trunk.Want("a second one", "202")
		if m := r.hears("at once", "SIP/2.0 100 Trying", "active;expires=300"); m.Header("Event") != "refer;id=3" {
			r.Errorf("RFC 3515 §2.4.6: Event %q", m.Header("Event"))
		}
		p.Tell(486, "")
		r.hears("it failed", "SIP/2.0 486 Busy Here", "terminated;reason=noresource")
		r.hangUp(call)
		p.Tell(200, "")
		(*sip.Progress)(nil).Tell(200, "")
	})
}

func TestTransferIsToldAfterTheFarSideHasGone(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		call, leg := r.up()
		p := r.wished(call, leg, "<sip:2000@example.com>").Answer(true)
		r.trunk.Want("accepted", "202")
		r.hears("at once", "SIP/2.0 100 Trying", "active;expires=300")
		r.hangUp(call)
		if e := r.ended(leg); e.By != sip.ByCaller {
			r.Errorf("ended %+v", e)
		}
		if d := leg.Dialog(); r.server.Find(d.CallID, d.LocalTag, d.RemoteTag) != nil {
			r.Error("a call that is over is found")
		}
		p.Tell(200, "OK")
		r.hears("RFC 5057 §5.1: the subscription goes on", "SIP/2.0 200 OK", "terminated;reason=noresource")
		synctest.Wait()
		if n := r.server.Legs(); n != 0 {
			r.Errorf("%d legs are left", n)
		}
	})
}

func TestTransferEnds(t *testing.T) {
	for name, test := range map[string]func(r *room, call *siptest.Call, leg *sip.Leg){
		"declined": func(r *room, call *siptest.Call, leg *sip.Leg) {
			if r.wished(call, leg, "<sip:2000@example.com>").Answer(false) != nil {
				r.Error("there is something to tell")
			}
			r.trunk.Want("declined", "603")
		},
		"nobody decides": func(r *room, call *siptest.Call, leg *sip.Leg) {
			start := time.Now()
			e := r.wished(call, leg, "<sip:2000@example.com>")
			r.trunk.WantAt("in time for timer F", "603", start, 10*time.Second)
			if e.Answer(true) != nil {
				r.Error("accepted after that")
			}
		},
		"it is not to be told": func(r *room, call *siptest.Call, leg *sip.Leg) {
			p := r.wished(call, leg, "<sip:2000@example.com>", "Refer-Sub: false", "Require: norefersub").Answer(true)
			if ok := r.trunk.Want("accepted", "202"); ok.Header("Refer-Sub") != "false" {
				r.Error("RFC 4488 §4: Refer-Sub must be told")
			}
			p.Tell(200, "")
		},
		"nothing final comes": func(r *room, call *siptest.Call, leg *sip.Leg) {
			start := time.Now()
			r.wished(call, leg, "<sip:2000@example.com>").Answer(true)
			r.trunk.Want("accepted", "202")
			r.hears("at once", "SIP/2.0 100 Trying", "active;expires=300")
			r.hears("it is given up", "SIP/2.0 100 Trying", "terminated;reason=timeout")
			if d := time.Since(start); d != 5*time.Minute {
				r.Errorf("given up after %v", d)
			}
		},
		"another one meanwhile": func(r *room, call *siptest.Call, leg *sip.Leg) {
			r.wished(call, leg, "<sip:2000@example.com>").Answer(true)
			r.trunk.Want("accepted", "202")
			r.hears("at once", "SIP/2.0 100 Trying", "active;expires=300")
			call.Send("REFER", "", "Refer-To: <sip:3@example.com>")
			r.trunk.Want("one at a time", "491")
			r.trunk.WantIdle("still watched", time.Second)
		},
		"it gives the subscription up": func(r *room, call *siptest.Call, leg *sip.Leg) {
			call.Send("SUBSCRIBE", "", "Event: refer", "Expires: 60")
			r.trunk.Want("to nothing", "481")
			p := r.wished(call, leg, "<sip:2000@example.com>").Answer(true)
			r.trunk.Want("accepted", "202")
			r.hears("at once", "SIP/2.0 100 Trying", "active;expires=300")
			call.Send("SUBSCRIBE", "", "Event: refer", "Expires: 60")
			r.trunk.Want("refreshed", "200")
			r.hears("RFC 6665 §4.2.1: at once", "SIP/2.0 100 Trying", "active;expires=300")
			call.Send("SUBSCRIBE", "", "Event: dialog", "Expires: 60")
			r.trunk.Want("to something else", "481")
			call.Send("SUBSCRIBE", "", "Event: refer", "Expires: 0")
			r.trunk.Want("given up", "200")
			r.hears("the last word", "SIP/2.0 100 Trying", "terminated;reason=timeout")
			p.Tell(200, "")
		},
		"a NOTIFY comes at a bad time": func(r *room, call *siptest.Call, leg *sip.Leg) {
			p := r.wished(call, leg, "<sip:2000@example.com>").Answer(true)
			r.trunk.Want("accepted", "202")
			r.trunk.Reply(r.trunk.Want("at once", "NOTIFY"), "500 Server Internal Error")
			synctest.Wait()
			p.Tell(200, "")
			r.hears("still told", "SIP/2.0 200 OK", "terminated;reason=noresource")
		},
		"nobody listens": func(r *room, call *siptest.Call, leg *sip.Leg) {
			p := r.wished(call, leg, "<sip:2000@example.com>").Answer(true)
			r.trunk.Want("accepted", "202")
			r.trunk.Reply(r.trunk.Want("at once", "NOTIFY"), "481 Subscription Does Not Exist")
			synctest.Wait()
			p.Tell(200, "")
		},
		"the server hangs up": func(r *room, call *siptest.Call, leg *sip.Leg) {
			p := r.wished(call, leg, "<sip:2000@example.com>").Answer(true)
			r.trunk.Want("accepted", "202")
			r.hears("at once", "SIP/2.0 100 Trying", "active;expires=300")
			leg.Hangup(16)
			if e := r.ended(leg); e.By != sip.ByServer || e.Cause != 16 {
				r.Errorf("ended %+v", e)
			}
			r.trunk.WantIdle("RFC 5589 §6.1: until it is known how it went", time.Minute)
			p.Tell(180, "")
			r.hears("it rings", "SIP/2.0 180 Ringing", "active;expires=300")
			p.Tell(486, "")
			r.hears("the last word", "SIP/2.0 486 Busy Here", "terminated;reason=noresource")
			r.trunk.Reply(r.trunk.Want("hung up", "BYE"), "200 OK")
			<-leg.Done()
		},
		"both hang up": func(r *room, call *siptest.Call, leg *sip.Leg) {
			p := r.wished(call, leg, "<sip:2000@example.com>").Answer(true)
			r.trunk.Want("accepted", "202")
			r.hears("at once", "SIP/2.0 100 Trying", "active;expires=300")
			leg.Hangup(16)
			r.ended(leg)
			r.hangUp(call)
			p.Tell(200, "")
			r.hears("the last word", "SIP/2.0 200 OK", "terminated;reason=noresource")
			r.trunk.WantIdle("a call that both have ended needs no BYE", time.Minute)
			<-leg.Done()
		},
		"the server hangs up, and nothing final comes": func(r *room, call *siptest.Call, leg *sip.Leg) {
			r.wished(call, leg, "<sip:2000@example.com>").Answer(true)
			r.trunk.Want("accepted", "202")
			r.hears("at once", "SIP/2.0 100 Trying", "active;expires=300")
			leg.Hangup(16)
			r.hears("it is given up", "SIP/2.0 100 Trying", "terminated;reason=timeout")
			r.trunk.Reply(r.trunk.Want("hung up", "BYE"), "200 OK")
			<-leg.Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			converse(t, sip.Config{}, func(r *room) {
				call, leg := r.up()
				test(r, call, leg)
				r.trunk.WantIdle("nothing more", time.Second)
				select {
				case <-leg.Done():
				default:
					r.hangUp(call)
				}
			})
		})
	}
}

func TestTransferTargets(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		call, leg := r.up()
		for _, test := range []struct{ referTo, status string }{
			{"<http://example.com>", "416"},
			{"<sip:1@example.com;method=BYE>", "403"},
			{"<sip:1@example.com?Replaces=nonsense>", "400"},
			{"<sip:1@example.com?Replaces=a%0d%0aX:y%3Bto-tag%3D1%3Bfrom-tag%3D2>", "400"},
			{"<sip:1@>", "416"},
			{"*", "400"},
		} {
			call.Send("REFER", "", "Refer-To: "+test.referTo)
			r.trunk.Want(test.referTo, test.status)
		}
		call.Send("REFER", "")
		r.trunk.Want("no Refer-To", "400")
		e := r.wished(call, leg, "<sip:1@example.com;method=INVITE?Replaces=a%40b%3Bfrom-tag%3D2%3Bto-tag%3D1&X-Header=y>")
		if e.Replaces == nil || *e.Replaces != (sip.Replaces{CallID: "a@b", ToTag: "1", FromTag: "2"}) || strings.Contains(e.To, "?") {
			r.Errorf("event %+v, replaces %v", e, e.Replaces)
		}
		e.Answer(false)
		r.trunk.Want("declined", "603")
		hostile := r.wished(call, leg, "<sip:{a=b},9%0d%0aX-Y=z@example.com>")
		if hostile.Called != "{a=b},9%0d%0aX-Y=z" || strings.ContainsAny(hostile.To, "\r\n") {
			r.Errorf("what would begin another line: %+v", hostile)
		}
		hostile.Answer(false)
		r.trunk.Want("declined", "603")
		tel := r.wished(call, leg, "<tel:+49-30-1234>")
		if tel.Called != "+49301234" {
			r.Errorf("a tel URI calls %q", tel.Called)
		}
		tel.Answer(false)
		r.trunk.Want("declined", "603")
		stranger := r.trunk.NewCall("caller", "8899")
		stranger.Send("REFER", "", "Refer-To: <sip:1@example.com>")
		r.trunk.Want("outside of a call", "403")
		r.hangUp(call)
	})
}
