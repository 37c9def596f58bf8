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

const (
	timer    = "Supported: timer"
	updating = "Allow: INVITE, ACK, BYE, CANCEL, UPDATE"
)

// begun has the trunk call with headers, and be answered; its session begins at the time that is given.
func (r *room) begun(headers ...string) (call *siptest.Call, ok *siptest.Message, leg *sip.Leg, start time.Time) {
	r.Helper()
	call = r.trunk.NewCall("caller", "8899")
	call.Invite(sdp, headers...)
	r.trunk.Want("at once", "100")
	start = time.Now()
	ok = call.Answered(r.trunk.Want("answered", "200"))
	call.Ack()
	synctest.Wait()
	return call, ok, r.leg(), start
}

func TestSessionOfACallThatCame(t *testing.T) {
	const half, life = 15 * time.Minute, 30*time.Minute - 32*time.Second
	for name, test := range map[string]struct {
		headers   []string
		want      string // Session-Expires
		required  string
		refresh   string // the method by which the server refreshes; empty: the far side does
		at, until time.Duration
	}{
		"the caller knows no timers":          {[]string{updating}, "1800;refresher=uas", "", "UPDATE", half, life},
		"and no UPDATE":                       {nil, "1800;refresher=uas", "", "INVITE", half, life},
		"the caller could":                    {[]string{timer, updating}, "1800;refresher=uas", "", "UPDATE", half, life},
		"the caller wants":                    {[]string{timer, "Session-Expires: 90"}, "90;refresher=uac", "timer", "", 0, time.Minute},
		"the caller wants us to":              {[]string{timer, updating, "Session-Expires: 120 ; Refresher=UAS"}, "120;refresher=uas", "", "UPDATE", time.Minute, 88 * time.Second},
		"its shortest is longer":              {[]string{timer, "x: 100;refresher=uac", "Min-SE: 300"}, "300;refresher=uac", "timer", "", 0, 268 * time.Second},
		"it wants more than we":               {[]string{timer, "Session-Expires: 90000;refresher=uac", "Require: timer"}, "1800;refresher=uac", "timer", "", 0, life},
		"a proxy wants too little for it":     {[]string{"Session-Expires: 30", updating}, "90;refresher=uas", "", "UPDATE", 45 * time.Second, time.Minute},
		"nonsense is no wish":                 {[]string{timer, updating, "Session-Expires: soon", "Min-SE: -3"}, "1800;refresher=uas", "", "UPDATE", half, life},
		"a caller that cannot is no uac":      {[]string{updating, "Session-Expires: 200;refresher=uac"}, "200;refresher=uas", "", "UPDATE", 100 * time.Second, 168 * time.Second},
		"nobody knows this kind of refresher": {[]string{timer, "Session-Expires: 90;refresher=proxy"}, "90;refresher=uac", "timer", "", 0, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			converse(t, sip.Config{}, func(r *room) {
				_, ok, leg, start := r.begun(test.headers...)
				if got := ok.Header("Session-Expires"); got != test.want || ok.Header("Require") != test.required || !strings.Contains(ok.Header("Supported"), "timer") {
					r.Fatalf("Session-Expires %q, Require %q, Supported %q", got, ok.Header("Require"), ok.Header("Supported"))
				}
				if test.refresh != "" {
					m := r.trunk.WantAt("half of it is over", test.refresh, start, test.at)
					want, _, _ := strings.Cut(test.want, ";")
					if m.Header("Session-Expires") != want+";refresher=uac" {
						r.Errorf("%s with Session-Expires %q", test.refresh, m.Header("Session-Expires"))
					}
					start := time.Now()
					r.trunk.Reply(m, "200 OK", "Contact: <sip:peer@192.0.2.10>", "Session-Expires: "+want+";refresher=uac", sdp)
					if test.refresh == "INVITE" {
						r.trunk.Want("acknowledged", "ACK")
					}
					m = r.trunk.WantAt("and again", test.refresh, start, test.at)
					r.trunk.Reply(m, "481 Call/Transaction Does Not Exist")
					if test.refresh == "INVITE" {
						r.trunk.Want("acknowledged", "ACK")
					}
					r.trunk.Reply(r.trunk.Want("RFC 4028 §10: it knows nothing of the call", "BYE"), "481 Call/Transaction Does Not Exist")
				} else {
					r.trunk.Reply(r.trunk.WantAt("the far side does not refresh", "BYE", start, test.until), "200 OK")
				}
				if e := r.ended(leg); e.By != sip.ByNetwork || test.refresh == "" && e.Cause != 102 {
					r.Errorf("ended %+v", e)
				}
				r.trunk.WantIdle("it is over", time.Hour)
			})
		})
	}
}

func TestSessionIsRefreshedByTheFarSide(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		call, _, leg, _ := r.begun(timer, "Session-Expires: 90")
		for i := range 6 {
			time.Sleep(45 * time.Second)
			if i%2 == 0 {
				call.Send("UPDATE", "", timer, "Session-Expires: 90;refresher=uac")
			} else {
				call.Invite(sdp, timer, "Session-Expires: 90;refresher=uac")
			}
			if ok := r.trunk.Want("refreshed", "200"); ok.Header("Session-Expires") != "90;refresher=uac" || ok.Header("Require") != "timer" {
				r.Errorf("Session-Expires %q", ok.Header("Session-Expires"))
			}
			if i%2 == 1 {
				call.Ack()
			}
		}
		call.Send("UPDATE", "", timer, "Session-Expires: 60")
		if no := r.trunk.Want("too small", "422"); no.Header("Min-SE") != "90" {
			r.Errorf("Min-SE %q", no.Header("Min-SE"))
		}
		call.Invite(sdp, timer, "Session-Expires: 1")
		call.AckRefusal(r.trunk.Want("too small", "422"))
		if s := leg.Dialog().Session; s.Interval != 90 || s.Ours {
			r.Errorf("session %+v", s)
		}
		last := time.Now()
		call.Send("UPDATE", "", timer, "Session-Expires: 90;refresher=uas", updating)
		r.trunk.Want("the roles change", "200")
		r.trunk.WantAt("there is no UPDATE for who does not allow it", "INVITE", last, 45*time.Second)
		r.hangUp(call)
		r.trunk.Drain()
	})
	converse(t, sip.Config{}, func(r *room) {
		call := r.trunk.NewCall("caller", "8899")
		call.Invite(sdp, timer, "Session-Expires: 60")
		no := r.trunk.Want("RFC 4028 §9: too small", "422")
		if no.Header("Min-SE") != "90" {
			r.Errorf("Min-SE %q", no.Header("Min-SE"))
		}
		call.AckRefusal(no)
		if n := r.calls(); n != 0 {
			r.Errorf("%d calls", n)
		}
	})
}

func TestRefreshThatFails(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		_, _, leg, start := r.begun(timer, updating, "Session-Expires: 160;refresher=uas")
		update := r.trunk.WantAt("half of it is over", "UPDATE", start, 80*time.Second)
		r.trunk.Reply(update, "422 Session Interval Too Small", "Min-SE: 320")
		update = r.trunk.Want("at once with more", "UPDATE")
		if update.Header("Session-Expires") != "320;refresher=uac" || update.Header("Min-SE") != "320" {
			r.Errorf("Session-Expires %q, Min-SE %q", update.Header("Session-Expires"), update.Header("Min-SE"))
		}
		tries := 0
		for update.Is("UPDATE") {
			tries++
			r.trunk.Reply(update, "500 Server Internal Error")
			update = r.trunk.Next(10 * time.Minute)
		}
		if tries < 3 || tries > 12 || !update.Is("BYE") || update.At.Sub(start) != 288*time.Second {
			r.Errorf("%d tries, then %q after %v", tries, update.Start, update.At.Sub(start))
		}
		r.trunk.Reply(update, "200 OK")
		if e := r.ended(leg); e.By != sip.ByNetwork || e.Cause != 102 {
			r.Errorf("ended %+v", e)
		}
	})
	t.Run("it serves no UPDATE, whatever it says", func(t *testing.T) {
		converse(t, sip.Config{}, func(r *room) {
			call, _, _, start := r.begun(timer, updating, "Session-Expires: 160;refresher=uas")
			r.trunk.Reply(r.trunk.WantAt("half of it is over", "UPDATE", start, 80*time.Second), "405 Method Not Allowed")
			invite := r.trunk.Want("at once", "INVITE")
			r.trunk.Reply(invite, "200 OK", "Contact: <sip:peer@192.0.2.10>", "Session-Expires: 160;refresher=uac", sdp)
			r.trunk.Want("acknowledged", "ACK")
			r.trunk.Reply(r.trunk.WantAt("from then on", "INVITE", start, 160*time.Second), "488 Not Acceptable Here")
			r.trunk.Want("acknowledged", "ACK")
			r.trunk.Want("it is tried again", "INVITE")
			r.hangUp(call)
			r.trunk.Drain()
		})
	})
	t.Run("another offer is under way", func(t *testing.T) {
		converse(t, sip.Config{}, func(r *room) {
			call, _, leg, start := r.begun(timer, "Session-Expires: 160;refresher=uas")
			time.Sleep(79 * time.Second)
			done := asked(leg.Renegotiate)
			invite := r.trunk.Want("an offer", "INVITE")
			r.trunk.Reply(invite, "100 Trying")
			time.Sleep(3 * time.Second)
			r.trunk.Reply(invite, "488 Not Acceptable Here")
			r.trunk.Want("acknowledged", "ACK")
			r.outcome(done, "refused: 488 Not Acceptable Here")
			invite = r.trunk.Want("which refreshed nothing", "INVITE")
			if at := invite.At.Sub(start); at > 128*time.Second {
				r.Errorf("refreshed after %v", at)
			}
			r.trunk.Reply(invite, "200 OK", "Contact: <sip:peer@192.0.2.10>", "Session-Expires: 160;refresher=uac", sdp)
			r.trunk.Want("acknowledged", "ACK")
			r.hangUp(call)
		})
	})
	t.Run("nobody is there", func(t *testing.T) {
		converse(t, sip.Config{Session: 90 * time.Second}, func(r *room) {
			_, _, leg, start := r.begun(updating)
			r.trunk.WantAt("half of it is over", "UPDATE", start, 45*time.Second)
			for m := r.trunk.Next(time.Minute); !m.Is("BYE"); m = r.trunk.Next(time.Minute) {
			}
			if e := r.ended(leg); e.By != sip.ByNetwork || e.Cause != 102 {
				r.Errorf("ended %+v", e)
			}
			<-leg.Done()
			if d := time.Since(start); d > 2*time.Minute {
				r.Errorf("the leg stayed %v", d)
			}
			r.trunk.Drain()
		})
	})
	t.Run("any answer is a sign of life of who has no timers", func(t *testing.T) {
		converse(t, sip.Config{Session: 90 * time.Second}, func(r *room) {
			call, _, _, start := r.begun()
			for range 5 {
				r.trunk.Reply(r.trunk.WantAt("half of it is over", "INVITE", start, 45*time.Second), "488 Not Acceptable Here")
				start = time.Now()
				r.trunk.Want("acknowledged", "ACK")
			}
			r.hangUp(call)
		})
	})
	t.Run("none is wanted", func(t *testing.T) {
		converse(t, sip.Config{Session: -1}, func(r *room) {
			call, ok, _, _ := r.begun(timer)
			if got := ok.Header("Session-Expires"); got != "" {
				r.Errorf("Session-Expires %q", got)
			}
			r.trunk.WantIdle("for ever", 24*time.Hour)
			r.hangUp(call)
		})
	})
}

func TestSessionOfACallOfOurs(t *testing.T) {
	// answered has the trunk answer an INVITE, with headers.
	answered := func(r *room, leg *sip.Leg, invite *siptest.Message, headers ...string) time.Time {
		r.Helper()
		start := time.Now()
		r.trunk.Reply(invite, "200 OK", append(headers, contact, sdp)...)
		r.trunk.Want("acknowledged", "ACK")
		if _, ok := r.event(leg).(sip.AnsweredEvent); !ok {
			r.Fatal("not answered")
		}
		return start
	}
	t.Run("422", func(t *testing.T) {
		converse(t, sip.Config{}, func(r *room) {
			leg := r.dial(context.Background(), sip.Target{User: "1000"})
			invite := r.trunk.Want("called", "INVITE")
			if invite.Header("Session-Expires") != "1800" || invite.Header("Min-SE") != "" || !strings.Contains(invite.Header("Supported"), "timer") {
				r.Errorf("Session-Expires %q", invite.Header("Session-Expires"))
			}
			r.trunk.Reply(invite, "422 Session Interval Too Small", "Min-SE: 3600")
			r.trunk.Want("acknowledged", "ACK")
			second := r.trunk.Want("RFC 4028 §7.3: once more", "INVITE")
			if second.Header("Session-Expires") != "3600" || second.Header("Min-SE") != "3600" || second.Header("CSeq") != "2 INVITE" ||
				second.Header("Call-ID") != invite.Header("Call-ID") || second.Body == "" {
				r.Errorf("second INVITE:\n%s", strings.Join(second.Lines, "\n"))
			}
			start := answered(r, leg, second, "Session-Expires: 3600;refresher=uac", "Require: timer", updating)
			update := r.trunk.WantAt("half of it is over", "UPDATE", start, 30*time.Minute)
			if update.Header("Session-Expires") != "3600;refresher=uac" || update.Header("Min-SE") != "3600" || update.Body != "" {
				r.Errorf("UPDATE with %q", update.Header("Session-Expires"))
			}
			r.trunk.Reply(update, "200 OK", contact, "Session-Expires: 3600;refresher=uas")
			synctest.Wait()
			if s := leg.Dialog().Session; s.Ours {
				r.Error("the far side has taken over")
			}
			r.trunk.Reply(r.trunk.Want("and does not", "BYE"), "200 OK")
			r.ended(leg)
		})
	})
	t.Run("422 without end", func(t *testing.T) {
		converse(t, sip.Config{}, func(r *room) {
			leg := r.dial(context.Background(), sip.Target{User: "1000"})
			n := 0
			for m := r.trunk.Next(time.Minute); m != nil; m = r.trunk.Next(time.Minute) {
				if m.Is("INVITE") {
					n++
					r.trunk.Reply(m, "422 Session Interval Too Small", "Min-SE: "+[]string{"2000", "3000", "3000", "9000", "9999"}[min(n-1, 4)])
				}
			}
			if e := r.ended(leg); e.Status != 422 || n != 3 {
				r.Errorf("%d INVITEs, ended %+v", n, e)
			}
		})
	})
	t.Run("the called side has no timers", func(t *testing.T) {
		converse(t, sip.Config{}, func(r *room) {
			leg := r.dial(context.Background(), sip.Target{User: "1000"})
			start := answered(r, leg, r.trunk.Want("called", "INVITE"))
			m := r.trunk.WantAt("half of it is over", "INVITE", start, 15*time.Minute)
			if m.Header("Session-Expires") != "1800;refresher=uac" || m.Body == "" {
				r.Errorf("re-INVITE with %q", m.Header("Session-Expires"))
			}
			r.trunk.Reply(m, "200 OK", contact, sdp)
			r.trunk.Want("acknowledged", "ACK")
			leg.Hangup(16)
			r.trunk.Reply(r.trunk.Want("hung up", "BYE"), "200 OK")
			r.ended(leg)
			r.trunk.WantIdle("no clock runs on", time.Hour)
		})
	})
	t.Run("the called side refreshes", func(t *testing.T) {
		converse(t, sip.Config{}, func(r *room) {
			leg := r.dial(context.Background(), sip.Target{User: "1000"})
			start := answered(r, leg, r.trunk.Want("called", "INVITE"), "Session-Expires: 600;refresher=uas")
			r.trunk.Reply(r.trunk.WantAt("or not", "BYE", start, 568*time.Second), "200 OK")
			if e := r.ended(leg); e.By != sip.ByNetwork || e.Cause != 102 {
				r.Errorf("ended %+v", e)
			}
		})
	})
}
