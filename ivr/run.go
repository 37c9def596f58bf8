package ivr

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"dialtone/ivr/dialplan"
)

// ErrEnd ends the call as the dialplan asked for; an application returns it after
// Run.Hangup, or when its work is the last of the call.
var ErrEnd = errors.New("the dialplan ended the call")

// errIncomplete is returned by Incomplete: go on collecting after the digits held.
var errIncomplete = errors.New("the extension is incomplete")

// Run is the execution of a dialplan for one caller. It belongs to the goroutine
// that calls Execute, and to the applications and functions that Execute calls.
type Run struct {
	ch      Channel
	o       Options
	limits  Limits
	log     *slog.Logger
	globals *Globals
	groups  *Groups

	place    dialplan.Place
	line     *dialplan.Priority // of the step under way; nil between steps
	jumped   bool               // the step set place itself
	collects bool               // the next thing to do is to collect an extension
	digits   string             // what has been collected
	short    bool               // collecting goes on after Incomplete: no further digit is a time-out

	vars      variables
	frames    []Frame
	loops     []Loop
	branch    dialplan.Place // the ElseIf whose condition is to be tested; see TryBranch
	handlers  []string       // hangup handlers, last pushed last
	caller    CallerID
	language  string
	digitWait time.Duration // TIMEOUT(digit)
	firstWait time.Duration // TIMEOUT(response)
	deadline  time.Time     // TIMEOUT(absolute); zero: none
	exception Exception
	record    Record
	items     map[string]string // CHANNEL items that only the dialplan sets
	member    map[string]string // GROUP by category

	over     bool            // the channel is over, or the run is: no more media
	ended    bool            // the end phase: h and the hangup handlers
	expired  bool            // the absolute time-out has passed and nobody has seen to it
	redirect *dialplan.Place // where somebody else has sent the call, until it goes there
	cause    int             // HANGUPCAUSE

	begun     *State          // of the step under way, as journaled before it
	step      bool            // begun is valid
	progress  json.RawMessage // of a resumed step, until it begins
	idle      int             // steps since time last passed
	circle    circle
	family    *family
	forwards  int // by those whom the call has reached
	expanding int // Expand calls within each other
	steps     int
}

// Exception is why the run went to e, for EXCEPTION().
type Exception struct {
	Reason string         `json:"reason,omitempty"`
	Place  dialplan.Place `json:"place"`
}

// New makes a run that starts at a place of the dialplan: with an empty exten at
// s, with a priority below 1 at 1.
func New(ch Channel, start dialplan.Place, o Options) *Run {
	if start.Exten == "" {
		start.Exten = "s"
	}
	start.Priority = max(start.Priority, 1)
	r := &Run{
		ch: ch, o: o, limits: o.Limits.withDefaults(), log: o.Log, globals: o.Globals, groups: o.Groups,
		place: start, caller: ch.Caller(), language: o.Language,
		digitWait: 5 * time.Second, firstWait: 10 * time.Second, family: &family{},
	}
	r.record = newRecord(ch.Now())
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	if r.globals == nil {
		r.globals = NewGlobals(o.Plan().Globals)
	}
	if r.groups == nil {
		r.groups = NewGroups()
	}
	if r.language == "" {
		r.language = "en"
	}
	return r
}

// Execute runs the dialplan until the call is over, h and the hangup handlers
// included, and then hangs the channel up. It returns when the calls that the run
// has made are over as well.
func (r *Run) Execute() Outcome { return r.whole(r.execute) }

// whole is Execute of a body.
func (r *Run) whole(body func() error) Outcome {
	out := r.execution(body)
	r.family.outlive(r.ch.Pace())
	return out
}

func (r *Run) execution(body func() error) Outcome {
	var err error
	if !r.ended {
		err = body()
	}
	out := Outcome{Place: r.place}
	out.By, out.Err = r.reason(err)
	if out.By == ByCaller && r.cause == 0 {
		r.cause = 16
	}
	if out.Err != nil {
		r.log.Error("call ends: "+out.Err.Error(), "place", placeText(r.place), "line", r.where())
	}
	r.end()
	out.Cause, out.Steps = r.cause, r.steps
	r.groups.leave(r)
	r.ch.Hangup(r.cause)
	return out
}

// reason says who ended the call, and what went wrong if something did.
func (r *Run) reason(err error) (By, error) {
	switch {
	case errors.Is(err, ErrEnd):
		return ByDialplan, nil
	case errors.Is(err, ErrHangup) || err == nil:
		return ByCaller, nil
	case errors.Is(err, ErrAbsolute):
		return ByTimeout, nil
	}
	return ByError, err
}

// execute runs priorities and collects digits until something ends the call, and
// returns what.
func (r *Run) execute() error {
	for {
		var err error
		if r.collects {
			err = r.collect()
		} else {
			var found bool
			if found, err = r.stepOnce(); !found && err == nil {
				err = r.fellOff()
			}
		}
		if err = r.settle(err); err != nil {
			return err
		}
	}
}

// settle decides what a step's or a collection's result means for the run: nil to
// go on (perhaps at T), or the error that ends it.
func (r *Run) settle(err error) error {
	switch {
	case errors.Is(err, ErrEnd):
		return err
	case r.expired || errors.Is(err, ErrAbsolute):
		return r.absolute()
	case r.over:
		return ErrHangup
	case r.redirect != nil:
		r.Goto(*r.redirect)
		r.redirect, r.collects = nil, false
		return nil
	case errors.Is(err, errIncomplete):
		return r.incomplete()
	}
	return err
}

// stepOnce executes the priority at the run's place and moves on. found is false
// when there is none.
func (r *Run) stepOnce() (found bool, err error) {
	if !r.ended {
		if err := r.check(r.alive()); err != nil {
			return true, err
		}
		if !r.deadline.IsZero() && !r.ch.Now().Before(r.deadline) {
			return true, r.check(ErrAbsolute)
		}
	}
	line, ok := r.o.Plan().Find(r.place, r.caller.Number, r.ch.Now())
	if !ok {
		return false, nil
	}
	r.line, r.jumped = line, false
	if err := r.idleStep(); err != nil {
		return true, err
	}
	r.begin(line.App)
	err = r.perform(line)
	r.step = false
	if err == nil && !r.jumped {
		r.place.Priority++
	}
	return true, err
}

// perform expands the arguments of a line and runs its application. A panic in it
// becomes an error: it ends this call and no other.
func (r *Run) perform(line *dialplan.Priority) (err error) {
	defer func() {
		if p := recover(); p != nil {
			r.log.Error("panic in an application", "app", line.App, "line", r.where(), "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("%s: panic: %v", line.App, p)
		}
	}()
	app := r.o.Apps[strings.ToLower(line.App)]
	if app == nil {
		return &UnknownAppError{line.App}
	}
	step := Step{
		Channel: r.ch.Name(), Place: r.place, Label: line.Label, App: app.Name, Args: r.Expand(line.Args), Pos: line.Pos, At: r.ch.Now(),
	}
	r.steps++
	r.noteStep(step)
	if r.log.Enabled(context.Background(), slog.LevelDebug) {
		r.log.Debug("step", "place", placeText(step.Place), "app", step.App, "args", step.Args)
	}
	if r.o.Trace != nil {
		r.o.Trace(step)
	}
	if err := r.turn(line, step.Args); err != nil {
		return err
	}
	return r.run(app, step.Args)
}

// run calls an application; its errors name it.
func (r *Run) run(app *App, args string) error {
	err := app.Run(r, args)
	switch {
	case err == nil, errors.Is(err, ErrEnd), errors.Is(err, ErrHangup), errors.Is(err, ErrAbsolute), errors.Is(err, errIncomplete), r.redirect != nil:
		return err
	}
	var unknown *UnknownAppError
	var limit *LimitError
	var circle *CircleError
	if errors.As(err, &unknown) || errors.As(err, &limit) || errors.As(err, &circle) {
		return err
	}
	return fmt.Errorf("%s: %w", app.Name, err)
}

// Exec runs another application within the step, as ExecIf does. Its arguments
// are not expanded again. The error of an application that does not exist is an
// *UnknownAppError.
func (r *Run) Exec(name, args string) error {
	app := r.o.Apps[strings.ToLower(name)]
	if app == nil {
		return &UnknownAppError{name}
	}
	if err := r.idleStep(); err != nil {
		return err
	}
	return r.run(app, args)
}

// end runs h of the current context, then the hangup handlers. The channel is
// over for them: what plays or waits returns ErrHangup at once.
func (r *Run) end() {
	r.noteEnd()
	r.over, r.idle = true, 0
	r.heard()
	if !r.ended {
		r.ended, r.collects = true, false
		r.place.Exten, r.place.Priority = "h", 1
	}
	for {
		found, err := r.stepOnce()
		if !found || err != nil {
			r.endError(err)
			break
		}
	}
	for len(r.handlers) > 0 {
		last := len(r.handlers) - 1
		handler := r.handlers[last]
		r.handlers = r.handlers[:last]
		r.idle = 0
		r.endError(r.subroutine(handler))
	}
}

// endError logs what went wrong in h; the end of h by an application is no fault.
func (r *Run) endError(err error) {
	if err != nil && !errors.Is(err, ErrHangup) && !errors.Is(err, ErrEnd) && !errors.Is(err, ErrAbsolute) {
		r.log.Error("the end of the call: "+err.Error(), "place", placeText(r.place), "line", r.where())
	}
}

// subroutine runs a Gosub target to its Return within the end phase.
func (r *Run) subroutine(target string) error {
	depth := len(r.frames)
	if err := r.Gosub(target); err != nil {
		return err
	}
	for len(r.frames) > depth {
		if found, err := r.stepOnce(); !found || err != nil {
			return err
		}
	}
	return nil
}

// Subroutine runs a Gosub target to its Return within the step under way, and goes
// on there. The value returned is in GOSUB_RETVAL.
func (r *Run) Subroutine(target string) error {
	line, place := r.line, r.place
	err := r.subroutine(target)
	r.line, r.place, r.jumped = line, place, false
	return err
}

// PushHandler adds a hangup handler, a Gosub target that is run when the call is
// over, after h; the one pushed last comes first. A target without context or
// extension gets the present ones.
func (r *Run) PushHandler(target string) {
	place, args, bracket := strings.Cut(target, "(")
	switch part := strings.Split(place, ","); len(part) {
	case 1:
		place = r.place.Context + "," + r.place.Exten + "," + place
	case 2:
		place = r.place.Context + "," + place
	}
	if bracket {
		place += "(" + args
	}
	if len(r.handlers) >= r.limits.Depth {
		r.Warn("hangup handler %q is not added: there are %d already", target, len(r.handlers))
		return
	}
	r.handlers = append(r.handlers, place)
}

// PopHandler removes the hangup handler pushed last, if there is one.
func (r *Run) PopHandler() {
	if n := len(r.handlers); n > 0 {
		r.handlers = r.handlers[:n-1]
	}
}

// WipeHandlers removes all hangup handlers.
func (r *Run) WipeHandlers() { r.handlers = nil }

// Item is an item of CHANNEL() that only the dialplan sets, such as accountcode.
func (r *Run) Item(name string) string { return r.items[name] }

// SetItem sets it.
func (r *Run) SetItem(name, value string) {
	if r.items == nil {
		r.items = map[string]string{}
	}
	r.items[name] = value[:min(len(value), r.limits.Value)]
}

// where is the file:line:column of the step under way, for logs.
func (r *Run) where() string {
	if r.line == nil {
		return "-"
	}
	return r.line.Pos.String()
}

// Warn logs a warning that names the line of the dialplan.
func (r *Run) Warn(format string, args ...any) {
	r.log.Warn(fmt.Sprintf(format, args...), "place", placeText(r.place), "line", r.where())
}

// Logger is the call's logger.
func (r *Run) Logger() *slog.Logger { return r.log }
