package call_test

import (
	"strings"
	"testing"
	"time"

	"dialtone/call/softphone"
	"dialtone/dtmf"
)

const keyPlan = `
[phones]
exten => lost,1,Answer()
 same => n,Playback(tone&tone&tone)
 same => n,Read(X,,5,,1,0.6)
 same => n,NoOp([${X}])
exten => kept,1,Answer(1000)
 same => n,Read(X,,5,,1,0.6)
 same => n,NoOp([${X}])
exten => menu,1,Answer()
 same => n,Background(long)
 same => n,NoOp(nothing)
exten => 5,1,NoOp(five)
 same => n,Read(X,,5,,1,0.6)
 same => n,NoOp([${X}])
`

// One press is one digit in each of the three ways. During Playback it is lost, during Answer's wait it is kept,
// during Background it is acted on at once.
func TestKeys(t *testing.T) {
	for _, way := range []dtmf.Way{dtmf.Event, dtmf.Tone, dtmf.Info} {
		for _, test := range []struct {
			dialed string
			when   softphone.Kind
			keys   string
			want   string // shown by the dialplan
		}{
			{"lost", softphone.Heard, "5", "[]"},
			{"kept", softphone.Answered, "5", "[5]"},
			{"kept", softphone.Answered, "55", "[55]"},
			{"menu", softphone.Heard, "5", "five []"},
		} {
			t.Run(way.String()+"/"+test.dialed+"/"+test.keys, func(t *testing.T) {
				t.Parallel()
				l := newLab(t, labConfig{plan: keyPlan})
				c := l.call(l.phone(softphone.Config{Way: way}), test.dialed)
				l.await(c, test.when)
				presses, err := softphone.ParseKeys(test.keys)
				if err != nil {
					t.Fatal(err)
				}
				presses[0].After = 100 * time.Millisecond
				if err := c.Press(presses); err != nil {
					t.Fatal(err)
				}
				l.end(c)
				if got := strings.Join(shown(l.record()), " "); got != test.want {
					t.Errorf("the dialplan saw %q, want %q", got, test.want)
				}
				l.nothingLeft()
			})
		}
	}
}
