package ivr

import (
	"context"
	"time"

	"dialtone/ivr/dialplan"
)

// Origination is a call that begins with us: somebody is called, and who answers goes to a place of the dialplan, or has one
// application executed.
type Origination struct {
	Destination string // PJSIP/1001, PJSIP/0612345678@carrier
	Caller      CallerID
	Timeout     time.Duration     // of ringing; 0: 30 s
	Place       dialplan.Place    // where the call goes when it is answered, if App is empty
	App, Args   string            // in its place
	Variables   map[string]string // that the run begins with; names may have underscores of inheritance
}

// Originator is a channel that can begin other calls. Originate returns when the call is answered, or with a
// *NotAnsweredError or *NoWayError when it is not; what becomes of the call then is no matter of this channel.
type Originator interface {
	Originate(ctx context.Context, o Origination) error
}

// NotAnsweredError tells that nobody answered a call.
type NotAnsweredError struct{ Cause int } // Q.850

// Error names the cause.
func (e *NotAnsweredError) Error() string { return "nobody answered (" + CauseText(e.Cause) + ")" }

// ExecuteApp is Execute for one application in the place of the dialplan. Where the application sends the call, the dialplan
// goes on.
func (r *Run) ExecuteApp(name, args string) Outcome {
	return r.whole(func() error {
		err := r.settle(r.Exec(name, args))
		switch {
		case err != nil:
			return err
		case r.jumped:
			return r.execute()
		}
		return ErrEnd
	})
}
