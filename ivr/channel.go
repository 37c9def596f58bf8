// Package ivr runs a dialplan for one caller.
//
// A [Run] executes one priority after another (run.go): it finds the priority in
// the plan anew for each step, replaces variables and expressions in its
// arguments, hands its [State] to the journal and calls the application. What an
// application needs of the call (answering, playing, waiting for a digit) it gets
// from a [Channel], which package call implements with a SIP leg and a media
// stream and package ivr/simulate in virtual time. Applications and functions
// reach a run as tables of [App] and [Function] (packages ivr/app, ivr/function).
//
// The package knows no socket and no clock of its own: all time comes from
// Channel.Now, all waiting is a call of the channel. One goroutine runs one call;
// a Run is not safe for concurrent use, the State it hands out is a copy.
//
// Behaviour follows Asterisk's run loop: falling off the end of an extension,
// the special extensions i, t, h, e and T, collecting digits while a longer
// extension exists. What a dialplan may cost is bounded by [Limits].
package ivr

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Channel is what a run needs of a call.
//
// Every method that waits ends with ErrHangup when the call is over, and with
// ErrAbsolute when the deadline of SetDeadline passes. All methods are called by
// the goroutine of the run.
type Channel interface {
	// Name names the channel for people and for ${CHANNEL}, like "SIP/alice-00000001".
	Name() string
	// UniqueID is the call's identity for ${UNIQUEID}.
	UniqueID() string
	// Caller is who calls, as the signalling said when the call came in.
	Caller() CallerID
	// Now is the time by which this call lives.
	Now() time.Time
	// Answered tells whether Answer has succeeded.
	Answered() bool
	// Answer picks the call up (200 OK). It is nil when the call is answered already.
	Answer() error
	// Ringing tells an unanswered caller that it rings (180), and of one who was transferred whoever sent it here.
	Ringing() error
	// Progress opens early media to an unanswered caller (183 with SDP).
	Progress() error
	// Start plays sounds back to back in the background, from a moment of the first
	// on, in the place of what plays. done is closed when the last one has ended or
	// something else takes its place. A sound that cannot be had: those before it are
	// played, and err is a *SoundError.
	Start(sounds []string, language string, from time.Duration) (done <-chan struct{}, err error)
	// Stop ends what plays.
	Stop()
	// Wait waits for a key, a signal, or for some time. The run waits for no time
	// before each step to hear whether the call is over.
	Wait(w Wait) (key byte, err error)
	// Pace is the time in which the call lives, with those that it makes.
	Pace() Pace
	// SetDeadline sets the absolute time-out of the call; the zero time removes it.
	SetDeadline(at time.Time)
	// Hangup ends the call with a Q.850 cause; cause 0: the dialplan named none
	// (a normal clearing once answered). The run calls it once, at its very end.
	Hangup(cause int)
}

// Wait is what a channel waits for. Whatever comes first ends it; key 0: no key did.
type Wait struct {
	For  time.Duration   // at the most; 0: only what is there already, below 0: without end
	Wake <-chan struct{} // a signal, or a channel that is closed; may be nil
	// Keys end the wait; others that are pressed are lost. A key pressed before and not
	// yet taken counts as pressed at once.
	Keys string
	Keep bool // no key ends the wait, and all of them stay for a later one
}

// Pace is the time in which calls live beside each other: the real one ([RealTime]),
// or a virtual one.
type Pace interface {
	Now() time.Time
	// Go runs f beside its caller.
	Go(f func())
	// Wait returns when something can be received from a or b, and takes it, or at a
	// moment (the zero time is never): the channel it came from, nil for the moment.
	Wait(until time.Time, a, b <-chan struct{}) <-chan struct{}
}

var (
	// ErrHangup is returned by a Channel's methods when the call is over: the
	// caller hung up, or the network lost the call.
	ErrHangup = errors.New("the call is over")
	// ErrAbsolute is returned by a Channel's waiting methods when the deadline of
	// SetDeadline has passed: the caller of the method goes to T.
	ErrAbsolute = errors.New("the call's absolute time-out has passed")
)

// SoundError tells that a sound cannot be played, and where it was looked for.
type SoundError struct {
	Name   string   // as the dialplan wrote it
	Looked []string // the files that were tried; empty when it is there, see Err
	Index  int      // which of Play's sounds it was
	Err    error    // why a file that is there cannot be played; may be nil
}

// Error names the sound and the places where it was looked for.
func (e *SoundError) Error() string {
	switch {
	case len(e.Looked) > 0:
		return fmt.Sprintf("sound %q does not exist (looked for %s)", e.Name, strings.Join(e.Looked, ", "))
	case e.Err != nil:
		return fmt.Sprintf("sound %q: %v", e.Name, e.Err)
	}
	return fmt.Sprintf("sound %q does not exist", e.Name)
}

// Unwrap returns Err.
func (e *SoundError) Unwrap() error { return e.Err }

// CallerID is who calls, and whom.
type CallerID struct {
	Name   string `json:"name,omitempty"`   // display name
	Number string `json:"number,omitempty"` // calling number
	ANI    string `json:"ani,omitempty"`    // billing number; empty: Number
	DNID   string `json:"dnid,omitempty"`   // the number dialled
	RDNIS  string `json:"rdnis,omitempty"`  // the number that diverted the call here
	// Presentation is CALLERID(pres), like prohib; empty: allowed_not_screened.
	Presentation string `json:"presentation,omitempty"`
}

// String is the form of CALLERID(all): "Name" <number>, or one of them alone.
func (c CallerID) String() string {
	switch {
	case c.Name == "":
		return c.Number
	case c.Number == "":
		return `"` + c.Name + `"`
	}
	return `"` + c.Name + `" <` + c.Number + ">"
}

// ParseCallerID splits the text of CALLERID(all): a name, with or without
// quotes, and a number in angle brackets; a text of digits alone is a number,
// any other text without brackets a name.
func ParseCallerID(text string) (name, number string) {
	text = strings.TrimSpace(text)
	if open := strings.LastIndexByte(text, '<'); open >= 0 && strings.HasSuffix(text, ">") {
		number = strings.TrimSpace(text[open+1 : len(text)-1])
		name = strings.TrimSpace(text[:open])
	} else if text != "" && strings.Trim(text, "+0123456789*#()-. ") == "" {
		return "", text
	} else {
		name = text
	}
	if len(name) >= 2 && name[0] == '"' && name[len(name)-1] == '"' {
		name = strings.ReplaceAll(name[1:len(name)-1], `\"`, `"`)
	}
	return name, number
}
