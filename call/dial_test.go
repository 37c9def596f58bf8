package call_test

import (
	"strings"
	"testing"

	"dialtone/call/softphone"
	"dialtone/dtmf"
)

const dialPlan = `
[phones]
exten => talk,1,Dial(Local/menu@far/n,5,g)
 same => n,NoOp(${DIALSTATUS} ${HANGUPCAUSE} ${pressed})
exten => far,1,Dial(Local/ring@far&Local/none@far)
exten => h,1,NoOp(h ${DIALSTATUS})
[far]
exten => menu,1,Ringing()
 same => n,Answer()
 same => n,Read(x,long,2)
 same => n,Set(GLOBAL(pressed)=${x})
 same => n,Hangup(31)
exten => ring,1,Ringing()
 same => n,Dial(Local/wait@far)
exten => wait,1,Ringing()
 same => n,Wait(30)
`

// The sound of the extension that Dial called is heard by the caller, and the caller's keys are heard there.
func TestDialJoinsTheCallerToAnExtension(t *testing.T) {
	l := newLab(t, labConfig{plan: dialPlan})
	c := l.call(l.phone(softphone.Config{Way: dtmf.Event}), "talk")
	l.await(c, softphone.Rings)
	l.await(c, softphone.Heard)
	presses, err := softphone.ParseKeys("47")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Press(presses); err != nil {
		t.Fatal(err)
	}
	l.end(c)
	if got := strings.Join(shown(l.record()), " | "); got != "ANSWER 31 47 | h ANSWER" {
		t.Errorf("the dialplan said %q", got)
	}
	l.nothingLeft()
}

// A caller who hangs up while it rings takes the calls along that were made for him.
func TestDialEndsWithTheCaller(t *testing.T) {
	l := newLab(t, labConfig{plan: dialPlan})
	c := l.call(l.phone(softphone.Config{}), "far")
	l.await(c, softphone.Rings)
	c.Hangup()
	l.end(c)
	if got := strings.Join(shown(l.record()), " | "); got != "h CANCEL" {
		t.Errorf("the dialplan said %q", got)
	}
	l.nothingLeft()
}
