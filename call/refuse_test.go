package call_test

import (
	"strings"
	"testing"

	"dialtone/call/softphone"
	"dialtone/media"
	"dialtone/media/g711"
)

const waiting = "[phones]\nexten => 1,1,Answer()\n same => n,Wait(20)\n"

// A call that cannot be carried is refused with a status that says why, and leaves nothing.
func TestRefusals(t *testing.T) {
	tests := []struct {
		name   string
		lab    labConfig
		phone  softphone.Config
		first  bool // a call is up before
		target string
		status int
	}{
		{name: "no RTP port left", lab: labConfig{ports: freePair(t)}, first: true, target: "1", status: 503},
		{name: "max-calls", lab: labConfig{maxCalls: 1}, first: true, target: "1", status: 503},
		{name: "a number that leads nowhere", target: "2", status: 404},
		{name: "no codec in common", lab: labConfig{laws: []g711.Law{g711.Mu}}, phone: softphone.Config{Laws: []g711.Law{g711.A}}, target: "1", status: 488},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.lab.plan = waiting
			l := newLab(t, test.lab)
			records := 0
			var first *softphone.Call
			if test.first {
				first = l.call(l.phone(softphone.Config{}), "1")
				l.await(first, softphone.Answered)
				records = 1
			}
			p := l.phone(test.phone)
			if e := l.end(l.call(p, test.target)); e.Status != test.status {
				t.Errorf("refused with %+v, want %d", e, test.status)
			}
			if first != nil {
				if n := len(l.calls.Calls()); n != 1 {
					t.Errorf("%d calls live, want the first one", n)
				}
				first.Hangup()
				l.end(first)
			}
			if n := len(l.records()); n != records {
				t.Errorf("%d records, want %d: a refused call is none", n, records)
			}
			l.nothingLeft()
			if test.lab.maxCalls > 0 && test.lab.ports == (media.PortRange{}) {
				again := l.call(p, "1")
				l.await(again, softphone.Answered) // the place is given back
				again.Hangup()
				l.end(again)
			}
		})
	}
}

// A trunk's call enters the trunk's context, what was dialled is the extension; nobody calls as a phone from there.
func TestTrunk(t *testing.T) {
	l := newLab(t, labConfig{trunk: "carrier-in", plan: waiting + `
[carrier-in]
exten => _49X.,1,NoOp(${EXTEN} ${CALLERID(num)} ${CONTEXT})
 same => n,Answer()
 same => n,Hangup()
`})
	far := l.phone(softphone.Config{User: "0301234"})
	if e := l.end(l.call(far, "4989555")); e.Status != 0 || e.Cause != 16 {
		t.Errorf("the trunk's call: %+v", e)
	}
	if e := l.end(l.call(far, "1")); e.Status != 404 {
		t.Errorf("the phones' number from the trunk: %+v, want 404", e)
	}
	if e := l.end(l.call(l.phone(softphone.Config{User: number, Password: ""}), "4989555")); e.Status != 401 {
		t.Errorf("a phone's number in From without its password: %+v, want 401", e)
	}
	r := l.record()
	if got := strings.Join(shown(r), "; "); got != "4989555 0301234 carrier-in" {
		t.Errorf("the dialplan saw %q", got)
	}
	if r.Trunk != "carrier" || r.Phone != "" || r.Context != "carrier-in" || r.To != "4989555" || r.From != "0301234" {
		t.Errorf("record: %+v", r)
	}
	own := l.call(l.phone(softphone.Config{}), "1") // with its password it is the phone
	l.await(own, softphone.Answered)
	own.Hangup()
	l.end(own)
	if r := l.records()[0]; r.Phone != number || r.Trunk != "" || r.Context != "phones" {
		t.Errorf("record of the phone at the trunk's address: %+v", r)
	}
	l.nothingLeft()
}

// A number that leads nowhere is told of once, not each time that a robot calls it.
func TestNumberThatLeadsNowhereIsToldOfOnce(t *testing.T) {
	l := newLab(t, labConfig{trunk: "carrier-in", plan: waiting + "[carrier-in]\nexten => 1,1,Hangup()\n"})
	far := l.phone(softphone.Config{User: "0301234"})
	for _, number := range []string{"2", "2", "3", "2"} {
		if e := l.end(l.call(far, number)); e.Status != 404 {
			t.Fatalf("%s: %+v, want 404", number, e)
		}
	}
	if n := strings.Count(l.log.tail(1<<20), "call refused"); n != 2 {
		t.Errorf("%d lines of the refused calls, want one for each of two numbers", n)
	}
}
