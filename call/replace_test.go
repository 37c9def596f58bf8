package call_test

import (
	"testing"

	"dialtone/call/softphone"
)

// A call that comes with Replaces takes the place of another: of one that rings, and of either side of a talk.
func TestACallReplacesAnother(t *testing.T) {
	for _, which := range []string{"ringing", "called", "caller"} {
		t.Run(which, func(t *testing.T) {
			l := newLab(t, labConfig{plan: othersPlan})
			b, c := l.desk("1001"), l.desk("1002")
			a := l.call(l.desk(number).Phone, "1001")
			in := b.next()
			in.Ring()
			l.await(a, softphone.Rings)
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
			next, err := taker.CallFor(t.Context(), "1001", old)
			if err != nil {
				t.Fatal(err)
			}
			l.await(next, softphone.Answered)
			l.end(old)
			l.linked(stays, next)
			next.Hangup()
			l.end(stays)
			l.nothingLeft()
		})
	}
}

// Whose call it is not may not replace it, nor one that is none.
func TestACallThatMayNotReplace(t *testing.T) {
	l := newLab(t, labConfig{plan: othersPlan})
	b, c := l.desk("1001"), l.desk("1002")
	a := l.call(l.phone(softphone.Config{}), "1001")
	in := b.answer()
	l.await(a, softphone.Answered)
	l.linked(a, in)
	next, err := c.CallFor(t.Context(), "1001", in)
	if err != nil {
		t.Fatal(err)
	}
	if e := l.end(next); e.Status != 403 {
		t.Errorf("another phone's talk: %+v, want 403", e)
	}
	a.Hangup()
	l.end(in)
	l.until("no call is live", func() bool { return len(l.calls.Calls()) == 0 })
	if next, err = b.CallFor(t.Context(), "1001", in); err != nil {
		t.Fatal(err)
	}
	if e := l.end(next); e.Status != 481 {
		t.Errorf("a call that is over: %+v, want 481", e)
	}
	l.nothingLeft()
}
