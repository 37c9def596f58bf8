package call_test

import (
	"context"
	"strings"
	"testing"

	"dialtone/call/softphone"
)

const transferPlan = `
[phones]
exten => _1XXX,1,Dial(PJSIP/${EXTEN},20)
 same => n,Hangup()
exten => 7,1,Answer()
 same => n,NoOp(at 7 ${CHANNEL(channeltype)})
 same => n,Read(x,long,1)
exten => h,1,NoOp(h ${DIALSTATUS})
`

// refer sends the far side of a call elsewhere, and waits for what becomes of it.
func (l *lab) refer(c *softphone.Call, target string, replaced *softphone.Call) error {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), patience)
	defer cancel()
	return c.Transfer(ctx, target, replaced)
}

// referring is refer, of which it is told how it goes when that is known.
func (l *lab) referring(c *softphone.Call, target string, replaced ...*softphone.Call) <-chan error {
	told := make(chan error, 1)
	go func() { told <- l.refer(c, target, append(replaced, nil)[0]) }()
	return told
}

// One of two who talk sends the other to an extension: it goes there, and the call of who sent it is over.
func TestBlindTransfer(t *testing.T) {
	for _, by := range []string{"caller", "called"} {
		t.Run("by the "+by, func(t *testing.T) {
			l := newLab(t, labConfig{plan: transferPlan})
			b, c := l.desk("1001"), l.desk("1002")
			a, in := l.talking(b, "1001")
			sender, sent := a, in
			if by == "called" {
				sender, sent = in, a
			}
			referred := l.referring(sender, "1002")
			third := c.answer()
			if err := <-referred; err != nil {
				t.Fatalf("the transfer: %v", err)
			}
			l.end(sender)
			l.linked(sent, third)
			l.over(third, sent)
			for _, r := range l.records() {
				if r.Steps == nil {
					t.Errorf("a record without steps: %+v", r)
				}
			}
		})
	}
}

// Who sends the other one elsewhere is told why nobody has answered there, and its call ends then.
func TestBlindTransferToOneWhoIsBusy(t *testing.T) {
	l := newLab(t, labConfig{plan: transferPlan})
	b, c := l.desk("1001"), l.desk("1002")
	a, in := l.talking(b, "1001")
	referred := l.referring(in, "1002")
	third := c.next()
	select {
	case <-in.Done():
		t.Error("the call of who sends the other one is over before it is known how that went")
	default:
	}
	third.Refuse(486)
	if err := <-referred; err == nil || !strings.Contains(err.Error(), "486") {
		t.Errorf("a transfer to one who is busy: %v, want 486", err)
	}
	l.end(in)
	l.end(a)
	l.nothingLeft()
}

// Who was sent elsewhere and does not wait for an answer ends the transfer.
func TestBlindTransferIsGivenUp(t *testing.T) {
	l := newLab(t, labConfig{plan: transferPlan})
	b, c := l.desk("1001"), l.desk("1002")
	a, in := l.talking(b, "1001")
	referred := l.referring(in, "1002")
	third := c.next()
	a.Hangup()
	if err := <-referred; err == nil || !strings.Contains(err.Error(), "487") {
		t.Errorf("a transfer of one who hangs up: %v, want 487", err)
	}
	l.end(in)
	l.end(third)
	l.nothingLeft()
}

// A transfer to an extension of the dialplan that is no phone: who was sent there hears it, and presses keys.
func TestTransferToAMenu(t *testing.T) {
	l := newLab(t, labConfig{plan: transferPlan})
	b := l.desk("1001")
	a := l.call(l.phone(softphone.Config{}), "1001")
	in := b.answer()
	l.await(a, softphone.Answered)
	l.linked(a, in)
	if err := l.refer(a, "7", nil); err != nil {
		t.Fatal(err)
	}
	l.end(a)
	l.await(in, softphone.Heard)
	presses, _ := softphone.ParseKeys("1")
	if err := in.Press(presses); err != nil {
		t.Fatal(err)
	}
	l.end(in)
	l.nothingLeft()
	found := false
	for _, r := range l.records() {
		found = found || strings.Contains(strings.Join(shown(r), "|"), "at 7 PJSIP")
	}
	if !found {
		t.Error("no record tells of the menu")
	}
}

// A transfer to nowhere fails, and the talk goes on.
func TestTransferToNowhere(t *testing.T) {
	l := newLab(t, labConfig{plan: transferPlan})
	b := l.desk("1001")
	a, in := l.talking(b, "1001")
	if err := l.refer(in, "4711", nil); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("a transfer to nowhere: %v, want 404", err)
	}
	if calls := l.calls.Calls(); len(calls) != 2 || calls[0].Peer == "" {
		t.Errorf("live calls %+v, want the two that talk", calls)
	}
	l.over(a, in)
}

// One has two calls and joins their far sides, whoever called whom.
func TestAttendedTransfer(t *testing.T) {
	for _, first := range []string{"out", "in"} {
		for _, second := range []string{"out", "in"} {
			t.Run(first+" and "+second, func(t *testing.T) {
				l := newLab(t, labConfig{plan: transferPlan})
				a, b, c := l.desk(number), l.desk("1001"), l.desk("1002")
				connect := func(other *desk, to, way string) (mine, others *softphone.Call) {
					if way == "out" {
						mine = l.call(a.Phone, to)
						others = other.answer()
						l.await(mine, softphone.Answered)
						return mine, others
					}
					others = l.call(other.Phone, number)
					mine = a.answer()
					l.await(others, softphone.Answered)
					return mine, others
				}
				one, x := connect(b, "1001", first)
				two, y := connect(c, "1002", second)
				l.talk(one, x)
				l.talk(two, y)
				if err := l.refer(one, "1002", two); err != nil {
					t.Fatalf("the transfer: %v", err)
				}
				l.end(one)
				l.end(two)
				l.linked(x, y)
				l.over(x, y)
			})
		}
	}
}

// One sends the other to whom it calls itself meanwhile, before there is an answer: the telephone rings for that other one.
func TestAttendedTransferToOneWhoIsRinging(t *testing.T) {
	l := newLab(t, labConfig{plan: transferPlan})
	b, c := l.desk("1001"), l.desk("1002")
	a := l.phone(softphone.Config{})
	one := l.call(a, "1001")
	x := b.answer()
	l.await(one, softphone.Answered)
	l.talk(one, x)
	two := l.call(a, "1002")
	first := l.rings(two, c)
	referred := l.referring(one, "1002", two)
	if e := l.end(two); e.Status != 487 {
		t.Errorf("the second call ends with %+v, want 487", e)
	}
	l.end(first)
	y := c.answer()
	if err := <-referred; err != nil {
		t.Fatalf("the transfer: %v", err)
	}
	l.end(one)
	l.linked(x, y)
	l.over(x, y)
}

// An attended transfer that names a call which is none of the server's.
func TestAttendedTransferOfAForeignCall(t *testing.T) {
	l := newLab(t, labConfig{plan: transferPlan})
	b, c := l.desk("1001"), l.desk("1002")
	a, in := l.talking(b, "1001")
	gone := l.call(b.Phone, "1002")
	third := c.answer()
	l.await(gone, softphone.Answered)
	third.Hangup()
	l.end(gone)
	l.until("the second call is over", func() bool { return len(l.calls.Calls()) == 2 })
	if err := l.refer(in, "1002", gone); err == nil || !strings.Contains(err.Error(), "481") {
		t.Errorf("it gives %v, want 481", err)
	}
	l.linked(a, in)
	l.over(a, in)
}
