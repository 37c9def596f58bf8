// Package conversation plays calls as an author of phone menus thinks of them, in
// virtual time: who calls, what they hear, which keys they press at which prompt,
// where the call ends.
//
// A [Stage] has a plan and sounds; [Stage.Play] plays a call on it and gives a
// [Transcript], what happened with its times. On it stand the two kinds of files
// that hold calls: a [Script] is a file of tests for a phone menu (script.go tells
// its grammar), a [Scenario] a list of calls with every step that they take.
// [Coverage] says which lines of a plan no call reached.
//
// The run is the production interpreter; only the caller is simulated.
package conversation

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
	"dialtone/ivr/simulate"
)

// Stage is what calls are played on.
type Stage struct {
	Plan      *dialplan.Plan
	Apps      map[string]*ivr.App
	Functions map[string]*ivr.Function
	// Length tells how long a sound lasts. The error says where it was looked for; an
	// *ivr.SoundError is taken as it is. Nil: there are no sounds.
	Length func(name, language string) (time.Duration, error)
	// Schedules are those that calls ask; a call switches them for itself only. Nil: there are none but those that calls name.
	Schedules ivr.Schedules
}

// Variable is a variable, or a function, that is set before a call.
type Variable struct{ Name, Value string }

// Press is a key, or several one after another, KeyEvery apart.
type Press = simulate.Press

// KeyEvery is how far apart the keys of a Press are.
const KeyEvery = simulate.KeyEvery

// Call is what a caller does.
type Call struct {
	Place   dialplan.Place
	At      time.Time // when it comes in; zero: a Tuesday morning, UTC
	Caller  ivr.CallerID
	Set     []Variable
	Globals []Variable
	Presses []Press       // counted from the answer
	Hangup  time.Duration // after the answer; 0: never
	// React is what the caller does upon the beginning of a sound: the keys, and after how
	// long the caller hangs up (0: does not), both counted from then. May be nil.
	React    func(simulate.Heard) (keys []Press, hangup time.Duration)
	Patience time.Duration // after so long the caller hangs up; 0: an hour
}

// Kind is what an Event tells of.
type Kind string

// The kinds of events.
const (
	Stepped  Kind = "step"   // a priority was executed
	Heard    Kind = "heard"  // a sound began
	Pressed  Kind = "key"    // the caller pressed a key
	Answered Kind = "answer" // the call was answered
	Logged   Kind = "log"    // a warning or an error
	Ended    Kind = "end"
)

// Event is one thing that happened in a call.
type Event struct {
	At    time.Duration // since the call came in
	Kind  Kind
	Step  ivr.Step       // of Stepped
	Child int            // of Stepped: 0 the caller's own run, else the number of the call that Dial made
	Sound simulate.Heard // of Heard
	Text  string         // the key of Pressed, the message of Logged
	Level slog.Level     // of Logged
	Line  string         // of Logged: where it stands in the dialplan
	// Variables are those of the run as they were before the step; of Stepped, in the caller's own run.
	Variables map[string]string
}

// Transcript is what happened in a call.
type Transcript struct {
	Events    []Event // in the order of time
	Outcome   ivr.Outcome
	Length    time.Duration
	Variables map[string]string // at the end
}

// Play plays one call. Globals, groups and the database are the call's own.
func (s Stage) Play(c Call) Transcript {
	if c.At.IsZero() {
		c.At = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	}
	w := &writer{began: c.At, numbers: map[string]int{}}
	hours := &callSchedules{stage: s.Schedules}
	options := ivr.Options{
		Schedules: hours, Plan: func() *dialplan.Plan { return s.Plan }, Apps: s.Apps, Functions: s.Functions,
		Globals: ivr.NewGlobals(s.Plan.Globals), Database: new(ivr.Memory), Groups: ivr.NewGroups(),
		Trace: w.step, Log: slog.New(w), Journal: w.state,
	}
	caller := &caller{writer: w, call: c}
	caller.simulated = simulate.New(simulate.Script{
		Start: c.At, Caller: c.Caller, Length: s.Length, Patience: c.Patience, React: caller.react,
	})
	w.now, hours.now = caller.Now, caller.Now
	run := ivr.New(caller, c.Place, options)
	for _, v := range c.Globals {
		run.SetGlobal(v.Name, v.Value)
	}
	for _, v := range c.Set {
		run.Set(v.Name, v.Value)
	}
	outcome := run.Execute()
	return w.transcript(outcome, caller.Heard(), run.State().Variables, caller.Now().Sub(c.At))
}

// simulated is embedded in caller, whose method Caller is this one's.
type simulated = simulate.Caller

// caller is the simulated caller, who does what the call says.
type caller struct {
	*simulated
	writer *writer
	call   Call
}

// Answer begins what the caller does after the answer.
func (c *caller) Answer() error {
	before := c.Answered()
	if err := c.simulated.Answer(); err != nil || before {
		return err
	}
	at := c.Now().Sub(c.writer.began)
	c.writer.add(Event{At: at, Kind: Answered})
	c.press(at, c.call.Presses)
	if c.call.Hangup > 0 {
		c.HangUpAfter(c.call.Hangup)
	}
	return nil
}

// react notes a sound and lets the caller react.
func (c *caller) react(h simulate.Heard) []Press {
	c.writer.add(Event{At: h.At, Kind: Heard, Sound: h})
	if c.call.React == nil {
		return nil
	}
	presses, hangup := c.call.React(h)
	if hangup > 0 {
		c.HangUpAfter(hangup)
	}
	c.press(h.At, presses)
	return nil
}

// press presses keys at moments counted from now.
func (c *caller) press(now time.Duration, presses []Press) {
	c.Press(presses...)
	for _, p := range presses {
		for i := range len(p.Keys) {
			c.writer.keys = append(c.writer.keys, Event{At: now + p.At + time.Duration(i)*KeyEvery, Kind: Pressed, Text: p.Keys[i : i+1]})
		}
	}
}

// writer gathers what happens. Runs of calls that Dial makes write beside the caller's.
type writer struct {
	began   time.Time
	now     func() time.Time
	numbers map[string]int // of children, by the name of their channel

	mu     sync.Mutex
	before map[string]string
	events []Event
	keys   []Event
}

func (w *writer) add(e Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, e)
}

// state takes the variables that a run has before a step.
func (w *writer) state(s *ivr.State) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.before = s.Variables
}

// step takes a step. The first one is the caller's own.
func (w *writer) step(s ivr.Step) {
	w.mu.Lock()
	defer w.mu.Unlock()
	e := Event{At: s.At.Sub(w.began), Kind: Stepped, Step: s}
	if len(w.numbers) == 0 {
		w.numbers[s.Channel] = 0
	}
	number, known := w.numbers[s.Channel]
	if !known {
		number = len(w.numbers)
		w.numbers[s.Channel] = number
	}
	if e.Child = number; number == 0 {
		e.Variables = w.before
	}
	w.events = append(w.events, e)
}

// Enabled implements slog.Handler.
func (w *writer) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelWarn }

// Handle implements slog.Handler.
func (w *writer) Handle(_ context.Context, r slog.Record) error {
	e := Event{Kind: Logged, Text: r.Message, Level: r.Level}
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "line" {
			e.Line = a.Value.String()
		}
		return true
	})
	if w.now != nil {
		e.At = w.now().Sub(w.began)
	}
	w.add(e)
	return nil
}

// WithAttrs implements slog.Handler.
func (w *writer) WithAttrs([]slog.Attr) slog.Handler { return w }

// WithGroup implements slog.Handler.
func (w *writer) WithGroup(string) slog.Handler { return w }

// transcript puts what is known only at the end among the events.
func (w *writer) transcript(outcome ivr.Outcome, heard []simulate.Heard, variables map[string]string, length time.Duration) Transcript {
	t := Transcript{Events: w.events, Outcome: outcome, Length: length, Variables: variables}
	for i := range t.Events {
		if e := &t.Events[i]; e.Kind == Heard && len(heard) > 0 {
			e.Sound, heard = heard[0], heard[1:]
		}
	}
	for _, key := range w.keys {
		if key.At <= length {
			t.press(key)
		}
	}
	t.Events = append(t.Events, Event{At: length, Kind: Ended, Text: End(outcome)})
	return t
}

// press puts a key before all that happened at its time, as it is the cause, but not
// before another key.
func (t *Transcript) press(key Event) {
	i := slices.IndexFunc(t.Events, func(e Event) bool { return e.At > key.At || e.At == key.At && e.Kind != Pressed && e.Kind != Answered })
	if i < 0 {
		i = len(t.Events)
	}
	t.Events = slices.Insert(t.Events, i, key)
}

// End says in a sentence how a call ended.
func End(o ivr.Outcome) string {
	var by string
	switch o.By {
	case ivr.ByCaller:
		by = "the caller hung up"
	case ivr.ByDialplan:
		by = "the dialplan ended the call"
	case ivr.ByTimeout:
		by = "the call's absolute time-out passed"
	default:
		by = "an error ended the call"
	}
	if o.Err != nil {
		by += ": " + o.Err.Error()
	}
	return fmt.Sprintf("end %d: %s at %s,%s", o.Cause, by, o.Place.Context, o.Place.Exten)
}
