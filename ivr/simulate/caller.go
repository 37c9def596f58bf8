// Package simulate plays a caller in virtual time: an [ivr.Channel] whose sounds
// have given lengths and whose caller presses keys and hangs up at given moments.
// Hours of a dialplan run in milliseconds. [Call] runs one call and tells what
// happened.
package simulate

import (
	"errors"
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
	Start  time.Time                // when the call comes in; zero: a Tuesday morning, UTC
	Caller ivr.CallerID             // who calls
	Sounds map[string]time.Duration // what exists, by name, and how long it lasts
	// Length tells of sounds that are not in Sounds; may be nil.
	Length  func(name, language string) (time.Duration, error)
	Presses []Press
	Speech  []Interval // when the caller speaks; the caller is silent otherwise
	// Transferred and Texted answer a transfer and a message; nil: the caller agrees.
	Transferred func(to string) error
	Texted      func(text string) error
	// React is told of each sound when it begins, and gives the keys that the caller
	// presses then, at moments counted from now; may be nil.
	React  func(Heard) []Press
	Hangup time.Duration // after the answer; 0: never
	// Begin is called with the run before its first step; may be nil.
	Begin func(*ivr.Run)
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

// Pressed is a key that the caller pressed.
type Pressed struct {
	At  time.Duration `json:"at"` // since the beginning of the call
	Key string        `json:"key"`
}

// Caller is a simulated caller.
type Caller struct {
	script   Script
	world    *World
	start    time.Time
	answered bool
	over     bool
	deadline time.Time
	bell     chan struct{} // a key was pressed, or the caller hung up
	queue    string        // pressed and not taken
	taken    time.Time     // when the last key was taken
	key      byte          // which
	picked   time.Time     // when the call was answered
	music    string        // class that was chosen; empty: none
	pressed  []Pressed
	heard    []Heard
	playing  *playing
	abilities
	cause int
	ended time.Time // when the run hung up
}

// playing is a list of sounds that is being played.
type playing struct {
	done  chan struct{}
	began time.Time // the present sound
}

// New makes a caller that follows a script.
func New(s Script) *Caller {
	if s.Start.IsZero() {
		s.Start = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	}
	if s.Patience == 0 {
		s.Patience = time.Hour
	}
	c := &Caller{script: s, world: NewWorld(s.Start), start: s.Start, bell: make(chan struct{}, 1)}
	c.world.At(s.Start.Add(s.Patience), c.hangUp)
	return c
}

// Name is SIP/caller.
func (c *Caller) Name() string { return "SIP/caller-00000001" }

// UniqueID is the second of the call's beginning and a number.
func (c *Caller) UniqueID() string { return c.start.Format("20060102150405") + ".1" }

// Caller is the script's.
func (c *Caller) Caller() ivr.CallerID { return c.script.Caller }

// Now is the virtual time.
func (c *Caller) Now() time.Time { return c.world.Now() }

// Pace is the virtual time of the call and those that it makes.
func (c *Caller) Pace() ivr.Pace { return c.world }

// Answered tells whether the call was answered.
func (c *Caller) Answered() bool { return c.answered }

// Heard is what was played so far.
func (c *Caller) Heard() []Heard { return c.heard }

// Ended tells whether the run has hung up, and with which cause.
func (c *Caller) Ended() (cause int, ended bool) { return c.cause, !c.ended.IsZero() }

// Answer answers at once; the script's moments count from now on.
func (c *Caller) Answer() error {
	if err := c.passed(); err != nil || c.answered {
		return err
	}
	c.answered, c.picked = true, c.Now()
	c.Press(c.script.Presses...)
	if c.script.Hangup > 0 {
		c.world.At(c.Now().Add(c.script.Hangup), c.hangUp)
	}
	return nil
}

// Press presses keys at moments counted from now.
func (c *Caller) Press(presses ...Press) {
	for _, p := range presses {
		for i := range len(p.Keys) {
			c.world.At(c.Now().Add(p.At+time.Duration(i)*KeyEvery), func() {
				if c.over {
					return
				}
				key := p.Keys[i : i+1]
				c.queue += key
				c.pressed = append(c.pressed, Pressed{c.Now().Sub(c.start), key})
				c.ring()
			})
		}
	}
}

func (c *Caller) hangUp() {
	c.over = true
	c.endTakes()
	c.ring()
}

func (c *Caller) ring() {
	select {
	case c.bell <- struct{}{}:
	default:
	}
}

// Ringing does nothing.
func (c *Caller) Ringing() error { return c.passed() }

// Progress does nothing.
func (c *Caller) Progress() error { return c.passed() }

// WaitMedia returns at once: this caller sends audio all the time.
func (c *Caller) WaitMedia(time.Duration) error { return c.passed() }

// Length is how long a sound lasts.
func (c *Caller) Length(sound, language string) (time.Duration, error) {
	if length, ok := c.script.Sounds[sound]; ok {
		return length, nil
	}
	if length, ok := c.length(sound); ok {
		return length, nil
	}
	if c.script.Length != nil {
		return c.script.Length(sound, language)
	}
	return 0, &ivr.SoundError{Name: sound, Looked: []string{"the script's sounds"}}
}

// Start lets the sounds' lengths pass.
func (c *Caller) Start(sounds []string, language string, from time.Duration) (<-chan struct{}, error) {
	if err := c.passed(); err != nil {
		return nil, err
	}
	c.Stop()
	var lengths []time.Duration
	var missing error
	for i, name := range sounds {
		length, err := c.Length(name, language)
		if err != nil {
			e := ivr.SoundError{Name: name, Err: err}
			if known, ok := errors.AsType[*ivr.SoundError](err); ok {
				e = *known
			}
			e.Index, missing = i, &e
			break
		}
		lengths = append(lengths, length)
	}
	if len(lengths) == 0 {
		return nil, missing
	}
	lengths[0] = max(lengths[0]-from, 0)
	p := &playing{done: make(chan struct{})}
	c.playing = p
	c.sound(p, sounds, lengths)
	return p.done, missing
}

// sound begins the first of the sounds, and lets the others follow.
func (c *Caller) sound(p *playing, sounds []string, lengths []time.Duration) {
	if c.playing != p {
		return
	}
	if len(lengths) == 0 {
		c.playing = nil
		close(p.done)
		return
	}
	p.began = c.Now()
	heard := Heard{Name: sounds[0], At: p.began.Sub(c.start), For: lengths[0]}
	c.heard = append(c.heard, heard)
	if c.script.React != nil {
		c.Press(c.script.React(heard)...)
	}
	c.world.At(p.began.Add(lengths[0]), func() { c.sound(p, sounds[1:], lengths[1:]) })
}

// Stop ends what plays: no more of it is heard.
func (c *Caller) Stop() {
	p := c.playing
	if p == nil {
		return
	}
	last := &c.heard[len(c.heard)-1]
	last.For = c.Now().Sub(p.began)
	if c.key != 0 && c.taken.Equal(c.Now()) {
		last.Key = string(c.key)
	}
	c.playing = nil
	close(p.done)
}

// Wait waits in virtual time.
func (c *Caller) Wait(w ivr.Wait) (byte, error) {
	until := c.Now().Add(w.For)
	for {
		if err := c.passed(); err != nil {
			c.Stop()
			return 0, err
		}
		if key := c.take(w); key != 0 {
			return key, nil
		}
		if w.For >= 0 && !c.Now().Before(until) {
			return 0, nil
		}
		limit := c.deadline
		if w.For >= 0 && (limit.IsZero() || until.Before(limit)) {
			limit = until
		}
		if got := c.world.Wait(limit, c.bell, w.Wake); got != nil && got == w.Wake {
			return 0, c.passed()
		}
	}
}

// take takes the first key of the queue that is waited for; those before it are lost.
func (c *Caller) take(w ivr.Wait) byte {
	for !w.Keep && c.queue != "" {
		key := c.queue[0]
		c.queue = c.queue[1:]
		if strings.IndexByte(w.Keys, key) >= 0 {
			c.key, c.taken = key, c.Now()
			return key
		}
	}
	return 0
}

// SetDeadline sets the absolute time-out.
func (c *Caller) SetDeadline(at time.Time) { c.deadline = at }

// Hangup ends the call.
func (c *Caller) Hangup(cause int) {
	if c.ended.IsZero() {
		c.Stop()
		c.endTakes()
		c.cause, c.ended, c.over = cause, c.Now(), true
	}
}

// passed tells whether the call is over, or its time has passed, now.
func (c *Caller) passed() error {
	switch {
	case c.over:
		return ivr.ErrHangup
	case !c.deadline.IsZero() && !c.Now().Before(c.deadline):
		return ivr.ErrAbsolute
	}
	return nil
}

// Result is what happened in a call.
type Result struct {
	Outcome  ivr.Outcome
	Steps    []ivr.Step // also those of calls that Dial makes; see Step.Channel
	Heard    []Heard
	Pressed  []Pressed
	Recorded []Recorded    // what was recorded and kept
	Sent     []Sent        // keys, texts and transfers
	Answered time.Duration // since the beginning; below 0: never
	Length   time.Duration // from the beginning to the end
	State    ivr.State     // of the run, at the end
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
	run := ivr.New(c, start, o)
	if s.Begin != nil {
		s.Begin(run)
	}
	res.Outcome = run.Execute()
	res.Heard, res.Pressed, res.Length, res.Answered, res.State = c.heard, c.pressed, c.ended.Sub(c.start), -1, run.State()
	res.Recorded, res.Sent = c.recorded, c.sent
	if c.answered {
		res.Answered = c.picked.Sub(c.start)
	}
	return res
}

var (
	_ ivr.Channel     = (*Caller)(nil)
	_ ivr.MediaWaiter = (*Caller)(nil)
	_ ivr.Measurer    = (*Caller)(nil)
)
