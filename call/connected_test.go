package call_test

import (
	"testing"
	"time"

	"dialtone/call"
	"dialtone/call/softphone"
)

const connectedPlan = `
[phones]
exten => _1XXX,1,Dial(PJSIP/${EXTEN},20)
exten => 2,1,Dial(PJSIP/1002,20)
exten => 3,1,Dial(Local/1002@phones,20)
exten => 4,1,Dial(PJSIP/1002,20,I)
exten => 5,1,Set(CALLERID(all)=Front desk <50>)
 same => n,Dial(PJSIP/1001,20)
exten => *8,1,Pickup(1001)
`

// connectedTo waits for the server to say with whom a call is connected.
func (l *lab) connectedTo(c *softphone.Call, want string) {
	l.t.Helper()
	late := time.After(patience)
	for {
		select {
		case e, ok := <-c.Events():
			switch {
			case !ok:
				l.t.Fatalf("the call is over, and it was not told to be connected with %s", want)
			case e.Kind == softphone.Connected && e.Text == want:
				return
			case e.Kind == softphone.Connected:
				l.t.Fatalf("it was told to be connected with %s, want %s", e.Text, want)
			}
		case <-late:
			l.t.Fatalf("it is not told that it is connected with %s", want)
		}
	}
}

// unnamed checks that a call that is over was told of nobody.
func (l *lab) unnamed(c *softphone.Call) {
	l.t.Helper()
	for e := range c.Events() {
		if e.Kind == softphone.Connected {
			l.t.Errorf("it was told to be connected with %s", e.Text)
		}
	}
}

func named(phone string) call.Identity {
	if phone == "1002" {
		return call.Identity{Name: "Carl"}
	}
	return call.Identity{}
}

// Who calls is told who has answered, where that says more than what was dialled; who is called knows from its INVITE.
func TestWhoHasAnsweredIsTold(t *testing.T) {
	for dialled, want := range map[string]string{"1002": "Carl <1002>", "2": "Carl <1002>", "3": "Carl <1002>", "4": "", "1001": ""} {
		t.Run(dialled, func(t *testing.T) {
			l := newLab(t, labConfig{plan: connectedPlan, identity: named})
			b, c := l.desk("1001"), l.desk("1002")
			a := l.call(l.phone(softphone.Config{}), dialled)
			called := c
			if dialled == "1001" {
				called = b
			}
			in := called.answer()
			if want != "" {
				l.connectedTo(a, want)
			}
			l.linked(a, in)
			a.Hangup()
			l.end(a)
			l.end(in)
			l.unnamed(a)
			l.unnamed(in)
			l.nothingLeft()
		})
	}
}

// Those who are joined by a transfer or a pickup are told of each other, as the dialplan has them.
func TestWhoIsJoinedAnewIsTold(t *testing.T) {
	t.Run("blind transfer", func(t *testing.T) {
		l := newLab(t, labConfig{plan: connectedPlan, identity: named})
		b, c := l.desk("1001"), l.desk("1002")
		a, in := l.talking(b, "1001")
		referred := l.referring(in, "1002")
		third := c.answer()
		if err := <-referred; err != nil {
			t.Fatal(err)
		}
		l.connectedTo(a, "Carl <1002>")
		a.Hangup()
		l.end(third)
		l.unnamed(third)
		l.nothingLeft()
	})
	t.Run("attended transfer", func(t *testing.T) {
		l := newLab(t, labConfig{plan: connectedPlan, identity: named})
		a, b, c := l.desk(number), l.desk("1001"), l.desk("1002")
		one := l.call(c.Phone, number)
		mine := a.answer()
		l.await(one, softphone.Answered)
		two := l.call(a.Phone, "5")
		other := b.answer()
		l.await(two, softphone.Answered)
		l.talk(one, mine)
		l.talk(two, other)
		if err := l.refer(mine, "1001", two); err != nil {
			t.Fatal(err)
		}
		l.connectedTo(one, "<1001>")
		l.connectedTo(other, "Carl <1002>")
		l.over(one, other)
	})
	t.Run("pickup", func(t *testing.T) {
		l := newLab(t, labConfig{plan: connectedPlan, identity: named})
		b, c := l.desk("1001"), l.desk("1002")
		a := l.call(l.phone(softphone.Config{}), "5")
		l.rings(a, b)
		picker := l.call(c.Phone, "*8")
		l.connectedTo(a, "Carl <1002>")
		l.connectedTo(picker, "Front desk <50>")
		l.over(a, picker)
	})
}
