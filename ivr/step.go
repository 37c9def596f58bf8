package ivr

import (
	"fmt"
	"time"

	"dialtone/ivr/dialplan"
)

// Step is one executed priority.
type Step struct {
	Channel string         `json:"channel"` // whose run it is: a call that Dial makes has steps of its own
	Place   dialplan.Place `json:"place"`
	Label   string         `json:"label,omitempty"` // of the priority, if it has one
	App     string         `json:"app"`             // the application's own spelling
	Args    string         `json:"args,omitempty"`  // as handed to it: variables and expressions replaced
	Pos     dialplan.Pos   `json:"pos"`             // where the line stands
	At      time.Time      `json:"at"`              // when it began, by the channel's clock
}

// String is the form of logs: context,exten,priority App(args).
func (s Step) String() string {
	return fmt.Sprintf("%s %s(%s)", placeText(s.Place), s.App, s.Args)
}

func placeText(p dialplan.Place) string {
	return fmt.Sprintf("%s,%s,%d", p.Context, p.Exten, p.Priority)
}

// Outcome is how a run ended.
type Outcome struct {
	// Cause is the Q.850 cause as HANGUPCAUSE says: 16 after Hangup() or when the
	// caller hung up, 0 when the dialplan ended without naming one.
	Cause int `json:"cause"`
	By    By  `json:"by"`
	// Err is why the call ended, when something went wrong; nil otherwise.
	Err error `json:"-"`
	// Place is where the call ended, before h.
	Place dialplan.Place `json:"place"`
	// Steps is how many priorities were executed, h included.
	Steps int `json:"steps"`
}

// By names who ended a call.
type By string

// Who ends a call.
const (
	ByCaller   By = "caller"   // the channel was over: hung up, or lost
	ByDialplan By = "dialplan" // Hangup, the end of an extension, no t or i to go to
	ByTimeout  By = "timeout"  // TIMEOUT(absolute), and no T
	ByError    By = "error"    // an application failed or does not exist, a limit was passed, a panic
)
