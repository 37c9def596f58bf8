package call_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dialtone/call/softphone"
)

const featurePlan = `
[phones]
exten => _10XX,1,Dial(PJSIP/${EXTEN},20,tThH)
exten => 7,1,Answer()
 same => n,Read(x,long,1)
`

// press presses keys and lets the pauses between them be those of a person.
func (l *lab) press(c *softphone.Call, keys string) {
	l.t.Helper()
	presses, err := softphone.ParseKeys(keys)
	if err != nil {
		l.t.Fatal(err)
	}
	if err := c.Press(presses); err != nil {
		l.t.Fatal(err)
	}
}

// By keys one of two who talk has both recorded, until it is pressed again.
func TestRecordingByKeys(t *testing.T) {
	for by, keys := range map[string]string{"caller": "*3", "called": "*1"} {
		t.Run(by, func(t *testing.T) {
			l := newLab(t, labConfig{plan: "[phones]\nexten => 1001,1,Dial(PJSIP/1001,20,wX)\nexten => h,1,NoOp(${TOUCH_MIXMONITOR_OUTPUT})\n"})
			b := l.desk("1001")
			a, in := l.talking(b, "1001")
			who := map[string]*softphone.Call{"caller": a, "called": in}[by]
			l.press(who, keys)
			l.until("it is recorded", func() bool { return l.calls.Recordings().Open == 1 })
			l.press(who, keys)
			l.until("it is no more", func() bool { return l.calls.Recordings().Open == 0 })
			a.Hangup()
			l.end(in)
			said := shown(l.record())
			if len(said) != 1 || !strings.HasPrefix(filepath.Base(said[0]), "auto-") || !strings.HasSuffix(said[0], "-1000-1001.wav") {
				t.Fatalf("the dialplan said %q", said)
			}
			if info, err := os.Stat(said[0]); err != nil || info.Size() <= 44 {
				t.Errorf("the recording: %v, %v", info, err)
			}
			l.nothingLeft()
		})
	}
}

// By keys one of two who talk hangs up, or sends the other one elsewhere; other keys go through.
func TestFeaturesByKeys(t *testing.T) {
	for _, by := range []string{"caller", "called"} {
		setup := func(t *testing.T) (l *lab, who, other *softphone.Call, third *desk) {
			t.Parallel()
			l = newLab(t, labConfig{plan: featurePlan})
			b := l.desk("1001")
			third = l.desk("1002")
			a := l.call(l.phone(softphone.Config{}), "1001")
			in := b.answer()
			l.await(a, softphone.Answered)
			l.linked(a, in)
			if by == "caller" {
				return l, a, in, third
			}
			return l, in, a, third
		}
		t.Run(by+" hangs up", func(t *testing.T) {
			l, who, other, _ := setup(t)
			l.press(who, "*")
			l.end(who)
			l.end(other)
			l.nothingLeft()
		})
		t.Run(by+" transfers", func(t *testing.T) {
			l, who, other, third := setup(t)
			l.press(who, "#1002")
			l.end(who)
			in := third.answer()
			l.linked(other, in)
			l.over(in, other)
		})
		t.Run(by+" transfers to nowhere", func(t *testing.T) {
			l, who, other, _ := setup(t)
			l.press(who, "#4")
			time.Sleep(300 * time.Millisecond)
			l.linked(who, other)
			l.over(who, other)
		})
		t.Run(by+" asks first", func(t *testing.T) {
			l, who, other, third := setup(t)
			l.press(who, "*2w1002")
			in := third.answer()
			l.linked(who, in)
			who.Hangup()
			l.linked(other, in)
			l.over(in, other)
		})
		t.Run(by+" asks and comes back", func(t *testing.T) {
			l, who, other, third := setup(t)
			l.press(who, "*2w1002")
			in := third.answer()
			l.linked(who, in)
			in.Hangup()
			l.end(in)
			l.linked(who, other)
			l.over(who, other)
		})
	}
}
