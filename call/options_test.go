package call_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"dialtone/call/softphone"
)

const optionsPlan = `
[phones]
exten => 1,1,Dial(PJSIP/1001,20,G(phones^two^1))
exten => two,1,NoOp(the caller is alone)
 same => n,NoOp(the called one is ${who})
 same => n,Read(x,long,1)
exten => 2,1,Set(__who=alone)
 same => n,Dial(PJSIP/1001,20,F(phones^two^2))
exten => 3,1,Dial(PJSIP/1001,20,U(ask)g)
 same => n,NoOp(${DIALSTATUS})
exten => 4,1,Dial(PJSIP/1001,20,L(600)g)
 same => n,NoOp(${DIALSTATUS} ${ANSWEREDTIME})
exten => 5,1,Dial(PJSIP/1001,20,D(7:8)A(tone))
exten => 6,1,Dial(PJSIP/1001,20,d)
exten => 9,1,NoOp(left ${DIALSTATUS})
 same => n,Answer()
 same => n,Playback(tone)
[ask]
exten => s,1,Read(x,tone,1)
 same => n,Set(GOSUB_RESULT=${IF($[${x}=1]?:BUSY)})
 same => n,Return()
`

// What Dial's options have a telephone do, and its caller.
func TestOptionsOfDialWithATelephone(t *testing.T) {
	key := func(l *lab, c *softphone.Call, want byte) {
		l.t.Helper()
		select {
		case d := <-c.Digits():
			if d.Key != want {
				l.t.Errorf("the key %c comes, want %c", d.Key, want)
			}
		case <-time.After(patience):
			l.t.Errorf("the key %c does not come", want)
		}
	}
	for _, c := range []struct {
		exten, name, want string
		does              func(l *lab, a, in *softphone.Call)
	}{
		{"1", "G: they go apart", "the called one is , the called one is , the caller is alone", func(l *lab, a, in *softphone.Call) {
			l.await(a, softphone.Heard)
			l.await(in, softphone.Heard)
			a.Hangup()
			l.press(in, "1")
		}},
		{"2", "F: the called one goes on", "the called one is alone", func(l *lab, a, in *softphone.Call) {
			l.linked(a, in)
			a.Hangup()
			l.await(in, softphone.Heard)
			l.press(in, "1")
		}},
		{"3", "U: the called one is asked, and wants it", "ANSWER", func(l *lab, a, in *softphone.Call) {
			l.await(in, softphone.Heard)
			l.press(in, "1")
			l.await(a, softphone.Answered)
			l.linked(a, in)
			in.Hangup()
		}},
		{"3", "U: the called one is asked, and does not", "BUSY", func(l *lab, a, in *softphone.Call) {
			l.await(in, softphone.Heard)
			l.press(in, "2")
		}},
		{"4", "L: the talk ends", "ANSWER 0", func(l *lab, a, in *softphone.Call) { l.linked(a, in) }},
		{"5", "A and D: an announcement, and keys", "", func(l *lab, a, in *softphone.Call) {
			l.await(in, softphone.Heard)
			key(l, in, '7')
			key(l, a, '8')
			a.Hangup()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, labConfig{plan: optionsPlan})
			b := l.desk("1001")
			a := l.call(l.phone(softphone.Config{}), c.exten)
			in := b.answer()
			c.does(l, a, in)
			l.end(a)
			l.end(in)
			var said []string
			for _, r := range l.records() {
				said = append(said, shown(r)...)
			}
			slices.Sort(said)
			if got := strings.Join(said, ", "); got != c.want {
				t.Errorf("the dialplans said %q, want %q", got, c.want)
			}
			l.nothingLeft()
		})
	}
}

// A key leaves the ringing for an extension, and takes it away.
func TestAKeyLeavesTheRinging(t *testing.T) {
	l := newLab(t, labConfig{plan: strings.Replace(optionsPlan, "exten => 6,1,", "exten => 6,1,Answer()\n same => n,", 1)})
	b := l.desk("1001")
	a := l.call(l.phone(softphone.Config{}), "6")
	in := b.next()
	in.Ring()
	l.press(a, "9")
	l.end(in)
	l.end(a)
	if got := shown(l.record()); !slices.Equal(got, []string{"left CANCEL"}) {
		t.Errorf("the dialplan said %q", got)
	}
	l.nothingLeft()
}
