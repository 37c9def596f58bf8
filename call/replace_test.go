package call_test

import (
	"testing"

	"dialtone/call/softphone"
	"dialtone/sip"
)

// A call that comes with Replaces takes the place of another: of one that rings, and of either side of a talk.
func TestACallReplacesAnother(t *testing.T) {
	for _, which := range []string{"ringing", "called", "caller"} {
		t.Run(which, func(t *testing.T) {
			l := newLab(t, labConfig{plan: othersPlan})
			b, c := l.desk("1001"), l.desk("1002")
			a := l.call(l.desk(number).Phone, "1001")
			in := l.rings(a, b)
			old, stays, taker := in, a, c
			if which != "ringing" {
				in.Answer()
				l.await(a, softphone.Answered)
				l.linked(a, in)
				taker = l.desk("1001")
			}
			if which == "caller" {
				old, stays, taker = a, in, l.desk(number)
			}
			next, err := taker.CallFor(t.Context(), "1001", old.Replaces())
			if err != nil {
				t.Fatal(err)
			}
			l.await(next, softphone.Answered)
			l.end(old)
			l.linked(stays, next)
			l.over(next, stays)
		})
	}
}

// A key with a lamp is told which dialog rings, and picks it up by that.
func TestALampsKeyPicksUp(t *testing.T) {
	l := newLab(t, labConfig{plan: othersPlan + "exten => _1XXX,hint,PJSIP/${EXTEN}\n"})
	b, c := l.desk("1001"), l.desk("1002")
	a := l.call(l.phone(softphone.Config{}), "1001")
	in := l.rings(a, b)
	var rings sip.Replaces
	l.until("the lamp tells which dialog rings", func() bool {
		lamp, _ := l.calls.Lamps().Lamp("1002", "1001")
		rings = lamp.Dialog
		return lamp.State == sip.LampRinging && rings != sip.Replaces{}
	})
	if want := in.Replaces(); rings.CallID != want.CallID || rings.ToTag != want.FromTag || rings.FromTag != want.ToTag {
		t.Errorf("the lamp tells of %+v, want the telephone's own view of %+v", rings, want)
	}
	next, err := c.CallFor(t.Context(), "1001", &rings)
	if err != nil {
		t.Fatal(err)
	}
	l.await(next, softphone.Answered)
	l.end(in)
	l.linked(a, next)
	if lamp, _ := l.calls.Lamps().Lamp("1002", "1001"); lamp.Dialog != (sip.Replaces{}) {
		t.Errorf("the lamp tells of %+v when nothing rings", lamp.Dialog)
	}
	l.over(next, a)
}

// Whose call it is not may not replace it, nor one that is none.
func TestACallThatMayNotReplace(t *testing.T) {
	l := newLab(t, labConfig{plan: othersPlan})
	b, c := l.desk("1001"), l.desk("1002")
	a := l.call(l.phone(softphone.Config{}), "1001")
	in := b.answer()
	l.await(a, softphone.Answered)
	l.linked(a, in)
	next, err := c.CallFor(t.Context(), "1001", in.Replaces())
	if err != nil {
		t.Fatal(err)
	}
	if e := l.end(next); e.Status != 403 {
		t.Errorf("another phone's talk: %+v, want 403", e)
	}
	a.Hangup()
	l.end(in)
	l.until("no call is live", func() bool { return len(l.calls.Calls()) == 0 })
	if next, err = b.CallFor(t.Context(), "1001", in.Replaces()); err != nil {
		t.Fatal(err)
	}
	if e := l.end(next); e.Status != 481 {
		t.Errorf("a call that is over: %+v, want 481", e)
	}
	l.nothingLeft()
}
