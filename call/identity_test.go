package call_test

import (
	"slices"
	"testing"

	"dialtone/call"
	"dialtone/call/softphone"
)

// TestTheAccountSaysWhoCalls: a telephone registers with a user that nobody is to see, and its calls are from the number and name of
// its account.
func TestTheAccountSaysWhoCalls(t *testing.T) {
	l := newLab(t, labConfig{plan: `
[phones]
exten => 1001,1,NoOp(${CALLERID(all)} ${room})
 same => n,Dial(PJSIP/1001,20)
exten => h,1,NoOp(h ${DIALSTATUS})
`, identity: func(phone string) call.Identity {
		if phone != number {
			return call.Identity{}
		}
		return call.Identity{Name: "Alice Martin", Number: "42", Variables: map[string]string{"room": "7"}}
	}})
	b := l.desk("1001")
	a := l.call(l.phone(softphone.Config{User: number, Password: password}), "1001")
	in := b.next()
	if from := in.From(); from.User != "42" || from.Name != "Alice Martin" {
		t.Errorf("the phone sees %+v as the caller", from)
	}
	if calls := l.calls.Calls(); len(calls) != 2 || calls[0].From != "42" || calls[0].Name != "Alice Martin" {
		t.Errorf("live calls %+v", calls)
	}
	a.Hangup()
	l.end(in)
	if got, want := shown(l.record()), []string{`"Alice Martin" <42> 7`, "h CANCEL"}; !slices.Equal(got, want) {
		t.Errorf("the dialplan said %q, want %q", got, want)
	}
	l.nothingLeft()
}
