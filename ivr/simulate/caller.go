// Package simulate plays a caller in virtual time: an [ivr.Channel] whose sounds
// have given lengths and whose caller presses keys and hangs up at given moments.
// Hours of a dialplan run in milliseconds. [Call] runs one call and tells what
// happened.
package simulate

import (
	"slices"
	"strings"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
)

// Press is a key, or several one after another, pressed after the answer.
type Press struct {
	At   time.Duration // after the answer: when the first key is recognised
	Keys string
}

// KeyEvery is how far apart the keys of a Press are.
const KeyEvery = 200 * time.Millisecond

// Script is what a caller does and what can be played.
type Script struct {
	Start   time.Time                // when the call comes in; zero: a Tuesday morning, UTC
	Caller  ivr.CallerID             // who calls
	Sounds  map[string]time.Duration // what exists, by name, and how long it lasts
	Presses []Press
	Hangup  time.Duration // after the answer; 0: never
	// Patience is after how long, from the beginning, the caller hangs up whatever
	// happens; 0: an hour.
	Patience time.Duration
}

// Heard is a sound that was played.
type Heard struct {
	Name string        `json:"name"`
	At   time.Duration `json:"at"`            // since the beginning of the call
	For  time.Duration `json:"for"`           // how much of it was heard
	Key  string        `json:"key,omitempty"` // the key that stopped it
}

// Caller is a simulated caller. It belongs to the goroutine of the run.
type Caller struct {
	script   Script
	start    time.Time
	now      time.Time
	answered bool
	ends     time.Time // when the caller hangs up
	over     bool
	deadline time.Time
	pending  []key  // still to be pressed, in order
	queue    string // pressed and not taken
	heard    []Heard
	cause    int
	ended    bool
}

type key struct {
	at  time.Time
	key byte
}

// New makes a caller that follows a script.
func New(s Script) *Caller {
	if s.Start.IsZero() {
		s.Start = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	}
	if s.Patience == 0 {
		s.Patience = time.Hour
	}
	return &Caller{script: s, start: s.Start, now: s.Start, ends: s.Start.Add(s.Patience)}
}

// Name is SIP/caller.
func (c *Caller) Name() string { return "SIP/caller-00000001" }

// UniqueID is the second of the call's beginning and a number.
func (c *Caller) UniqueID() string { return c.start.Format("20060102150405") + ".1" }

// Caller is the script's.
func (c *Caller) Caller() ivr.CallerID { return c.script.Caller }

// Now is the virtual time.
func (c *Caller) Now() time.Time { return c.now }

// Answered tells whether the call was answered.
func (c *Caller) Answered() bool { return c.answered }

// Heard is what was played so far.
func (c *Caller) Heard() []Heard { return c.heard }

// Ended tells whether the run has hung up, and with which cause.
func (c *Caller) Ended() (cause int, ended bool) { return c.cause, c.ended }

// Answer answers at once; the script's moments count from now on.
func (c *Caller) Answer() error {
	if err := c.passed(); err != nil || c.answered {
		return err
	}
	c.answered = true
	for _, p := range c.script.Presses {
		for i := range len(p.Keys) {
			c.pending = append(c.pending, key{c.now.Add(p.At + time.Duration(i)*KeyEvery), p.Keys[i]})
		}
	}
	slices.SortStableFunc(c.pending, func(a, b key) int { return a.at.Compare(b.at) })
	if at := c.now.Add(c.script.Hangup); c.script.Hangup > 0 && at.Before(c.ends) {
		c.ends = at
	}
	return nil
}

// Ringing does nothing.
func (c *Caller) Ringing() error { return c.passed() }

// Progress does nothing.
func (c *Caller) Progress() error { return c.passed() }

// WaitMedia returns at once: this caller sends audio all the time.
func (c *Caller) WaitMedia(time.Duration) error { return c.passed() }

// Play lets the sounds' lengths pass.
func (c *Caller) Play(sounds []string, _, stop string) (pressed byte, played int, err error) {
	stops := func(k byte) bool { return strings.IndexByte(stop, k) >= 0 }
	for c.queue != "" {
		k := c.queue[0]
		c.queue = c.queue[1:]
		if stops(k) {
			return k, 0, nil
		}
	}
	for i, name := range sounds {
		length, ok := c.script.Sounds[name]
		if !ok {
			return 0, i, &ivr.SoundError{Name: name, Looked: []string{"the script's sounds"}, Index: i}
		}
		began := c.now
		pressed, err = c.advance(c.now.Add(length), stops)
		heard := Heard{Name: name, At: began.Sub(c.start), For: c.now.Sub(began)}
		if pressed != 0 {
			heard.Key = string(pressed)
		}
		c.heard = append(c.heard, heard)
		if err != nil || pressed != 0 {
			return pressed, i, err
		}
	}
	return 0, len(sounds), nil
}

// ReadDigit gives the next key.
func (c *Caller) ReadDigit(timeout time.Duration) (byte, error) {
	if err := c.passed(); err != nil {
		return 0, err
	}
	if c.queue != "" {
		k := c.queue[0]
		c.queue = c.queue[1:]
		return k, nil
	}
	return c.advance(c.now.Add(timeout), func(byte) bool { return true })
}

// Sleep lets time pass.
func (c *Caller) Sleep(d time.Duration) error {
	_, err := c.advance(c.now.Add(d), func(k byte) bool {
		c.queue += string(k)
		return false
	})
	return err
}

// SetDeadline sets the absolute time-out.
func (c *Caller) SetDeadline(at time.Time) { c.deadline = at }

// Hangup ends the call.
func (c *Caller) Hangup(cause int) {
	if !c.ended {
		c.cause, c.ended, c.over = cause, true, true
	}
}

// passed tells whether the call is over, or its time has passed, now.
func (c *Caller) passed() error {
	switch {
	case c.over || !c.now.Before(c.ends):
		c.over = true
		return ivr.ErrHangup
	case !c.deadline.IsZero() && !c.now.Before(c.deadline):
		return ivr.ErrAbsolute
	}
	return nil
}

// advance lets time pass until a moment, or until a key that take wants, the
// deadline, or the end of the call.
func (c *Caller) advance(until time.Time, take func(byte) bool) (byte, error) {
	for {
		if err := c.passed(); err != nil {
			return 0, err
		}
		next := until
		if c.ends.Before(next) {
			next = c.ends
		}
		if !c.deadline.IsZero() && c.deadline.Before(next) {
			next = c.deadline
		}
		if len(c.pending) > 0 && c.pending[0].at.Before(next) {
			k := c.pending[0]
			c.pending = c.pending[1:]
			if k.at.After(c.now) {
				c.now = k.at
			}
			if take(k.key) {
				return k.key, nil
			}
			continue
		}
		c.now = next
		if next.Equal(until) {
			return 0, c.passed()
		}
	}
}

// Result is what happened in a call.
type Result struct {
	Outcome ivr.Outcome
	Steps   []ivr.Step
	Heard   []Heard
	Length  time.Duration // from the beginning to the end
}

// Call runs one call from a place of the dialplan. Trace of the options is called
// besides.
func Call(s Script, start dialplan.Place, o ivr.Options) Result {
	c := New(s)
	var res Result
	trace := o.Trace
	o.Trace = func(step ivr.Step) {
		res.Steps = append(res.Steps, step)
		if trace != nil {
			trace(step)
		}
	}
	res.Outcome = ivr.New(c, start, o).Execute()
	res.Heard, res.Length = c.heard, c.now.Sub(c.start)
	return res
}

var (
	_ ivr.Channel     = (*Caller)(nil)
	_ ivr.MediaWaiter = (*Caller)(nil)
)
