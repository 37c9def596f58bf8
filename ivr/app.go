package ivr

import (
	"fmt"
	"log/slog"
	"strings"

	"dialtone/ivr/dialplan"
)

// App is an application of the dialplan: what a priority does. The entry is also
// its documentation and what the checks know of it.
type App struct {
	Name     string   // its own spelling, e.g. WaitExten; dialplans may use any case
	Synopsis string   // one line, lower case, no full stop
	Syntax   string   // arguments, e.g. "filename[&filename…][,options]"
	Doc      string   // sentences: what it does, options, what it does with bad arguments
	Sets     []string // the variables that it sets
	Options  string   // the letters of its options that do something; empty: nobody has said

	// Run does it. args is the text in the brackets, variables and expressions
	// replaced. Nil: the run goes on, at the next priority or where the application
	// sent it (Run.Goto, Run.Collect). ErrHangup and ErrAbsolute come from the
	// channel and go back to the run as they are. ErrEnd ends the call as asked
	// for. Any other error ends the call and is logged.
	Run func(r *Run, args string) error
}

// Function is a function of the dialplan, written ${NAME(args)} to read and
// Set(NAME(args)=value) to write. Names are case-sensitive.
type Function struct {
	Name     string // upper case
	Synopsis string // one line, lower case, no full stop
	Syntax   string // arguments, e.g. "variable[,separator]"
	Doc      string // sentences

	// Read gives the function's value; nil: it cannot be read. An error is logged
	// as a warning; the value beside it, mostly empty, is used.
	Read func(r *Run, args string) (string, error)
	// Write sets it; nil: it cannot be set.
	Write func(r *Run, args, value string) error
}

// Options is what runs of a switch share, and who wants to hear of them.
type Options struct {
	// Plan gives the dialplan in force, never nil. It is asked for each step, so a
	// reload takes effect in calls that are under way.
	Plan      func() *dialplan.Plan
	Apps      map[string]*App      // by lower-case name; see ivr/app.All
	Functions map[string]*Function // by name; see ivr/function.All
	Globals   *Globals             // shared by all calls; nil: the run has its own, from the plan
	Database  Database             // for DB(); nil: DB() says that there is none
	Groups    *Groups              // for GROUP(); nil: the run has its own
	Devices   Devices              // for DEVICE_STATE() and hints; nil: every state is UNKNOWN
	Schedules Schedules            // for SCHEDULE(); nil: SCHEDULE() says that there are none
	Allow     Allow                // what the operator allows; nothing as a rule
	Calls     func() int           // how many calls are up, for SYSINFO; may be nil
	Language  string               // of sounds until the dialplan sets another; empty: "en"
	Journal   func(*State)         // called before each step with what does not change any more; may be nil, must not block
	Trace     func(Step)           // called for each step once its arguments are expanded; may be nil
	Log       *slog.Logger         // with the attribute "call"; nil: nothing is logged
	Limits    Limits               // zero fields: DefaultLimits
}

// UnknownAppError tells that a dialplan names an application that does not exist.
type UnknownAppError struct{ Name string }

// Error names the application, and says whether Asterisk has it.
func (e *UnknownAppError) Error() string {
	name := strings.ToLower(strings.TrimSpace(e.Name))
	switch {
	case Replaced[name] != "":
		return fmt.Sprintf("application %q does not exist any more: %s", e.Name, Replaced[name])
	case AsteriskApps[name] && name == strings.ToLower(e.Name):
		return fmt.Sprintf("application %q is not available in this version", e.Name)
	}
	return fmt.Sprintf("unknown application %q", e.Name)
}
