package ivr

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"dialtone/ivr/dialplan"
)

// State is what is saved of a run: enough for Resume to do the step under way
// again, or to go on collecting or ending. What it holds is never changed by the
// run afterwards.
type State struct {
	Place dialplan.Place `json:"place"`
	App   string         `json:"app,omitempty"` // of the step under way, as the dialplan spells it
	Since time.Time      `json:"since"`         // when the step began
	// Progress is what the application keeps of its own, for example until when it
	// waits; see Run.Keep.
	Progress json.RawMessage `json:"progress,omitempty"`

	Collecting bool   `json:"collecting,omitempty"` // an extension is being collected
	Digits     string `json:"digits,omitempty"`     // what has been collected
	Short      bool   `json:"short,omitempty"`      // collecting goes on after Incomplete
	Ending     bool   `json:"ending,omitempty"`     // the call is over, h or a hangup handler runs
	Cause      int    `json:"cause,omitempty"`      // HANGUPCAUSE

	Variables map[string]string `json:"variables,omitempty"` // names with the _ or __ of inheritance
	Stack     []Frame           `json:"stack,omitempty"`     // of Gosub, the last call last
	Loops     []Loop            `json:"loops,omitempty"`     // While loops that were entered
	Branch    dialplan.Place    `json:"branch,omitzero"`     // the ElseIf to be tested
	Handlers  []string          `json:"handlers,omitempty"`  // hangup handlers, last pushed last
	Groups    map[string]string `json:"groups,omitempty"`    // GROUP by category
	Items     map[string]string `json:"items,omitempty"`     // CHANNEL items that the dialplan set
	Caller    CallerID          `json:"caller"`
	Language  string            `json:"language"`
	Digit     time.Duration     `json:"digit"`             // TIMEOUT(digit), ns
	Response  time.Duration     `json:"response"`          // TIMEOUT(response), ns
	Deadline  time.Time         `json:"deadline,omitzero"` // TIMEOUT(absolute)
	Exception Exception         `json:"exception,omitzero"`
	Record    Record            `json:"record,omitzero"`
}

// Frame is one Gosub: where it was called, and the stored form of what its local
// variables hide.
type Frame struct {
	Caller dialplan.Place     `json:"caller"`
	Hidden map[string]*Hidden `json:"hidden,omitempty"` // by name; null: there was none
}

// Hidden is a variable that a local one of its name hides.
type Hidden struct {
	Value   string `json:"value"`
	Inherit int    `json:"inherit,omitempty"` // underscores of inheritance
}

// Loop is a While that has been entered.
type Loop struct {
	While dialplan.Place `json:"while"`
	Depth int            `json:"depth"` // Gosubs under way then
}

// State gives the run's state: during a step, as it was before the step, with
// what the application has saved of its progress.
func (r *Run) State() State {
	if r.step {
		return *r.begun
	}
	return *r.snapshot("")
}

// snapshot copies the state as it is now.
func (r *Run) snapshot(app string) *State {
	s := &State{
		Place: r.place, App: app, Since: r.ch.Now(),
		Collecting: r.collects, Digits: r.digits, Short: r.short, Ending: r.ended, Cause: r.cause,
		Variables: r.vars.snapshot(), Loops: slices.Clone(r.loops), Branch: r.branch, Handlers: slices.Clone(r.handlers),
		Groups: maps.Clone(r.member), Items: maps.Clone(r.items),
		Caller: r.caller, Language: r.language, Digit: r.digitWait, Response: r.firstWait,
		Deadline: r.deadline, Exception: r.exception, Record: r.record,
	}
	for _, f := range r.frames {
		s.Stack = append(s.Stack, Frame{f.Caller, maps.Clone(f.Hidden)})
	}
	return s
}

// begin takes the state before a step and hands it to the journal.
func (r *Run) begin(app string) {
	r.begun, r.step = r.snapshot(app), true
	r.begun.Progress, r.progress = r.progress, nil
	r.journal()
}

func (r *Run) journal() {
	if r.o.Journal != nil {
		r.o.Journal(r.begun)
	}
}

// Keep keeps what an application needs to go on where it is, should the
// run be resumed within this step: v becomes JSON in the journal.
func (r *Run) Keep(v any) {
	data, err := json.Marshal(v)
	if err != nil || !r.step {
		return
	}
	with := *r.begun
	with.Progress = data
	r.begun = &with
	r.journal()
}

// Kept reads into v what Keep kept when this step ran before the run
// was resumed; false: the step begins afresh.
func (r *Run) Kept(v any) bool {
	return r.step && len(r.begun.Progress) > 0 && json.Unmarshal(r.begun.Progress, v) == nil
}

// Resume makes a run that goes on from a state: the step that was under way is
// done again, from the variables that it began with.
func Resume(ch Channel, s State, o Options) *Run {
	r := New(ch, s.Place, o)
	r.place, r.progress = s.Place, s.Progress
	r.collects, r.digits, r.short, r.ended, r.cause = s.Collecting, s.Digits, s.Short, s.Ending, s.Cause
	r.over = s.Ending
	for name, value := range s.Variables {
		plain, inherit := inheritance(name)
		r.vars.put(plain, variable{value, inherit})
	}
	for _, f := range s.Stack {
		hidden := maps.Clone(f.Hidden)
		if hidden == nil {
			hidden = map[string]*Hidden{}
		}
		r.frames = append(r.frames, Frame{f.Caller, hidden})
	}
	r.loops, r.handlers, r.items = slices.Clone(s.Loops), slices.Clone(s.Handlers), maps.Clone(s.Items)
	for category, group := range s.Groups {
		r.SetGroup(category, group)
	}
	r.caller, r.exception, r.branch = s.Caller, s.Exception, s.Branch
	if !s.Record.Start.IsZero() {
		r.record = s.Record
	}
	if s.Language != "" {
		r.language = s.Language
	}
	if s.Digit > 0 {
		r.digitWait = s.Digit
	}
	if s.Response > 0 {
		r.firstWait = s.Response
	}
	if !s.Deadline.IsZero() {
		r.SetDeadline(s.Deadline)
	}
	return r
}
