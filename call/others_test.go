package call_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"dialtone/call"
	"dialtone/call/softphone"
	"dialtone/ivr"
	"dialtone/ivr/dialplan"
)

const othersPlan = `
[phones]
exten => _10XX,1,Set(__PICKUPMARK=sales)
 same => n,Dial(PJSIP/${EXTEN},20)
 same => n,NoOp(${DIALSTATUS})
exten => _*8X.,1,Pickup(${EXTEN:2})
 same => n,NoOp(nothing ${PICKUPRESULT})
exten => *8,1,Pickup()
exten => 81,1,Pickup(sales@PICKUPMARK)
exten => 82,1,PickupChan(PJSIP/1001)
exten => 90,1,Dial(PJSIP/desk,20)
exten => 91,1,PickupChan(PJSIP/desk)
exten => 83,1,Originate(PJSIP/1002,exten,phones,7,1,5,v(who=me))
 same => n,NoOp(${ORIGINATE_STATUS})
exten => 84,1,Originate(PJSIP/1002,app,Read,x\,long\,1,,,1)
 same => n,NoOp(${ORIGINATE_STATUS})
exten => 85,1,SoftHangup(${victim})
exten => 86,1,ChannelRedirect(${victim},phones,7,1)
 same => n,NoOp(${CHANNELREDIRECT_STATUS})
exten => 87,1,Bridge(${victim})
exten => 88,1,Answer()
 same => n,SendDTMF(9,,,${victim})
 same => n,Wait(1)
exten => 89,1,Dial(${PJSIP_DIAL_CONTACTS(1001)},,b(phones^89^headers)g)
 same => n,NoOp(${DIALSTATUS} ${HANGUPCAUSE})
 same => n,Hangup()
 same => n(headers),Set(PJSIP_HEADER(add,X-Queue)=sales & more)
 same => n,Set(PJSIP_HEADER(add,X-Gone)=1)
 same => n,Set(PJSIP_HEADER(remove,X-Gone)=)
 same => n,Return()
exten => 7,1,NoOp(seven ${who})
 same => n,Answer()
 same => n,Read(x,long,1)
`

// A call that rings at one phone is answered by another: by the number, by a mark, by the channel.
func TestPickup(t *testing.T) {
	for _, code := range []string{"*81001", "81", "82"} {
		t.Run(code, func(t *testing.T) {
			l := newLab(t, labConfig{plan: othersPlan})
			b, c := l.desk("1001"), l.desk("1002")
			a := l.call(l.phone(softphone.Config{}), "1001")
			rings := l.rings(a, b)
			picker := l.call(c.Phone, code)
			l.await(picker, softphone.Answered)
			l.await(a, softphone.Answered)
			l.end(rings)
			l.linked(a, picker)
			l.over(picker, a)
		})
	}
}

// A phone is called and its ringing taken by its endpoint's name, too.
func TestPhoneByItsEndpointsName(t *testing.T) {
	l := newLab(t, labConfig{plan: othersPlan, named: desks})
	b, c := l.desk("1001"), l.desk("1002")
	a := l.call(l.phone(softphone.Config{}), "90")
	rings := l.rings(a, b)
	picker := l.call(c.Phone, "91")
	l.await(picker, softphone.Answered)
	l.await(a, softphone.Answered)
	l.end(rings)
	l.linked(a, picker)
	l.over(picker, a)
}

// desks knows the phone 1001 as desk, too.
func desks(name string) (number, alias string) {
	if name == "1001" || name == "desk" {
		return "1001", "desk"
	}
	return "", ""
}

// Without a number what rings at the phones of one's pickup groups is answered, and nothing else.
func TestPickupByGroups(t *testing.T) {
	groups := map[string]call.Identity{
		"1001": {CallGroups: []string{"1", "sales"}}, "1002": {PickupGroups: []string{"sales"}}, number: {PickupGroups: []string{"2"}, CallGroups: []string{"2"}},
	}
	l := newLab(t, labConfig{plan: othersPlan, identity: func(phone string) call.Identity { return groups[phone] }})
	b, c := l.desk("1001"), l.desk("1002")
	mine := l.phone(softphone.Config{})
	a := l.call(mine, "1001")
	rings := l.rings(a, b)
	l.end(l.call(mine, "*8")) // it is of none of that phone's groups
	picker := l.call(c.Phone, "*8")
	l.await(picker, softphone.Answered)
	l.end(rings)
	l.linked(a, picker)
	l.over(picker, a)
}

// The picker's call ends with the caller's, and where nothing rings the dialplan says so.
func TestPickupOfNothing(t *testing.T) {
	l := newLab(t, labConfig{plan: othersPlan})
	l.end(l.call(l.phone(softphone.Config{}), "*81001"))
	if got := shown(l.record()); !slices.Equal(got, []string{"nothing FAILED"}) {
		t.Errorf("the dialplan said %q", got)
	}
	l.nothingLeft()
}

// The dialplan calls a phone, and who answers goes where it says.
func TestOriginateByTheDialplan(t *testing.T) {
	for code, want := range map[string]string{"83": "SUCCESS", "84": "SUCCESS"} {
		l := newLab(t, labConfig{plan: othersPlan})
		c := l.desk("1002")
		a := l.call(l.phone(softphone.Config{}), code)
		in := c.answer()
		l.end(a)
		l.await(in, softphone.Heard)
		in.Hangup()
		l.end(in)
		var said []string
		for _, r := range l.records() {
			said = append(said, shown(r)...)
		}
		if !slices.Contains(said, want) || code == "83" && !slices.Contains(said, "seven me") {
			t.Errorf("%s: the dialplans said %q", code, said)
		}
		l.nothingLeft()
	}
}

// The operator begins a call; one that is not answered says why.
func TestOriginate(t *testing.T) {
	l := newLab(t, labConfig{plan: othersPlan})
	c := l.desk("1002")
	place := dialplan.Place{Context: "phones", Exten: "7", Priority: 1}
	done := make(chan error, 1)
	originate := func(o ivr.Origination) {
		_, err := l.calls.Originate(context.Background(), o)
		done <- err
	}
	go originate(ivr.Origination{Destination: "PJSIP/1002", Caller: ivr.CallerID{Number: "42"}, Place: place})
	in := c.answer()
	if from := in.From().User; from != "42" {
		t.Errorf("the phone sees %q as the caller", from)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	l.await(in, softphone.Heard)
	in.Hangup()
	l.end(in)

	go originate(ivr.Origination{Destination: "PJSIP/1002", Place: place})
	c.next().Refuse(486)
	if nobody, ok := errors.AsType[*ivr.NotAnsweredError](<-done); !ok || nobody.Cause != 17 {
		t.Errorf("a busy phone gives %v", nobody)
	}
	go originate(ivr.Origination{Destination: "PJSIP/1002", Place: place, Timeout: 300 * time.Millisecond})
	l.end(c.next())
	if nobody, ok := errors.AsType[*ivr.NotAnsweredError](<-done); !ok || nobody.Cause != 19 {
		t.Errorf("a phone that nobody answers gives %v", nobody)
	}
	for _, destination := range []string{"PJSIP/1001", "PJSIP/nobody", "Local/7@phones", "PJSIP/", ""} {
		if _, err := l.calls.Originate(context.Background(), ivr.Origination{Destination: destination, Place: place}); err == nil {
			t.Errorf("%q can be called", destination)
		}
	}
	l.nothingLeft()
}

// Another call is ended, sent elsewhere, taken, and has a key pressed.
func TestOtherCalls(t *testing.T) {
	for _, c := range []struct {
		code string
		does func(l *lab, a, in, mine *softphone.Call)
	}{
		{"85", func(l *lab, a, in, mine *softphone.Call) { l.end(in) }},
		{"86", func(l *lab, a, in, mine *softphone.Call) {
			l.end(a)
			l.await(in, softphone.Heard)
			in.Hangup()
		}},
		{"87", func(l *lab, a, in, mine *softphone.Call) {
			l.end(a)
			l.linked(mine, in)
			mine.Hangup()
			l.end(in)
		}},
		{"88", func(l *lab, a, in, mine *softphone.Call) {
			select {
			case d := <-in.Digits():
				if d.Key != '9' {
					t.Errorf("the key %c arrives", d.Key)
				}
			case <-time.After(patience):
				t.Error("the key does not arrive")
			}
			a.Hangup()
			l.end(in)
		}},
	} {
		t.Run(c.code, func(t *testing.T) {
			l := newLab(t, labConfig{plan: othersPlan})
			b := l.desk("1001")
			a := l.call(l.phone(softphone.Config{}), "1001")
			in := b.answer()
			l.await(a, softphone.Answered)
			l.linked(a, in)
			for _, live := range l.calls.Calls() {
				if live.Outgoing {
					l.globals.Set("victim", live.Channel)
				}
			}
			other := l.desk("1002")
			mine := l.call(other.Phone, c.code)
			c.does(l, a, in, mine)
			l.end(mine)
			l.nothingLeft()
		})
	}
}

// Bridge takes a call out of its own dialplan, which waits meanwhile, and goes on when it is let go.
func TestBridgeWithACallInAMenu(t *testing.T) {
	l := newLab(t, labConfig{plan: othersPlan + "exten => 23,1,Answer()\n same => n,Read(x,long,1,,,20)\n same => n,NoOp(read ${x} ${READSTATUS})\n same => n,Read(y,long,1,,,20)\n same => n,NoOp(then ${y})\n"})
	a := l.call(l.phone(softphone.Config{}), "23")
	l.await(a, softphone.Heard)
	l.globals.Set("victim", l.calls.Calls()[0].Channel)
	mine := l.call(l.desk("1002").Phone, "87")
	l.await(mine, softphone.Answered)
	l.linked(a, mine)
	mine.Hangup()
	l.end(mine)
	l.until("the menu goes on", func() bool { c := l.calls.Calls(); return len(c) == 1 && c[0].Peer == "" })
	l.press(a, "w7")
	l.end(a)
	var said []string
	for _, r := range l.records() {
		said = append(said, shown(r)...)
	}
	if !slices.Contains(said, "then 7") {
		t.Errorf("the dialplans said %q", said)
	}
	l.nothingLeft()
}

// Bridge with one who has called somebody: that one is hung up, and the Dial goes on with who has taken the call.
func TestBridgeWithACallerOfDial(t *testing.T) {
	l := newLab(t, labConfig{plan: othersPlan})
	b := l.desk("1001")
	a := l.call(l.phone(softphone.Config{}), "1001")
	in := b.answer()
	l.await(a, softphone.Answered)
	l.linked(a, in)
	for _, live := range l.calls.Calls() {
		if !live.Outgoing {
			l.globals.Set("victim", live.Channel)
		}
	}
	mine := l.call(l.desk("1002").Phone, "87")
	l.end(in)
	l.linked(a, mine)
	l.over(mine, a)
}

// A phone that sends its caller elsewhere: the number is called in the phone's context, with who diverted it, and not for ever.
func TestAPhoneDivertsItsCalls(t *testing.T) {
	l := newLab(t, labConfig{plan: othersPlan})
	b, c := l.desk("1001"), l.desk("1002")
	a := l.call(l.phone(softphone.Config{}), "1001")
	if err := b.next().Divert("1002"); err != nil {
		t.Fatal(err)
	}
	in := c.next()
	if by := in.Header("Diversion"); !strings.Contains(by, "sip:1001@") {
		t.Errorf("Diversion: %q", by)
	}
	in.Answer()
	l.await(a, softphone.Answered)
	l.linked(a, in)
	a.Hangup()
	l.end(in)

	a = l.call(l.phone(softphone.Config{}), "1001")
	for range 3 {
		if err := b.next().Divert("1002"); err != nil {
			t.Fatal(err)
		}
		if err := c.next().Divert("1001"); err != nil {
			t.Fatal(err)
		}
	}
	l.end(a)
	if len(b.calls)+len(c.calls) > 0 {
		t.Error("they divert it for ever")
	}
	l.nothingLeft()
}

// With option z a call that was sent elsewhere rings there for as long as it likes.
func TestADivertedCallHasNoTimeout(t *testing.T) {
	l := newLab(t, labConfig{plan: othersPlan + "exten => 21,1,Dial(PJSIP/1001,1,z)\nexten => 22,1,Dial(PJSIP/1001,1)\n"})
	b, c := l.desk("1001"), l.desk("1002")
	a := l.call(l.phone(softphone.Config{}), "21")
	if err := b.next().Divert("1002"); err != nil {
		t.Fatal(err)
	}
	in := c.next()
	l.end(l.call(l.phone(softphone.Config{}), "22")) // began later, and its time is over
	in.Answer()
	l.await(a, softphone.Answered)
	l.linked(a, in)
	l.over(a, in)
}

// The dialplan gives the INVITE of a call that it makes headers of its own, and calls contacts by their URIs.
func TestHeadersOfACallThatDialMakes(t *testing.T) {
	l := newLab(t, labConfig{plan: othersPlan})
	b := l.desk("1001")
	a := l.call(l.phone(softphone.Config{}), "89")
	in := b.answer()
	if queue, gone := in.Header("X-Queue"), in.Header("X-Gone"); queue != "sales & more" || gone != "" {
		t.Errorf("X-Queue: %q, X-Gone: %q", queue, gone)
	}
	l.await(a, softphone.Answered)
	in.Hangup()
	l.end(a)
	if got := shown(l.record()); !slices.Equal(got, []string{"ANSWER 16"}) {
		t.Errorf("the dialplan said %q", got)
	}
	l.nothingLeft()
}
