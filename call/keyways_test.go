package call_test

import (
	"testing"
	"time"

	"dialtone/call"
	"dialtone/call/softphone"
	"dialtone/dtmf"
	"dialtone/store"
)

// keysOf are the rules of a phone to which keys get in some way; those of others say nothing.
func keysOf(taker, keys string) func(call.Door) store.LegRules {
	return func(door call.Door) store.LegRules {
		if door.Phone != taker {
			return store.LegRules{}
		}
		return store.LegRules{Keys: keys}
	}
}

// A telephone that takes keys by SIP INFO alone gets them so, whoever presses them: the dialplan, and who it talks with.
func TestKeysBySIPINFO(t *testing.T) {
	for _, taker := range []string{"1001", number} {
		t.Run(taker, func(t *testing.T) {
			l := newLab(t, labConfig{plan: "[phones]\nexten => 1001,1,Dial(PJSIP/1001,20,D(4:4))\n",
				rules: keysOf(taker, store.KeysByInfo)})
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
			l.over(a, in)
		})
	}
}

// How keys get to a telephone otherwise: as its rules say, and as it agrees to.
func TestKeysByTheRulesOfATelephone(t *testing.T) {
	for _, test := range []struct {
		keys      string
		telephone dtmf.Way // how it presses keys: it agrees to events unless by tones
		want      dtmf.Way
	}{
		{"", dtmf.Event, dtmf.Event},
		{store.KeysAuto, dtmf.Tone, dtmf.Tone},
		{store.KeysByEvent, dtmf.Event, dtmf.Event},
		{store.KeysByTone, dtmf.Event, dtmf.Tone},
		{store.KeysAutoInfo, dtmf.Event, dtmf.Event},
		{store.KeysAutoInfo, dtmf.Tone, dtmf.Info},
	} {
		t.Run(test.keys+" "+test.telephone.String(), func(t *testing.T) {
			l := newLab(t, labConfig{plan: "[phones]\nexten => 8000,1,Answer()\n same => n,Wait(0.2)\n same => n,SendDTMF(4)\n same => n,Wait(5)\n", rules: keysOf(number, test.keys)})
			a := l.call(l.phone(softphone.Config{Way: test.telephone}), "8000")
			l.await(a, softphone.Answered)
			select {
			case d := <-a.Digits():
				if d.Key != '4' || d.Way != test.want {
					t.Errorf("the key arrives as %+v, want 4 by %s", d, test.want)
				}
			case <-time.After(patience):
				t.Error("the key does not arrive")
			}
			l.over(a, a)
		})
	}
}
