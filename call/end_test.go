package call_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dialtone/call"
	"dialtone/call/softphone"
	"dialtone/ivr"
	"dialtone/sip"
	"dialtone/store"
)

const endings = `
[phones]
exten => hangup,1,Answer()
 same => n,Playback(beep)
 same => n,Hangup()
exten => busy,1,Answer()
 same => n,Hangup(17)
exten => refused,1,Hangup(17)
exten => out,1,Answer()
exten => play,1,Answer()
 same => n,Playback(long)
 same => n,Hangup(34)
exten => wait,1,Answer()
 same => n,Wait(20)
 same => n,Hangup(34)
exten => ring,1,Ringing()
 same => n,Wait(20)
exten => late,1,Answer()
 same => n,Set(TIMEOUT(absolute)=0.3)
 same => n,Wait(20)
exten => h,1,NoOp(h)
`

// A call ends once, whoever ends it, and its record says who that was.
func TestEndsExactlyOnce(t *testing.T) {
	closing := func(l *lab, _ *softphone.Call) {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := l.calls.Close(ctx); err != nil {
			l.t.Errorf("Close: %v", err)
		}
		if n := len(l.calls.Calls()); n > 0 {
			l.t.Errorf("%d calls live after Close", n)
		}
	}
	hangup := func(_ *lab, c *softphone.Call) { c.Hangup() }
	tests := []struct {
		name   string
		dialed string
		when   softphone.Kind // what the caller waits for
		do     func(*lab, *softphone.Call)
		by     string
		cause  int
		far    sip.EndedEvent // the caller's leg: By and Status; its own side is ByServer
	}{
		{"dialplan", "hangup", "", nil, "dialplan", 16, sip.EndedEvent{By: sip.ByCallee}},
		{"dialplan with a cause", "busy", "", nil, "dialplan", 17, sip.EndedEvent{By: sip.ByCallee}},
		{"dialplan refuses", "refused", "", nil, "dialplan", 17, sip.EndedEvent{By: sip.ByCallee, Status: 486}},
		{"dialplan leads no further", "out", "", nil, "dialplan", 16, sip.EndedEvent{By: sip.ByCallee}},
		{"absolute time-out", "late", "", nil, "timeout", 16, sip.EndedEvent{By: sip.ByCallee}},
		{"caller during Playback", "play", softphone.Heard, hangup, "caller", 16, sip.EndedEvent{By: sip.ByServer}},
		{"caller during Wait", "wait", softphone.Answered, hangup, "caller", 16, sip.EndedEvent{By: sip.ByServer}},
		{"caller before the answer", "ring", softphone.Rings, hangup, "caller", 16, sip.EndedEvent{By: sip.ByServer, Status: 487}},
		{"Close during Playback", "play", softphone.Heard, closing, "server", 16, sip.EndedEvent{By: sip.ByCallee}},
		{"Close during Wait", "wait", softphone.Answered, closing, "server", 16, sip.EndedEvent{By: sip.ByCallee}},
		{"Close before the answer", "ring", softphone.Rings, closing, "server", 41, sip.EndedEvent{By: sip.ByCallee, Status: 503}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, labConfig{plan: endings})
			ends := l.countEnds()
			c := l.call(l.phone(softphone.Config{}), test.dialed)
			if test.do != nil {
				l.await(c, test.when)
				test.do(l, c)
			}
			end := l.end(c)
			if end.By != test.far.By || end.Status != test.far.Status {
				t.Errorf("the caller is told %+v, want %+v", end, test.far)
			}
			r := l.record()
			if r.EndedBy != test.by || r.Cause != test.cause {
				t.Errorf("record: ended by %q, cause %d; want %q, %d", r.EndedBy, r.Cause, test.by, test.cause)
			}
			if answered := test.far.Status == 0; answered == r.Answer.IsZero() || r.End.Before(r.Start) {
				t.Errorf("record: start %v, answer %v, end %v", r.Start, r.Answer, r.End)
			}
			if got := strings.Join(shown(r), " "); got != "h" {
				t.Errorf("h was run %q times, want once", got)
			}
			l.nothingLeft()
			if n := ends(); n != 1 {
				t.Errorf("%d ends were told to those who follow the calls", n)
			}
		})
	}
}

// All ends at once are one end.
func TestEndsOnceWhenAllEndIt(t *testing.T) {
	l := newLab(t, labConfig{plan: "[phones]\nexten => 1,1,Answer()\n same => n,Playback(tone)\n same => n,Hangup()\n"})
	ends := l.countEnds()
	p := l.phone(softphone.Config{})
	const calls = 10
	var list []*softphone.Call
	for range calls {
		list = append(list, l.call(p, "1"))
	}
	for _, c := range list {
		l.await(c, softphone.Heard)
	}
	time.Sleep(250 * time.Millisecond) // the dialplan is about to hang up
	var wg sync.WaitGroup
	for _, c := range list {
		wg.Go(c.Hangup)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := l.calls.Close(ctx); err != nil {
		t.Error(err)
	}
	wg.Wait()
	for _, c := range list {
		l.end(c)
	}
	records := l.records()
	if len(records) != calls {
		t.Errorf("%d calls left %d records", calls, len(records))
	}
	for _, r := range records {
		switch r.EndedBy {
		case "dialplan", "caller", "server":
		default:
			t.Errorf("ended by %q", r.EndedBy)
		}
	}
	l.nothingLeft()
	if n := ends(); n != calls {
		t.Errorf("%d calls told %d ends", calls, n)
	}
	if e := l.end(l.call(p, "1")); e.Status != 503 {
		t.Errorf("a call after Close: %+v, want 503", e)
	}
}

// An application that panics ends its own call, with a log of it, and no other.
func TestPanicEndsOneCall(t *testing.T) {
	boom := &ivr.App{Name: "Boom", Run: func(*ivr.Run, string) error { panic("the test's own") }}
	l := newLab(t, labConfig{apps: map[string]*ivr.App{"boom": boom}, plan: `
[phones]
exten => up,1,Answer()
 same => n,Boom()
 same => n,Wait(20)
exten => new,1,Boom()
exten => calm,1,Answer()
 same => n,Read(X,long,1)
 same => n,NoOp(${X})
`})
	p := l.phone(softphone.Config{})
	calm := l.call(p, "calm")
	l.await(calm, softphone.Heard)

	if e := l.end(l.call(p, "up")); e.By != sip.ByCallee || e.Status != 0 {
		t.Errorf("the answered call: %+v", e)
	}
	if e := l.end(l.call(p, "new")); e.Status < 400 {
		t.Errorf("the new call: %+v", e)
	}
	if log := l.log.tail(1 << 20); strings.Count(log, "the test's own") < 2 || !strings.Contains(log, "stack=") {
		t.Errorf("the log does not tell of the panics:\n%s", log)
	}
	l.until("one call is left", func() bool { return len(l.calls.Calls()) == 1 })
	if live := l.calls.Calls(); len(live) != 1 || live[0].To != "calm" || live[0].State != call.StateUp {
		t.Errorf("live: %+v", live)
	}
	if err := calm.Press([]softphone.Press{{Key: '7'}}); err != nil {
		t.Error(err)
	}
	l.end(calm)
	for _, r := range l.records() {
		want := "error"
		if r.To == "calm" {
			want = "dialplan"
			if got := strings.Join(shown(r), " "); got != "7" {
				t.Errorf("the other call read %q", got)
			}
		}
		if r.EndedBy != want {
			t.Errorf("%s was ended by %q, want %q", r.To, r.EndedBy, want)
		}
	}
	l.nothingLeft()
}

// brittleJournal panics at the first step that it is to keep.
type brittleJournal struct {
	*store.Store
	broken atomic.Bool
}

func (j *brittleJournal) Journal(id, part string, v any) {
	if part == "run" && j.broken.CompareAndSwap(false, true) {
		panic("the journal's own")
	}
	j.Store.Journal(id, part, v)
}

// A panic outside of an application ends its call as well, and everything that the call held is given back.
func TestPanicOutsideAnApplicationEndsOneCall(t *testing.T) {
	l := newLab(t, labConfig{
		journal: func(s *store.Store) call.Journal { return &brittleJournal{Store: s} },
		plan: `
[phones]
exten => go,1,Answer()
 same => n,Playback(beep)
`})
	p := l.phone(softphone.Config{})
	if e := l.end(l.call(p, "go")); e.Status < 500 {
		t.Errorf("the call whose journal panics: %+v", e)
	}
	if e := l.end(l.call(p, "go")); e.By != sip.ByCallee || e.Status != 0 {
		t.Errorf("the next call: %+v", e)
	}
	by := map[string]int{}
	for _, r := range l.records() {
		by[r.EndedBy]++
	}
	if by["error"] != 1 || by["dialplan"] != 1 {
		t.Errorf("ended by %v", by)
	}
	l.nothingLeft()
}

// countEnds follows the calls; the function that it returns gives the number of ends up to now.
func (l *lab) countEnds() func() int {
	ctx, cancel := context.WithCancel(context.Background())
	changes := l.calls.Follow(ctx)
	return func() int {
		cancel()
		n := 0
		for s := range changes {
			if s.State == call.StateEnded {
				n++
			}
		}
		return n
	}
}
