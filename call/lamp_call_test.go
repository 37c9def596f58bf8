package call_test

import (
	"context"
	"testing"

	"dialtone/call/softphone"
	"dialtone/sip"
)

// The lamps of two phones through the life of a call between them.
func TestLampsFollowACall(t *testing.T) {
	l := newLab(t, labConfig{plan: bridgePlan + "\n[phones]\nexten => _1XXX,hint,PJSIP/${EXTEN}\n"})
	board := l.calls.Lamps()
	lamps := func(why string, caller, called sip.LampState) {
		t.Helper()
		l.until(why+": the lamps are "+string(caller)+" and "+string(called), func() bool {
			one, _ := board.Lamp(number, number)
			other, _ := board.Lamp(number, "1001")
			return one.State == caller && other.State == called
		})
	}
	b := l.desk("1001")
	lamps("nobody calls", sip.LampIdle, sip.LampIdle)
	a := l.call(l.phone(softphone.Config{User: number, Password: password}), "1001")
	in := b.next()
	if err := in.Ring(); err != nil {
		t.Fatal(err)
	}
	lamps("it rings", sip.LampBusy, sip.LampRinging)
	if lamp, _ := board.Lamp("1002", "1001"); lamp.Caller.User != number {
		t.Errorf("1001 is called by %+v, want %s", lamp.Caller, number)
	}
	if err := in.Answer(); err != nil {
		t.Fatal(err)
	}
	l.await(a, softphone.Answered)
	lamps("it is answered", sip.LampBusy, sip.LampBusy)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := in.Hold(ctx, true); err != nil {
		t.Fatal(err)
	}
	lamps("1001 holds", sip.LampBusy, sip.LampHeld)
	if err := in.Hold(ctx, false); err != nil {
		t.Fatal(err)
	}
	lamps("it is back", sip.LampBusy, sip.LampBusy)
	a.Hangup()
	l.end(in)
	lamps("it is over", sip.LampIdle, sip.LampIdle)
	l.nothingLeft()
}
