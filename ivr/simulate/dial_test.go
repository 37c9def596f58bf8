package simulate

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
)

// destinations are what the tests of Dial call.
const destinations = `
[to]
exten = up,1,Answer()
same = n,Wait(2)
same = n,Hangup(31)
exten = busy,1,Busy(1)
exten = congested,1,Congestion(1)
exten = ends,1,NoOp
exten = absent,1,Hangup(20)
exten = rings,1,Ringing()
same = n,Wait(60)
exten = quiet,1,Wait(60)
exten = slow,1,Wait(3)
same = n,Answer()
same = n,Wait(2)
exten = speaks,1,Answer()
same = n,Playback(a&b)
exten = asks,1,Answer()
same = n,Read(x,a,2)
same = n,Set(GLOBAL(read)=${x})
exten = early,1,Progress()
same = n,Playback(a,noanswer)
same = n,Wait(60)
exten = who,1,Set(GLOBAL(who)=${CALLERID(all)} ${CALLERID(dnid)} ${EXTEN} ${CHANNEL(name)})
same = n,Busy(1)
exten = _9X,1,Hangup(17)
exten = h,1,Set(GLOBAL(end)=${EXTEN} ${HANGUPCAUSE})
exten = counts,1,Set(GLOBAL(during)=${GROUP_COUNT(x@team)})
same = n,Goto(up,1)
[member]
exten = s,1,Set(GROUP(team)=x)
same = n,Return()
[again]
exten = s,1,Dial(Local/up@to,5)
[sub]
exten = s,1,Set(GLOBAL(sub)=${ARG1}+${ARG2} on ${CHANNEL(name)})
same = n,Set(GOSUB_RESULT=${ARG1})
same = n,Return()
[elsewhere]
exten = s,1,Set(GOSUB_RESULT=GOTO:c^1^1)
same = n,Return()
[place]
exten = x,1,Set(GLOBAL(x1)=${CHANNEL(name)})
same = n,Set(GLOBAL(x2)=${CHANNEL(name)})
`

func TestDial(t *testing.T) {
	const status = "${DIALSTATUS} ${HANGUPCAUSE}"
	for _, test := range []struct {
		name   string
		dial   string        // arguments of Dial; the call is answered before
		then   string        // what NoOp says behind it
		want   string        // NoOps of the caller's run
		length time.Duration // of the call
		script Script
		heard  string
	}{
		{name: "an answer ends the call", dial: "Local/up@to", want: "h ANSWER 31", length: 2 * time.Second},
		{name: "or lets it go on", dial: "Local/up@to,,g", then: status, want: "ANSWER 31 | h ANSWER 31", length: 2 * time.Second},
		{name: "busy", dial: "Local/busy@to", then: status, want: "BUSY 17 | h BUSY 17", length: 10 * time.Second, heard: "busy"},
		{name: "congested", dial: "Local/congested@to", then: status, want: "CONGESTION 34 | h CONGESTION 34", length: 10 * time.Second, heard: "congestion"},
		{name: "the end of the extension", dial: "Local/ends@to", then: status, want: "NOANSWER 16 | h NOANSWER 16"},
		{name: "another cause", dial: "Local/absent@to", then: status, want: "CHANUNAVAIL 20 | h CHANUNAVAIL 20", length: 10 * time.Second, heard: "congestion"},
		{name: "busy wins", dial: "Local/busy@to&Local/absent@to&Local/congested@to", then: "${DIALSTATUS}", want: "BUSY | h BUSY 34", length: 10 * time.Second, heard: "busy"},
		{name: "no answer in time", dial: "Local/quiet@to,4", then: status, want: "NOANSWER 0 | h NOANSWER 0", length: 4 * time.Second},
		{name: "fractions of seconds", dial: "Local/quiet@to,1.5", then: status, want: "NOANSWER 0 | h NOANSWER 0", length: 1500 * time.Millisecond},
		{name: "a bad time-out", dial: "Local/slow@to,abc", want: "h ANSWER 16", length: 5 * time.Second},
		{name: "nothing rings early enough", dial: "Local/quiet@to,10^2", then: status, want: "CHANUNAVAIL 0 | h CHANUNAVAIL 0", length: 12 * time.Second, heard: "congestion"},
		{name: "something rings early enough", dial: "Local/rings@to,10^2", then: status, want: "NOANSWER 0 | h NOANSWER 0", length: 10 * time.Second, heard: "ring"},
		{name: "no destination", dial: "", then: status, want: "CHANUNAVAIL 0 | h CHANUNAVAIL 0", length: 10 * time.Second, heard: "congestion"},
		{name: "another technology", dial: "PJSIP/alice", then: status, want: "CHANUNAVAIL 0 | h CHANUNAVAIL 0", length: 10 * time.Second, heard: "congestion"},
		{name: "no such extension", dial: "Local/nobody@to", then: status, want: "CHANUNAVAIL 0 | h CHANUNAVAIL 0", length: 10 * time.Second, heard: "congestion"},
		{name: "no such context", dial: "Local/up@nowhere", then: status, want: "CHANUNAVAIL 0 | h CHANUNAVAIL 0", length: 10 * time.Second, heard: "congestion"},
		{name: "no resource", dial: "Local/", then: status, want: "h  0"},
		{name: "no technology", dial: "alice", then: status, want: "h  0"},
		{name: "a pattern", dial: "Local/95@to", then: status, want: "BUSY 17 | h BUSY 17", length: 10 * time.Second, heard: "busy"},
		{name: "any case and options of Local", dial: "lOcAL/up@to/nj", want: "h ANSWER 31", length: 2 * time.Second},
		{name: "the first to answer", dial: "Local/slow@to&Local/up@to,9,g", then: "${DIALEDPEERNUMBER} ${DIALEDPEERNAME}",
			want: "up@to Local/up@to-00000002;1 | h ANSWER 31", length: 2 * time.Second},
		{name: "times", dial: "Local/slow@to,9,g", then: "${DIALEDTIME} ${DIALEDTIME_MS} ${ANSWEREDTIME} ${ANSWEREDTIME_MS} ${RINGTIME}",
			want: "5 5000 2 2000  | h ANSWER 16", length: 5 * time.Second},
		{name: "the time of ringing", dial: "Local/rings@to,1,g", then: "${RINGTIME} ${RINGTIME_MS}", want: "0 0 | h NOANSWER 0", length: time.Second, heard: "ring"},
		{name: "a ringing tone at once", dial: "Local/quiet@to,1,r", want: "h NOANSWER 0", length: time.Second, heard: "ring"},
		{name: "a limit in milliseconds", dial: "Local/up@to,,gL(500)", then: status, want: "ANSWER 16 | h ANSWER 16", length: 500 * time.Millisecond},
		{name: "a limit in seconds ends the call", dial: "Local/up@to,,S(1)", want: "h ANSWER 16", length: time.Second},
		{name: "a limit with warnings", dial: "Local/up@to,,gL(1500:900:400)", want: "h ANSWER 16", length: 1500 * time.Millisecond, heard: "beep beep beep"},
		{name: "a key that is an extension leaves", dial: "Local/rings@to,20,d", then: "no", want: "key 1 CANCEL | h CANCEL 0", length: 3 * time.Second,
			script: Script{Presses: []Press{{At: 3 * time.Second, Keys: "1"}}}, heard: "ring"},
		{name: "another key does not", dial: "Local/rings@to,5,d", then: status, want: "NOANSWER 0 | h NOANSWER 0", length: 5 * time.Second,
			script: Script{Presses: []Press{{At: 3 * time.Second, Keys: "2"}}}, heard: "ring"},
		{name: "nor does one without d", dial: "Local/rings@to,5", then: status, want: "NOANSWER 0 | h NOANSWER 0", length: 5 * time.Second,
			script: Script{Presses: []Press{{At: 3 * time.Second, Keys: "1"}}}, heard: "ring"},
		{name: "the caller hangs up while it rings", dial: "Local/rings@to", want: "h CANCEL 16", length: time.Second, script: Script{Hangup: time.Second}, heard: "ring"},
		{name: "the caller hangs up in the talk", dial: "Local/up@to", want: "h ANSWER 16", length: time.Second, script: Script{Hangup: time.Second}},
		{name: "the caller hangs up with a key", dial: "Local/up@to,,H", want: "h ANSWER 16", length: time.Second, script: Script{Presses: []Press{{At: time.Second, Keys: "*"}}}},
		{name: "the called one is heard", dial: "Local/speaks@to", want: "h ANSWER 16", length: 2 * time.Second, heard: "a b"},
		{name: "the caller's keys reach it", dial: "Local/asks@to,,g", then: "${read}", want: "47 | h ANSWER 16", length: 700 * time.Millisecond,
			script: Script{Presses: []Press{{At: 500 * time.Millisecond, Keys: "47"}}}, heard: "a"},
		{name: "so do those of option D", dial: "Local/asks@to,,gD(12)", then: "${read}", want: "12 | h ANSWER 16", length: 700 * time.Millisecond},
		{name: "early audio is heard", dial: "Local/early@to,3", then: status, want: "NOANSWER 0 | h NOANSWER 0", length: 3 * time.Second, heard: "a"},
		{name: "of one destination only", dial: "Local/early@to&Local/quiet@to,3", then: status, want: "NOANSWER 0 | h NOANSWER 0", length: 3 * time.Second},
		{name: "who calls", dial: "Local/who@to", then: "${who}", want: `"Jean D" <0102030405> who who Local/who@to-00000001;2 | h BUSY 17`, length: 10 * time.Second, heard: "busy"},
		{name: "as the options say", dial: "Local/who@to,,o(4711)", then: "${who:0:9}", want: "4711 who  | h BUSY 17", length: 10 * time.Second, heard: "busy"},
		{name: "a Local call makes another", dial: "Local/s@again,,g", then: status, want: "ANSWER 31 | h ANSWER 31", length: 2 * time.Second},
		{name: "a Gosub on the called side", dial: "Local/up@to,,gU(sub^go^on)", then: "${sub}", want: "go+on on Local/up@to-00000001;1 | h ANSWER 31", length: 2 * time.Second},
		{name: "it says busy", dial: "Local/up@to,,U(sub^BUSY)", then: status, want: "BUSY 0 | h BUSY 0", length: 10 * time.Second, heard: "busy"},
		{name: "it ends the call", dial: "Local/up@to,,gU(sub^ABORT)", then: status, want: "h ANSWER 16"},
		{name: "it goes on", dial: "Local/up@to,,U(sub^CONTINUE)", then: "${DIALSTATUS}", want: "ANSWER | h ANSWER 0"},
		{name: "it goes elsewhere", dial: "Local/up@to,,U(elsewhere)", then: "no", want: "key 1 ANSWER | h ANSWER 0"},
		{name: "a Gosub before the call", dial: "Local/up@to,,gb(sub^s^1(p^q))", then: "${sub}", want: "p+q on Local/up@to-00000001;1 | h ANSWER 31", length: 2 * time.Second},
		{name: "the groups that it enters are left at the end", dial: "Local/counts@to,,gb(member^s^1)", then: "${during} ${GROUP_COUNT(x@team)}", want: "1 0 | h ANSWER 31", length: 2 * time.Second},
		{name: "a Gosub on the caller", dial: "Local/up@to,,gB(sub^s^1(p^q))", then: "${sub}", want: "p+q on SIP/caller-00000001 | h ANSWER 31", length: 2 * time.Second},
		{name: "announcements", dial: "Local/up@to,,gA(a:b)", then: status, want: "ANSWER 31 | h ANSWER 31", length: 2 * time.Second, heard: "b"},
	} {
		t.Run(test.name, func(t *testing.T) {
			then := ""
			if test.then != "" {
				then = "\nsame = n,NoOp(" + test.then + ")"
			}
			plan := load(t, "[c]\nexten = s,1,Answer()\nsame = n,Dial("+test.dial+")"+then+"\nexten = 1,1,NoOp(key 1 ${DIALSTATUS})\nexten = h,1,NoOp(h ${DIALSTATUS} ${HANGUPCAUSE})\n"+destinations)
			script := test.script
			script.Caller = ivr.CallerID{Name: "Jean D", Number: "0102030405"}
			script.Sounds = map[string]time.Duration{"a": time.Second, "b": time.Second, "beep": 200 * time.Millisecond}
			got := Call(script, start, options(plan, nil))
			own := got.Steps[:0:0]
			for _, s := range got.Steps {
				if s.Channel == got.Steps[0].Channel {
					own = append(own, s)
				}
			}
			if said := noops(own); said != test.want {
				t.Errorf("said %q, want %q", said, test.want)
			}
			if got.Length != test.length {
				t.Errorf("lasted %v, want %v", got.Length, test.length)
			}
			var heard []string
			for _, h := range got.Heard {
				heard = append(heard, strings.TrimPrefix(h.Name, "tone:"))
			}
			if h := strings.Join(heard, " "); h != test.heard {
				t.Errorf("heard %q, want %q", h, test.heard)
			}
		})
	}
}

func TestDialGoesOnAloneWhenTheCallerHasGone(t *testing.T) {
	plan := load(t, "[c]\nexten = s,1,Answer()\nsame = n,Dial(Local/up@to,,F(place^x^1))\n"+destinations)
	o := options(plan, nil)
	o.Globals = ivr.NewGlobals(nil)
	Call(Script{Hangup: time.Second}, start, o)
	if x, _ := o.Globals.Get("x2"); x != "Local/up@to-00000001;1" {
		t.Errorf("x2 = %q, want the called side's channel", x)
	}
}

func TestDialPartsCallerAndCalled(t *testing.T) {
	plan := load(t, "[c]\nexten = s,1,Answer()\nsame = n,Dial(Local/up@to,,G(place^x^1))\n"+destinations)
	got := Call(Script{}, start, options(plan, nil))
	var where []string
	for _, s := range got.Steps {
		if s.Place.Context == "place" {
			where = append(where, fmt.Sprint(s.Place.Priority, " ", s.Channel))
		}
	}
	if w := strings.Join(where, ", "); w != "1 SIP/caller-00000001, 2 SIP/caller-00000001, 2 Local/up@to-00000001;1" {
		t.Errorf("steps %s", w)
	}
}

// Calls that wait for ever end with the one who made them.
func TestDialLeavesNoCallBehind(t *testing.T) {
	plan := load(t, "[c]\nexten = s,1,Answer()\nsame = n,Dial(Local/loop@c&Local/quiet@to,2)\nsame = n,Wait(5)\nexten = loop,1,Dial(Local/quiet@to)\n"+destinations)
	got := Call(Script{}, start, options(plan, nil))
	if got.Length != 7*time.Second {
		t.Errorf("lasted %v", got.Length)
	}
}

func TestCallsOfOneCallerAreBounded(t *testing.T) {
	plan := load(t, "[c]\nexten = s,1,Dial(Local/s@c)\n")
	log := &records{}
	got := Call(Script{}, start, options(plan, log))
	if !log.has("more than 64 calls of one caller at once") {
		t.Errorf("outcome %+v, %d steps, log %v", got.Outcome, len(got.Steps), log.list)
	}
}

// A panic in a call that Dial made ends that call; its caller hears that it is not to be had.
func TestPanicInACalledExtensionEndsThatCallAlone(t *testing.T) {
	plan := load(t, "[c]\nexten = s,1,Answer()\nsame = n,Dial(Local/boom@c)\nsame = n,NoOp(${DIALSTATUS} ${HANGUPCAUSE})\nexten = boom,1,NoOp(boom)\n")
	log := &records{}
	o := options(plan, log)
	armed := false
	o.Trace = func(s ivr.Step) { armed = s.Place.Exten == "boom" }
	o.Plan = func() *dialplan.Plan {
		if armed {
			armed = false
			panic("the plan is torn")
		}
		return plan
	}
	got := Call(Script{}, start, o)
	if said := noops(got.Steps); said != "boom | CONGESTION 41" || !log.has("panic in a call that Dial made") {
		t.Errorf("said %q, log %v", said, log.list)
	}
}
