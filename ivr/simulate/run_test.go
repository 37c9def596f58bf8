package simulate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/app"
	"dialtone/ivr/dialplan"
	"dialtone/ivr/function"
)

// The tests of this file run whole dialplans; they stand here, not in ivr, because
// they need the applications and a caller.

// records is a log that keeps its messages.
type records struct {
	mu   sync.Mutex
	list []string
}

func (l *records) Enabled(context.Context, slog.Level) bool { return true }
func (l *records) Handle(_ context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := r.Level.String() + " " + r.Message
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "line" {
			text += " at " + a.Value.String()
		}
		return true
	})
	l.list = append(l.list, text)
	return nil
}
func (l *records) WithAttrs([]slog.Attr) slog.Handler { return l }
func (l *records) WithGroup(string) slog.Handler      { return l }

func (l *records) has(part string) bool { return strings.Contains(strings.Join(l.list, "\n"), part) }

func load(t testing.TB, text string) *dialplan.Plan {
	t.Helper()
	files := fstest.MapFS{"test.conf": &fstest.MapFile{Data: []byte(text)}}
	plan, problems := dialplan.Load(dialplan.LoadOptions{FS: files}, "test.conf")
	if plan == nil {
		t.Fatal(problems)
	}
	return plan
}

func options(plan *dialplan.Plan, log slog.Handler) ivr.Options {
	if log == nil {
		log = slog.DiscardHandler
	}
	return ivr.Options{
		Plan: func() *dialplan.Plan { return plan }, Apps: app.All(), Functions: function.All(), Log: slog.New(log),
		Globals: ivr.NewGlobals(plan.Globals), Database: new(ivr.Memory),
	}
}

// noops are the texts of the NoOp steps, in order: what a test's dialplan tells.
func noops(steps []ivr.Step) string {
	var list []string
	for _, s := range steps {
		if s.App == "NoOp" {
			list = append(list, s.Args)
		}
	}
	return strings.Join(list, " | ")
}

var start = dialplan.Place{Context: "c", Exten: "s", Priority: 1}

// TestDialplans runs small dialplans and compares what their NoOps say.
func TestDialplans(t *testing.T) {
	press := func(at float64, keys string) Press { return Press{time.Duration(at * float64(time.Second)), keys} }
	for _, test := range []struct {
		name, text string
		script     Script
		want       string
		log        string // a part of the log; empty: not looked at
	}{
		{name: "the right sound is named when it is missing",
			text: "exten = s,1,Playback(nosuch)\nsame = n,NoOp(${PLAYBACKSTATUS})",
			want: "FAILED", log: `WARN Playback: sound "nosuch" does not exist (looked for the script's sounds) at test.conf:2:13`},
		{name: "an unknown application names its line and help",
			text: "exten = s,1,NoOp(a)\nsame = n,Plaback(a)\nexten = h,1,NoOp(h)",
			want: "a | h", log: `ERROR call ends: unknown application "Plaback" at test.conf:3:10`},
		{name: "without autofallthrough the end of an extension waits for digits",
			text:   "exten = s,1,Answer()\nexten = 12,1,NoOp(twelve)\nexten = t,1,NoOp(${EPOCH})\nsame = n,Hangup()\n[general]\nautofallthrough=no",
			script: Script{Presses: []Press{press(8, "12")}}, want: "twelve | 1795514418"},
		{name: "Incomplete goes on collecting",
			text:   "exten = s,1,Answer()\nsame = n,WaitExten(3)\nexten = _1!,1,NoOp(${EXTEN})\nsame = n,Incomplete()\nexten = _1XX,1,NoOp(whole ${EXTEN})\nexten = t,1,NoOp(t)",
			script: Script{Presses: []Press{press(1, "123")}}, want: "whole 123"},
		{name: "Incomplete without a further digit goes to t",
			text:   "exten = s,1,Answer()\nsame = n,WaitExten(3)\nexten = 1,1,NoOp(one)\nsame = n,Incomplete()\nexten = _1XX,1,NoOp(whole)\nexten = t,1,NoOp(t)",
			script: Script{Presses: []Press{press(1, "1")}}, want: "one | t"},
		{name: "Incomplete where nothing is longer goes to i",
			text: "exten = s,1,Incomplete(n)\nexten = i,1,NoOp(i ${INVALID_EXTEN})", want: "i s"},
		{name: "RaiseException goes to e",
			text: "exten = s,1,RaiseException(why)\nexten = e,1,NoOp(${EXCEPTION(reason)} ${EXCEPTION(context)},${EXCEPTION(exten)},${EXCEPTION(priority)})",
			want: "why c,s,1"},
		{name: "e stands in for i, t and T",
			text: "exten = s,1,Answer()\nsame = n,WaitExten(1)\nexten = e,1,NoOp(${EXCEPTION(reason)})\nsame = n,Set(TIMEOUT(absolute)=1)\nsame = n,GotoIf($[\"${EXCEPTION(reason)}\" = \"RESPONSETIMEOUT\"]?w,1:nowhere,1)\nexten = w,1,Wait(5)",
			want: "RESPONSETIMEOUT | ABSOLUTETIMEOUT | INVALID | INVALID | INVALID", script: Script{}, log: ""},
		{name: "T is looked for where the run is",
			text: "exten = s,1,Answer()\nsame = n,Set(TIMEOUT(absolute)=2)\nsame = n,Read(X,a)\nsame = n,NoOp(never)\nexten = T,1,NoOp(T ${READSTATUS})\nexten = h,1,NoOp(h ${HANGUPCAUSE})",
			want: "T HANGUP | h 0"},
		{name: "hangup handlers run last pushed first, after h",
			text: "exten = s,1,Set(CHANNEL(hangup_handler_push)=one,1(x,y))\nsame = n,Set(CHANNEL(hangup_handler_push)=c,two,1)\nsame = n,Hangup(17)\n" +
				"exten = one,1,NoOp(one ${ARG1}${ARG2} ${HANGUPCAUSE})\nsame = n,Return()\nexten = two,1,NoOp(two)\nsame = n,Return()\nsame = n,NoOp(never)\nexten = h,1,NoOp(h)",
			want: "h | two | one xy 17"},
		{name: "While leaves by ExitWhile and stays right after a Goto out of it",
			text: "exten = s,1,Set(i=0)\nsame = n(w),While($[${i} < 9])\nsame = n,Set(i=$[${i} + 1])\nsame = n,ExecIf($[${i} = 1]?Goto(out))\nsame = n,ExecIf($[${i} = 3]?ExitWhile())\n" +
				"same = n,EndWhile\nsame = n,NoOp(i=${i})\nsame = n,Hangup()\nsame = n(out),While($[${j}0 < 1])\nsame = n,Set(j=1)\nsame = n,EndWhile()\nsame = n,NoOp(second done)\nsame = n,Goto(w)",
			want: "second done | i=3"},
		{name: "If takes one branch and no other",
			text: "exten = s,1,Set(i=$[0${i} + 1])\nsame = n,If($[${i} = 1])\nsame = n,NoOp(1)\nsame = n,If(0)\nsame = n,NoOp(never)\nsame = n,Else()\nsame = n,NoOp(in)\nsame = n,EndIf()\n" +
				"same = n,ElseIf($[${i} = 2])\nsame = n,NoOp(2)\nsame = n,ExitIf()\nsame = n,NoOp(never)\nsame = n,ElseIf($[${i} < 4])\nsame = n,NoOp(3)\nsame = n,Else()\nsame = n,NoOp(else)\nsame = n,EndIf()\nsame = n,GotoIf($[${i} < 4]?1)",
			want: "1 | in | 2 | 3 | else"},
		{name: "If without an EndIf goes on", text: "exten = s,1,If(0)\nsame = n,NoOp(on)\nsame = n,ExitIf()", want: "on"},
		{name: "WaitDigit takes only its keys",
			text:   "exten = s,1,Answer()\nsame = n,WaitDigit(3,45)\nsame = n,NoOp(${WAITDIGITSTATUS} ${WAITDIGITRESULT})\nsame = n,WaitDigit(1)\nsame = n,NoOp(${WAITDIGITSTATUS})\nsame = n,WaitDigit()\nsame = n,NoOp(${WAITDIGITSTATUS})",
			script: Script{Presses: []Press{press(0.5, "14")}}, want: "DTMF 4 | TIMEOUT | ERROR"},
		{name: "Background's options",
			text: "exten = s,1,Background(a,s)\nsame = n,NoOp(${EPOCH} ${BACKGROUNDSTATUS})\nsame = n,Background(a,n)\nsame = n,NoOp(${CHANNEL(state)})\nsame = n,Background(a&b&c,m)\nsame = n,NoOp(never)\n" +
				"exten = 2,1,NoOp(two)\nsame = n,Background(a,p)\nsame = n,NoOp(after p)\nsame = n,Background(a,,,d)\n[d]\nexten = 3,1,NoOp(three in ${CONTEXT})",
			script: Script{Presses: []Press{press(0.5, "1"), press(1, "2"), press(1.5, "3"), press(2.5, "3")}},
			want:   "1795514400 SUCCESS | Ring | two | after p | three in d"},
		{name: "Read's options",
			text:   "exten = s,1,Read(A,,,s)\nsame = n,NoOp(${READSTATUS})\nsame = n,Answer()\nsame = n,Read(A,a,,t(*)e,,1)\nsame = n,NoOp(${A} ${READSTATUS})\nsame = n,Read(A,,2)\nsame = n,NoOp(${A} ${READSTATUS})\nsame = n,Read()\nsame = n,NoOp(${READSTATUS})",
			script: Script{Presses: []Press{press(0.5, "*"), press(1, "45")}}, want: "SKIPPED | * OK | 45 OK | ERROR"},
		{name: "WaitUntil", text: "exten = s,1,WaitUntil($[${EPOCH} + 5])\nsame = n,NoOp(${EPOCH} ${WAITUNTILSTATUS})\nsame = n,WaitUntil(12)\nsame = n,NoOp(${WAITUNTILSTATUS})\nsame = n,WaitUntil(x)\nsame = n,NoOp(${WAITUNTILSTATUS})",
			want: "1795514405 OK | PAST | FAILURE"},
		{name: "TryExec goes on", text: "exten = s,1,TryExec(NoSuch(1))\nsame = n,NoOp(${TRYSTATUS})\nsame = n,TryExec(Hangup())\nsame = n,NoOp(${TRYSTATUS})\nsame = n,TryExec(NoOp(x))\nsame = n,NoOp(${TRYSTATUS})",
			want: "NOAPP | FAILED | SUCCESS"},
		{name: "SayAlpha passes over what has no sound and may be interrupted",
			text:   "exten = s,1,Answer()\nsame = n,SayAlpha(b1!)\nsame = n,Set(SAY_DTMF_INTERRUPT=true)\nsame = n,SayDigits(123)\nsame = n,NoOp(never)\nexten = 5,1,NoOp(five)",
			script: Script{Presses: []Press{press(0.5, "5")}}, want: "five"},
		{name: "EVAL of itself ends", text: "exten = s,1,Set(D=$)\nsame = n,Set(A=${D}{EVAL(${D}{A})})\nsame = n,NoOp([${EVAL(${A})}])", want: "[]",
			log: "EVAL stands more than 20 levels deep"},
		{name: "VALID_EXTEN", text: "exten = s,1(l),NoOp(${VALID_EXTEN(,s,1)} ${VALID_EXTEN(c,s,l)} ${VALID_EXTEN(c,s,x)} ${VALID_EXTEN(c,9,1)} ${VALID_EXTEN(d)})", want: "1 1 0 0 0"},
		{name: "Busy on an unanswered call is its cause", text: "exten = s,1,Busy()\nexten = h,1,NoOp(${HANGUPCAUSE} ${EPOCH})", want: "17 1795514400"},
		{name: "Congestion on an answered call waits", text: "exten = s,1,Answer()\nsame = n,Congestion(3)\nexten = h,1,NoOp(${HANGUPCAUSE} ${EPOCH})", want: "0 1795514403"},
		{name: "names of causes", text: "exten = s,1,Hangup(USER_BUSY)\nexten = h,1,NoOp(${HANGUPCAUSE})\nsame = n,Hangup(bogus)", want: "17"},
		{name: "an empty priority ends the call", text: "exten = s,1,NoOp(a)\nexten = s,2,\nexten = s,3,NoOp(never)", want: "a", log: `unknown application ""`},
	} {
		t.Run(test.name, func(t *testing.T) {
			log := &records{}
			if test.script.Sounds == nil {
				test.script.Sounds = sounds()
			}
			text := test.text
			if !strings.HasPrefix(text, "[") {
				text = "[c]\n" + text
			}
			// A dialplan that goes in circles is stopped soon.
			o := options(load(t, text+"\n"), log)
			o.Limits.Steps = 200
			got := Call(test.script, start, o)
			if said := noops(got.Steps); said != test.want && !strings.HasPrefix(said, test.want+" | INVALID") {
				t.Errorf("said %.500q, want %q", said, test.want)
			}
			if test.log != "" && !log.has(test.log) {
				t.Errorf("not in the log: %s\n%s", test.log, strings.Join(log.list, "\n"))
			}
		})
	}
}

func TestLoopWithoutWaitEndsTheCall(t *testing.T) {
	log := &records{}
	o := options(load(t, "[c]\nexten = s,1,Set(n=$[0${n} + 1])\nsame = n,Goto(s,1)\nexten = h,1,Set(n=$[0${n} + 1])\nsame = n,Goto(h,1)\n"), log)
	o.Limits.Turns = 20_000
	got := Call(Script{}, start, o)
	var limit *ivr.LimitError
	if !errors.As(got.Outcome.Err, &limit) || limit.Limit != 10_000 || got.Outcome.By != ivr.ByError {
		t.Errorf("outcome %+v", got.Outcome)
	}
	if n := len(got.Steps); n != 20_000 {
		t.Errorf("%d steps, want 10000 and again so many in h", n)
	}
	if !log.has("more than 10000 steps without playing or waiting: a loop in the dialplan? at test.conf:2:13") {
		t.Errorf("log: %v", log.list[len(log.list)-1])
	}
}

func TestCircleInWhichNothingIsHeardEndsTheCall(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"without a wait", "exten = s,1,NoOp\nsame = n,Goto(s,1)", "c,s,1 → c,s,2 → c,s,1 at test.conf:2:13"},
		{"with a wait", "exten = s,1,Wait(5)\nsame = n,Goto(1)", "c,s,1 → c,s,2 → c,s,1 at test.conf:2:13"},
		{"over t", "exten = s,1,WaitExten(1)\nexten = t,1,Goto(s,1)\nexten = 1,1,NoOp", "c,s,1 → c,t,1 → c,s,1"},
		{"with a counter that ends nothing", "exten = s,1,Wait(0.1)\nsame = n,Set(n=$[0${n} + 1])\nsame = n,Goto(1)", "(limit Turns)"},
		{"a lost sound", "exten = s,1,Playback(lost)\nsame = n,Goto(1)", "the same steps for the 301th time"},
	} {
		t.Run(test.name, func(t *testing.T) {
			log := &records{}
			got := Call(Script{Patience: 24 * time.Hour}, start, options(load(t, "[c]\n"+test.text+"\n"), log))
			var circle *ivr.CircleError
			if !errors.As(got.Outcome.Err, &circle) || !log.has(test.want) {
				t.Errorf("outcome %+v, log %v", got.Outcome, log.list)
			}
		})
	}
}

func TestLoopThatIsHeardGoesOn(t *testing.T) {
	for name, line := range map[string]string{
		"it plays":      "Playback(a)",
		"a key comes":   "Read(x,,1,,,1)",
		"it plays tone": "WaitExten(1,d)",
	} {
		t.Run(name, func(t *testing.T) {
			o := options(load(t, "[c]\nexten = s,1,"+line+"\nsame = n,Goto(s,1)\nexten = _XX,1,NoOp\n"), nil)
			o.Limits.Steps = 50
			script := Script{Patience: 4000 * time.Second, Sounds: map[string]time.Duration{"a": time.Second}}
			if name == "a key comes" {
				for i := range 40 {
					script.Presses = append(script.Presses, Press{At: time.Duration(i) * 100 * time.Second, Keys: "1"})
				}
			}
			got := Call(script, start, o)
			if got.Outcome.By != ivr.ByCaller || got.Outcome.Cause != 16 || got.Length != 4000*time.Second {
				t.Errorf("outcome %+v after %v", got.Outcome, got.Length)
			}
		})
	}
}

// Steps that are paid for by waiting are bounded as well: a loop of short waits cannot take a processor for itself.
func TestShortWaitsAllowFewSteps(t *testing.T) {
	o := options(load(t, "[c]\nexten = s,1,Wait(0.01)\nsame = n,While(1)\nsame = n,Set(n=$[0${n} + 1])\nsame = n,ExecIf($[${n} % 20 = 0]?Goto(s,1))\nsame = n,EndWhile\n"), nil)
	o.Limits.Turns = 1 << 30
	got := Call(Script{Patience: time.Hour}, start, o)
	var limit *ivr.LimitError
	if !errors.As(got.Outcome.Err, &limit) || got.Length < time.Second || got.Length > 10*time.Second {
		t.Errorf("outcome %+v after %v", got.Outcome, got.Length)
	}
}

func TestVariablesAreBounded(t *testing.T) {
	log := &records{}
	o := options(load(t, "[c]\nexten = s,1,Set(A=x${A}${A})\nsame = n,Set(n=$[0${n} + 1])\nsame = n,Set(V${n}=${A})\nsame = n,GotoIf($[${n} < 400]?1)\n"), log)
	o.Limits.Variables = 100
	got := Call(Script{}, start, o)
	if got.Outcome.Err != nil || !log.has("cut to 16384") || !log.has("would take more than 1048576 bytes") {
		t.Errorf("outcome %+v, %d messages", got.Outcome, len(log.list))
	}
	o.Limits.Memory = 1 << 30
	log.list = nil
	if Call(Script{}, start, o); !log.has("the call has 100 variables already") {
		t.Error("the number of variables is not bounded")
	}
}

func TestRecursionIsBounded(t *testing.T) {
	got := Call(Script{}, start, options(load(t, "[c]\nexten = s,1,Gosub(s,1(a))\n"), nil))
	var limit *ivr.LimitError
	if !errors.As(got.Outcome.Err, &limit) || limit.Limit != 250 {
		t.Errorf("outcome %+v", got.Outcome)
	}
}

func TestPanicEndsOnlyTheCall(t *testing.T) {
	log := &records{}
	o := options(load(t, "[c]\nexten = s,1,Boom()\nexten = h,1,NoOp(h)\n"), log)
	o.Apps["boom"] = &ivr.App{Name: "Boom", Run: func(*ivr.Run, string) error { panic("no") }}
	got := Call(Script{}, start, o)
	if got.Outcome.By != ivr.ByError || !strings.Contains(fmt.Sprint(got.Outcome.Err), "Boom: panic: no") || noops(got.Steps) != "h" {
		t.Errorf("outcome %+v, steps %v", got.Outcome, got.Steps)
	}
	if !log.has("ERROR panic in an application at test.conf:2:13") {
		t.Errorf("log: %v", log.list)
	}
}

func TestReloadTakesEffectAtTheNextStep(t *testing.T) {
	before := load(t, "[c]\nexten = s,1,Wait(1)\nsame = n,NoOp(old)\n")
	after := load(t, "[c]\nexten = s,1,NoOp()\nsame = n,NoOp(new)\n")
	o := options(before, nil)
	plan := before
	o.Plan = func() *dialplan.Plan { return plan }
	o.Trace = func(ivr.Step) { plan = after }
	if got := Call(Script{}, start, o); noops(got.Steps) != "new" {
		t.Errorf("steps %v", got.Steps)
	}
}

// TestResumedRunGoesOnTheSame takes a call through menus, subroutines, locals,
// loops and time-outs, and resumes it at every state that its journal got: what
// follows must be what followed then.
func TestResumedRunGoesOnTheSame(t *testing.T) {
	text := `[c]
exten = s,1,Answer(1000)
same = n,Set(__I=kept)
same = n,Set(TIMEOUT(digit)=2)
same = n,Set(TIMEOUT(absolute)=60)
same = n,Set(CHANNEL(language)=fr)
same = n,Set(CALLERID(name)=Other)
same = n,Set(CHANNEL(hangup_handler_push)=sub,bye,1(z))
same = n,Set(GROUP()=g)
same = n(again),Set(n=$[0${n} + 1])
same = n,Gosub(sub,s,1(x,y))
same = n,NoOp(${n} ${ARG1} ${I} ${INC(m)} ${CHANNEL(language)} ${CALLERID(all)} ${GROUP_COUNT(g)} ${TIMEOUT(digit)} ${TIMEOUT(absolute)})
same = n,While($[0${j} < 2])
same = n,Set(j=$[0${j} + 1])
same = n,EndWhile()
same = n,Background(a)
same = n,WaitExten(2)
exten = t,1,NoOp(t ${EPOCH})
same = n,GotoIf($[${n} < 3]?s,again)
same = n,Wait(1)
same = n,Hangup(21)
exten = h,1,NoOp(h ${HANGUPCAUSE} ${n})
[sub]
exten = s,1,Set(LOCAL(n)=${ARG1}${n})
same = n,Set(m=$[0${m} + 5])
same = n,NoOp(${n} ${ARG2} ${STACK_PEEK(1,p)})
same = n,Return(v)
exten = bye,1,NoOp(bye ${ARG1})
same = n,Return()
`
	type moment struct {
		state []byte
		steps int // done before
		at    time.Time
	}
	var moments []moment
	steps := 0
	o := options(load(t, text), nil)
	o.Trace = func(ivr.Step) { steps++ }
	var caller *Caller
	o.Journal = func(s *ivr.State) {
		data, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		moments = append(moments, moment{data, steps, caller.Now()})
	}
	caller = New(Script{Sounds: sounds()})
	var whole []string
	trace := o.Trace
	o.Trace = func(s ivr.Step) { trace(s); whole = append(whole, s.String()) }
	outcome := ivr.New(caller, start, o).Execute()
	if len(moments) < 55 || outcome.Cause != 21 || whole[len(whole)-1] != "sub,bye,2 Return()" {
		t.Fatalf("%d states, outcome %+v, last step %s", len(moments), outcome, whole[len(whole)-1])
	}
	for i, m := range moments {
		var s ivr.State
		if err := json.Unmarshal(m.state, &s); err != nil {
			t.Fatal(err)
		}
		o := options(o.Plan(), nil)
		var rest []string
		o.Trace = func(s ivr.Step) { rest = append(rest, s.String()) }
		caller := New(Script{Sounds: sounds(), Start: m.at})
		if m.steps > 1 {
			if err := caller.Answer(); err != nil {
				t.Fatal(err)
			}
		}
		again := ivr.Resume(caller, s, o).Execute()
		want := whole[m.steps:]
		if s.App != "" && len(s.Progress) > 0 {
			want = whole[m.steps-1:] // taken within the step, which is done again
		}
		if got, want := strings.Join(rest, "\n"), strings.Join(want, "\n"); got != want {
			t.Fatalf("state %d %s:\n got\n%s\nwant\n%s", i, m.state, got, want)
		}
		if again.Cause != outcome.Cause {
			t.Errorf("state %d: cause %d", i, again.Cause)
		}
	}
}

// TestStateIsNotChangedAfterwards holds what the journal was given against what
// the run does later.
func TestStateIsNotChangedAfterwards(t *testing.T) {
	o := options(load(t, "[c]\nexten = s,1,Set(A=1)\nsame = n,Set(A=2)\nsame = n,Gosub(x,1(1))\nexten = x,1,Set(LOCAL(A)=3)\nsame = n,Set(ARG1=4)\nsame = n,Set(GROUP()=g)\nsame = n,Set(CHANNEL(accountcode)=k)\nsame = n,Return()\n"), nil)
	var states []*ivr.State
	var then []string
	o.Journal = func(s *ivr.State) {
		data, _ := json.Marshal(s)
		states, then = append(states, s), append(then, string(data))
	}
	Call(Script{}, start, o)
	for i, s := range states {
		if data, _ := json.Marshal(s); string(data) != then[i] {
			t.Errorf("state %d was\n%s\nand became\n%s", i, then[i], data)
		}
	}
	if len(states) < 8 {
		t.Errorf("%d states", len(states))
	}
}

func TestInheritedVariables(t *testing.T) {
	o := options(load(t, "[c]\nexten = s,1,Set(A=1)\nsame = n,Set(_B=2)\nsame = n,Set(__C=3)\nsame = n,Set(__D=4)\nsame = n,Set(D=5)\nsame = n,Look()\n"), nil)
	var got map[string]string
	o.Apps["look"] = &ivr.App{Name: "Look", Run: func(r *ivr.Run, _ string) error {
		got = r.Inherited()
		return nil
	}}
	Call(Script{}, start, o)
	if want := map[string]string{"B": "2", "__C": "3"}; !maps.Equal(got, want) {
		t.Errorf("inherited %v, want %v", got, want)
	}
}

// BenchmarkMenu runs a call through the manual's menu, three time-outs long, with
// a journal: the cost of the dialplan itself.
func BenchmarkMenu(b *testing.B) {
	plan, problems := dialplan.Load(dialplan.LoadOptions{}, "../check/testdata/minimal.conf")
	if plan == nil {
		b.Fatal(problems)
	}
	script := Script{Sounds: map[string]time.Duration{}}
	for _, name := range []string{"welcome-sound", "choices", "invalid-choice", "error"} {
		script.Sounds["/var/lib/wazo/sounds/ivr-sounds/ivr-example-"+name] = time.Second
	}
	o := options(plan, nil)
	o.Journal = func(*ivr.State) {}
	steps := 0
	b.ReportAllocs()
	for b.Loop() {
		steps += Call(script, dialplan.Place{Context: "dp-ivr-example"}, o).Outcome.Steps
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(steps), "ns/step")
}

// sounds are some of a second, and the digits.
func sounds() map[string]time.Duration {
	m := map[string]time.Duration{"a": time.Second, "b": time.Second, "c": time.Second}
	for i := range 10 {
		m["digits/"+strconv.Itoa(i)] = 200 * time.Millisecond
	}
	return m
}
