package call_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"dialtone/call"
	"dialtone/call/softphone"
	"dialtone/dtmf"
	"dialtone/media/g711"
	"dialtone/store"
)

// desk is a phone of the lab that calls can come to.
type desk struct {
	*softphone.Phone
	l     *lab
	calls chan *softphone.Call
}

// desk registers a phone of a number.
func (l *lab) desk(number string) *desk {
	l.t.Helper()
	return l.register(softphone.Config{User: number, Password: password, Way: dtmf.Event})
}

// register registers a phone as config has it, whose calls are for the test.
func (l *lab) register(config softphone.Config) *desk {
	l.t.Helper()
	d := &desk{l: l, calls: make(chan *softphone.Call, 8)}
	config.Incoming = func(c *softphone.Call) { d.calls <- c }
	d.Phone = l.phone(config)
	if _, err := d.Register(l.t.Context(), time.Hour); err != nil {
		l.t.Fatal(err)
	}
	return d
}

// next is the next call that comes.
func (d *desk) next() *softphone.Call {
	d.l.t.Helper()
	select {
	case c := <-d.calls:
		return c
	case <-time.After(patience):
		d.l.t.Fatal("no call comes to the phone")
	}
	return nil
}

// answer picks up the next call.
func (d *desk) answer() *softphone.Call {
	d.l.t.Helper()
	c := d.next()
	if err := c.Answer(); err != nil {
		d.l.t.Fatal(err)
	}
	return c
}

// hum is a tone without end.
type hum [2][8000]byte

var humming = func() (h hum) {
	pcm := make([]int16, 8000)
	for i := range pcm {
		pcm[i] = int16(6000 * math.Sin(2*math.Pi*440*float64(i)/8000))
	}
	for _, law := range g711.Laws() {
		law.EncodeTo(h[law][:], pcm)
	}
	return h
}()

func (h *hum) At(law g711.Law, offset, n int) []byte {
	at := offset % len(h[law])
	return h[law][at:min(at+n, len(h[law]))]
}

// talk checks that two phones hear each other.
func (l *lab) talk(a, b *softphone.Call) {
	l.t.Helper()
	for _, c := range []*softphone.Call{a, b} {
		c.Play(&humming)
	}
	for _, c := range []*softphone.Call{a, b} {
		l.await(c, softphone.Heard)
	}
}

// talking has the lab's phone call a number, which a desk answers: the two hear each other.
func (l *lab) talking(b *desk, dialled string) (caller, called *softphone.Call) {
	l.t.Helper()
	caller = l.call(l.phone(softphone.Config{}), dialled)
	called = b.answer()
	l.await(caller, softphone.Answered)
	l.talk(caller, called)
	return caller, called
}

// rings lets a caller hear that a desk rings; called is the desk's side of it.
func (l *lab) rings(caller *softphone.Call, at *desk) (called *softphone.Call) {
	l.t.Helper()
	called = at.next()
	called.Ring()
	l.await(caller, softphone.Rings)
	return called
}

// over has one side hang up, which ends the other's call, and nothing is left.
func (l *lab) over(who, other *softphone.Call) {
	l.t.Helper()
	who.Hangup()
	l.end(other)
	l.nothingLeft()
}

// linked checks that a key which one phone presses comes out at the other, both ways, once the server has joined them.
func (l *lab) linked(a, b *softphone.Call) {
	l.t.Helper()
	l.until("the two calls are joined", func() bool {
		calls := l.calls.Calls()
		ids := map[string]call.Snapshot{}
		for _, c := range calls {
			ids[c.CallID] = c
		}
		return ids[a.CallID()].Peer == ids[b.CallID()].ID && ids[b.CallID()].ID != ""
	})
	presses, _ := softphone.ParseKeys("5")
	for _, way := range [][2]*softphone.Call{{a, b}, {b, a}} {
		if err := way[0].Press(presses); err != nil {
			l.t.Fatal(err)
		}
		select {
		case d := <-way[1].Digits():
			if d.Key != '5' || d.Way != dtmf.Event {
				l.t.Errorf("the key arrives as %+v", d)
			}
		case <-time.After(patience):
			l.t.Fatal("a key does not go through")
		}
	}
}

const bridgePlan = `
[phones]
exten => _1XXX,1,Dial(PJSIP/${EXTEN},20)
 same => n,NoOp(${DIALSTATUS} ${HANGUPCAUSE})
 same => n,Hangup()
exten => 7,1,Answer()
 same => n,Playback(long)
exten => h,1,NoOp(h ${DIALSTATUS} ${HANGUPCAUSE} ${DIALEDPEERNUMBER})
`

// A phone calls a phone: it rings, is answered, both hear each other, keys go through, and nothing is left behind.
func TestAPhoneCallsAPhone(t *testing.T) {
	for _, ends := range []string{"caller", "called"} {
		t.Run(ends+" hangs up", func(t *testing.T) {
			l := newLab(t, labConfig{plan: bridgePlan})
			b := l.desk("1001")
			a := l.call(l.phone(softphone.Config{User: number, Password: password, Way: dtmf.Event}), "1001")
			in := b.next()
			if from := in.From(); from.User != number {
				t.Errorf("the phone sees %+v as the caller, want %s", from, number)
			}
			if err := in.Ring(); err != nil {
				t.Fatal(err)
			}
			l.await(a, softphone.Rings)
			if err := in.Answer(); err != nil {
				t.Fatal(err)
			}
			l.await(a, softphone.Answered)
			l.talk(a, in)
			l.linked(a, in)
			if calls := l.calls.Calls(); len(calls) != 2 || calls[0].Peer != calls[1].ID || calls[1].Peer != calls[0].ID || !calls[1].Outgoing {
				t.Errorf("live calls %+v, want two that are each other's peer", calls)
			}
			if ends == "caller" {
				a.Hangup()
			} else {
				in.Hangup()
			}
			if e := l.end(a); e.Cause != 16 {
				t.Errorf("the caller's call ended %+v", e)
			}
			if e := l.end(in); e.Cause != 16 {
				t.Errorf("the called one's call ended %+v", e)
			}
			if got, want := shown(l.record()), []string{"h ANSWER 16 1001"}; !slices.Equal(got, want) {
				t.Errorf("the dialplan said %q, want %q", got, want)
			}
			l.nothingLeft()
		})
	}
}

// What a phone answers becomes the dialplan's status and cause.
func TestWhyACallWasNotAnswered(t *testing.T) {
	for _, c := range []struct {
		name, want string
		does       func(*softphone.Call)
	}{
		{"busy", "BUSY 17", func(c *softphone.Call) { c.Refuse(486) }},
		{"declined", "CHANUNAVAIL 21", func(c *softphone.Call) { c.Refuse(603) }},
		{"not there", "NOANSWER 18", func(c *softphone.Call) { c.Refuse(480) }},
		{"overloaded", "CONGESTION 41", func(c *softphone.Call) { c.Refuse(503) }},
		{"no answer", "NOANSWER 0", func(c *softphone.Call) { c.Ring() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t, labConfig{plan: strings.Replace(bridgePlan, ",20)", ",1)", 1)})
			b := l.desk("1001")
			a := l.call(l.phone(softphone.Config{}), "1001")
			in := b.next()
			c.does(in)
			l.end(a)
			l.end(in)
			if got := shown(l.record())[0]; got != c.want {
				t.Errorf("the dialplan said %q, want %q", got, c.want)
			}
			l.nothingLeft()
		})
	}
}

// A phone that is not registered cannot be called.
func TestAPhoneThatIsNotRegistered(t *testing.T) {
	l := newLab(t, labConfig{plan: bridgePlan})
	l.end(l.call(l.phone(softphone.Config{}), "1001"))
	if got := shown(l.record())[0]; got != "CHANUNAVAIL 20" {
		t.Errorf("the dialplan said %q", got)
	}
	l.nothingLeft()
}

// All contacts of a phone ring; the first that answers has the call, the others are cancelled.
func TestAllContactsRing(t *testing.T) {
	l := newLab(t, labConfig{plan: bridgePlan})
	first, second := l.desk("1001"), l.desk("1001")
	a := l.call(l.phone(softphone.Config{}), "1001")
	in, other := first.next(), second.next()
	in.Ring()
	other.Ring()
	l.await(a, softphone.Rings)
	if err := other.Answer(); err != nil {
		t.Fatal(err)
	}
	l.await(a, softphone.Answered)
	if e := l.end(in); e.Status != 487 || e.Cause != 26 {
		t.Errorf("the one that was too late ended %+v, want 487 and cause 26: answered elsewhere", e)
	}
	l.talk(a, other)
	l.over(other, a)
}

// A caller who gives up takes the ringing away.
func TestTheCallerGivesUp(t *testing.T) {
	l := newLab(t, labConfig{plan: bridgePlan})
	b := l.desk("1001")
	a := l.call(l.phone(softphone.Config{}), "1001")
	in := l.rings(a, b)
	a.Hangup()
	l.end(a)
	if e := l.end(in); e.Status != 487 {
		t.Errorf("the phone's call ended %+v, want 487", e)
	}
	if got := shown(l.record())[0]; !strings.HasPrefix(got, "h CANCEL") {
		t.Errorf("the dialplan said %q", got)
	}
	l.nothingLeft()
}

// Through a Local channel the two phones hear each other as well.
func TestThroughALocalChannel(t *testing.T) {
	l := newLab(t, labConfig{plan: bridgePlan + "[phones](+)\nexten => 2,1,Dial(Local/1001@phones)\n"})
	b := l.desk("1001")
	a := l.call(l.phone(softphone.Config{}), "2")
	in := b.answer()
	l.await(a, softphone.Answered)
	l.talk(a, in)
	l.over(a, in)
}

// Who is put on hold hears music, until he is taken back: that which was chosen for the call, or else the default.
func TestHoldPlaysMusic(t *testing.T) {
	for dialled, class := range map[string]string{"1001": "default", "3": "jazz", "4": "jazz"} {
		t.Run(dialled, func(t *testing.T) { holdPlaysMusic(t, dialled, class) })
	}
}

func holdPlaysMusic(t *testing.T, dialled, class string) {
	l := newLab(t, labConfig{plan: bridgePlan + `[phones](+)
exten => 3,1,Set(CHANNEL(musicclass)=jazz)
 same => n,Dial(PJSIP/1001)
exten => 4,1,Dial(PJSIP/1001,,b(phones^4^class))
 same => n(class),Set(CHANNEL(musicclass)=jazz)
 same => n,Return()
`})
	writeTone(t, l.dir+"/sounds/moh/"+class+"/music.wav", time.Second)
	b := l.desk("1001")
	a := l.call(l.phone(softphone.Config{}), dialled)
	in := b.answer()
	l.await(a, softphone.Answered)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := in.Hold(ctx, true); err != nil {
		t.Fatal(err)
	}
	l.await(a, softphone.Heard)
	if calls := l.calls.Calls(); !calls[1].Held {
		t.Errorf("live calls %+v: the second one holds", calls)
	}
	if err := in.Hold(ctx, false); err != nil {
		t.Fatal(err)
	}
	l.await(a, softphone.Silent)
	l.talk(a, in)
	l.over(a, in)
}

// A telephone that is gone sends nothing any more: the talk ends for the other one too, and the log says why. One that holds
// may be silent.
func TestATelephoneThatVanishes(t *testing.T) {
	l := newLab(t, labConfig{plan: bridgePlan, rtpTimeout: time.Second})
	b := l.desk("1001")
	a := l.call(l.phone(softphone.Config{}), "1001")
	in := b.answer()
	l.await(a, softphone.Answered)
	l.talk(a, in)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := a.Hold(ctx, true); err != nil {
		t.Fatal(err)
	}
	in.Mute()
	time.Sleep(1500 * time.Millisecond)
	if calls := l.calls.Calls(); len(calls) != 2 {
		t.Fatalf("live calls %+v: on hold nothing has to come", calls)
	}
	if err := a.Hold(ctx, false); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*softphone.Call{a, in} {
		if e := l.end(c); e.Cause != 102 {
			t.Errorf("ended %+v, want cause 102", e)
		}
	}
	if log := l.log.tail(4000); !strings.Contains(log, "--rtp-timeout") {
		t.Errorf("the log does not say why: %s", log)
	}
	l.nothingLeft()
}

// A telephone's own rules go before those of all: one may be silent for ever, another must not even on hold.
func TestATelephoneMayBeSilentAsItsRulesSay(t *testing.T) {
	l := newLab(t, labConfig{plan: bridgePlan, rtpTimeout: 500 * time.Millisecond, rules: func(door call.Door) store.LegRules {
		return store.LegRules{Silence: -1, HoldSilence: 2}
	}})
	b := l.desk("1001")
	a := l.call(l.phone(softphone.Config{}), "1001")
	in := b.answer()
	l.await(a, softphone.Answered)
	l.talk(a, in)
	in.Mute()
	time.Sleep(time.Second)
	if calls := l.calls.Calls(); len(calls) != 2 {
		t.Fatalf("live calls %+v: they may be silent for ever", calls)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := a.Hold(ctx, true); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*softphone.Call{a, in} {
		if e := l.end(c); e.Cause != 102 {
			t.Errorf("ended %+v, want cause 102", e)
		}
	}
	l.nothingLeft()
}

// What a phone lets be heard before it answers is heard by its caller, and a later 180 does not end it.
func TestSoundBeforeTheAnswer(t *testing.T) {
	l := newLab(t, labConfig{plan: bridgePlan})
	b := l.desk("1001")
	a := l.call(l.phone(softphone.Config{}), "1001")
	in := b.next()
	if err := in.Progress(); err != nil {
		t.Fatal(err)
	}
	in.Play(&humming)
	l.await(a, softphone.Early)
	l.await(a, softphone.Heard)
	if err := in.Ring(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(200 * time.Millisecond)
	in.Answer()
	l.await(a, softphone.Answered)
	l.linked(a, in)
	if e := len(a.Events()); e > 1 {
		for range e {
			if event := <-a.Events(); event.Kind == softphone.Silent {
				t.Error("what is heard ended before the answer")
			}
		}
	}
	l.over(a, in)
}

// Who is called while the caller hears us already: the ringing is a tone.
func TestRingingIsATone(t *testing.T) {
	l := newLab(t, labConfig{plan: "[phones]\nexten = 1,1,Answer()\nsame = n,Dial(PJSIP/1001,20)\n"})
	b := l.desk("1001")
	a := l.call(l.phone(softphone.Config{}), "1")
	in := b.next()
	in.Ring()
	l.await(a, softphone.Answered)
	l.await(a, softphone.Heard)
	in.Answer()
	l.linked(a, in)
	l.await(a, softphone.Silent)
	l.over(a, in)
}
