package sip_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dialtone/sip"
	"dialtone/sip/siptest"
)

// asked has the leg ask something, and gives what comes of it.
func asked(ask func(context.Context) error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- ask(context.Background()) }()
	synctest.Wait()
	return done
}

// still checks that nothing came of it yet.
func (r *room) still(done <-chan error) {
	r.Helper()
	synctest.Wait()
	select {
	case err := <-done:
		r.Fatalf("it is done already: %v", err)
	default:
	}
}

// outcome checks what came of it.
func (r *room) outcome(done <-chan error, want string) {
	r.Helper()
	synctest.Wait()
	select {
	case err := <-done:
		if got := text(err); got != want {
			r.Errorf("outcome %q, want %q", got, want)
		}
	default:
		r.Fatalf("nothing came of it, want %q", want)
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// tell sends a NOTIFY of a transfer.
func tell(call *siptest.Call, body, state string) {
	call.Send("NOTIFY", body, "Event: refer", "Subscription-State: "+state, "Content-Type: message/sipfrag;version=2.0")
}

func TestReferSendsTheCallerElsewhere(t *testing.T) {
	for name, test := range map[string]struct {
		then func(r *room, call *siptest.Call, refer *siptest.Message)
		want string
	}{
		"it gets there": {func(r *room, call *siptest.Call, refer *siptest.Message) {
			r.trunk.Reply(refer, "202 Accepted")
			tell(call, "SIP/2.0 100 Trying\r\n", "active;expires=60")
			r.trunk.Want("told", "200")
			tell(call, "SIP/2.0 200 OK\r\n", "terminated;reason=noresource")
			r.trunk.Want("told", "200")
		}, ""},
		"it does not get there": {func(r *room, call *siptest.Call, refer *siptest.Message) {
			r.trunk.Reply(refer, "202 Accepted")
			tell(call, "SIP/2.0 486 Busy Here\r\n", "terminated;reason=noresource")
			r.trunk.Want("told", "200")
		}, "refused: 486 Busy Here"},
		"it tells before it answers": {func(r *room, call *siptest.Call, refer *siptest.Message) {
			tell(call, "SIP/2.0 200 OK\r\n", "terminated")
			r.trunk.Want("told", "200")
			r.trunk.Reply(refer, "202 Accepted")
		}, ""},
		"it will not tell": {func(r *room, call *siptest.Call, refer *siptest.Message) {
			r.trunk.Reply(refer, "202 Accepted")
			tell(call, "", "terminated;reason=noresource")
			r.trunk.Want("told", "200")
		}, ""},
		"it hangs up and goes": {func(r *room, call *siptest.Call, refer *siptest.Message) {
			r.trunk.Reply(refer, "202 Accepted")
			synctest.Wait()
			call.Send("BYE", "")
			r.trunk.Want("always", "200")
		}, ""},
		"it hangs up without having agreed": {func(r *room, call *siptest.Call, refer *siptest.Message) {
			call.Send("BYE", "")
			r.trunk.Want("always", "200")
			r.trunk.Reply(refer, "481 Gone")
		}, "the call is over"},
		"it does not want to": {func(r *room, call *siptest.Call, refer *siptest.Message) { r.trunk.Reply(refer, "603 Decline") }, "refused: 603 Decline"},
		"it does not know how": {func(r *room, call *siptest.Call, refer *siptest.Message) {
			r.trunk.Reply(refer, "405 Method Not Allowed")
		}, sip.ErrNotAllowed.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			converse(t, sip.Config{}, func(r *room) {
				call, leg := r.up()
				done := asked(func(ctx context.Context) error { return leg.Refer(ctx, "2000") })
				refer := r.trunk.Want("sent elsewhere", "REFER")
				if refer.Header("Refer-To") != "<sip:2000@192.0.2.1:5060>" || !strings.Contains(refer.Header("Referred-By"), "sip:8899@") {
					r.Errorf("Refer-To %q, Referred-By %q", refer.Header("Refer-To"), refer.Header("Referred-By"))
				}
				r.still(done)
				test.then(r, call, refer)
				r.outcome(done, test.want)
				leg.Hangup(16)
				if m := r.trunk.Next(time.Second); m != nil {
					r.trunk.Reply(m, "200 OK")
				}
				<-leg.Done()
			})
		})
	}
}

func TestReferIsAskedOnlyWhereItMayBe(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		call := r.trunk.NewCall("caller", "8899")
		call.Invite(sdp, "Allow: INVITE, ACK, BYE, CANCEL", "Allow: OPTIONS")
		r.trunk.Want("at once", "100")
		call.Answered(r.trunk.Want("answered", "200"))
		call.Ack()
		synctest.Wait()
		leg := r.leg()
		r.outcome(asked(func(ctx context.Context) error { return leg.Refer(ctx, "2000") }), sip.ErrNotAllowed.Error())
		r.outcome(asked(func(ctx context.Context) error { return leg.SendMessage(ctx, "hello") }), sip.ErrNotAllowed.Error())
		tell(call, "SIP/2.0 200 OK\r\n", "terminated")
		r.trunk.Want("nobody asked", "481")
		r.trunk.WantIdle("nothing is sent", time.Minute)
		r.hangUp(call)
	})
}

func TestReferTargets(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		call, leg := r.up()
		for target, want := range map[string]string{
			"+49 30":                          "<sip:+49%2030@192.0.2.1:5060>",
			"anna@example.com":                "<sip:anna@example.com>",
			"sip:x@192.0.2.7:1;transport=tcp": "<sip:x@192.0.2.7:1;transport=tcp>",
			"tel:+4930":                       "<tel:+4930>",
		} {
			done := asked(func(ctx context.Context) error { return leg.Refer(ctx, target) })
			refer := r.trunk.Want("sent elsewhere", "REFER")
			if got := refer.Header("Refer-To"); got != want {
				r.Errorf("%s: Refer-To %q, want %q", target, got, want)
			}
			r.trunk.Reply(refer, "603 Decline")
			r.outcome(done, "refused: 603 Decline")
		}
		for _, target := range []string{"", "sip:a@b>\r\nX: y", "a@b\r\nX: y", "sip:"} {
			if err := leg.Refer(context.Background(), target); err == nil {
				r.Errorf("%q is a target", target)
			}
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		done := asked(func(context.Context) error { return leg.Refer(ctx, "1") })
		r.trunk.Reply(r.trunk.Want("sent elsewhere", "REFER"), "202 Accepted")
		if err := leg.Refer(context.Background(), "2"); err == nil || !strings.Contains(err.Error(), "already") {
			r.Errorf("two at once: %v", err)
		}
		time.Sleep(5 * time.Second)
		r.outcome(done, context.DeadlineExceeded.Error())
		r.hangUp(call)
	})
}

func TestRedirectIs302(t *testing.T) {
	converse(t, sip.Config{Incoming: func(l *sip.Leg) { l.Ring(); l.Redirect("2000") }}, func(r *room) {
		call := r.trunk.Invite("8899", sdp)
		r.trunk.Want("at once", "100")
		r.trunk.Want("it rings", "180")
		moved := r.trunk.Want("sent elsewhere", "302")
		if moved.Header("Contact") != "<sip:2000@192.0.2.1:5060>" {
			r.Errorf("Contact %q", moved.Header("Contact"))
		}
		call.AckRefusal(moved)
		leg := r.leg()
		if e := r.ended(leg); e.By != sip.ByServer || e.Status != 302 {
			r.Errorf("ended %+v", e)
		}
		if err := leg.Redirect("1"); !errors.Is(err, sip.ErrEnded) {
			r.Errorf("a second time: %v", err)
		}
	})
	converse(t, sip.Config{}, func(r *room) {
		call, leg := r.up()
		if err := leg.Redirect("1"); err == nil {
			r.Error("an answered call is redirected")
		}
		r.hangUp(call)
	})
}

func TestTextsInACall(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		call, leg := r.up()
		long := strings.Repeat("ö", 600)
		for _, test := range []struct{ text, body, answer, want string }{
			{"Grüße", "Grüße", "200 OK", ""},
			{long, long[:1000], "202 Accepted", ""},
			{"x", "x", "405 Method Not Allowed", sip.ErrNotAllowed.Error()},
			{"x", "x", "488 Not Acceptable Here", "refused: 488 Not Acceptable Here"},
		} {
			done := asked(func(ctx context.Context) error { return leg.SendMessage(ctx, test.text) })
			message := r.trunk.Want("a text", "MESSAGE")
			if message.Body != test.body || message.Header("Content-Type") != "text/plain;charset=UTF-8" {
				r.Errorf("%q as %s", message.Body, message.Header("Content-Type"))
			}
			r.still(done)
			r.trunk.Reply(message, test.answer)
			r.outcome(done, test.want)
		}
		done := asked(func(ctx context.Context) error { return leg.SendMessage(ctx, "x") })
		time.Sleep(33 * time.Second)
		r.outcome(done, sip.ErrNoAnswer.Error())
		r.trunk.Drain()
		r.hangUp(call)
		r.outcome(asked(func(ctx context.Context) error { return leg.SendMessage(ctx, "x") }), sip.ErrEnded.Error())
	})
}
