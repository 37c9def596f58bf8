package conversation

import (
	"fmt"
	"log/slog"
	"strings"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
)

// Failure is a line of a script that did not come true.
type Failure struct {
	dialplan.Pos
	Text string // the line, and what is wrong
}

// Verdict is how a call of a script went.
type Verdict struct {
	Call       *TestCall
	At         time.Time // when the call came in; zero: the script named no moment
	Transcript Transcript
	Failures   []Failure

	found  []int  // for each line the event that fulfils it, or with which it is shown; -1: none
	failed []bool // for each line
	judged int    // lines: those behind a failure that leaves no way to go on are not
}

// OK tells that everything came true.
func (v *Verdict) OK() bool { return len(v.Failures) == 0 }

// slack is how far a silence may be from what is written.
const slack = 200 * time.Millisecond

// judge holds what happened against the lines of a call.
func judge(c *TestCall, at time.Time, t Transcript) *Verdict {
	v := &Verdict{Call: c, At: at, Transcript: t, found: make([]int, len(c.Lines)), failed: make([]bool, len(c.Lines))}
	j := judgement{v: v, lastHeard: -1, used: map[int]bool{}}
	for i, l := range c.Lines {
		v.found[i] = -1
		v.judged++
		if problem := j.line(i, l); problem != "" {
			v.failed[i] = true
			v.Failures = append(v.Failures, Failure{l.Pos, l.Text + ": " + problem})
			if l.Verb == Hears || l.Verb == Goes || l.Name != "" && l.Verb != Sets {
				break // what follows would only tell the same again
			}
		}
	}
	if c.Only && v.OK() {
		j.only()
	}
	if t.Outcome.By == ivr.ByError && v.OK() && !j.ends {
		v.Failures = append(v.Failures, Failure{c.Pos, "an error ended the call: " + t.Outcome.Err.Error()})
	}
	return v
}

// judgement is where in a call's events a judge stands.
type judgement struct {
	v         *Verdict
	next      int // the event from which on to look
	lastHeard int // the event of the sound named last
	heard     []int
	used      map[int]bool // keys that a line stands for
	ends      bool         // a line says how the call ends
}

// line judges one line; the problem is empty if it came true.
func (j *judgement) line(i int, l Line) (problem string) {
	switch l.Verb {
	case Hears:
		return j.hears(i, l)
	case Pushes, HangsUp:
		if l.Name != "" {
			if problem := j.hears(i, l); problem != "" {
				return problem
			}
		}
		if l.Verb == Pushes {
			return j.pressed(i, l)
		}
	case Silence:
		return j.silence(l)
	case Goes:
		return j.goes(i, l)
	case Sets:
		return j.sets(i, l)
	case Logs:
		return j.logs(i, l)
	case Ends:
		return j.end(i, l)
	}
	return ""
}

func (j *judgement) hears(i int, l Line) string {
	var others []string
	for n := j.next; n < len(j.v.Transcript.Events); n++ {
		e := j.v.Transcript.Events[n]
		if e.Kind != Heard {
			continue
		}
		if match(e.Sound.Name, l.Name) {
			j.v.found[i], j.next, j.lastHeard = n, n+1, n
			j.heard = append(j.heard, n)
			return ""
		}
		if l.Next {
			return fmt.Sprintf("%s is heard before, at %s", e.Sound.Name, seconds(e.At))
		}
		others = append(others, fmt.Sprintf("%s at %s", e.Sound.Name, seconds(e.At)))
	}
	text := "it is not heard"
	if j.lastHeard >= 0 {
		text += " after " + short(j.v.Transcript.Events[j.lastHeard].Sound.Name)
	}
	if near := j.near(l.Name); near != "" {
		return fmt.Sprintf("%s (did you mean %s?)", text, near)
	}
	if len(others) > 0 {
		text += "; heard is " + strings.Join(others[:min(len(others), 3)], ", ")
	}
	return text
}

// pressed finds the keys that the caller pressed for a line. The first is enough: the
// call may be over before the others.
func (j *judgement) pressed(i int, l Line) string {
	problem := "the call is over before"
	left := l.Keys
	for n, e := range j.v.Transcript.Events {
		if left == "" || e.Kind != Pressed || e.Text != left[:1] || j.used[n] {
			continue
		}
		if problem != "" && l.Name == "" {
			j.v.found[i] = n
		}
		problem, left, j.used[n] = "", left[1:], true
	}
	return problem
}

// near suggests a sound that was heard.
func (j *judgement) near(name string) string {
	var names []string
	for _, e := range j.v.Transcript.Events {
		if e.Kind == Heard {
			names = append(names, short(e.Sound.Name))
		}
	}
	near := dialplan.Nearest(short(name), names, max(1, min(len(name)/3, 3)))
	if near == short(name) {
		return ""
	}
	return near
}

// short is a sound's name without its directories.
func short(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

func (j *judgement) silence(l Line) string {
	from, to := time.Duration(0), j.v.Transcript.Length
	if j.lastHeard >= 0 {
		sound := j.v.Transcript.Events[j.lastHeard].Sound
		from = sound.At + sound.For
	}
	for _, e := range j.v.Transcript.Events[j.next:] {
		if e.Kind == Heard {
			to = e.At
			break
		}
	}
	if got := to - from; got < l.For-slack || got > l.For+slack {
		return fmt.Sprintf("it lasts %s, from %s to %s", seconds(got), seconds(from), seconds(to))
	}
	return ""
}

func (j *judgement) goes(i int, l Line) string {
	var place string
	for n := j.next; n < len(j.v.Transcript.Events); n++ {
		e := j.v.Transcript.Events[n]
		if e.Kind != Stepped || e.Child != 0 {
			continue
		}
		p := e.Step.Place
		if p.Context == l.Place.Context && p.Exten == l.Place.Exten &&
			(l.Label != "" && e.Step.Label == l.Label || l.Label == "" && p.Priority == l.Place.Priority) {
			j.v.found[i], j.next = n, n+1
			return ""
		}
		place = fmt.Sprintf("%s,%s,%d", p.Context, p.Exten, p.Priority)
	}
	if place == "" {
		return "the call does not go there: it takes no step any more"
	}
	return "the call does not go there; its last step is " + place
}

func (j *judgement) sets(i int, l Line) string {
	value := func(variables map[string]string) (string, bool) {
		for _, name := range []string{l.Name, "_" + l.Name, "__" + l.Name} {
			if v, ok := variables[name]; ok {
				return v, true
			}
		}
		return "", false
	}
	for n := j.next; n < len(j.v.Transcript.Events); n++ {
		e := j.v.Transcript.Events[n]
		if e.Kind != Stepped || e.Child != 0 {
			continue
		}
		if v, ok := value(e.Variables); ok && v == l.Value {
			j.v.found[i] = n
			return ""
		}
	}
	switch last, ok := value(j.v.Transcript.Variables); {
	case ok && last == l.Value:
		return ""
	case ok:
		return fmt.Sprintf("at the end it is %q", last)
	}
	return "it is never set"
}

func (j *judgement) logs(i int, l Line) string {
	var first string
	for n, e := range j.v.Transcript.Events {
		if e.Kind != Logged {
			continue
		}
		if l.Value != "" && strings.Contains(e.Text, l.Value) {
			j.v.found[i] = n
			return ""
		}
		if first == "" {
			first = e.Text
		}
	}
	switch {
	case l.Value == "" && first != "":
		return "logged is " + first
	case l.Value == "":
		return ""
	case first != "":
		return "it is not logged; the first that is: " + first
	}
	return "nothing is logged"
}

func (j *judgement) end(i int, l Line) string {
	t := j.v.Transcript
	j.ends = true
	var wrong []string
	if l.Cause >= 0 && t.Outcome.Cause != l.Cause {
		wrong = append(wrong, fmt.Sprintf("the cause is %d", t.Outcome.Cause))
	}
	if l.For > 0 && t.Length > l.For {
		wrong = append(wrong, "it lasts "+seconds(t.Length))
	}
	if l.By != "" && t.Outcome.By != l.By {
		wrong = append(wrong, "it is ended by "+string(t.Outcome.By))
	}
	if p := t.Outcome.Place; l.Place.Context != "" && (p.Context != l.Place.Context || p.Exten != l.Place.Exten) {
		wrong = append(wrong, fmt.Sprintf("it ends at %s,%s", p.Context, p.Exten))
	}
	j.v.found[i] = len(t.Events) - 1
	return strings.Join(wrong, ", ")
}

// only finds a sound that no line names.
func (j *judgement) only() {
	named := map[int]bool{}
	for _, n := range j.heard {
		named[n] = true
	}
	for n, e := range j.v.Transcript.Events {
		if e.Kind == Heard && !named[n] {
			j.v.Failures = append(j.v.Failures, Failure{j.v.Call.Pos, fmt.Sprintf("hears only: no line names %s, heard at %s", e.Sound.Name, seconds(e.At))})
			return
		}
	}
}

// seconds writes a duration as people read it in a trace.
func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

// String is the event as a line: seconds and what happened.
func (e Event) String() string { return fmt.Sprintf("%.2f %s", e.At.Seconds(), e.what()) }

func (e Event) what() string {
	switch e.Kind {
	case Stepped:
		if e.Child > 0 {
			return fmt.Sprintf("child%d %s", e.Child, e.Step)
		}
		return e.Step.String()
	case Heard:
		text := fmt.Sprintf("hears %s (%s", e.Sound.Name, seconds(e.Sound.For))
		if e.Sound.Key != "" {
			text += ", until key " + e.Sound.Key
		}
		return text + ")"
	case Pressed:
		return "presses " + e.Text
	case Answered:
		return "answered"
	case Logged:
		severity := "warning"
		if e.Level >= slog.LevelError {
			severity = "error"
		}
		if e.Line != "" && e.Line != "-" {
			return fmt.Sprintf("%s: %s (%s)", severity, e.Text, e.Line)
		}
		return severity + ": " + e.Text
	}
	return e.Text
}

// Report shows the call step by step, beside the lines that it was to fulfil.
func (v *Verdict) Report() string {
	const width = 40
	byEvent := map[int][]int{}
	at := -1
	for i, n := range v.found[:v.judged] {
		if n < 0 {
			n = at + 1 // about where it was looked for
		}
		at = max(at, min(n, len(v.Transcript.Events)-1))
		byEvent[at] = append(byEvent[at], i)
	}
	var b strings.Builder
	for n, e := range v.Transcript.Events {
		expected := ""
		for i, line := range byEvent[n] {
			if i > 0 {
				fmt.Fprintf(&b, "  %s\n", expected)
			}
			mark := ' '
			if v.failed[line] {
				mark = '✗'
			}
			expected = fmt.Sprintf("%c %4d %s", mark, v.Call.Lines[line].Pos.Line, v.Call.Lines[line].Text)
		}
		fmt.Fprintf(&b, "  %-*s │ %s\n", width, expected, e)
	}
	return b.String()
}
