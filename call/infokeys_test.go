package call_test

import (
	"testing"
	"time"

	"dialtone/call"
	"dialtone/call/softphone"
	"dialtone/dtmf"
)

// A telephone that takes keys by SIP INFO alone gets them so, whoever presses them: the dialplan, and who it talks with.
func TestKeysBySIPINFO(t *testing.T) {
	for _, taker := range []string{"1001", number} {
		t.Run(taker, func(t *testing.T) {
			l := newLab(t, labConfig{plan: "[phones]\nexten => 1001,1,Dial(PJSIP/1001,20,D(4:4))\n",
				identity: func(phone string) call.Identity { return call.Identity{InfoKeys: phone == taker} }})
			b := l.desk("1001")
			a := l.call(l.phone(softphone.Config{}), "1001")
			in := b.answer()
			l.await(a, softphone.Answered)
			takes, other := in, a
			if taker == number {
				takes, other = a, in
			}
			gets := func(c *softphone.Call, key byte, way dtmf.Way) {
				t.Helper()
				select {
				case d := <-c.Digits():
					if d.Key != key || d.Way != way {
						t.Errorf("the key arrives as %+v, want %c by %s", d, key, way)
					}
				case <-time.After(patience):
					t.Fatalf("the key %c does not arrive", key)
				}
			}
			gets(takes, '4', dtmf.Info)
			gets(other, '4', dtmf.Event)
			l.press(other, "7")
			gets(takes, '7', dtmf.Info)
			l.press(takes, "8")
			gets(other, '8', dtmf.Event)
			a.Hangup()
			l.end(in)
			l.nothingLeft()
		})
	}
}
