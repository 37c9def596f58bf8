package conversation

import (
	"fmt"
	"strings"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
	"dialtone/ivr/simulate"
)

// A Script is a file *.test: calls to a phone menu and what must happen in them.
//
//	plan   menu.conf                   # dialplan files or directories, from this file's directory
//	sound  welcome 3.2s                # a sound that need not exist, and how long it lasts
//	to     menu,s,1                    # where calls enter
//
//	call "presses 1 for sales" from "Jean D" <0102030405> at 2026-11-23T12:30:00+01:00
//	  hears  welcome
//	  hears  choices
//	  press  1 after 2s
//	  goes   sales,100,1
//	  ends   16 within 20s
//
// A line is a word and what belongs to it; # begins a comment at the start of a line
// or after a blank. The first lines, before the first call, are for all calls:
//
//	plan PATH…                   sounds DIR…                  sound NAME LENGTH
//	missing NAME                 at TIME…                     from CALLER
//	to PLACE                     set NAME=VALUE               global NAME=VALUE
//
// A call is "call" and its title, then at, from and to for itself, in the same line or
// in lines of their own, then what happens:
//
//	hears [next] NAME            press KEYS [during NAME] [after DURATION | after it [DURATION] | at DURATION]
//	hears only                   hangs up   [during NAME] [after DURATION | after it [DURATION] | at DURATION]
//	silence DURATION             goes PLACE                   sets NAME = VALUE
//	logs TEXT                    logs nothing                 ends [CAUSE] [within DURATION] [by WHO] [at CONTEXT,EXTEN]
//
// With several moments behind at, the call is played at each.
type Script struct {
	File   string
	Plan   []string // as written: from the file's directory
	Sounds []string
	// Lengths are the sounds that the script itself has, by name; below 0: missing.
	Lengths map[string]time.Duration
	Calls   []*TestCall
}

// TestCall is a call of a script with what must happen in it.
type TestCall struct {
	Title string
	Pos   dialplan.Pos
	Call  Call
	At    []time.Time // it is played at each; none: once, on a Tuesday morning
	Only  bool        // nothing else is heard than what the lines name
	Lines []Line
}

// Verb is what a line says.
type Verb string

// The verbs of a call's lines.
const (
	Hears   Verb = "hears"
	Pushes  Verb = "press"
	HangsUp Verb = "hangs up"
	Silence Verb = "silence"
	Goes    Verb = "goes"
	Sets    Verb = "sets"
	Logs    Verb = "logs"
	Ends    Verb = "ends"
)

// Line is one thing that the caller does or that must happen.
type Line struct {
	Verb Verb
	Pos  dialplan.Pos
	Text string // as written, without its comment

	Name  string         // of the sound: Hears, and Pushes and HangsUp with during; of the variable: Sets
	Next  bool           // Hears: no other sound comes before
	Keys  string         // Pushes
	When  when           // Pushes, HangsUp
	For   time.Duration  // Silence; Ends: within
	Place dialplan.Place // Goes, Ends; empty: any
	Label string         // Goes: in the place of the priority
	Value string         // Sets; Logs, empty: nothing
	Cause int            // Ends; below 0: any
	By    ivr.By         // Ends; empty: anybody
}

// when is a moment of a call.
type when struct {
	from  from
	delay time.Duration
}

type from int

const (
	fromHabit  from = iota // as long after the sound, or the keys before, as it takes to react
	fromSound              // the beginning of the sound last heard; the answer, when none was named yet
	fromEnd                // its end
	fromAnswer             // the answer
)

// reaction is how long a caller takes to press a key, unless the script says when.
const reaction = 500 * time.Millisecond

// match tells whether a sound has the name that a script gives: the whole name, or
// its last parts.
func match(sound, name string) bool {
	return sound == name || strings.HasSuffix(sound, "/"+name)
}

// Sounds joins lengths that are written down somewhere, by names as match has them and
// below 0 for a sound that is missing, to those of sounds that there are. others may be nil.
func Sounds(where string, own map[string]time.Duration, others func(name, language string) (time.Duration, error)) func(name, language string) (time.Duration, error) {
	missing := func(name string) (time.Duration, error) {
		return 0, &ivr.SoundError{Name: name, Looked: []string{where}}
	}
	return func(name, language string) (time.Duration, error) {
		for part, more := name, true; more; _, part, more = strings.Cut(part, "/") {
			if length, ok := own[part]; ok && length < 0 {
				return missing(name)
			} else if ok {
				return length, nil
			}
		}
		if others == nil {
			return missing(name)
		}
		return others(name, language)
	}
}

// call makes the call that the caller makes at a moment.
func (c *TestCall) call(at time.Time) Call {
	call := c.Call
	call.At = at
	next := c.nextSound(0)
	// What stands before the first sound counts from the answer, and what says so wherever it stands.
	call.Presses, call.Hangup = acts(c.Lines[:next], 0)
	for _, l := range c.Lines {
		switch {
		case l.When.from != fromAnswer:
		case l.Verb == Pushes:
			call.Presses = append(call.Presses, Press{At: l.When.delay, Keys: l.Keys})
		case l.Verb == HangsUp:
			call.Hangup = max(l.When.delay, 1) // 0 is never
		}
	}
	call.React = func(h simulate.Heard) ([]Press, time.Duration) {
		if next == len(c.Lines) || !match(h.Name, c.Lines[next].Name) {
			return nil, 0
		}
		first := next
		next = c.nextSound(first + 1)
		return acts(c.Lines[first:next], h.For)
	}
	return call
}

// nextSound is the first line from i on that names a sound.
func (c *TestCall) nextSound(i int) int {
	for i < len(c.Lines) && (c.Lines[i].Name == "" || c.Lines[i].Verb == Sets) {
		i++
	}
	return i
}

// acts are what the caller does in some lines, counted from the beginning of a sound, which lasts so long.
func acts(lines []Line, length time.Duration) (presses []Press, hangup time.Duration) {
	last := time.Duration(0)
	for _, l := range lines {
		if l.Verb != Pushes && l.Verb != HangsUp || l.When.from == fromAnswer {
			continue
		}
		at := l.When.delay
		switch l.When.from {
		case fromHabit:
			at = last + reaction
		case fromEnd:
			at += length
		}
		if l.Verb == HangsUp {
			return presses, max(at, 1) // 0 is never
		}
		presses = append(presses, Press{At: at, Keys: l.Keys})
		last = at + time.Duration(len(l.Keys)-1)*KeyEvery
	}
	return presses, 0
}

// Fault is what is wrong in a script, with its place.
type Fault struct {
	dialplan.Pos
	Text string
}

// Error is the fault in one line.
func (f *Fault) Error() string { return fmt.Sprintf("%s: %s", f.Pos, f.Text) }
