package conversation

import (
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
)

// A Scenario is a file *.expect: calls into one dialplan, with every step that they take.
//
//	# what it shows
//	start CONTEXT,EXTEN,PRIORITY       where the calls enter
//	run TITLE                          one call
//	at 0.7 press 12#                   0.7 s after the answer the caller presses 1, 2, #
//	at 1.5 hangup                      the caller hangs up
//	0.0<TAB>context,exten,priority Application(arguments)
//	2.1<TAB>end 16                     HANGUPCAUSE, 0 if nothing set one
//	0.4<TAB>child1 context,...         steps of the calls that Dial made, numbered by their first step
type Scenario struct {
	File  string
	Start dialplan.Place
	Runs  []ScenarioRun
}

// ScenarioRun is one call of a scenario.
type ScenarioRun struct {
	Title  string
	Line   int      // of "run"
	Does   []string // the lines "at"
	Call   Call
	Wanted []ScenarioStep
}

// ScenarioStep is a line of what happens.
type ScenarioStep struct {
	At   float64 `json:"at"`   // seconds since the call came in
	Text string  `json:"text"` // "context,exten,priority App(args)", "end CAUSE", "childN …"
}

// String is the line of a file.
func (s ScenarioStep) String() string { return fmt.Sprintf("%.1f\t%s", s.At, s.Text) }

// keyEnd is when a scenario's key is recognised: at the end of its 100 ms.
const keyEnd = 100 * time.Millisecond

// Tolerance is how far the time of a step may be from the wanted one, in seconds.
const Tolerance = 0.15

// soundEnd is how long after its last sample the end of a sound is noticed, in the
// system that was measured: with the frame that is no more.
const soundEnd = 20 * time.Millisecond

// ScenarioSounds is what scenarios have for sounds: a, b and c of a second, digits
// and a few more of 0.2 s.
func ScenarioSounds(name, _ string) (time.Duration, error) {
	digit, isDigit := strings.CutPrefix(name, "digits/")
	switch {
	case name == "a" || name == "b" || name == "c":
		return time.Second + soundEnd, nil
	case isDigit && len(digit) == 1 && digit[0] >= '0' && digit[0] <= '9', name == "digits/20",
		name == "letters/a", name == "phonetic/a_p", name == "beep":
		return 200*time.Millisecond + soundEnd, nil
	}
	return 0, &ivr.SoundError{Name: name, Looked: []string{"the scenario's sounds"}}
}

// ReadScenario reads a file. The error names the line and what is wrong with it.
func ReadScenario(file string) (*Scenario, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return ParseScenario(file, string(data))
}

// ParseScenario reads the text of a file.
func ParseScenario(file, text string) (*Scenario, error) {
	s := &Scenario{File: file}
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		line = strings.TrimSuffix(line, "\r")
		if line == "" || line[0] == '#' {
			continue
		}
		if err := s.line(line, number); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, number, err)
		}
	}
	if s.Start.Context == "" {
		return nil, fmt.Errorf("%s: no line says where the calls enter: start CONTEXT,EXTEN,PRIORITY", file)
	}
	return s, nil
}

// line reads one line that is neither empty nor a comment.
func (s *Scenario) line(line string, number int) error {
	word, rest, _ := strings.Cut(line, " ")
	switch {
	case word == "start":
		place, err := parsePlace(rest)
		s.Start = place
		return err
	case word == "run":
		s.Runs = append(s.Runs, ScenarioRun{Title: rest, Line: number, Call: Call{Caller: ivr.CallerID{Name: "Jean D", Number: "0102030405"}}})
		return nil
	case len(s.Runs) == 0:
		return fmt.Errorf("%q stands before the first run", line)
	}
	r := &s.Runs[len(s.Runs)-1]
	if word == "at" {
		r.Does = append(r.Does, line)
		return r.does(strings.Fields(rest))
	}
	at, text, ok := strings.Cut(line, "\t")
	seconds, err := parseSeconds(at)
	if !ok || err != nil || text == "" {
		return fmt.Errorf("%q is neither start, run, at nor SECONDS<TAB>STEP", line)
	}
	r.Wanted = append(r.Wanted, ScenarioStep{seconds, text})
	return nil
}

// does reads what follows "at".
func (r *ScenarioRun) does(field []string) error {
	if len(field) < 2 {
		return fmt.Errorf("at needs what the caller does: at SECONDS press KEYS, at SECONDS hangup")
	}
	seconds, err := parseSeconds(field[0])
	if err != nil {
		return err
	}
	at := time.Duration(math.Round(seconds*1e6)) * time.Microsecond
	switch {
	case field[1] == "hangup" && len(field) == 2:
		r.Call.Hangup = max(at, 1) // 0 is never
	case field[1] == "press" && len(field) == 3:
		if bad := strings.Trim(field[2], ivr.AllKeys); bad != "" {
			return fmt.Errorf("%q is no key", bad)
		}
		r.Call.Presses = append(r.Call.Presses, Press{At: at + keyEnd, Keys: field[2]})
	default:
		return fmt.Errorf("a caller does press KEYS or hangup, not %q", strings.Join(field[1:], " "))
	}
	return nil
}

func parseSeconds(text string) (float64, error) {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || v < 0 || v > 1e6 {
		return 0, fmt.Errorf("%q is no number of seconds", text)
	}
	return v, nil
}

// parsePlace reads CONTEXT,EXTEN[,PRIORITY].
func parsePlace(text string) (dialplan.Place, error) {
	part := strings.Split(text, ",")
	p := dialplan.Place{Context: part[0], Priority: 1}
	if len(part) < 2 || len(part) > 3 || part[0] == "" || part[1] == "" {
		return p, fmt.Errorf("%q is no place: CONTEXT,EXTEN,PRIORITY", text)
	}
	p.Exten = part[1]
	if len(part) == 3 {
		n, err := strconv.Atoi(part[2])
		if err != nil || n < 1 {
			return p, fmt.Errorf("%q is no priority", part[2])
		}
		p.Priority = n
	}
	return p, nil
}

// Play plays one call and gives the lines of what happened.
func (s *Scenario) Play(stage Stage, run ScenarioRun) []ScenarioStep {
	return ScenarioSteps(s.Transcript(stage, run))
}

// Transcript plays one call.
func (s *Scenario) Transcript(stage Stage, run ScenarioRun) Transcript {
	call := run.Call
	call.Place = s.Start
	return stage.Play(call)
}

// ScenarioSteps are the lines of a call: its own steps, its end, then those of the
// calls that Dial made.
func ScenarioSteps(t Transcript) []ScenarioStep {
	var own []ScenarioStep
	children := map[int][]ScenarioStep{}
	for _, e := range t.Events {
		switch {
		case e.Kind != Stepped:
		case e.Child > 0:
			children[e.Child] = append(children[e.Child], ScenarioStep{At: e.At.Seconds(), Text: fmt.Sprintf("child%d %s", e.Child, e.Step)})
		default:
			own = append(own, ScenarioStep{At: e.At.Seconds(), Text: e.Step.String()})
		}
	}
	own = append(own, ScenarioStep{At: t.Length.Seconds(), Text: fmt.Sprintf("end %d", t.Outcome.Cause)})
	for _, number := range slices.Sorted(maps.Keys(children)) {
		own = append(own, children[number]...)
	}
	return own
}

// Compare holds the lines of a call against those that are wanted and gives the
// first difference, with the lines around it, as a diff; empty: there is none. Of
// the calls that Dial made, two that began together may have each other's numbers,
// and one that is hung up may lack its last step.
func Compare(got, want []ScenarioStep, tolerance float64) string {
	g, w := byRun(got), byRun(want)
	if at, same := difference(g[""], w[""], tolerance); !same {
		return diff(g[""], w[""], at)
	}
	for _, name := range slices.Sorted(maps.Keys(w)) {
		if name == "" {
			continue
		}
		found := ""
		for _, other := range append([]string{name}, slices.Sorted(maps.Keys(g))...) {
			at, same := difference(g[other], w[name], tolerance)
			if last := max(len(g[other]), len(w[name])) - 1; other != "" && len(g[other]) > 0 && (same || at == last && len(g[other]) != len(w[name])) {
				found = other
				break
			}
		}
		if found == "" {
			at, _ := difference(g[name], w[name], tolerance)
			return diff(g[name], w[name], at)
		}
		delete(g, found)
	}
	for _, name := range slices.Sorted(maps.Keys(g)) {
		if name != "" {
			return diff(g[name], nil, 0)
		}
	}
	return ""
}

// byRun sorts the lines of a call by whose they are: the caller's own under "", those
// of a call that Dial made under childN, which is taken off.
func byRun(list []ScenarioStep) map[string][]ScenarioStep {
	runs := map[string][]ScenarioStep{}
	for _, s := range list {
		name := ""
		if word, rest, _ := strings.Cut(s.Text, " "); strings.HasPrefix(word, "child") {
			name, s.Text = word, rest
		}
		runs[name] = append(runs[name], s)
	}
	return runs
}

// difference finds where two lists differ.
func difference(got, want []ScenarioStep, tolerance float64) (at int, same bool) {
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i].Text != want[i].Text || math.Abs(got[i].At-want[i].At) > tolerance+1e-9 {
			return i, false
		}
	}
	return 0, true
}

// diff shows both lists round the first difference.
func diff(got, want []ScenarioStep, at int) string {
	const around = 3
	var b strings.Builder
	for _, s := range want[max(0, at-around):min(at, len(want))] {
		fmt.Fprintf(&b, "  %s\n", s)
	}
	for _, s := range want[min(at, len(want)):min(at+around, len(want))] {
		fmt.Fprintf(&b, "- %s\n", s)
	}
	for _, s := range got[min(at, len(got)):min(at+around, len(got))] {
		fmt.Fprintf(&b, "+ %.2f\t%s\n", s.At, s.Text)
	}
	return b.String()
}

// Write writes what happened in the format of the file; got has the lines of each run.
func (s *Scenario) Write(w io.Writer, got [][]ScenarioStep) error {
	var b strings.Builder
	fmt.Fprintf(&b, "start %s,%s,%d\n", s.Start.Context, s.Start.Exten, s.Start.Priority)
	for i, run := range s.Runs {
		fmt.Fprintf(&b, "\nrun %s\n", run.Title)
		for _, line := range run.Does {
			fmt.Fprintln(&b, line)
		}
		for _, step := range got[i] {
			fmt.Fprintln(&b, step)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
